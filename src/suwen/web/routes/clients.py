"""Programs of the hospital and their keys, for whoever hands them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.clients import NewKey
from suwen.control.access.clients import SCOPES
from suwen.control.access.decision import APP_SCOPE, Action
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.storage.api_clients import ApiClient
from suwen.web.form_bodies import form_of
from suwen.web.forms import Form, read_codes, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.routes.administration import require

MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client in the list, with what it used today."""

    client: ApiClient
    state: str
    requests_today: int
    refused_today: int
    tokens_today: int


async def show_clients(request: Request) -> Response:
    """Every program that has a key."""
    return await _clients(request, problem=None, values=Form({}), made=None)


async def _clients(
    request: Request, *, problem: SuwenError | None, values: Form, made: NewKey | None
) -> Response:
    require(request, Action.MANAGE_CLIENTS)
    web, visitor = web_of(request), visitor_of(request)
    clients, now = web.platform.clients, web.now()
    rows = []
    for client in await clients.list(visitor.principal):
        used = await clients.usage(client.id, visitor.principal)
        tokens = used.input_tokens + used.output_tokens
        rows.append(ClientRow(client, client.state(now), used.requests, used.refused, tokens))
    context = {
        "rows": rows,
        "places": await web.platform.departments.listed(web.texts(request).language),
        "chosen": await read_codes(request, "departments") if problem is not None else (),
        "scopes": _scopes(request),
        "made": made,
        "problem": problem,
        "values": values,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "clients.html", context, status)


def _scopes(request: Request) -> Mapping[str, str]:
    """What a key may be for, in the language of the screen; every installed application too."""
    web = web_of(request)
    texts = web.texts(request)
    found = {name: texts.of(says) for name, says in SCOPES.items()}
    for app, installed in sorted(web.platform.applications.items()):
        found.setdefault(f"{APP_SCOPE}{app}", texts.of(installed.manifest.title))
    return found


async def add_client(request: Request) -> Response:
    """Adds a program; its key is on this page and never again."""
    require(request, Action.MANAGE_CLIENTS)
    web, visitor = web_of(request), visitor_of(request)
    async with form_of(request) as raw:
        scopes = frozenset(value for value in raw.getlist("scopes") if isinstance(value, str))
    form = await read_form(request)
    now = web.now()
    try:
        wanted = ApiClient(
            id=form.needed("id", longest=63),
            name=form.text("title", longest=80) or form.needed("id", longest=63),
            key_hash="",
            scopes=scopes,
            ceiling=form.whole("ceiling", 1, 5),
            requests_per_minute=form.whole("requests_per_minute", 1, 1_000_000),
            tokens_per_day=form.whole("tokens_per_day", 1, 10**12),
            departments=await read_codes(request, "departments"),
            owner=visitor.principal.id,
            expires_at=_expiry(form, now),
            disabled=False,
            created_at=now,
        )
        made = await web.platform.clients.add(wanted, visitor.principal)
    except InputError as error:
        return await _clients(request, problem=error, values=form, made=None)
    return await _clients(request, problem=None, values=Form({}), made=made)


def _expiry(form: Form, now: datetime) -> datetime | None:
    if not form.text("days"):
        return None
    return now + timedelta(days=form.whole("days", 1, MOST_DAYS))


async def rotate_key(request: Request) -> Response:
    """Gives a program another key; the former opens nothing any more."""
    web, visitor = web_of(request), visitor_of(request)
    made = await web.platform.clients.rotate(request.path_params["client"], visitor.principal)
    return await _clients(request, problem=None, values=Form({}), made=made)


async def disable_client(request: Request) -> Response:
    """Takes a key out of use at once."""
    web, visitor = web_of(request), visitor_of(request)
    await web.platform.clients.disable(request.path_params["client"], visitor.principal)
    return RedirectResponse("/clients", 303)


ROUTES = [
    Route("/clients", show_clients, methods=["GET"]),
    Route("/clients", add_client, methods=["POST"]),
    Route("/clients/{client}/rotate", rotate_key, methods=["POST"]),
    Route("/clients/{client}/disable", disable_client, methods=["POST"]),
]
