"""Retention: legal holds, and erasures that one person asks for and another decides on."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.privacy.retention import PERIODS
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.storage.erasures import Basis
from suwen.web.errors import wants_json
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of


async def show(request: Request) -> Response:
    """What is held, what is to be erased, and how long records are kept."""
    return await _page(request, Form({}), None)


async def place_hold(request: Request) -> Response:
    """Holds a patient's records."""
    form, desk = await read_form(request), web_of(request).platform.keeping
    who = visitor_of(request).principal
    return await _done(
        request, form, desk.place_hold(who, form.text("patient"), form.text("reason", longest=500))
    )


async def release_hold(request: Request) -> Response:
    """Releases a hold of another person."""
    form, desk = await read_form(request), web_of(request).platform.keeping
    number, reason = int(request.path_params["number"]), form.text("reason", longest=500)
    who = visitor_of(request).principal
    return await _done(request, form, desk.release_hold(who, number, reason))


async def request_erasure(request: Request) -> Response:
    """Asks for an erasure."""
    form, desk = await read_form(request), web_of(request).platform.keeping
    try:
        basis = form.choice("basis", Basis)
    except InputError as error:
        return await _page(request, form, error)
    patient, reason = form.text("erase"), form.text("erase_reason", longest=500)
    who = visitor_of(request).principal
    return await _done(request, form, desk.request_erasure(who, patient, basis, reason))


async def decide_erasure(request: Request) -> Response:
    """Approves or refuses what another person asked for; an approval is carried out at once."""
    form, desk = await read_form(request), web_of(request).platform.keeping
    wanted, approved = request.path_params["erasure"], form.text("decision") == "approve"
    who = visitor_of(request).principal
    return await _done(request, form, desk.decide_erasure(who, wanted, approved=approved))


async def due(request: Request) -> Response:
    """Whose records have been kept for as long as the law asks."""
    web, who = web_of(request), visitor_of(request).principal
    found = await web.platform.keeping.due.find(who, request.query_params.get("after", ""))
    asked = web.platform.access.decide(who, Action.REQUEST_ERASURE, InstallationTarget())
    return await page(request, "due_records.html", {"due": found, "may_request": asked.allowed})


async def erase_document(request: Request) -> Response:
    """Takes a document of the library out for good that another person deleted."""
    form, who = await read_form(request), visitor_of(request).principal
    collection, document = form.text("collection"), form.text("document")
    reason = form.text("document_reason", longest=500)
    desk = web_of(request).platform.library.erasing
    return await _done(request, form, desk.erase(collection, document, who, reason))


async def _done(request: Request, form: Form, work: Awaitable[object]) -> Response:
    try:
        await work
    except InputError as error:
        if wants_json(request):
            raise
        return await _page(request, form, error)
    return RedirectResponse("/retention", 303)


async def _page(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web, who = web_of(request), visitor_of(request).principal
    desk, access = web.platform.keeping, web.platform.access

    def may(action: Action) -> bool:
        return access.decide(who, action, InstallationTarget()).allowed

    context = {
        "values": values,
        "problem": problem,
        "holds": await desk.holds(who),
        "erasures": await desk.erasures(who),
        "periods": list(PERIODS.values()),
        "bases": [basis.value for basis in Basis],
        "may_hold": may(Action.MANAGE_HOLDS),
        "may_request": may(Action.REQUEST_ERASURE),
        "may_decide": may(Action.DECIDE_ERASURE),
        "me": who.id,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "retention.html", context, status)


ROUTES = [
    Route("/retention", show, methods=["GET"]),
    Route("/retention/due", due, methods=["GET"]),
    Route("/retention/holds", place_hold, methods=["POST"]),
    Route("/retention/holds/{number:int}/release", release_hold, methods=["POST"]),
    Route("/retention/erasures", request_erasure, methods=["POST"]),
    Route("/retention/erasures/{erasure}/decide", decide_erasure, methods=["POST"]),
    Route("/retention/documents", erase_document, methods=["POST"]),
]
