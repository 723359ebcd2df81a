"""Signing in through the hospital's provider, proving oneself there again, and its logouts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.control.access.provider_sign_in import TIME_TO_SIGN_IN, ProviderSignIn, Sent, Wanted
from suwen.control.gateway.sign_off_types import act_of_signing
from suwen.core.errors import InputError, NotFoundError, SuwenError
from suwen.core.language import Bilingual, Language
from suwen.web.forms import read_form
from suwen.web.guard import Visitor, is_secure, language_of, visitor_of
from suwen.web.pages import Web, web_of
from suwen.web.routes.session import public_url, refused_sign_in
from suwen.web.routes.session_cookies import keep_session, local_address, remember_language
from suwen.web.texts import Texts

CALLBACK = "/sign-in/oidc/callback"
_STATE_COOKIE = "suwen_oidc_"
_LONGEST = 4096


async def go_to_provider(request: Request) -> Response:
    """Sends the browser to the hospital's provider."""
    wanted = Wanted(next=local_address(request.query_params.get("next", "/")[:500]))
    try:
        sent = await _send(request, wanted)
    except SuwenError as error:
        return await refused_sign_in(request, language_of(request), "", error)
    return _gone(request, sent)


async def go_to_prove(request: Request) -> Response:
    """Sends the browser to the provider, to prove who is about to sign exactly this."""
    visitor, asked = visitor_of(request), request.query_params
    version = asked.get("version", "")
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise _wrong("version")
    about = act_of_signing(asked.get("draft", ""), int(version), asked.get("hash", ""))
    if len(about) > _LONGEST:
        raise _wrong("draft")
    person = visitor.principal.id
    return _gone(request, await _send(request, Wanted(person=person, about=about)))


async def come_back(request: Request) -> Response:
    """Ends what was begun: a session, or the proof for a signature."""
    web, answer = web_of(request), dict(request.query_params)
    cookie = _cookie_name(request, answer.get("state", ""))
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    language = language_of(request)
    try:
        if sum(map(len, answer.values())) > 4 * _LONGEST:
            raise _wrong("query")
        came = await _provider(web).come_back(
            answer,
            request.cookies.get(cookie, ""),
            visitor.principal if visitor is not None else None,
        )
    except SuwenError as error:
        refused = await refused_sign_in(request, language, "", error)
        _forget(request, refused, cookie)
        return refused
    done: Response
    if came.session is None:
        done = _page(
            request, "proved.html", {"statement": came.statement, "about": came.wanted.about}
        )
    else:
        done = RedirectResponse(local_address(came.wanted.next), 303)
        keep_session(request, done, came.session.token)
        remember_language(request, done, came.session.language)
    _forget(request, done, cookie)
    return done


async def signed_out_there(request: Request) -> Response:
    """The provider says that a session is over (OpenID Connect Back-Channel Logout 1.0)."""
    form = await read_form(request)
    token = form.text("logout_token", longest=16 * _LONGEST)
    ended = await _provider(web_of(request)).signed_out_there(token)
    return JSONResponse({"ended": ended})


async def show_signed_in_again(request: Request) -> Response:
    """Tells the pages that wait in other tabs that somebody is signed in again."""
    return _page(request, "signed_in_again.html", {})


async def tell_session(request: Request) -> Response:
    """Who is signed in, and what forms of this session carry; for our own pages."""
    visitor = visitor_of(request)
    return JSONResponse({"csrf": visitor.csrf, "account": visitor.principal.id})


async def _send(request: Request, wanted: Wanted) -> Sent:
    provider = _provider(web_of(request))
    redirect_uri = f"{public_url(request)}{CALLBACK}"
    return await provider.send(wanted, redirect_uri, language_of(request).value)


def _gone(request: Request, sent: Sent) -> Response:
    """On the way to the provider, with the key that this browser alone brings back."""
    answer = RedirectResponse(sent.address, 303)
    answer.set_cookie(
        _cookie_name(request, sent.state),
        sent.browser_key,
        max_age=int(TIME_TO_SIGN_IN.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(request, web_of(request).platform.settings),
        path="/",
    )
    return answer


def _cookie_name(request: Request, state: str) -> str:
    """One cookie for each sign-in that is under way, held to this host where TLS allows it."""
    secure = is_secure(request, web_of(request).platform.settings)
    return f"{'__Host-' if secure else ''}{_STATE_COOKIE}{state[:16]}"


def _forget(request: Request, answer: Response, cookie: str) -> None:
    if cookie in request.cookies:
        secure = is_secure(request, web_of(request).platform.settings)
        answer.delete_cookie(cookie, path="/", secure=secure, httponly=True)


def _provider(web: Web) -> ProviderSignIn:
    found = web.platform.sign_in.provider
    if found is None:
        raise NotFoundError(
            "no_provider",
            Bilingual(
                zh="本系统未设置医院统一登录。", en="No sign-in of the hospital is set up here."
            ),
        )
    return found


def _page(request: Request, template: str, context: dict[str, object]) -> HTMLResponse:
    texts = Texts(Language(language_of(request)))
    filled = {"shell": None, "csrf": "", "here": request.url.path, **context}
    return HTMLResponse(web_of(request).html(template, texts, filled))


def _wrong(field: str) -> InputError:
    return InputError(
        "field_wrong",
        Bilingual(zh="缺少此项或格式不对。", en="Missing, or not in the right form."),
        field=field,
    )


ROUTES = [
    Route("/sign-in/oidc", go_to_provider, methods=["GET"]),
    Route(CALLBACK, come_back, methods=["GET"]),
    Route("/sign-in/oidc/prove", go_to_prove, methods=["GET"]),
    Route("/sign-in/again", show_signed_in_again, methods=["GET"]),
    Route("/sign-in/session", tell_session, methods=["GET"]),
    Route("/sign-out/oidc", signed_out_there, methods=["POST"]),
]
