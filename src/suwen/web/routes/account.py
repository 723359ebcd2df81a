"""One's own account: where one is signed in, the password, and the second factor."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.control.access.authentication import token_hash
from suwen.control.access.decision import Action
from suwen.control.access.passwords import LEAST_CHARACTERS
from suwen.control.access.sign_in_types import Proof
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AccessError, AuthenticationError, InputError, SuwenError, meaning_of
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.sessions import SessionList, session_name
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.routes.administration import require
from suwen.web.routes.second_step import drawn
from suwen.web.views.devices import device_name


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows once: a problem, the picture of a factor that was begun, new codes."""

    problem: SuwenError | None = None
    begun: bool = False
    codes: tuple[str, ...] = ()


async def show(request: Request) -> Response:
    """The page of one's own account."""
    return await _page(request, Shown())


async def _page(request: Request, shown: Shown) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    _require_own_session(request)
    factors = web.platform.sign_in.factors
    enrolment = await factors.begun(visitor.principal.id) if shown.begun else None
    context = {
        "sessions": await SessionList(web.platform.database).of(visitor.principal.id, web.now()),
        "device_name": device_name,
        "own": session_name(token_hash(visitor.token)),
        "factor": await factors.state(visitor.principal),
        "picture": drawn(enrolment) if enrolment is not None else None,
        "secret": enrolment.secret if enrolment is not None else "",
        "codes": shown.codes,
        "problem": shown.problem,
        "least": LEAST_CHARACTERS,
    }
    status = meaning_of(shown.problem).http_status if shown.problem else 200
    answer = await page(request, "account.html", context, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def end_one(request: Request) -> Response:
    """Signs one's own account out somewhere."""
    web, visitor = web_of(request), visitor_of(request)
    _require_own_session(request)
    name = request.path_params["name"]
    await _tell(request, "session.close", code="ended_from_list", session=name)
    await SessionList(web.platform.database).end(visitor.principal.id, name, web.now())
    return RedirectResponse("/account", 303)


async def end_all(request: Request) -> Response:
    """Signs one's own account out everywhere, here too."""
    web, visitor = web_of(request), visitor_of(request)
    _require_own_session(request)
    await _tell(request, "session.close", code="ended_everywhere")
    await web.platform.people.end_all(visitor.principal.id, web.now())
    return RedirectResponse("/sign-in", 303)


async def change_password(request: Request) -> Response:
    """Changes one's own password, which ends every session."""
    web, visitor = web_of(request), visitor_of(request)
    _require_own_session(request)
    form = await read_form(request)
    new = form.secret("new")
    try:
        if new != form.secret("again"):
            raise InputError(
                "passwords_differ",
                Bilingual(
                    zh="两次输入的新密码不一致。", en="The two new passwords are not the same."
                ),
                field="again",
            )
        await web.platform.authentication.change_password(
            visitor.principal, form.secret("old"), new
        )
    except (InputError, AuthenticationError) as error:
        return await _page(request, Shown(problem=error))
    return RedirectResponse("/sign-in", 303)


async def begin_factor(request: Request) -> Response:
    """Shows the picture for the authenticator app, after the password."""
    web, visitor = web_of(request), visitor_of(request)
    _require_own_session(request)
    form = await read_form(request)
    try:
        await web.platform.authentication.confirm(
            visitor.principal, Proof(password=form.secret("password"))
        )
        await web.platform.sign_in.factors.begin(visitor.principal.id, visitor.principal.channel)
    except (InputError, AuthenticationError) as error:
        return await _page(request, Shown(problem=error))
    return await _page(request, Shown(begun=True))


async def confirm_factor(request: Request) -> Response:
    """Puts the factor in force, and shows the recovery codes once."""
    web, visitor = web_of(request), visitor_of(request)
    _require_own_session(request)
    form = await read_form(request)
    try:
        codes = await web.platform.sign_in.factors.confirm(
            visitor.principal.id, form.text("code"), visitor.principal.channel
        )
    except (InputError, AuthenticationError) as error:
        return await _page(request, Shown(problem=error, begun=True))
    return await _page(request, Shown(codes=codes))


async def remove_factor(request: Request) -> Response:
    """Takes one's own factor away, which a code of it allows."""
    web, visitor = web_of(request), visitor_of(request)
    _require_own_session(request)
    form = await read_form(request)
    try:
        await web.platform.sign_in.factors.remove(visitor.principal, form.text("code"))
    except (InputError, AuthenticationError) as error:
        return await _page(request, Shown(problem=error))
    return RedirectResponse("/account", 303)


async def reset_factor(request: Request) -> Response:
    """Takes the factor of somebody away whose app is lost; nobody resets their own."""
    require(request, Action.MANAGE_PEOPLE)
    web, visitor = web_of(request), visitor_of(request)
    account = PrincipalId(request.path_params["account"])
    if account == visitor.principal.id:
        raise InputError(
            "own_account",
            Bilingual(
                zh="不能重置自己的第二因素，请由另一名安全管理员操作。",
                en="Nobody resets their own second factor; another security administrator does.",
            ),
        )
    await web.platform.sign_in.factors.reset(account, visitor.principal)
    return RedirectResponse("/people", 303)


def _require_own_session(request: Request) -> None:
    """A session that another system opened for one patient changes nothing of the account."""
    visitor = visitor_of(request)
    if visitor.principal.launched_for is not None or not visitor.by_cookie:
        raise AccessError(
            "not_permitted",
            Bilingual(
                zh="请在浏览器中登录本人账号后再操作。",
                en="Sign in with your own account in a browser first.",
            ),
        )


async def _tell(request: Request, action: str, **said: str) -> None:
    principal = visitor_of(request).principal
    entry = AuditEntry(
        action, principal.id, principal.channel.value, AuditOutcome.DONE, detail=said
    )
    await web_of(request).platform.audit.append(entry)


ROUTES = [
    Route("/account", show, methods=["GET"]),
    Route("/account/sessions/end", end_all, methods=["POST"]),
    Route("/account/sessions/{name}/end", end_one, methods=["POST"]),
    Route("/account/password", change_password, methods=["POST"]),
    Route("/account/second-factor", begin_factor, methods=["POST"]),
    Route("/account/second-factor/confirm", confirm_factor, methods=["POST"]),
    Route("/account/second-factor/remove", remove_factor, methods=["POST"]),
    Route("/people/{account}/second-factor/reset", reset_factor, methods=["POST"]),
]
