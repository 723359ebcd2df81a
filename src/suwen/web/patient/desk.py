"""The staff's desk: who waits, and talking with patients in person."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.device.staff import StaffSession
from suwen.core.errors import AuthenticationError
from suwen.core.language import Bilingual
from suwen.web.patient.chat_view import view_of
from suwen.web.patient.forms import fields_of
from suwen.web.patient.rendering import patient_web_of, show
from suwen.web.security import forged

STAFF_COOKIE: Final = "suwen_desk"
"""Sent to addresses below ``/desk`` alone, which only the device partition has."""


async def enter(request: Request) -> Response:
    """Takes the ticket of somebody who is signed in in the general partition."""
    web = patient_web_of(request)
    token = web.staff.enter(request.query_params.get("ticket", ""))
    session = web.staff.of(token)
    if session is None:
        raise _sign_in_needed()
    web.desk.require(session.principal)
    answer = RedirectResponse("/desk", 303)
    secure = web.platform.settings.device.secure_cookies or request.url.scheme == "https"
    answer.set_cookie(
        STAFF_COOKIE, token, path="/desk", httponly=True, samesite="lax", secure=secure
    )
    return answer


async def queue(request: Request) -> Response:
    """Who waits, emergencies first."""
    web, session = patient_web_of(request), session_of(request)
    chats = await web.desk.queue(session.principal)
    now, plan = web.platform.clock.now(), web.tables.hospital_map()
    context = {
        "session": session,
        "chats": [view_of(chat, now, plan) for chat in chats],
        "now": now,
        "minutes": lambda since: int((now - since).total_seconds() // 60) if since else 0,
    }
    part = "hx-request" in request.headers
    return show(
        request, "patient/desk_queue_fragment.html" if part else "patient/desk.html", context
    )


async def chat(request: Request) -> Response:
    """One chat, as the person who took it or may take it sees it."""
    web, session = patient_web_of(request), session_of(request)
    found = await web.desk.read(session.principal, request.path_params["chat"])
    view = view_of(found, web.platform.clock.now(), web.tables.hospital_map())
    context = {"session": session, "chat": view, "mine": found.taken_by == session.principal.id}
    part = "hx-request" in request.headers
    return show(
        request, "patient/desk_talk_fragment.html" if part else "patient/desk_chat.html", context
    )


async def take(request: Request) -> Response:
    """Takes a chat over."""
    session, _ = await changed_by(request)
    await patient_web_of(request).desk.take(session.principal, request.path_params["chat"])
    return _to_chat(request)


async def answer(request: Request) -> Response:
    """Writes to the patient."""
    session, fields = await changed_by(request)
    chat_id = request.path_params["chat"]
    await patient_web_of(request).desk.answer(session.principal, chat_id, fields.get("text", ""))
    return _to_chat(request)


async def close(request: Request) -> Response:
    """Ends a chat."""
    session, _ = await changed_by(request)
    await patient_web_of(request).desk.close(session.principal, request.path_params["chat"])
    return RedirectResponse("/desk", 303)


async def leave(request: Request) -> Response:
    """Ends the session at this desk."""
    await changed_by(request)
    patient_web_of(request).staff.leave(request.cookies.get(STAFF_COOKIE, ""))
    done = RedirectResponse("/", 303)
    done.delete_cookie(STAFF_COOKIE, path="/desk")
    return done


def session_of(request: Request) -> StaffSession:
    """Who of the staff asks.

    Raises:
        AuthenticationError: ``sign_in_needed``.
    """
    found = patient_web_of(request).staff.of(request.cookies.get(STAFF_COOKIE))
    if found is None:
        raise _sign_in_needed()
    return found


async def changed_by(request: Request) -> tuple[StaffSession, Mapping[str, str]]:
    """Who changes something, and the form, which must come from a page of this session.

    Raises:
        AuthenticationError: ``sign_in_needed``.
        AccessError: ``csrf_token_wrong``.
    """
    session = session_of(request)
    fields = await fields_of(request)
    given = fields.get("csrf_token", "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise forged("csrf_token_wrong")
    return session, fields


def _to_chat(request: Request) -> Response:
    return RedirectResponse(f"/desk/chats/{request.path_params['chat']}#latest", 303)


def _sign_in_needed() -> AuthenticationError:
    return AuthenticationError(
        "sign_in_needed",
        Bilingual(
            zh="请从工作台进入导诊台页面。", en="Come to this desk from the worklist, signed in."
        ),
    )


ROUTES = [
    Route("/desk", queue, methods=["GET"]),
    Route("/desk/enter", enter, methods=["GET"]),
    Route("/desk/leave", leave, methods=["POST"]),
    Route("/desk/chats/{chat}", chat, methods=["GET"]),
    Route("/desk/chats/{chat}/take", take, methods=["POST"]),
    Route("/desk/chats/{chat}/answer", answer, methods=["POST"]),
    Route("/desk/chats/{chat}/close", close, methods=["POST"]),
]
