"""Watching a document being built, stopping it, and the trace of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from suwen.core.errors import SuwenError
from suwen.core.identity import TraceId
from suwen.web.guard import visitor_of
from suwen.web.pages import page, person_names, web_of
from suwen.web.views.banner import read_banner
from suwen.web.views.evidence import EVIDENCE_SEARCH
from suwen.web.views.run import (
    STAGES,
    app_title,
    finished_draft,
    list_runs,
    patient_of_run,
    read_progress,
    read_trace_page,
    streamed,
)

SSE_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    # A proxy that gathers the stream would show the document only when it is complete.
    "X-Accel-Buffering": "no",
}
PAGE = 50


async def show_runs(request: Request) -> Response:
    """The latest runs of everybody, without patient text."""
    web = web_of(request)
    start = request.query_params.get("from", "0")
    offset = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0
    runs = await list_runs(web.platform, visitor_of(request), web.texts(request), PAGE + 1, offset)
    name = await person_names(request, (run.principal for run in runs))
    context = {"runs": runs[:PAGE], "offset": offset, "more": len(runs) > PAGE, "page": PAGE}
    return await page(request, "runs.html", {**context, "name": name})


async def watch(request: Request) -> Response:
    """The page on which a document grows; a finished run leads to its draft or its trace."""
    web, visitor = web_of(request), visitor_of(request)
    trace = await read_progress(web.platform, visitor, request.path_params["trace"])
    if trace.app == EVIDENCE_SEARCH:
        return RedirectResponse(f"/evidence/{trace.id}", 303)
    draft = await finished_draft(web.platform, trace)
    if draft is not None:
        return RedirectResponse(f"/drafts/{draft}", 303)
    if trace.closed_at is not None and not await web.platform.traces.last_event(trace.id):
        # Its events were removed by now: what is left to see is the trace.
        return RedirectResponse(f"/runs/{trace.id}/trace", 303)
    texts = web.texts(request)
    patient = await patient_of_run(web.platform, trace)
    banner = await read_banner(web.platform, visitor, patient, texts) if patient else None
    wanted = request.query_params.get("document", "")
    document = f"document.{wanted}"
    title = texts(document) if texts.has(document) else app_title(web.platform, trace.app, texts)
    context = {"trace": trace, "title": title, "stages": STAGES, "banner": banner}
    return await page(request, "run.html", context)


async def stream(request: Request) -> Response:
    """The run's events, from after the last one that the browser has."""
    web, visitor = web_of(request), visitor_of(request)
    after = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    trace = await read_progress(web.platform, visitor, request.path_params["trace"])
    if trace.app == EVIDENCE_SEARCH:
        # Its passages are shown as the reader may see them now, not as they were found.
        return RedirectResponse(f"/evidence/{trace.id}/events", 307)
    events = web.platform.runs.events(visitor.principal, trace.id, number)
    try:
        first = await anext(events)
    except StopAsyncIteration:
        # 204 tells an EventSource not to come again.
        return Response(status_code=204)

    async def body() -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        yield streamed(first)
        try:
            async for event in events:
                yield streamed(event)
        except SuwenError:
            # The stream breaks off; the browser comes again and is then told why.
            return

    return StreamingResponse(body(), headers=SSE_HEADERS)


async def stop(request: Request) -> Response:
    """Cancels the run; what is on the screen stays there."""
    web, visitor = web_of(request), visitor_of(request)
    await web.platform.runs.cancel(visitor.principal, TraceId(request.path_params["trace"]))
    return Response(status_code=204)


async def show_trace(request: Request) -> Response:
    """The twelve stages of a run."""
    web = web_of(request)
    view = await read_trace_page(
        web.platform, visitor_of(request), request.path_params["trace"], web.texts(request)
    )
    name = await person_names(request, [view.principal])
    return await page(request, "trace.html", {"view": view, "name": name})


ROUTES = [
    Route("/runs", show_runs, methods=["GET"]),
    Route("/runs/{trace}", watch, methods=["GET"]),
    Route("/runs/{trace}/events", stream, methods=["GET"]),
    Route("/runs/{trace}/stop", stop, methods=["POST"]),
    Route("/runs/{trace}/trace", show_trace, methods=["GET"]),
]
