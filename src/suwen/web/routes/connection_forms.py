"""The administrator's forms of connections: add one, change one, remove one.

Everything goes through the desk that the commands use; a secret that was entered is never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.connections.forms import (
    FormField,
    as_filled_in,
    filled_in,
    form_fields,
)
from suwen.bootstrap.connections.kinds import KINDS, faults_of
from suwen.control.access.decision import Action
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.errors import InputError, NotFoundError, SuwenError, meaning_of
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.web.form_bodies import form_of
from suwen.web.forms import Form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.routes.administration import require

_LONGEST = 20_000
_MOST_FIELDS = 100
_DECIDE_OVER_SECRETS = frozenset({"sign_in", "user"})


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """A form as it is shown.

    Attributes:
        name: empty for a new one.
        version: of the connection that is changed; 0 for a new one.
        values: by field; never a secret.
        kept: secrets that the connection has already.
        faults: what is wrong, by field; under ``""`` what concerns several.
    """

    name: str
    kind: ConnectionKind
    title: str
    version: int
    enabled: bool
    synthetic: bool
    fields: tuple[FormField, ...]
    values: Mapping[str, str]
    kept: frozenset[str]
    faults: Mapping[str, Bilingual]
    problem: SuwenError | None

    @property
    def needed(self) -> tuple[FormField, ...]:
        """What must be filled in; a secret too, where no other setting decides whether."""
        decided = any(field.name in _DECIDE_OVER_SECRETS for field in self.fields)
        return tuple(
            field for field in self.fields if field.required or (field.secret and not decided)
        )

    @property
    def others(self) -> tuple[FormField, ...]:
        """What may be left as it is."""
        needed = self.needed
        return tuple(field for field in self.fields if field not in needed)

    @property
    def opened(self) -> bool:
        """Whether one of those that may be left is at fault, or was filled in before."""
        return any(
            field.name in self.faults or self.values[field.name] != field.default
            for field in self.others
        )


async def show_kinds(request: Request) -> Response:
    """Which kinds of connections there are to add."""
    require(request, Action.MANAGE_CONNECTIONS)
    texts = web_of(request).texts(request)
    kinds = [(kind.value, texts.of(of_kind.title)) for kind, of_kind in KINDS.items()]
    return await page(request, "connection_kinds.html", {"kinds": kinds})


async def show_new(request: Request) -> Response:
    """An empty form of one kind."""
    require(request, Action.MANAGE_CONNECTIONS)
    kind = _kind_of(request)
    return await _shown(request, _form(request, kind, None))


async def show_change(request: Request) -> Response:
    """A connection's form as it stands; secrets are only said to be there."""
    require(request, Action.MANAGE_CONNECTIONS)
    standing = await web_of(request).platform.connections.read(
        visitor_of(request).principal, request.path_params["name"]
    )
    form = _form(request, standing.connection.kind, standing.connection, standing.secrets)
    return await _shown(request, form)


async def add_connection(request: Request) -> Response:
    """Adds a connection, or shows what is wrong with it, field by field."""
    require(request, Action.MANAGE_CONNECTIONS)
    kind = _kind_of(request)
    texts = await _texts_of(request)
    form = _form(request, kind, None)
    wanted = Connection(
        name=texts.text("connection_name", longest=80),
        kind=kind,
        settings=filled_in(form.fields, _values(texts, form.fields)),
        enabled=bool(texts.text("connection_enabled")),
        synthetic=bool(texts.text("connection_synthetic")),
    )
    return await _put(request, wanted, None, replace(form, name=wanted.name), texts)


async def change_connection(request: Request) -> Response:
    """Changes the connection that was seen, or shows what is wrong."""
    require(request, Action.MANAGE_CONNECTIONS)
    web, principal = web_of(request), visitor_of(request).principal
    standing = await web.platform.connections.read(principal, request.path_params["name"])
    before = standing.connection
    texts = await _texts_of(request)
    form = _form(request, before.kind, before, standing.secrets)
    wanted = replace(
        before,
        settings=filled_in(form.fields, _values(texts, form.fields)),
        enabled=bool(texts.text("connection_enabled")),
        secrets={},
    )
    version = texts.whole("version", 1, 10**9)
    return await _put(request, wanted, version, form, texts)


