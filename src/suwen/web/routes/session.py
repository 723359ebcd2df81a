"""Signing in and out, and the language of the screens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.safety import is_loopback
from suwen.control.access.second_factor import SecondStepNeededError
from suwen.core.errors import (
    AccessError,
    AuthenticationError,
    ConfigurationError,
    SuwenError,
    UnavailableError,
    meaning_of,
)
from suwen.core.identity import Channel
from suwen.core.language import Bilingual, Language
from suwen.web.errors import wants_json
from suwen.web.forms import read_form
from suwen.web.guard import (
    Visitor,
    is_secure,
    language_of,
    launch_cookie,
    launch_cookie_name,
    session_cookie_name,
    visitor_of,
)
from suwen.web.pages import Web, web_of
from suwen.web.routes.second_step import ask, where_of
from suwen.web.routes.session_cookies import (
    local_address,
    remember_language,
    signed_in,
)
from suwen.web.texts import Texts

PROVIDER_WAIT_S = 1.5
"""The sign-in page waits no longer to learn whether the hospital's provider answers."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the sign-in page says.

    Attributes:
        account: as it was typed.
        problem: what did not go; empty when nothing was tried.
        next_page: where the person wants to go.
    """

    account: str = ""
    problem: str = ""
    next_page: str = "/"


async def show_sign_in(request: Request) -> Response:
    """The sign-in page; whoever is signed in goes on, and a frame is opened again where it was."""
    secure = is_secure(request, web_of(request).platform.settings)
    framed = request.headers.get("sec-fetch-dest") in ("iframe", "frame")
    if framed and launch_cookie_name(secure=secure) in request.cookies:
        return RedirectResponse("/launch/over", 303)
    if getattr(request.state, "visitor", None) is not None and "lang" not in request.query_params:
        return RedirectResponse("/", 303)
    chosen = request.query_params.get("lang")
    language = Language(chosen) if chosen in ("zh", "en") else language_of(request)
    texts = Texts(language)
    problem = texts("sign_in.ended") if "ended" in request.query_params else ""
    said = _Said(problem=problem, next_page=request.query_params.get("next", "/"))
    answer = await _sign_in_page(request, language, said, 200)
    if chosen in ("zh", "en"):
        remember_language(request, answer, language)
    return answer


async def sign_in(request: Request) -> Response:
    """Begins a session, and leads to where the person wanted to go."""
    web, language = web_of(request), language_of(request)
    form = await read_form(request)
    account = form.text("account", longest=64)
    next_page = form.text("next", longest=500)
    try:
        begun = await web.platform.authentication.sign_in(
            account,
            form.secret("password"),
            Channel.WEB,
            form.text("code") or None,
            where_of(request),
        )
    except SecondStepNeededError as needed:
        if wants_json(request):
            raise
        return await ask(request, needed, next_page)
    except (AuthenticationError, AccessError, UnavailableError) as error:
        if wants_json(request):
            raise
        return await refused_sign_in(request, language, account, error, next_page)
    if wants_json(request):
        # A page that is open already signs in again and goes on with what is typed there.
        visitor = Visitor(begun.principal, begun.token, by_cookie=True)
        there = JSONResponse({"csrf": visitor.csrf, "account": begun.principal.id})
        return await signed_in(request, begun, next_page, there)
    return await signed_in(request, begun, next_page)


async def sign_out(request: Request) -> Response:
    """Ends the session here and in the store, and where it began at the hospital's provider."""
    web, visitor = web_of(request), visitor_of(request)
    there = await where_to_sign_out(request, visitor.token)
    await web.platform.authentication.sign_out(visitor.token)
    answer: Response = RedirectResponse("/sign-in", 303)
    if visitor.principal.launched_for is not None:
        answer = RedirectResponse("/launch/over", 303)
    elif there is not None:
        # A page of ours leads on: browsers hold a form's redirects to its own site.
        context = {"shell": None, "csrf": "", "here": "/sign-out", "address": there}
        answer = HTMLResponse(web.html("signed_out.html", web.texts(request), context))
    secure = is_secure(request, web.platform.settings)
    if visitor.principal.launched_for is not None:
        answer.headers.append("set-cookie", launch_cookie("", secure=secure))
    else:
        answer.delete_cookie(session_cookie_name(secure=secure), path="/", secure=secure)
    return answer


async def where_to_sign_out(request: Request, token: str) -> str | None:
    """Where the browser goes to end the provider's session as well, ``None`` for nowhere."""
    provider = web_of(request).platform.sign_in.provider
    if provider is None:
        return None
    try:
        return await provider.where_to_sign_out(token, f"{public_url(request)}/sign-in")
    except SuwenError:
        # Here the session ends whatever becomes of the one there.
        return None


async def choose_language(request: Request) -> Response:
    """Keeps the person's language and shows the same page in it."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    language = form.choice("language", Language)
    await web.platform.people.set_language(visitor.principal.id, language)
    answer = RedirectResponse(local_address(form.text("back", longest=500)), 303)
    remember_language(request, answer, language)
    return answer


def public_url(request: Request) -> str:
    """Under which address browsers reach us.

    Raises:
        ConfigurationError: ``public_url_missing`` away from this machine's loopback, where the
            address in a request proves nothing.
    """
    stated = web_of(request).platform.settings.web.public_url
    if stated is not None:
        return stated
    if not is_loopback(request.url.hostname or ""):
        raise ConfigurationError(
            "public_url_missing",
            Bilingual(
                zh="请在 suwen.toml 的 [web] 中设置 public_url（浏览器访问本系统的地址）。",
                en="Set public_url in section [web] of suwen.toml: the address under which "
                "browsers reach this system.",
            ),
            field="web.public_url",
        )
    return f"{request.url.scheme}://{request.url.netloc}"


async def refused_sign_in(
    request: Request, language: Language, account: str, error: SuwenError, next_page: str = "/"
) -> HTMLResponse:
    """The sign-in page with what did not go, so that somebody can try again or otherwise."""
    message = error.safe_message.in_language(language)
    status = meaning_of(error).http_status
    return await _sign_in_page(request, language, _Said(account, message, next_page), status)


async def _sign_in_page(
    request: Request, language: Language, said: _Said, status: int
) -> HTMLResponse:
    web = web_of(request)
    site = web.platform.settings.site
    context = {
        "shell": None,
        "csrf": "",
        "here": "/sign-in",
        "hospital": site.name_zh if language is Language.ZH else site.name_en,
        "account": said.account,
        "problem": said.problem,
        "next": local_address(said.next_page),
        "provider": await _provider_words(web, language),
        "directory": web.platform.sign_in.directory is not None,
        "other_language": "en" if language is Language.ZH else "zh",
    }
    return HTMLResponse(web.html("sign_in.html", Texts(language), context), status)


async def _provider_words(web: Web, language: Language) -> dict[str, object] | None:
    """The button of the hospital's provider, ``None`` where there is none."""
    provider, wish = web.platform.sign_in.provider, web.platform.settings.oidc
    if provider is None:
        return None
    title = wish.title_zh if language is Language.ZH else wish.title_en
    try:
        async with asyncio.timeout(PROVIDER_WAIT_S):
            answers = await provider.is_there()
    except TimeoutError:
        answers = False
    return {"title": title, "answers": answers}


ROUTES = [
    Route("/sign-in", show_sign_in, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/language", choose_language, methods=["POST"]),
]
