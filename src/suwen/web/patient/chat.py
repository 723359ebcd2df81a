"""The patient's chat: starting, saying, calling a person, ending; works without a script."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.device.chats import About, ChatDesk
from suwen.bootstrap.safety import is_loopback
from suwen.core.errors import NotFoundError, SuwenError
from suwen.core.language import Language
from suwen.storage.patient_chats import Chat, ChatState
from suwen.web.patient.chat_view import view_of
from suwen.web.patient.forms import choice_of, fields_of, number_of
from suwen.web.patient.rendering import (
    LANGUAGE_COOKIE,
    LARGE,
    SIZE_COOKIE,
    language_of,
    patient_web_of,
    show,
)

CHAT_COOKIE: Final = "suwen_chat"
"""Sent to addresses below ``/chat`` alone, which only the device partition has."""

RUNNING_COOKIE: Final = "suwen_chat_runs"
"""Tells the first page that there is a chat to go on with, and nothing that opens it."""

_SEXES: Final = frozenset({"male", "female"})
_YES_NO: Final = frozenset({"yes", "no"})
_YEAR_S: Final = 365 * 24 * 3600


async def start(request: Request) -> Response:
    """The first page: what this is, in an emergency 120, and beginning."""
    answer = show(request, "patient/start.html", {"running": RUNNING_COOKIE in request.cookies})
    return _remember(request, answer)


async def choose(request: Request) -> Response:
    """Language and size of the text, from any page; back to where the patient was."""
    back = request.query_params.get("back", "/")
    if not back.startswith("/") or back.startswith(("//", "/\\")):
        back = "/"
    return _remember(request, RedirectResponse(back, 303))


async def begin(request: Request) -> Response:
    """Opens a chat."""
    fields = await fields_of(request)
    pregnant = choice_of(fields, "pregnant", _YES_NO)
    about = About(
        age_y=_age(fields),
        sex=choice_of(fields, "sex", _SEXES),
        pregnant=None if pregnant is None else pregnant == "yes",
    )
    opened = await _desk(request).open(about, language_of(request), _address(request))
    if _wants_json(request):
        return JSONResponse({"token": opened.token}, 201)
    answer = RedirectResponse("/chat", 303)
    answer.set_cookie(
        CHAT_COOKIE,
        opened.token,
        path="/chat",
        httponly=True,
        samesite="lax",
        secure=_is_secure(request),
    )
    answer.set_cookie(
        RUNNING_COOKIE, "1", httponly=True, samesite="lax", secure=_is_secure(request)
    )
    return answer


async def read(request: Request) -> Response:
    """The chat."""
    try:
        chat = await _desk(request).read(_token(request))
    except NotFoundError:
        return _gone(request)
    return _shown(request, chat)


async def talk(request: Request) -> Response:
    """The part of the page that changes, for a page that waits for a person."""
    chat = await _desk(request).read(_token(request))
    return _shown(request, chat, part=True)


async def say(request: Request) -> Response:
    """Takes a message and answers it.

    Where the answer cannot be made and the words are of an emergency, the page says so all the
    same: that needs nothing but the rules.
    """
    desk, token = _desk(request), _token(request)
    fields = await fields_of(request)
    text = fields.get("text", "")
    try:
        chat = await desk.say(token, text)
    except SuwenError as error:
        if not desk.emergency_in([text[:2000]]):
            raise
        return show(
            request,
            "patient/emergency.html",
            {"message": error.safe_message.in_language(language_of(request))},
            200,
        )
    return _after(request, chat)


async def call_person(request: Request) -> Response:
    """Calls a member of staff."""
    return _after(request, await _desk(request).call_person(_token(request)))


async def end(request: Request) -> Response:
    """Ends the chat and forgets it on this device."""
    await _desk(request).end(_token(request))
    if _wants_json(request):
        answer: Response = JSONResponse({"state": ChatState.CLOSED.value})
    else:
        answer = RedirectResponse("/", 303)
    return _forgotten(answer)


def _after(request: Request, chat: Chat) -> Response:
    if _wants_json(request):
        return JSONResponse(chat_as_json(chat))
    if "hx-request" in request.headers:
        return _shown(request, chat, part=True)
    return RedirectResponse("/chat#latest", 303)


def _shown(request: Request, chat: Chat, *, part: bool = False) -> HTMLResponse:
    web = patient_web_of(request)
    view = view_of(chat, web.platform.clock.now(), web.tables.hospital_map())
    template = "patient/talk_fragment.html" if part else "patient/chat.html"
    return show(request, template, {"chat": view})


def _gone(request: Request) -> Response:
    return _forgotten(RedirectResponse("/?over=1", 303))


def _forgotten(answer: Response) -> Response:
    """Lets the browser forget the chat."""
    answer.delete_cookie(CHAT_COOKIE, path="/chat")
    answer.delete_cookie(RUNNING_COOKIE)
    return answer


def chat_as_json(chat: Chat) -> dict[str, Any]:
    """The state of a chat and its last message, for a program."""
    last = chat.content["messages"][-1] if chat.content["messages"] else None
    return {"state": chat.state.value, "emergency": chat.emergency, "last": last}


def _remember(request: Request, answer: Response) -> Response:
    language, size = request.query_params.get("lang"), request.query_params.get("size")
    if language in (Language.ZH, Language.EN):
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_S, samesite="lax")
    if size in (LARGE, "usual"):
        answer.set_cookie(SIZE_COOKIE, size, max_age=_YEAR_S, samesite="lax")
    return answer


def _age(fields: Any) -> float | None:
    years, months = number_of(fields, "age_y", 130), number_of(fields, "age_m", 23)
    if years is None and months is None:
        return None
    return (years or 0.0) + (months or 0.0) / 12


def _desk(request: Request) -> ChatDesk:
    return patient_web_of(request).chats


def _token(request: Request) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    return request.cookies.get(CHAT_COOKIE, "")


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


def _address(request: Request) -> str | None:
    """The network address; ``None`` for this machine itself, which stands for nobody."""
    if request.client is None or is_loopback(request.client.host):
        return None
    return request.client.host


def _is_secure(request: Request) -> bool:
    wish = patient_web_of(request).platform.settings.device
    return wish.secure_cookies or request.url.scheme == "https"


ROUTES = [
    Route("/", start, methods=["GET"]),
    Route("/choose", choose, methods=["GET"]),
    Route("/chats", begin, methods=["POST"]),
    Route("/chat", read, methods=["GET"]),
    Route("/chat/talk", talk, methods=["GET"]),
    Route("/chat/messages", say, methods=["POST"]),
    Route("/chat/person", call_person, methods=["POST"]),
    Route("/chat/end", end, methods=["POST"]),
]
