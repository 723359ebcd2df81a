"""Bulk runs on their pages: counting, starting, watching and steering one, and its results."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from suwen.bootstrap.bulk_runs import BulkDesk, BulkProgress
from suwen.bootstrap.bulk_selection import OfferedForm, offered_forms
from suwen.bootstrap.departments import DepartmentName
from suwen.bulk.options import BulkOptions, read_hours
from suwen.bulk.selection import read_selection
from suwen.core.errors import InputError
from suwen.core.exact_json import write_exact
from suwen.core.identity import AppId
from suwen.jobs.model import JobState
from suwen.storage.bulk_runs import STATUSES, BulkResult, BulkRun
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, fragment, is_fragment, page, person_names, web_of
from suwen.web.spreadsheets import csv_answer
from suwen.web.views.bulk_results import CodeRow, ResultRows, code_rows, left_out_rows

MOST_SHOWN = 100
_ASKED = ("scope", "from", "to", "department")
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
    """The latest runs, and the form for a new one, filled in as the address says."""
    runs = await _desk(request).latest(visitor_of(request).principal)
    if is_fragment(request):
        return await _fragment(request, runs, "/bulk")
    asked = {name: request.query_params.get(name, "")[:64] for name in _ASKED}
    return await _page(request, runs, Form(asked), None)


async def preview_run(request: Request) -> Response:
    """How many records the form as it stands would take, and why it leaves the others out."""
    form = await read_form(request)
    app, fields = _chosen(request, form.text("app"))
    context: dict[str, Any] = {"selected": None, "refused": None}
    try:
        context["selected"] = await _desk(request).preview(
            app, _selection(form), fields, visitor_of(request).principal
        )
    except InputError as error:
        context["refused"] = error.safe_message
    if context["selected"] is not None:
        context["left_out"] = left_out_rows(context["selected"].left_out)
    return fragment(request, "bulk_preview_fragment.html", context)


async def start_run(request: Request) -> Response:
    """Starts a run over stays and leads to it."""
    desk, principal = _desk(request), visitor_of(request).principal
    form = await read_form(request)
    app, fields = _chosen(request, form.text("app"))
    try:
        rate = form.text("per_minute")
        options = BulkOptions(
            without_model=form.text("model") != "yes",
            store=form.text("store") == "yes",
            per_minute=_rate(rate) if rate else None,
            hours=read_hours(form.text("hours")) if form.text("hours") else None,
        )
        run = await desk.start_selected(app, _selection(form), fields, options, principal)
    except InputError as error:
        return await _page(request, await desk.latest(principal), form, error)
    return RedirectResponse(f"/bulk/{run.id}", 303)


def _chosen(request: Request, wanted: str) -> tuple[str, dict[str, Any]]:
    """The application and the fields of the form that was chosen, ``APP`` or ``APP:NUMBER``."""
    app, _, number = wanted.partition(":")
    forms = [one.form for one in _offered(request) if one.manifest.id == app]
    place = int(number) if number.isascii() and number.isdigit() else 0
    if place >= len(forms):
        return app, {}
    language = web_of(request).texts(request).language.value
    asked = {"language": language} if "language" in forms[place].asks else {}
    return app, {**forms[place].fields, **asked}


def _offered(request: Request) -> list[OfferedForm]:
    return offered_forms(web_of(request).platform, visitor_of(request).principal)


def _selection(form: Form) -> str:
    """The selection as it is typed on a command line."""
    typed = form.text("select")
    if typed:
        return typed
    limits = {
        "open": ["open"],
        "ended": [f"ended={form.text('from')}..{form.text('to') or form.text('from')}"],
    }.get(form.text("scope"), [])
    department = form.text("department", longest=64)
    limits += [f"department={department}"] if department else []
    return f"stays:{','.join(limits)}" if limits else "stays"


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


async def _page(
    request: Request, runs: list[BulkProgress], form: Form, error: InputError | None
) -> Response:
    web = web_of(request)
    numbers: Counter[str] = Counter()
    apps = []
    for one in _offered(request):
        apps.append((f"{one.manifest.id}:{numbers[one.manifest.id]}", one.title))
        numbers[one.manifest.id] += 1
    context = {
        **await _listed(request, runs, "/bulk"),
        "apps": apps,
        "form": form,
        "places": await web.platform.departments.listed(web.texts(request).language),
        "refused": error.safe_message if error is not None else None,
    }
    return await page(request, "bulk.html", context, status=422 if error else 200)


async def show_run(request: Request) -> Response:
    """One run with its results so far."""
    desk, principal = _desk(request), visitor_of(request).principal
    progress = await desk.progress(request.path_params["run"], principal)
    address = f"/bulk/{progress.run.id}"
    if is_fragment(request):
        return await _fragment(request, [progress], address)
    web, own = web_of(request), progress.run.started_by == principal.id
    texts, run, statuses = web.texts(request), progress.run.id, _statuses(request)
    start = _number(request.query_params.get("from", ""))
    found: list[BulkResult] = []
    codes: list[CodeRow] = []
    if own:
        found = [r async for r in desk.results(run, principal, start, MOST_SHOWN, statuses)]
        codes = code_rows(
            progress.count.codes, await desk.first_of_each_code(run, principal), texts
        )
    rows = await ResultRows.of(web.platform, principal, found, texts)
    context = {
        **await _listed(request, [progress], address),
        "progress": progress,
        "left_out": left_out_rows(progress.run.left_out),
        "codes": codes,
        "results": [rows.row(result) for result in found],
        "own": own,
        "status": request.query_params.get("status", "") if len(statuses) == 1 else "",
        "statuses": STATUSES,
        "next": found[-1].ordinal + 1 if len(found) == MOST_SHOWN else None,
    }
    return await page(request, "bulk_run.html", context)


async def export_run(request: Request) -> Response:
    """The results so far as JSON Lines of the batch form."""
    desk, principal = _desk(request), visitor_of(request).principal
    progress = await _own(request)

    async def lines() -> Any:
        async for result in desk.results(progress.run.id, principal, statuses=_statuses(request)):
            yield write_exact(result.line) + "\n"

    name = f"bulk-{progress.run.id}.jsonl"
    return StreamingResponse(
        lines(),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


_COLUMNS = [
    *("item", "status", "code", "patient", "name", "record_number", "encounter"),
    *("department", "department_name", "stay", "found", "draft", "took_ms"),
]


async def export_table(request: Request) -> Response:
    """The results so far as a table, with the names that the person's worklist shows."""
    desk, principal = _desk(request), visitor_of(request).principal
    web, progress = web_of(request), await _own(request)
    statuses = _statuses(request)
    found = [r async for r in desk.results(progress.run.id, principal, statuses=statuses)]
    rows = await ResultRows.of(web.platform, principal, found, web.texts(request))
    lines = (
        [
            *(row.number, row.status, row.code, row.patient, row.name, row.identifier),
            *(row.encounter, row.department, row.department_name, row.stay, row.found),
            *(row.draft, round(row.took_ms, 1)),
        ]
        for row in map(rows.row, found)
    )
    return csv_answer(f"bulk-{progress.run.id}.csv", _COLUMNS, lines)


