"""The register of AI systems: what each is for, who answers for it, its class in each law."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.register import register_csv
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.answerability import WORDS
from suwen.control.governance.register import (
    COMPLETED,
    DESCRIBED,
    DISCLOSED,
    LONGEST,
    LifeStage,
    RegisterRow,
    SystemKind,
    writable_facts,
)
from suwen.control.governance.risk.questions import questions
from suwen.control.governance.risk.rules import Jurisdiction, rule_set, versions
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.web.answers import file_answer
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, person_names, web_of
from suwen.web.routes.administration import require
from suwen.web.spreadsheets import CSV

NUMBERS = ("data_class", "reasoning_demand")
ANSWERED = ("duty", "person", "name", "role", "since", "release")
LONG = ("intended_use", "not_for", "hazards", "inputs", "outputs")


async def show_register(request: Request) -> Response:
    """Every AI system, and what another version of the law would change."""
    return await _register(request, Form({}), None)


async def _register(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    law = request.query_params.get("law") or versions()[-1]
    rows = await web.platform.register.rows(visitor.principal, law)
    place = versions().index(law)
    earlier = versions()[place - 1] if place else None
    changed = (
        []
        if earlier is None
        else await web.platform.register.changed_by_law(earlier, law, visitor.principal)
    )
    context = {
        "rows": rows,
        "gaps": await web.platform.accountability.answers.gaps(visitor.principal),
        "laws": tuple(Jurisdiction),
        "law": rule_set(law),
        "versions": versions(),
        "earlier": earlier,
        "changed": changed,
        "may_write": _may_write(request),
        "values": values,
        "problem": problem,
    }
    return await page(request, "register.html", context, _status(problem))


async def export_register(request: Request) -> Response:
    """The whole register as a file."""
    web, visitor = web_of(request), visitor_of(request)
    rows = await web.platform.register.rows(visitor.principal)
    return file_answer("register.csv", register_csv(rows, web.texts(request).language), CSV)


async def add_system(request: Request) -> Response:
    """Puts a system on the register that is not one of ours."""
    require(request, Action.MANAGE_RELEASES)
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    try:
        system = form.needed("id", longest=40)
        title = {"title": form.needed("title", longest=80)}
        await web.platform.register.write(system, title, 0, visitor.principal)
    except InputError as error:
        return await _register(request, form, error)
    return RedirectResponse(f"/register/{system}", 303)


async def show_system(request: Request) -> Response:
    """One system, its classes with rule and source, and every version of its row."""
    return await _system(request, None, None)


async def _system(
    request: Request, given: Mapping[str, str] | None, problem: SuwenError | None
) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    found = await web.platform.register.read(request.path_params["system"], visitor.principal)
    desks = web.platform.accountability
    context = {
        "answers": await desks.answers.read(found.row.id, visitor.principal),
        "duty_words": WORDS,
        "today": web.today().isoformat(),
        "may_write": _may_write(request),
        "disclosed": DISCLOSED,
        "row": found.row,
        "history": found.versions,
        "person": await person_names(request, (one.written_by for one in found.versions)),
        "facts": (*DESCRIBED, *COMPLETED),
        "writable": _writable(found.row) if _may_write(request) else (),
        "long": LONG,
        "numbers": NUMBERS,
        "stages": tuple(LifeStage),
        "longest": LONGEST,
        "questions": tuple(questions().values()),
        "laws": tuple(Jurisdiction),
        "given": given,
        "problem": problem,
    }
    return await page(request, "register_system.html", context, _status(problem))


async def write_system(request: Request) -> Response:
    """Writes the next version of a system's row."""
    require(request, Action.MANAGE_RELEASES)
    web, visitor = web_of(request), visitor_of(request)
    system, form = request.path_params["system"], await read_form(request)
    found = await web.platform.register.read(system, visitor.principal)
    asked = (f"answer.{name}" for name in questions())
    names = (*_writable(found.row), *DISCLOSED, *asked)
    given = {name: form.text(name, longest=LONGEST + 1) for name in names}
    try:
        seen = form.whole("version", 0, 1_000_000)
        await web.platform.register.write(system, given, seen, visitor.principal)
    except InputError as error:
        return await _system(request, given, error)
    return RedirectResponse(f"/register/{system}?saved=1", 303)


async def write_answers(request: Request) -> Response:
    """Keeps who takes over a duty, and since when."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    system = request.path_params["system"]
    given = {name: form.text(name, longest=LONGEST) for name in ANSWERED}
    try:
        await web.platform.accountability.answers.write(system, given, visitor.principal)
    except InputError as error:
        if meaning_of(error).http_status == 404 and error.code == "no_such_system":
            raise
        return await _system(request, None, error)
    return RedirectResponse(f"/register/{system}#answers", 303)


def _writable(row: RegisterRow) -> tuple[str, ...]:
    return writable_facts(application=row.kind is SystemKind.APPLICATION)


def _may_write(request: Request) -> bool:
    access = web_of(request).platform.parts.access
    decision = access.decide(
        visitor_of(request).principal, Action.MANAGE_RELEASES, InstallationTarget()
    )
    return decision.allowed


def _status(problem: SuwenError | None) -> int:
    return meaning_of(problem).http_status if problem else 200


ROUTES = [
    Route("/register", show_register, methods=["GET"]),
    Route("/register", add_system, methods=["POST"]),
    Route("/register.csv", export_register, methods=["GET"]),
    Route("/register/{system}", show_system, methods=["GET"]),
    Route("/register/{system}", write_system, methods=["POST"]),
    Route("/register/{system}/answers", write_answers, methods=["POST"]),
]
