"""Evaluations on their pages: started, watched, read, compared; a hospital's own cases."""

from __future__ import annotations

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.evaluation.desk import EvaluationDesk, EvaluationOptions
from suwen.bootstrap.evaluation.reports import cases_as_json, report_of
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.evaluation.suites.markdown import report_as_markdown
from suwen.evaluation.suites.own_cases import CasesRefusedError
from suwen.evaluation.suites.own_template import KINDS_OF_CASES, template
from suwen.evaluation.suites.reading import SuiteChoice
from suwen.web.answers import file_answer
from suwen.web.forms import Form, read_form, read_upload_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, is_fragment, page, web_of
from suwen.web.routes.administration import require
from suwen.web.spreadsheets import CSV
from suwen.web.views.evaluations import (
    WIDTH,
    comparison_view,
    evaluation_list,
    evaluation_view,
)

MOST_SHOWN = 60
LARGEST_SAMPLE = 5000


def _desk(request: Request) -> EvaluationDesk:
    return EvaluationDesk(web_of(request).platform)


async def show_evaluations(request: Request) -> Response:
    """The latest evaluations, the suites, and the forms to start one and to bring own cases."""
    return await _list(request, Form({}), None)


async def _list(request: Request, values: Form, problem: SuwenError | None) -> Response:
    desk, who, web = _desk(request), visitor_of(request).principal, web_of(request)
    runs = evaluation_list(await desk.latest(who, MOST_SHOWN), "/evaluations")
    if is_fragment(request):
        answer = fragment(request, "evaluations_fragment.html", {"list": runs})
        if not runs.moving:
            answer.headers["HX-Refresh"] = "true"
        return answer
    refused = problem.problems if isinstance(problem, CasesRefusedError) else ()
    may = _may_manage(request)
    context = {
        "list": runs,
        "suites": await desk.listed_suites(who),
        "engines": [one.name for one in await web.platform.endpoints.list()] if may else [],
        "may": may,
        "kinds": KINDS_OF_CASES,
        "ended": [one for one in runs.runs if one.state == "done"],
        "values": values,
        "problem": problem,
        "refused": refused,
        "served": not web.platform.jobs.are_kept or await web.platform.jobs.desk.is_served(),
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "evaluations.html", context, status)


async def start_evaluation(request: Request) -> Response:
    """Starts a suite on the chosen engines and leads to the first run."""
    require(request, Action.MANAGE_RELEASES)
    desk, who, form = _desk(request), visitor_of(request).principal, await read_form(request)
    try:
        sample = form.text("sample", longest=6)
        choice = SuiteChoice(
            seed=form.whole("seed", 0, 1_000_000) if form.text("seed") else 0,
            sample=form.whole("sample", 1, LARGEST_SAMPLE) if sample else None,
        )
        options = EvaluationOptions(choice, judge=form.text("judge") or None)
        known = [one.name for one in await web_of(request).platform.endpoints.list()]
        engines = [name for name in known if form.text(f"engine.{name}")]
        runs = await desk.start(form.needed("suite"), engines, options, who)
    except SuwenError as error:
        return await _list(request, form, error)
    return RedirectResponse(f"/evaluations/{runs[0].id}", 303)


async def show_evaluation(request: Request) -> Response:
    """One run: how far it is, then its figures with plots and what it takes to do it again."""
    desk, who, web = _desk(request), visitor_of(request).principal, web_of(request)
    progress = await desk.progress(request.path_params["run"], who)
    address = f"/evaluations/{progress.run.id}"
    runs = evaluation_list(await desk.of_batch(progress.run.batch, who), address)
    if is_fragment(request):
        answer = fragment(request, "evaluations_fragment.html", {"list": runs})
        if not runs.moving:
            answer.headers["HX-Refresh"] = "true"
        return answer
    same = [
        one
        for one in await desk.latest(who)
        if one.run.cases_hash == progress.run.cases_hash and one.run.id != progress.run.id
    ]
    context = {
        "list": runs,
        "progress": progress,
        "view": evaluation_view(progress, web.texts(request)),
        "width": WIDTH,
        "same": [one for one in same if one.state == "done"],
        "may": _may_manage(request),
    }
    return await page(request, "evaluation.html", context)