async def _own(request: Request) -> BulkProgress:
    """The run, for whoever started it."""
    principal = visitor_of(request).principal
    progress = await _desk(request).progress(request.path_params["run"], principal)
    if progress.run.started_by != principal.id:
        raise HTTPException(404)
    return progress


def _statuses(request: Request) -> tuple[str, ...]:
    """Those that the address asks for; all where it names none."""
    wanted = request.query_params.get("status", "")
    return (wanted,) if wanted in STATUSES else STATUSES


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
    codes = {code for run in runs for code in _departments(run.run.selection)}
    place = await department_names(request, codes)
    return {
        "runs": runs,
        "titles": {run.run.id: _title(request, run.run, place) for run in runs},
        "name": await person_names(request, (run.run.started_by for run in runs)),
        "refresh": refresh,
        "moving": any(run.state in moving for run in runs),
        "acts": {run.run.id: _ACTS.get(run.state, ()) for run in runs},
    }


def _departments(typed: str) -> tuple[str, ...]:
    try:
        return read_selection(typed).departments
    except InputError:
        return ()


def _title(request: Request, run: BulkRun, place: DepartmentName) -> str:
    """What a run is called; one that nobody named by its application, form and selection."""
    web = web_of(request)
    texts, installed = web.texts(request), web.platform.applications.get(AppId(run.app))
    if installed is None or run.title != f"{run.app} · {run.selection}":
        return run.title
    manifest = installed.manifest
    fitting = (form for form in manifest.bulk if form.fields.items() <= run.fields.items())
    form = next(fitting, None)
    own = [form.title] if form is not None and form.title is not None else []
    parts = [texts.of(said) for said in (manifest.title, *own)]
    return " · ".join([*parts, _selection_words(request, run.selection, place)])


def _selection_words(request: Request, typed: str, place: DepartmentName) -> str:
    """A selection in words; as it was typed where it was none of stays."""
    texts = web_of(request).texts(request)
    try:
        wanted = read_selection(typed)
    except InputError:
        return typed
    words = [texts(f"bulk.scope.{'open' if wanted.open_only else 'all'}")]
    if wanted.ended_from is not None:
        words = [texts("bulk.words_ended", first=wanted.ended_from, last=wanted.ended_to)]
    return texts("list.comma").join([*words, *map(place, wanted.departments)])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


ROUTES = [
    Route("/bulk", show_runs, methods=["GET"]),
    Route("/bulk", start_run, methods=["POST"]),
    Route("/bulk/preview", preview_run, methods=["POST"]),
    Route("/bulk/{run}", show_run, methods=["GET"]),
    Route("/bulk/{run}/results.jsonl", export_run, methods=["GET"]),
    Route("/bulk/{run}/results.csv", export_table, methods=["GET"]),
    Route("/bulk/{run}/{act}", steer_run, methods=["POST"]),
]
