"""Looking into access: who read a patient's record, and who may do what, and why."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suwen.bootstrap.readers_file import readers_csv
from suwen.control.access.decision import Action
from suwen.control.gateway.explaining import QUESTIONS, Explanation, Question
from suwen.control.gateway.readers import Asked, ReadersReport
from suwen.core.errors import AccessError, InputError, SuwenError, meaning_of
from suwen.core.identity import Purpose
from suwen.web.answers import file_answer
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.routes.administration import require
from suwen.web.spreadsheets import CSV
from suwen.web.texts import Texts


async def show_readers(request: Request) -> Response:
    """Asks whose readers."""
    require(request, Action.REPORT_READERS)
    return await _readers(request, Form({}), None, None)


async def report_readers(request: Request) -> Response:
    """Who read that record, on the page or as a file."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    exported = form.text("as") == "csv"
    try:
        asked = Asked(form.text("patient"), *form.period(web.platform.settings.zone))
        report = await web.platform.readers.report(visitor.principal, asked, exported=exported)
    except InputError as error:
        return await _readers(request, form, None, error)
    if not exported:
        return await _readers(request, form, report, None)
    return file_answer("readers.csv", readers_csv(report, web.platform.settings.zone), CSV)


async def _readers(
    request: Request, values: Form, report: ReadersReport | None, problem: SuwenError | None
) -> Response:
    context = {"values": values, "report": report, "problem": problem}
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "readers.html", context, status)


async def show_questions(request: Request) -> Response:
    """Asks who, what and to what."""
    require(request, Action.EXPLAIN_ACCESS)
    return await _explained(request, Form({}), None, None)


async def explain(request: Request) -> Response:
    """May they, and why; nothing is done."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    require(request, Action.EXPLAIN_ACCESS)
    try:
        question = Question(
            form.needed("account", longest=64),
            form.choice("action", Action),
            form.text("target"),
            form.choice("purpose", Purpose) if form.text("purpose") else None,
        )
        found = await web.platform.explaining.explain(visitor.principal, question)
    except (InputError, AccessError) as error:
        return await _explained(request, form, None, error)
    return await _explained(request, form, found, None)


async def _explained(
    request: Request, values: Form, found: Explanation | None, problem: SuwenError | None
) -> Response:
    texts = web_of(request).texts(request)
    context = {
        "values": values,
        "found": found,
        "facts": _facts(found, texts) if found is not None else [],
        "problem": problem,
        "questions": [action.value for action in QUESTIONS],
        "purposes": [purpose.value for purpose in Purpose],
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "explain.html", context, status)


def _facts(found: Explanation, texts: Texts) -> list[tuple[str, str]]:
    """What the policies were told, in words."""
    comma = texts("list.comma")
    told = []
    for name, value in found.facts:
        if name.endswith("roles"):
            value = comma.join(texts.coded("role", role) for role in value.split(" "))
        elif name == "purpose":
            value = texts.coded("purpose", value)
        elif value in ("true", "false"):
            value = texts(f"fact.{value}")
        told.append((name, value or texts("no")))
    return told


ROUTES = [
    Route("/readers", show_readers, methods=["GET"]),
    Route("/readers", report_readers, methods=["POST"]),
    Route("/access/explain", show_questions, methods=["GET"]),
    Route("/access/explain", explain, methods=["POST"]),
]
