"""For those who watch over the device partition's service: alive and ready."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from suwen.core.errors import SuwenError
from suwen.web.patient.rendering import patient_web_of


async def healthz(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """It can do its work: its database answers and its audit is durable."""
    platform = patient_web_of(request).platform
    try:
        await platform.audit_store.head()
    except SuwenError as error:
        return JSONResponse({"status": "not ready", "code": error.code}, 503)
    status = platform.audit.status()
    if status.store_failing:
        return JSONResponse({"status": "not ready", "code": "audit_failing"}, 503)
    partition = platform.parts.partition.value
    if status.anchor_failing_since is not None:
        return JSONResponse({"status": "degraded", "partition": partition})
    return JSONResponse({"status": "ready", "partition": partition})


HEALTH = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
]
