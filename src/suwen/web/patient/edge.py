"""What every request of the device partition passes: its own pages alone, and honest errors."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from suwen.core.errors import SuwenError, meaning_of
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.web.patient.rendering import language_of, show
from suwen.web.security import check_origin, read_body, replay

BODY_LIMIT = 1024 * 1024
"""Tables that operators put in; a patient's message is far smaller."""

_NO_SUCH_PAGE = Bilingual(zh="没有这个页面。", en="There is no such page.")
_DEFECT = Bilingual(
    zh="系统出错，您的操作未完成，请重试或找工作人员。紧急情况请拨打 120。",
    en="Something failed and your action was not completed. Try again or ask the staff. In an "
    "emergency call 120.",
)
_STATUS_BELOW = 500
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OwnPages:
    """Refuses what another site's page made a browser send, and addresses that hold no text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request through, or raises."""
        if scope["type"] == "http":
            request = Request(scope)
            require_plain(request.url.path, "path")
            for name, values in parse_qs(request.url.query).items():
                for text in (name, *values):
                    require_plain(text, "query")
            if scope["method"] not in _SAFE_METHODS:
                check_origin(request)
                receive = replay(await read_body(scope, receive, BODY_LIMIT), receive)
        await self._app(scope, receive, send)


async def answer_error(request: Request, error: Exception) -> Response:
    """A page, or JSON for a program, that says what did not go."""
    known = _known(error)
    status = error.status_code if isinstance(error, HTTPException) else None
    status = status or meaning_of(known).http_status
    language = language_of(request)
    message = known.safe_message.in_language(language)
    headers: dict[str, str] = {}
    if (wait := known.detail.get("retry_after_s")) is not None:
        headers["Retry-After"] = str(wait)
    if request.headers.get("accept", "").startswith("application/json"):
        body = {"code": known.code, "message": message}
        return JSONResponse(body, status, headers)
    told = {
        "message": message,
        "code": known.code,
        # What was refused in a chat that goes on leads back into it.
        "in_chat": request.url.path.startswith("/chat/") and status != 404,
    }
    answer = show(request, "patient/problem.html", told, status)
    answer.headers.update(headers)
    return answer


def _known(error: Exception) -> SuwenError:
    if isinstance(error, SuwenError):
        return error
    if isinstance(error, HTTPException) and error.status_code < _STATUS_BELOW:
        return SuwenError("no_such_page", _NO_SUCH_PAGE)
    return SuwenError("internal", _DEFECT)


def cookie_of(headers: Mapping[str, str], name: str) -> str | None:
    """A cookie's value; ``None`` without it."""
    found = SimpleCookie(headers.get("cookie", "")).get(name)
    return found.value if found is not None else None
