"""How a browser keeps a session that began, and where it goes then."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from suwen.control.access.sign_in_types import SignedIn
from suwen.core.language import Language
from suwen.web.guard import (
    LANGUAGE_COOKIE,
    is_secure,
    launch_cookie,
    launch_cookie_name,
    session_cookie_name,
)
from suwen.web.pages import web_of

YEAR_S = 365 * 24 * 3600


async def signed_in(
    request: Request, begun: SignedIn, next_page: str, answer: Response | None = None
) -> Response:
    """Gives the browser its session, with this answer or on the way to where it wanted to go."""
    done = answer if answer is not None else RedirectResponse(local_address(next_page), 303)
    keep_session(request, done, begun.token)
    remember_language(request, done, begun.language)
    return done


def keep_session(request: Request, answer: Response, token: str) -> None:
    """Lets the browser keep a session that began, instead of one that it was launched into."""
    secure = is_secure(request, web_of(request).platform.settings)
    answer.set_cookie(
        session_cookie_name(secure=secure),
        token,
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )
    if launch_cookie_name(secure=secure) in request.cookies:
        answer.headers.append("set-cookie", launch_cookie("", secure=secure))


def local_address(wanted: str) -> str:
    """An address of ours, never another site's."""
    # Browsers leave out tabs and line breaks and read a backslash as a slash, which together may
    # name another site.
    ours = wanted.startswith("/") and wanted.isprintable() and "\\" not in wanted
    if not ours or wanted.startswith("//"):
        return "/"
    return "/" if urlsplit(wanted).path in ("/sign-in", "/sign-out") else wanted


def remember_language(request: Request, answer: Response, language: Language) -> None:
    """Keeps the language of the screens in the browser, for pages before a sign-in."""
    answer.set_cookie(
        LANGUAGE_COOKIE,
        language.value,
        max_age=YEAR_S,
        samesite="lax",
        httponly=True,
        secure=is_secure(request, web_of(request).platform.settings),
        path="/",
    )