async def export_report(request: Request) -> Response:
    """The report of a run as JSON or as text."""
    desk, who, web = _desk(request), visitor_of(request).principal, web_of(request)
    progress = await desk.progress(request.path_params["run"], who)
    report = report_of(progress.run)
    form = request.path_params["form"]
    if form not in ("json", "md"):
        raise HTTPException(404)
    if form == "json":
        body, media = json.dumps(report, ensure_ascii=False, indent=2), "application/json"
    else:
        body, media = report_as_markdown(report, web.texts(request).language), "text/markdown"
    return file_answer(f"evaluation-{progress.run.id}.{form}", body, media)


async def export_cases(request: Request) -> Response:
    """The cases of a run with their answers, for whoever may manage Releases; audited."""
    desk, who = _desk(request), visitor_of(request).principal
    run = request.path_params["run"]
    cases = cases_as_json(await desk.results(run, who))
    body = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    return file_answer(f"evaluation-{run}-cases.jsonl", body, "application/x-ndjson")


async def resume_evaluation(request: Request) -> Response:
    """Lets a run go on that stopped, and leads back to it."""
    require(request, Action.MANAGE_RELEASES)
    run = request.path_params["run"]
    await _desk(request).resume(run, visitor_of(request).principal)
    return RedirectResponse(f"/evaluations/{run}", 303)


async def compare_evaluations(request: Request) -> Response:
    """Two runs over the same cases, case by case."""
    require(request, Action.READ_RELEASES)
    desk, who = _desk(request), visitor_of(request).principal
    given = {name: request.query_params.get(name, "") for name in ("before", "after")}
    if not all(given.values()):
        return RedirectResponse("/evaluations#compare", 303)
    try:
        compared = await desk.compared(given["before"], given["after"], who)
    except InputError as error:
        return await _list(request, Form(given), error)
    context = {"view": comparison_view(compared), "width": WIDTH}
    return await page(request, "evaluation_comparison.html", context)


async def give_template(request: Request) -> Response:
    """The sheet for a hospital's own cases."""
    require(request, Action.READ_RELEASES)
    kind = request.query_params.get("kind", KINDS_OF_CASES[0])
    return file_answer(f"cases-{kind}.csv", template(kind), CSV)


async def take_cases(request: Request) -> Response:
    """Keeps a sheet as a suite, or says what is wrong in which row and column."""
    require(request, Action.MANAGE_RELEASES)
    desk, who = _desk(request), visitor_of(request).principal
    form = Form({})
    try:
        _, content, form = await read_upload_form(request, "file")
        await desk.import_cases(
            content,
            form.needed("id", longest=41),
            form.needed("title", longest=80),
            form.whole("data_class", 1, 5),
            who,
        )
    except InputError as error:
        return await _list(request, form, error)
    return RedirectResponse("/evaluations?imported=1#own", 303)


def _may_manage(request: Request) -> bool:
    access: Any = web_of(request).platform.access
    principal = visitor_of(request).principal
    allowed: bool = access.decide(principal, Action.MANAGE_RELEASES, InstallationTarget()).allowed
    return allowed


ROUTES = [
    Route("/evaluations", show_evaluations, methods=["GET"]),
    Route("/evaluations", start_evaluation, methods=["POST"]),
    Route("/evaluations/template.csv", give_template, methods=["GET"]),
    Route("/evaluations/compare", compare_evaluations, methods=["GET"]),
    Route("/evaluations/cases", take_cases, methods=["POST"]),
    Route("/evaluations/{run}", show_evaluation, methods=["GET"]),
    Route("/evaluations/{run}/resume", resume_evaluation, methods=["POST"]),
    Route("/evaluations/{run}/cases.jsonl", export_cases, methods=["GET"]),
    Route("/evaluations/{run}/report.{form}", export_report, methods=["GET"]),
]
