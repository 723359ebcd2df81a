"""Emergency access: declaring it, ending it, and looking after what others declared."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.control.access.sign_in_types import Proof
from suwen.control.gateway.emergency import Declaration, EmergencyReason, ReviewOutcome
from suwen.core.errors import (
    AccessError,
    AuthenticationError,
    InputError,
    SuwenError,
    UnavailableError,
    meaning_of,
)
from suwen.core.language import Bilingual
from suwen.web.errors import wants_json
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of


async def show_form(request: Request) -> Response:
    """The form; the same for every number, whether there is such a record or not."""
    asked = Form({"patient": request.query_params.get("patient", "")})
    _require_may_declare(request)
    return await _form(request, asked, None)


async def declare(request: Request) -> Response:
    """Opens the record, and leads to it."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    try:
        declared = Declaration(
            form.text("patient"), form.text("reason"), form.text("comment", longest=500)
        )
        password = form.secret("password")
        statement = form.text("statement", longest=2048)
        proof = Proof(password=password or None, statement=statement or None)
        opened = await web.platform.emergencies.open(visitor.principal, declared, proof)
    except (InputError, AuthenticationError, UnavailableError) as error:
        if wants_json(request):
            raise
        return await _form(request, form, error)
    return RedirectResponse(f"/patients/{quote(opened.patient, safe='')}", 303)


async def end(request: Request) -> Response:
    """Ends an emergency access before its time."""
    web, visitor = web_of(request), visitor_of(request)
    await web.platform.emergencies.end(visitor.principal, request.path_params["access"])
    own = (await read_form(request)).text("back") != "/emergencies"
    return RedirectResponse("/" if own else "/emergencies", 303)


async def show_list(request: Request) -> Response:
    """What others declared, for whoever looks after it."""
    return await _list(request, None)


async def review(request: Request) -> Response:
    """Decides on one."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    try:
        await web.platform.emergencies.review(
            visitor.principal,
            request.path_params["access"],
            form.choice("outcome", ReviewOutcome),
            form.text("comment", longest=500),
        )
    except InputError as error:
        if wants_json(request) or meaning_of(error).http_status == 404:
            raise
        return await _list(request, error)
    return RedirectResponse("/emergencies", 303)


async def _form(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web = web_of(request)
    context = {
        "values": values,
        "problem": problem,
        "reasons": [reason.value for reason in EmergencyReason],
        "minutes": web.platform.emergencies.minutes,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "emergency.html", context, status)


async def _list(request: Request, problem: SuwenError | None) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    rows = await web.platform.emergencies.list(visitor.principal)
    names = {person.id: person.name for person in await web.platform.people.list()}
    context = {
        "waiting": [row for row in rows if row.access.review is None],
        "reviewed": [row for row in rows if row.access.review is not None],
        "names": names,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "emergencies.html", context, status)


def _require_may_declare(request: Request) -> None:
    """Raises AccessError for whoever may not declare an emergency for anybody."""
    emergencies = web_of(request).platform.emergencies
    if not emergencies.may_declare(visitor_of(request).principal):
        raise AccessError(
            "not_permitted",
            Bilingual(
                zh="紧急访问仅限医师和护士。",
                en="Emergency access is for physicians and nurses.",
            ),
        )


ROUTES = [
    Route("/emergency", show_form, methods=["GET"]),
    Route("/emergency", declare, methods=["POST"]),
    Route("/emergency/{access}/end", end, methods=["POST"]),
    Route("/emergencies", show_list, methods=["GET"]),
    Route("/emergencies/{access}/review", review, methods=["POST"]),
]
