"""Signing in and out, and the language of the screens."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.core.errors import AuthenticationError, SuwenError, UnavailableError, meaning_of
from suwen.core.identity import Channel
from suwen.core.language import Language
from suwen.web.errors import wants_json
from suwen.web.forms import read_form
from suwen.web.guard import (
    LANGUAGE_COOKIE,
    Visitor,
    is_secure,
    language_of,
    session_cookie_name,
    visitor_of,
)
from suwen.web.pages import web_of
from suwen.web.texts import Texts

YEAR_S = 365 * 24 * 3600


async def show_sign_in(request: Request) -> Response:
    """The sign-in page; whoever is signed in goes on."""
    if getattr(request.state, "visitor", None) is not None and "lang" not in request.query_params:
        return RedirectResponse("/", 303)
    chosen = request.query_params.get("lang")
    language = Language(chosen) if chosen in ("zh", "en") else language_of(request)
    answer = _sign_in_page(request, language, account="", problem="", status=200)
    if chosen in ("zh", "en"):
        _remember_language(request, answer, language)
    return answer


async def sign_in(request: Request) -> Response:
    """Begins a session, and leads to where the person wanted to go."""
    web, language = web_of(request), language_of(request)
    form = await read_form(request)
    account = form.text("account", longest=64)
    try:
        begun = await web.platform.authentication.sign_in(
            account, form.secret("password"), Channel.WEB
        )
    except (AuthenticationError, UnavailableError) as error:
        if wants_json(request):
            raise
        return _refused(request, language, account, error)
    visitor = Visitor(begun.principal, begun.token, by_cookie=True)
    answer: Response = RedirectResponse(local_address(form.text("next", longest=500)), 303)
    if wants_json(request):
        # A page that is open already signs in again and goes on with what is typed there.
        answer = JSONResponse({"csrf": visitor.csrf, "account": begun.principal.id})
    secure = is_secure(request, web.platform.settings)
    answer.set_cookie(
        session_cookie_name(secure=secure),
        begun.token,
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )
    _remember_language(request, answer, begun.language)
    return answer


async def sign_out(request: Request) -> Response:
    """Ends the session here and in the store."""
    web, visitor = web_of(request), visitor_of(request)
    await web.platform.authentication.sign_out(visitor.token)
    answer = RedirectResponse("/sign-in", 303)
    secure = is_secure(request, web.platform.settings)
    answer.delete_cookie(session_cookie_name(secure=secure), path="/", secure=secure)
    return answer


async def choose_language(request: Request) -> Response:
    """Keeps the person's language and shows the same page in it."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    language = form.choice("language", Language)
    await web.platform.people.set_language(visitor.principal.id, language)
    answer = RedirectResponse(local_address(form.text("back", longest=500)), 303)
    _remember_language(request, answer, language)
    return answer


def local_address(wanted: str) -> str:
    """An address of ours, never another site's."""
    parts = urlsplit(wanted)
    outside = parts.scheme or parts.netloc or not wanted.startswith("/")
    if outside or wanted.startswith(("//", "/\\")) or parts.path in ("/sign-in", "/sign-out"):
        return "/"
    return wanted


def _refused(request: Request, language: Language, account: str, error: SuwenError) -> HTMLResponse:
    message = error.safe_message.in_language(language)
    status = meaning_of(error).http_status
    return _sign_in_page(request, language, account=account, problem=message, status=status)


def _sign_in_page(
    request: Request, language: Language, *, account: str, problem: str, status: int
) -> HTMLResponse:
    web = web_of(request)
    site = web.platform.settings.site
    context = {
        "shell": None,
        "csrf": "",
        "here": "/sign-in",
        "hospital": site.name_zh if language is Language.ZH else site.name_en,
        "account": account,
        "problem": problem,
        "next": local_address(request.query_params.get("next", "/")),
        "other_language": "en" if language is Language.ZH else "zh",
    }
    return HTMLResponse(web.html("sign_in.html", Texts(language), context), status)


def _remember_language(request: Request, answer: Response, language: Language) -> None:
    answer.set_cookie(
        LANGUAGE_COOKIE,
        language.value,
        max_age=YEAR_S,
        samesite="lax",
        httponly=True,
        secure=is_secure(request, web_of(request).platform.settings),
        path="/",
    )


ROUTES = [
    Route("/sign-in", show_sign_in, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/language", choose_language, methods=["POST"]),
]
