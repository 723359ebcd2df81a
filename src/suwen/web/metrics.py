"""Counts and times for the hospital's monitoring; no label carries a person or a patient."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Metrics:
    """The measured values of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "suwen_http_requests_total",
            "Answers by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "suwen_http_request_seconds",
            "Time to the beginning of the answer, by route.",
            ("route",),
            registry=self.registry,
        )
        self.streams = Gauge(
            "suwen_open_streams", "Event streams that are open.", registry=self.registry
        )
        self.audit_waiting = Gauge(
            "suwen_audit_waiting", "Audit entries that are not durable yet.", registry=self.registry
        )
        self.audit_sequence = Gauge(
            "suwen_audit_anchored_sequence",
            "Last audit event stated in the anchor.",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Everything, in the form that Prometheus reads."""
        return generate_latest(self.registry)


class Measure:
    """Counts every answer by the route that gave it, so that no id of an address is a label."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request through and counts its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        streaming = False

        async def counted(message: Message) -> None:
            nonlocal streaming
            if message["type"] == "http.response.start":
                route = getattr(scope.get("endpoint"), "__name__", "none")
                self._metrics.requests.labels(route, scope["method"], message["status"]).inc()
                self._metrics.seconds.labels(route).observe(time.perf_counter() - started)
                streaming = any(
                    name == b"content-type" and value.startswith(b"text/event-stream")
                    for name, value in message["headers"]
                )
                if streaming:
                    self._metrics.streams.inc()
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            if streaming:
                self._metrics.streams.dec()
