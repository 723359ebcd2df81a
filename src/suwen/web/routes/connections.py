"""The operator's screen of the connections to the hospital's systems."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.connections.dry_run import DRY_RUN_KINDS
from suwen.storage.inbound_types import MessageState
from suwen.storage.outbound import OutboundState
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, page, web_of
from suwen.web.routes.session_cookies import local_address
from suwen.web.views.connections import connection_list, connection_page

MOST_SHOWN = 50


async def show_connections(request: Request) -> Response:
    """Every connection and how it stands; the list alone where htmx asks."""
    web, visitor = web_of(request), visitor_of(request)
    desk = web.platform.connections
    found = connection_list(
        await desk.list(visitor.principal),
        web.texts(request),
        may_manage=desk.may_manage(visitor.principal),
    )
    context = {"connections": found, "here": "/connections"}
    return await page(request, "connections.html", context, part="connections_fragment.html")


async def show_connection(request: Request) -> Response:
    """One connection with its errors and the messages that need a person."""
    web, principal = web_of(request), visitor_of(request).principal
    desk, name = web.platform.connections, request.path_params["name"]
    standing = await desk.read(principal, name)
    messages = (
        await desk.queue(principal, name, MessageState.FAILED, MOST_SHOWN),
        await desk.sent(principal, name, OutboundState.FAILED, MOST_SHOWN),
    )
    found = connection_page(
        standing,
        await desk.samples(principal, name, MOST_SHOWN),
        messages,
        web.texts(request),
        may_manage=desk.may_manage(principal),
    )
    context = {
        "connection": found,
        "here": f"/connections/{name}",
        "dry_runs": found.may_manage and standing.connection.kind in DRY_RUN_KINDS,
    }
    return await page(request, "connection.html", context, part="connection_fragment.html")


async def test_connection(request: Request) -> Response:
    """Tries a connection out and says what was found."""
    web, principal = web_of(request), visitor_of(request).principal
    name = request.path_params["name"]
    tried = await web.platform.connections.test(principal, name)
    return fragment(request, "connection_test_fragment.html", {"tried": tried, "name": name})


async def steer_connection(request: Request) -> Response:
    """Pauses or resumes a connection, or replays all that failed, and leads back."""
    desk, principal = web_of(request).platform.connections, visitor_of(request).principal
    acts = {"pause": desk.pause, "resume": desk.resume, "replay": desk.replay_failed}
    act = acts.get(request.path_params["act"])
    if act is None:
        raise HTTPException(404)
    form = await read_form(request)
    await act(principal, request.path_params["name"])
    return RedirectResponse(local_address(form.text("back", longest=400)), 303)


async def replay_message(request: Request) -> Response:
    """Lets one failed message be processed, or sent, again, and leads back."""
    desk, principal = web_of(request).platform.connections, visitor_of(request).principal
    form = await read_form(request)
    replay = desk.replay_sent if request.path_params["way"] == "sent" else desk.replay
    await replay(principal, request.path_params["message"])
    return RedirectResponse(local_address(form.text("back", longest=400)), 303)


ROUTES = [
    Route("/connections", show_connections, methods=["GET"]),
    Route("/connections/{name}", show_connection, methods=["GET"]),
    Route("/connections/{name}/test", test_connection, methods=["POST"]),
    Route("/connections/{name}/{act}", steer_connection, methods=["POST"]),
    Route("/connections/{name}/{way:str}/{message:int}/replay", replay_message, methods=["POST"]),
]
