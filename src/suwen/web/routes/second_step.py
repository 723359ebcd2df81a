"""What follows a right password: the code of the second factor, or setting one up."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from suwen.control.access.second_factor import Enrolment, SecondStepNeededError, Step
from suwen.control.access.sign_in_types import SignedIn
from suwen.core.errors import AuthenticationError, SuwenError, meaning_of
from suwen.core.identity import Channel
from suwen.storage.people import Person
from suwen.storage.sessions import Where
from suwen.web.forms import Form, read_form
from suwen.web.guard import language_of
from suwen.web.pages import web_of
from suwen.web.routes.session_cookies import local_address, signed_in
from suwen.web.texts import Texts

_LONGEST_TICKET = 2048


def where_of(request: Request) -> Where:
    """What the request was sent with and from; this machine's own address stands for nobody."""
    device = request.headers.get("user-agent", "").strip()[:200] or None
    host = request.client.host if request.client is not None else ""
    try:
        address = ip_address(host)
    except ValueError:
        return Where(device, None)
    return Where(device, None if address.is_loopback else str(address))


def drawn(enrolment: Enrolment) -> Markup:
    """The picture that an authenticator app reads, as SVG."""
    code = segno.make(enrolment.address, error="m")
    return Markup(code.svg_inline(scale=5, svgclass=None, lineclass=None))  # noqa: S704 (no text)


async def ask(request: Request, needed: SecondStepNeededError, next_page: str) -> Response:
    """The page of the second step."""
    values = Form({"account": needed.person, "ticket": needed.ticket, "next": next_page})
    return await _page(request, needed.step, values, None)


async def give_code(request: Request) -> Response:
    """Begins the session when the code is right."""
    web, form = web_of(request), await read_form(request)
    account, ticket = form.text("account"), form.text("ticket", longest=_LONGEST_TICKET)
    try:
        person = await web.platform.sign_in.factors.finish(
            account, ticket, form.text("code"), Channel.WEB
        )
    except AuthenticationError as error:
        return await _again(request, Step.CODE, form, error)
    return await signed_in(request, await _begin(request, person), form.text("next", longest=500))


async def set_up(request: Request) -> Response:
    """Puts the factor in force when the app shows its code, begins the session, and shows the
    recovery codes once."""
    web, form = web_of(request), await read_form(request)
    account, ticket = form.text("account"), form.text("ticket", longest=_LONGEST_TICKET)
    factors = web.platform.sign_in.factors
    try:
        person = await factors.person_of(account, ticket)
        codes = await factors.confirm(person.id, form.text("code"), Channel.WEB)
    except AuthenticationError as error:
        return await _again(request, Step.SET_UP, form, error)
    begun = await _begin(request, person)
    context = {"codes": codes, "next": local_address(form.text("next", longest=500))}
    html = web.html("recovery_codes.html", Texts(begun.language), _outside(request, context))
    return await signed_in(request, begun, "/", HTMLResponse(html))


async def _begin(request: Request, person: Person) -> SignedIn:
    return await web_of(request).platform.authentication.begin(
        person, Channel.WEB, where=where_of(request)
    )


async def _again(request: Request, step: Step, form: Form, error: SuwenError) -> Response:
    if error.code == "session_ended":
        # The ticket was too old, or nobody's: nothing of any account is shown for it.
        raise error
    return await _page(request, step, form, error)


async def _page(request: Request, step: Step, values: Form, problem: SuwenError | None) -> Response:
    web, picture, secret = web_of(request), None, ""
    if step is Step.SET_UP:
        factors = web.platform.sign_in.factors
        person = await factors.person_of(
            values.text("account"), values.text("ticket", longest=_LONGEST_TICKET)
        )
        enrolment = await factors.begun(person.id) or await factors.begin(person.id, Channel.WEB)
        picture, secret = drawn(enrolment), enrolment.secret
    context = {
        "step": step.value,
        "account": values.text("account"),
        "ticket": values.text("ticket", longest=_LONGEST_TICKET),
        "next": local_address(values.text("next", longest=500)),
        "picture": picture,
        "secret": secret,
        "problem": problem,
    }
    texts = Texts(language_of(request))
    status = meaning_of(problem).http_status if problem else 200
    html = web.html("second_step.html", texts, _outside(request, context))
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


def _outside(request: Request, context: Mapping[str, object]) -> dict[str, object]:
    """What a page has around it before anybody is signed in."""
    return {"shell": None, "csrf": "", "here": request.url.path, **context}


ROUTES = [
    Route("/sign-in/code", give_code, methods=["POST"]),
    Route("/sign-in/set-up", set_up, methods=["POST"]),
]
