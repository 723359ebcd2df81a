"""Bulk runs on their pages: starting one, watching it live, steering it, and its results."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from suwen.bootstrap.bulk_runs import BulkDesk, BulkProgress
from suwen.bulk.options import BulkOptions, read_hours
from suwen.control.access.decision import Action, ApplicationTarget
from suwen.core.errors import InputError
from suwen.core.exact_json import write_exact
from suwen.core.identity import AppId
from suwen.core.manifest import Manifest
from suwen.jobs.model import JobState
from suwen.storage.bulk_runs import BulkRun
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, is_fragment, page, person_names, web_of

MOST_SHOWN = 100
_ACTS = {
    "running": ("pause", "cancel"),
    "waiting": ("pause", "cancel"),
    "pausing": ("resume", "cancel"),
    "paused": ("resume", "cancel"),
    "failed": ("resume", "cancel"),
}
_MOVING = (JobState.RUNNING, JobState.WAITING, JobState.PAUSING, JobState.CANCELLING)


def _desk(request: Request) -> BulkDesk:
    return BulkDesk(web_of(request).platform)


async def show_runs(request: Request) -> Response:
    """The latest runs, and the form for a new one."""
    runs = await _desk(request).latest(visitor_of(request).principal)
    if is_fragment(request):
        return await _fragment(request, runs, "/bulk")
    return await _page(request, runs, Form({}), None)


async def start_run(request: Request) -> Response:
    """Starts a run over stays and leads to it."""
    desk, principal = _desk(request), visitor_of(request).principal
    form = await read_form(request)
    try:
        rate = form.text("per_minute")
        options = BulkOptions(
            without_model=form.text("model") != "yes",
            per_minute=_rate(rate) if rate else None,
            hours=read_hours(form.text("hours")) if form.text("hours") else None,
        )
        run = await desk.start_selected(
            form.text("app"), form.text("select") or "stays", {}, options, principal
        )
    except InputError as error:
        return await _page(request, await desk.latest(principal), form, error)
    return RedirectResponse(f"/bulk/{run.id}", 303)


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


async def _page(
    request: Request, runs: list[BulkProgress], form: Form, error: InputError | None
) -> Response:
    context = {
        **await _listed(request, runs, "/bulk"),
        "apps": _applications(request),
        "select": form.text("select") or "stays:open",
        "hours": form.text("hours"),
        "refused": error.safe_message if error is not None else None,
    }
    return await page(request, "bulk.html", context, status=422 if error else 200)


def _applications(request: Request) -> list[Manifest]:
    """Those that this person may run here."""
    platform, principal = web_of(request).platform, visitor_of(request).principal
    here = platform.parts.partition.value
    return [
        one.manifest
        for one in platform.applications.values()
        if platform.access.decide(
            principal, Action.RUN_APPLICATION, ApplicationTarget(one.manifest, here)
        ).allowed
    ]


async def show_run(request: Request) -> Response:
    """One run with its results so far."""
    desk, principal = _desk(request), visitor_of(request).principal
    progress = await desk.progress(request.path_params["run"], principal)
    address = f"/bulk/{progress.run.id}"
    if is_fragment(request):
        return await _fragment(request, [progress], address)
    own = progress.run.started_by == principal.id
    start = _number(request.query_params.get("from", ""))
    results = []
    if own:
        results = [r async for r in desk.results(progress.run.id, principal, start, MOST_SHOWN)]
    context = {
        **await _listed(request, [progress], address),
        "progress": progress,
        "results": results,
        "own": own,
        "next": results[-1].ordinal + 1 if len(results) == MOST_SHOWN else None,
    }
    return await page(request, "bulk_run.html", context)


async def export_run(request: Request) -> Response:
    """The results so far as JSON Lines of the batch form."""
    desk, principal = _desk(request), visitor_of(request).principal
    progress = await desk.progress(request.path_params["run"], principal)
    if progress.run.started_by != principal.id:
        raise HTTPException(404)

    async def lines() -> Any:
        async for result in desk.results(progress.run.id, principal):
            yield write_exact({"id": result.ordinal, **result.body}) + "\n"

    name = f"bulk-{progress.run.id}.jsonl"
    return StreamingResponse(
        lines(),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def steer_run(request: Request) -> Response:
    """Pauses, resumes or cancels a run, and leads back."""
    desk, principal = _desk(request), visitor_of(request).principal
    acts = {"pause": desk.pause, "resume": desk.resume, "cancel": desk.cancel}
    act = acts.get(request.path_params["act"])
    if act is None:
        raise HTTPException(404)
    progress = await act(request.path_params["run"], principal)
    return RedirectResponse(f"/bulk/{progress.run.id}", 303)


async def _fragment(request: Request, runs: list[BulkProgress], refresh: str) -> Response:
    listed = await _listed(request, runs, refresh)
    answer = fragment(request, "bulk_fragment.html", listed)
    if not listed["moving"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


async def _listed(request: Request, runs: list[BulkProgress], refresh: str) -> dict[str, Any]:
    moving = {state.value for state in _MOVING}
    return {
        "runs": runs,
        "titles": {run.run.id: _title(request, run.run) for run in runs},
        "name": await person_names(request, (run.run.started_by for run in runs)),
        "refresh": refresh,
        "moving": any(run.state in moving for run in runs),
        "acts": {run.run.id: _ACTS.get(run.state, ()) for run in runs},
    }


def _title(request: Request, run: BulkRun) -> str:
    """What a run is called; one that nobody named by its application and its selection."""
    web = web_of(request)
    texts, installed = web.texts(request), web.platform.applications.get(AppId(run.app))
    if installed is None or run.title != f"{run.app} · {run.selection}":
        return run.title
    selection = texts.coded("bulk_selection", run.selection)
    return f"{texts.of(installed.manifest.title)} · {selection}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


ROUTES = [
    Route("/bulk", show_runs, methods=["GET"]),
    Route("/bulk", start_run, methods=["POST"]),
    Route("/bulk/{run}", show_run, methods=["GET"]),
    Route("/bulk/{run}/results.jsonl", export_run, methods=["GET"]),
    Route("/bulk/{run}/{act}", steer_run, methods=["POST"]),
]
