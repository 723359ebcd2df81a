"""A patient opened in a frame, or a window, of the hospital's own system."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.control.access.launch_types import SIGNED_FIELDS, LaunchWish, OpenedLaunch
from suwen.core.errors import AccessError, InputError, SuwenError, meaning_of
from suwen.core.language import Bilingual
from suwen.web.forms import read_json
from suwen.web.guard import (
    Visitor,
    caller_of,
    is_secure,
    language_of,
    launch_cookie,
    launch_cookie_name,
    session_cookie_name,
)
from suwen.web.pages import web_of
from suwen.web.routes.session_cookies import remember_language
from suwen.web.security import split_address
from suwen.web.texts import Texts

_LONGEST_TOKEN = 200
_WISHES = ("patient", "patient_identifier", "encounter", "practitioner", "account")


async def issue_launch(request: Request) -> Response:
    """Hands a system of the hospital the address that opens a patient once."""
    web, client = web_of(request), caller_of(request)
    body = await read_json(request)
    unknown = sorted(body.keys() - set(_WISHES))
    if unknown:
        raise _wrong(unknown[0][:60])
    for name, value in body.items():
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= 200):
            raise _wrong(name)
    issued = await web.platform.sign_in.launches.issue(client, LaunchWish(**body))
    stated = web.platform.settings.web.public_url
    base = stated or f"{request.url.scheme}://{request.url.netloc}"
    return JSONResponse(
        {"url": f"{base}/launch/{issued.token}", "expires_at": issued.expires_at.isoformat()},
        status_code=201,
    )


async def open_launch(request: Request) -> Response:
    """Signs the person in for the patient, once, and shows the patient."""
    token = request.path_params["token"][:_LONGEST_TOKEN]
    try:
        _check_opening(request)
        opened = await web_of(request).platform.sign_in.launches.open(token)
    except SuwenError as error:
        return refused_launch(request, error)
    return await show_opened(request, opened)


async def open_signed_launch(request: Request) -> Response:
    """As ``open_launch``, by an address that the hospital's system built and signed itself."""
    query = request.query_params
    fields = (*SIGNED_FIELDS, "signature")
    strange = [name for name, _ in query.multi_items() if name not in fields]
    twice = [name for name in fields if len(query.getlist(name)) > 1]
    try:
        _check_opening(request)
        if strange or twice:
            raise _wrong((strange + twice)[0][:60])
        opened = await web_of(request).platform.sign_in.launches.open_signed(dict(query))
    except SuwenError as error:
        return refused_launch(request, error)
    return await show_opened(request, opened)


async def show_launch_over(request: Request) -> Response:
    """Tells whoever looks at the frame that its session has ended, and how to go on."""
    web, texts = web_of(request), Texts(language_of(request))
    context = {"shell": None, "csrf": "", "here": request.url.path}
    answer = HTMLResponse(web.html("launch_over.html", texts, context))
    secure = is_secure(request, web.platform.settings)
    answer.headers.append("set-cookie", launch_cookie("", secure=secure))
    return answer


def refused_launch(request: Request, error: SuwenError) -> Response:
    """Says why nothing was opened, with nothing of a patient who was opened before beside it."""
    web, texts = web_of(request), Texts(language_of(request))
    status = meaning_of(error).http_status
    context = {
        "shell": None,
        "csrf": "",
        "here": request.url.path,
        "message": texts.of(error.safe_message),
        "code": error.code,
        "status": status,
    }
    answer = HTMLResponse(web.html("launch_refused.html", texts, context), status)
    secure = is_secure(request, web.platform.settings)
    if launch_cookie_name(secure=secure) in request.cookies:
        answer.headers.append("set-cookie", launch_cookie("", secure=secure))
    return answer


async def show_opened(request: Request, opened: OpenedLaunch) -> Response:
    """The patient's page, with the session that was opened for it."""
    web = web_of(request)
    settings, session = web.platform.settings, opened.session
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is not None and visitor.by_cookie and _gives_way(visitor, opened):
        # One browser, one person: whoever sat here before does not come back after the frame, and
        # neither does the patient who was opened before.
        await web.platform.authentication.sign_out(visitor.token)
    page = settings.launch.home.format(patient=quote(opened.patient, safe=""))
    answer = RedirectResponse(page, 303)
    secure = is_secure(request, settings)
    if visitor is not None and _is_other(visitor, opened):
        answer.delete_cookie(session_cookie_name(secure=secure), path="/", secure=secure)
    answer.headers.append("set-cookie", launch_cookie(session.token, secure=secure))
    remember_language(request, answer, session.language)
    return answer


def _gives_way(visitor: Visitor, opened: OpenedLaunch) -> bool:
    return _is_other(visitor, opened) or visitor.principal.launched_for is not None


def _is_other(visitor: Visitor, opened: OpenedLaunch) -> bool:
    return visitor.principal.id != opened.session.principal.id


def _check_opening(request: Request) -> None:
    """Refuses, before the token is used up, what would not show the patient to anybody: a look
    ahead by the browser, and a frame in a page that may not frame us.

    Raises:
        InputError: ``launch_not_followed``.
        AccessError: ``launch_frame_foreign``.
    """
    headers = request.headers
    ahead = "prefetch" in headers.get("sec-purpose", headers.get("purpose", ""))
    if request.method != "GET" or ahead:
        raise InputError(
            "launch_not_followed",
            Bilingual(
                zh="此链接只在真正打开时有效。", en="This link counts only when it is opened."
            ),
        )
    if headers.get("sec-fetch-dest") not in ("iframe", "frame"):
        return
    allowed = web_of(request).platform.settings.web.frame_ancestors
    parts = split_address(headers.get("referer", ""))
    # What cannot be read is of no page that may frame us.
    framing = "" if parts is None else f"{parts.scheme}://{parts.netloc}" if parts.netloc else None
    ours = f"{request.url.scheme}://{request.url.netloc}"
    if framing != ours and not any(framing is None or _matches(framing, one) for one in allowed):
        raise AccessError(
            "launch_frame_foreign",
            Bilingual(
                zh="该网页未获准嵌入本系统，未打开。请将其来源加入 web.frame_ancestors。",
                en="The page around this frame may not embed this system, so nothing was opened. "
                "The system administrator adds its origin to web.frame_ancestors.",
            ),
        )


def _matches(origin: str, allowed: str) -> bool:
    """Whether a setting of ``frame_ancestors`` covers an origin, as a browser reads it."""
    given, wanted = urlsplit(origin), urlsplit(allowed)
    if given.scheme != wanted.scheme or _port(given.port, given.scheme) != _port(
        wanted.port, wanted.scheme
    ):
        return False
    host, pattern = given.hostname or "", wanted.hostname or ""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _port(stated: int | None, scheme: str) -> int:
    return stated or (443 if scheme == "https" else 80)


def _wrong(field: str) -> InputError:
    return InputError(
        "field_wrong",
        Bilingual(zh="缺少此项或格式不对。", en="Missing, or not in the right form."),
        field=field,
    )


ROUTES = [
    Route("/api/v1/launches", issue_launch, methods=["POST"]),
    Route("/launch/signed", open_signed_launch, methods=["GET"]),
    Route("/launch/over", show_launch_over, methods=["GET"]),
    Route("/launch/{token}", open_launch, methods=["GET"]),
]
