"""What a person or a program is told when something does not go: a page, a note, or JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from suwen.core.errors import AuthenticationError, SuwenError, meaning_of
from suwen.core.language import Bilingual
from suwen.integration.fhir.capability import operation_outcome
from suwen.web.doors import ErrorForm, door_of
from suwen.web.guard import language_of
from suwen.web.pages import fragment, is_fragment, web_of
from suwen.web.request_faults import fault_of
from suwen.web.security import split_address
from suwen.web.texts import Texts
from suwen.web.views.shell import Shell, shell_for

log = logging.getLogger(__name__)

_OUR_FAULT = 500
_HTTP_MESSAGES = {
    404: ("no_such_page", Bilingual(zh="没有这个页面。", en="There is no such page.")),
    405: (
        "method_not_allowed",
        Bilingual(zh="此地址不支持该操作。", en="This address does not support the operation."),
    ),
}
_UNREADABLE = Bilingual(
    zh="提交的内容无法读取（格式损坏，或字段、文件过多），未执行。请重新打开该页面再提交。",
    en="What was sent cannot be read (damaged, or too many fields or files) and nothing was done. "
    "Open the page again and send it once more.",
)
_DEFECT = Bilingual(
    zh="系统内部出错，您的操作未完成。已记入日志，请重试；仍然出错时请告知系统管理员。",
    en="Something in the system failed and your action was not completed. It is in the log. "
    "Try again; if it fails again, tell the system administrator.",
)


async def answer_error(request: Request, error: Exception) -> Response:
    """The answer to an error, in the form that the door expects."""
    known = _as_known(error)
    status = (
        error.status_code if isinstance(error, HTTPException) else meaning_of(known).http_status
    )
    texts = Texts(language_of(request))
    if wants_json(request):
        form = FORMS.get(door_of(request.method, request.url.path).errors, _JSON)
        wait = known.detail.get("retry_after_s")
        headers = None if wait is None else {"Retry-After": str(wait)}
        return JSONResponse(form.body(known, texts), status, headers, form.media_type)
    if isinstance(known, AuthenticationError) and known.code in ("sign_in_needed", "session_ended"):
        if is_fragment(request):
            return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
        return RedirectResponse(_sign_in_after(request), 303)
    context = {"error": known, "status": status, "message": texts.of(known.safe_message)}
    if is_fragment(request):
        answer = fragment(request, "error_fragment.html", context, status)
        answer.headers["HX-Retarget"] = "#notice"
        answer.headers["HX-Reswap"] = "innerHTML"
        return answer
    return await _error_page(request, texts, context, status)


def _sign_in_after(request: Request) -> str:
    """The sign-in page, for somebody whose session ended: back to the page that they came from."""
    came, page = split_address(request.headers.get("referer", "")), ""
    if came is not None and came.netloc == request.headers.get("host"):
        page = f"{came.path}?{came.query}" if came.query else came.path
    return f"/sign-in?{urlencode({'ended': 1, 'next': page or '/'})}"


async def _error_page(
    request: Request, texts: Texts, context: dict[str, Any], status: int
) -> Response:
    """A whole page; it needs nothing that may be what failed."""
    web = web_of(request)
    visitor = getattr(request.state, "visitor", None)
    shell: Shell | None = None
    if visitor is not None:
        try:
            shell = await shell_for(web.platform, visitor, texts.language)
        except SuwenError:
            shell = None
    filled = {
        **context,
        "shell": shell,
        "csrf": visitor.csrf if visitor else "",
        "here": request.url.path,
        "emergency_for": _emergency_for(request),
        "typed": getattr(request.state, "typed", {}),
    }
    return HTMLResponse(web.html("error.html", texts, filled), status)


def _emergency_for(request: Request) -> str:
    """Whose record could be opened by emergency access; empty where that is not the question."""
    visitor = getattr(request.state, "visitor", None)
    patient = request.path_params.get("patient", "")
    if visitor is None or not patient:
        return ""
    emergencies = web_of(request).platform.emergencies
    return str(patient) if emergencies.may_declare(visitor.principal) else ""


def wants_json(request: Request) -> bool:
    """Whether a program asks: the API, or a script of ours that wants data."""
    accept = request.headers.get("accept", "")
    page = door_of(request.method, request.url.path).errors is ErrorForm.PAGE
    return not page or accept.startswith("application/json")


def error_as_json(error: SuwenError, texts: Texts) -> dict[str, Any]:
    """The body of an error: code, message and, where one is at fault, the field."""
    body: dict[str, Any] = {"code": error.code, "message": texts.of(error.safe_message)}
    if error.field is not None:
        body["field"] = error.field
    if error.detail:
        body["detail"] = error.detail
    return body


@dataclass(frozen=True, slots=True)
class JsonForm:
    """How programs are told of errors at a door: the body, and what the body calls itself."""

    body: Callable[[SuwenError, Texts], Any]
    media_type: str = "application/json"


_JSON = JsonForm(error_as_json)
FORMS: Mapping[ErrorForm, JsonForm] = {
    ErrorForm.JSON: _JSON,
    ErrorForm.FHIR: JsonForm(
        lambda error, texts: operation_outcome(error, texts.language), "application/fhir+json"
    ),
}
"""The forms of errors at doors for programs; a page's own is JSON too, where a script asks."""


def _as_known(error: Exception) -> SuwenError:
    if isinstance(error, SuwenError):
        return error
    if isinstance(error, HTTPException) and error.status_code < _OUR_FAULT:
        unreadable = ("request_unreadable", _UNREADABLE)
        code, message = _HTTP_MESSAGES.get(error.status_code, unreadable)
        return SuwenError(code, message)
    if isinstance(error, RequestValidationError):
        return fault_of(error)
    return SuwenError("internal", _DEFECT)