async def remove_connection(request: Request) -> Response:
    """Forgets a connection whose name was typed again; its messages stay."""
    require(request, Action.MANAGE_CONNECTIONS)
    web, principal = web_of(request), visitor_of(request).principal
    name = request.path_params["name"]
    texts = await _texts_of(request)
    if texts.text("again") != name:
        raise InputError(
            "connection_name_again",
            Bilingual(
                zh="请原样输入该接口的名称，以确认移除。",
                en="Type the connection's name as it is, to confirm that it is removed.",
            ),
            field="again",
        )
    await web.platform.connections.remove(principal, name)
    return RedirectResponse("/connections", 303)


async def _put(
    request: Request,
    wanted: Connection,
    version: int | None,
    form: ConnectionForm,
    texts: Form,
) -> Response:
    web, principal = web_of(request), visitor_of(request).principal
    of_kind = KINDS[wanted.kind].builder(wanted.kind).settings
    kept = dict.fromkeys(form.kept, "kept")
    faults = faults_of(of_kind, {**kept, **wanted.settings})
    try:
        await web.platform.connections.put(principal, wanted, version)
    except SuwenError as error:
        values = _values(texts, form.fields)
        shown = {f.name: "" if f.secret else values.get(f.name, "") for f in form.fields}
        return await _shown(
            request,
            replace(
                form,
                enabled=wanted.enabled,
                synthetic=wanted.synthetic,
                values=shown,
                faults=faults,
                problem=None if faults else error,
            ),
            meaning_of(error).http_status,
        )
    return RedirectResponse(f"/connections/{wanted.name}", 303)


async def _shown(request: Request, form: ConnectionForm, status: int = 200) -> Response:
    known = {field.name for field in form.fields}
    context = {
        "form": form,
        "general": [said for name, said in form.faults.items() if name.split(".")[0] not in known],
        "faults": {name.split(".")[0]: said for name, said in form.faults.items()},
    }
    return await page(request, "connection_form.html", context, status)


def _form(
    request: Request,
    kind: ConnectionKind,
    connection: Connection | None,
    kept: frozenset[str] = frozenset(),
) -> ConnectionForm:
    fields = form_fields(kind)
    settings: Mapping[str, Any] = connection.settings if connection is not None else {}
    return ConnectionForm(
        name=connection.name if connection is not None else "",
        kind=kind,
        title=web_of(request).texts(request).of(KINDS[kind].title),
        version=connection.version if connection is not None else 0,
        enabled=connection.enabled if connection is not None else True,
        synthetic=connection.synthetic if connection is not None else False,
        fields=fields,
        values=as_filled_in(fields, settings),
        kept=kept,
        faults={},
        problem=None,
    )


def _kind_of(request: Request) -> ConnectionKind:
    try:
        return ConnectionKind(request.path_params["kind"])
    except ValueError:
        raise NotFoundError(
            "no_such_connection_kind",
            Bilingual(zh="没有这种接口。", en="There is no such kind of connection."),
        ) from None


async def _texts_of(request: Request) -> Form:
    async with form_of(request, fields=_MOST_FIELDS) as raw:
        return Form(_plain(raw))


def _plain(raw: FormData) -> dict[str, str]:
    return {name: value for name, value in raw.items() if isinstance(value, str)}


def _values(texts: Form, fields: tuple[FormField, ...]) -> dict[str, str]:
    """What was filled in, by field.

    Raises:
        InputError: ``field_too_long``, ``text_not_storable``.
    """
    found: dict[str, str] = {}
    for field in fields:
        if field.secret:
            found[field.name] = texts.secret(field.name, longest=_LONGEST)
            require_plain(found[field.name], field.name)
        else:
            found[field.name] = texts.text(field.name, longest=_LONGEST)
    return found


ROUTES = [
    Route("/connection-forms", show_kinds, methods=["GET"]),
    Route("/connection-forms/new/{kind}", show_new, methods=["GET"]),
    Route("/connection-forms/new/{kind}", add_connection, methods=["POST"]),
    Route("/connection-forms/{name}", show_change, methods=["GET"]),
    Route("/connection-forms/{name}", change_connection, methods=["POST"]),
    Route("/connection-forms/{name}/remove", remove_connection, methods=["POST"]),
]
