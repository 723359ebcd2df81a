"""The audit on its page: searched by who, what, when and how it ended, and verified whole."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suwen.bootstrap.audit_trail import verify_trail
from suwen.control.access.decision import Action
from suwen.core.audit import AuditOutcome
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.storage.audit import Wanted
from suwen.web.forms import Form
from suwen.web.pages import fragment, page, person_names, web_of
from suwen.web.routes.administration import require
from suwen.web.views.site import audit_address, read_audit_page

EXACT = ("actor", "outcome", "trace")


async def show_audit(request: Request) -> Response:
    """The latest events, or those of them that are asked for, and the state of the chain."""
    require(request, Action.READ_AUDIT)
    web, asked = web_of(request), Form(request.query_params)
    before = asked.text("before")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 15 else None
    problem: SuwenError | None = None
    try:
        wanted = _wanted(request, asked)
    except InputError as error:
        wanted, number, problem = Wanted(), None, error
    view = await read_audit_page(web.platform, number, wanted)
    context = {
        "view": view,
        "values": asked,
        "problem": problem,
        "outcomes": [outcome.value for outcome in AuditOutcome],
        "sought": wanted != Wanted(),
        "person": await person_names(request, (event.entry.actor for event in view.events)),
        "older": audit_address(asked, view.before),
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "audit.html", context, status)


def _wanted(request: Request, asked: Form) -> Wanted:
    since, until = asked.period(web_of(request).platform.settings.zone)
    if asked.text("outcome"):
        asked.choice("outcome", AuditOutcome)
    exact = {name: value for name in EXACT if (value := asked.text(name))}
    return Wanted(exact, asked.text("action"), asked.text("subject"), since, until)


async def verify_audit(request: Request) -> Response:
    """Reads the whole chain and says whether it holds."""
    require(request, Action.READ_AUDIT)
    report = await verify_trail(web_of(request).platform, None)
    return fragment(request, "audit_report_fragment.html", {"report": report})


ROUTES = [
    Route("/audit", show_audit, methods=["GET"]),
    Route("/audit/verify", verify_audit, methods=["POST"]),
]
