"""Messages of the hospital's systems that could not be processed: why, edit, replay, set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.message_mending import Checked, as_body, as_text, check_edited
from suwen.core.errors import SuwenError
from suwen.storage.inbound_types import MessageState, MessageSummary, WholeMessage
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of

PAGE_SIZE = 50
LONGEST_TEXT = 600_000
_STATES = {state.value: state for state in MessageState}


@dataclass(frozen=True)
class _Opened:
    """What the page of one message shows besides its summary."""

    whole: WholeMessage | None = None
    text: str | None = None
    reason: str = ""
    problem: SuwenError | None = None
    checked: Checked | None = None


async def show_messages(request: Request) -> Response:
    """Messages of every connection, or of one; those that failed unless another state is asked."""
    web, visitor = web_of(request), visitor_of(request)
    connection = request.query_params.get("connection") or None
    named = request.query_params.get("state", MessageState.FAILED.value)
    offset = _offset(request.query_params.get("offset", "0"))
    state = _STATES.get(named)
    if named and state is None:
        raise HTTPException(404)
    desk = web.platform.connections
    found = await desk.queue(visitor.principal, connection, state, PAGE_SIZE + 1, offset)
    context = {
        "messages": found[:PAGE_SIZE],
        "connection": connection,
        "state": named,
        "states": list(_STATES),
        "older": offset + PAGE_SIZE if len(found) > PAGE_SIZE else None,
        "done": request.query_params.get("done", ""),
        "manages": desk.may_manage(visitor.principal),
    }
    return await page(request, "messages.html", context)


async def show_message(request: Request) -> Response:
    """One message without its text; opening that needs a reason."""
    return await _page(request, await _summary(request))


async def open_message(request: Request) -> Response:
    """The text of a message that failed; audited with the reason before it is read."""
    form = await read_form(request)
    try:
        whole = await _whole(request, form)
    except SuwenError as problem:
        return await _page(request, await _summary(request), _Opened(problem=problem))
    shown = _Opened(whole, as_text(whole), form.text("reason", longest=400))
    return await _page(request, whole.summary, shown)


async def edit_message(request: Request) -> Response:
    """Checks an edited text, or keeps it and lets the message be processed again."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    text = form.text("text", longest=LONGEST_TEXT)
    whole = await _whole(request, form)
    desk = web.platform.connections
    shown = _Opened(whole, text, form.text("reason", longest=400))
    try:
        body = as_body(text, whole)
        if form.text("act") == "check":
            found = await check_edited(web.platform.connection_parts, whole, body)
            return await _page(request, whole.summary, replace(shown, checked=found))
        await desk.edit(visitor.principal, whole.summary.id, body, shown.reason)
        await desk.replay(visitor.principal, whole.summary.id)
    except SuwenError as problem:
        return await _page(request, whole.summary, replace(shown, problem=problem))
    return _done("edited")


async def replay_message(request: Request) -> Response:
    """Lets a message be processed again as it is."""
    web, visitor = web_of(request), visitor_of(request)
    await read_form(request)
    await web.platform.connections.replay(visitor.principal, _number(request))
    return _done("replayed")


async def set_message_aside(request: Request) -> Response:
    """Decides that a message is not processed, with the reason."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    try:
        await web.platform.connections.set_aside(
            visitor.principal, _number(request), form.text("reason", longest=400)
        )
    except SuwenError as problem:
        return await _page(request, await _summary(request), _Opened(problem=problem))
    return _done("set_aside")


async def _whole(request: Request, form: Form) -> WholeMessage:
    web, visitor = web_of(request), visitor_of(request)
    reason = form.text("reason", longest=400)
    return await web.platform.connections.read_message(visitor.principal, _number(request), reason)


async def _summary(request: Request) -> MessageSummary:
    """The message as lists show it."""
    web, visitor = web_of(request), visitor_of(request)
    return await web.platform.connections.summary(visitor.principal, _number(request))


async def _page(
    request: Request, summary: MessageSummary, shown: _Opened | None = None
) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    opened = shown or _Opened()
    context: Mapping[str, Any] = {
        "message": summary,
        "whole": opened.whole,
        "text": opened.text,
        "reason": opened.reason,
        "problem": opened.problem,
        "checked": opened.checked,
        "mendable": summary.state in (MessageState.FAILED, MessageState.SET_ASIDE),
        "manages": web.platform.connections.may_manage(visitor.principal),
        "unmapped": list((summary.notes or {}).get("unmapped", ())),
    }
    return await page(request, "message.html", context, status=422 if opened.problem else 200)


def _done(what: str) -> Response:
    return RedirectResponse(f"/messages?done={what}", 303)


def _number(request: Request) -> int:
    return int(request.path_params["message"])


def _offset(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


ROUTES = [
    Route("/messages", show_messages, methods=["GET"]),
    Route("/messages/{message:int}", show_message, methods=["GET"]),
    Route("/messages/{message:int}/open", open_message, methods=["POST"]),
    Route("/messages/{message:int}/edit", edit_message, methods=["POST"]),
    Route("/messages/{message:int}/replay", replay_message, methods=["POST"]),
    Route("/messages/{message:int}/set-aside", set_message_aside, methods=["POST"]),
]
