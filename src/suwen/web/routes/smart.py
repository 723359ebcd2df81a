"""Opened from the EMR by SMART App Launch: with the person and the patient that are open there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.control.access.smart_launch import TIME_TO_AUTHORIZE, SentToEmr, SmartLaunch
from suwen.core.errors import InputError, NotFoundError
from suwen.core.language import Bilingual
from suwen.web.guard import is_secure
from suwen.web.pages import web_of
from suwen.web.routes.launch import show_opened
from suwen.web.routes.session import public_url

CALLBACK = "/smart/callback"
_COOKIE = "suwen_smart_"
_LONGEST = 8192


async def launch(request: Request) -> Response:
    """The EMR opens us: to its authorization server, with the mark of its launch."""
    issuer = request.query_params.get("iss", "")[:500]
    mark = request.query_params.get("launch")
    return _gone(request, await _smart(request).send(issuer, mark, _redirect_uri(request)))


async def launch_standalone(request: Request) -> Response:
    """A person opens us first: the EMR signs them in and lets them choose the patient."""
    return _gone(request, await _smart(request).send(None, None, _redirect_uri(request)))


async def come_back(request: Request) -> Response:
    """The EMR sends the browser back: the patient's page, for this person."""
    answer = dict(request.query_params)
    if sum(map(len, answer.values())) > _LONGEST:
        raise InputError(
            "field_wrong",
            Bilingual(zh="地址过长。", en="The address is too long."),
            field="query",
        )
    cookie = _cookie_name(request, answer.get("state", ""))
    opened = await _smart(request).come_back(answer, request.cookies.get(cookie, ""))
    done = await show_opened(request, opened)
    done.headers.append("set-cookie", _cookie(request, cookie, "", 0))
    return done


def _gone(request: Request, sent: SentToEmr) -> Response:
    answer = RedirectResponse(sent.address, 303)
    name = _cookie_name(request, sent.state)
    age = int(TIME_TO_AUTHORIZE.total_seconds())
    answer.headers.append("set-cookie", _cookie(request, name, sent.browser_key, age))
    return answer


def _cookie_name(request: Request, state: str) -> str:
    """One cookie for each launch that is under way."""
    secure = is_secure(request, web_of(request).platform.settings)
    mark = "".join(c for c in state[:16] if c.isalnum() or c in "-_")
    return f"{'__Host-' if secure else ''}{_COOKIE}{mark}"


def _cookie(request: Request, name: str, value: str, age_s: int) -> str:
    """The header that sets it, so that a frame in the EMR keeps it (see ``launch_cookie``)."""
    secure = is_secure(request, web_of(request).platform.settings)
    manners = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    return f"{name}={value}; Path=/; HttpOnly; Max-Age={age_s}; {manners}"


def _redirect_uri(request: Request) -> str:
    return f"{public_url(request)}{CALLBACK}"


def _smart(request: Request) -> SmartLaunch:
    found = web_of(request).platform.sign_in.smart
    if found is None:
        raise NotFoundError(
            "no_smart_emr",
            Bilingual(
                zh="本系统未设置可用 SMART 打开的电子病历系统（[smart]）。",
                en="No EMR that opens this system by SMART is set up here ([smart]).",
            ),
        )
    return found


ROUTES = [
    Route("/smart/launch", launch, methods=["GET"]),
    Route("/smart/standalone", launch_standalone, methods=["GET"]),
    Route(CALLBACK, come_back, methods=["GET"]),
]
