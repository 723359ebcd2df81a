"""How much people rely on outputs: planted checks and the pace of signing, for two offices."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.accountability.checks import LOOKED_BACK
from suwen.bootstrap.accountability.planting import KINDS
from suwen.control.governance.signing_pace import LEAST, LIMIT
from suwen.core.errors import InputError, PreconditionError, SuwenError, meaning_of
from suwen.core.identity import DraftId
from suwen.evaluation.corruption.model import CorruptionKind
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of


async def show_reliance(request: Request) -> Response:
    """Rates, outliers, and drafts that a check can be made of."""
    return await _reliance(request, Form({}), None)


async def _reliance(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    desk = web.platform.accountability.checks
    context = {
        "report": await desk.report(visitor.principal),
        "sources": await desk.sources(visitor.principal),
        "names": {person.id: person.name for person in await web.platform.people.list()},
        "kinds": KINDS,
        "limit": LIMIT,
        "least": LEAST,
        "days": LOOKED_BACK.days,
        "values": values,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "reliance.html", context, status)


async def plant(request: Request) -> Response:
    """Makes a known-wrong copy of a draft about an invented patient."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    try:
        source = DraftId(form.needed("source"))
        kind = form.choice("kind", CorruptionKind) if form.text("kind") else None
        await web.platform.accountability.checks.plant(source, visitor.principal, kind)
    except (InputError, PreconditionError) as error:
        return await _reliance(request, form, error)
    return RedirectResponse("/reliance", 303)


ROUTES = [
    Route("/reliance", show_reliance, methods=["GET"]),
    Route("/reliance/checks", plant, methods=["POST"]),
]
