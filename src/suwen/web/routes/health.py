"""For those who watch over the service: alive, ready, measured."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from suwen.core.errors import SuwenError
from suwen.web.metrics import Metrics
from suwen.web.pages import web_of


async def healthz(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """It can do its work: the database answers and the audit is durable.

    ``degraded`` while the head of the audit cannot be stated outside: the work goes on, but a
    truncated chain would not be noticed.
    """
    web = web_of(request)
    try:
        await web.platform.audit_store.head()
    except SuwenError as error:
        return JSONResponse({"status": "not ready", "code": error.code}, 503)
    status = web.platform.audit.status()
    if status.store_failing:
        return JSONResponse({"status": "not ready", "code": "audit_failing"}, 503)
    if status.anchor_failing_since is not None:
        since = status.anchor_failing_since.isoformat(timespec="seconds")
        return JSONResponse({"status": "degraded", "code": "audit_anchor_failing", "since": since})
    return JSONResponse({"status": "ready"})


async def show_metrics(request: Request) -> Response:
    """Measured values for Prometheus."""
    web = web_of(request)
    metrics: Metrics = request.app.state.metrics
    status = web.platform.audit.status()
    metrics.audit_waiting.set(status.waiting)
    metrics.audit_sequence.set(status.anchored_sequence or 0)
    return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", show_metrics, methods=["GET"]),
]
