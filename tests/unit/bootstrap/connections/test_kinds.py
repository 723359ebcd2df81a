"""Every kind of connection has its protocol, its form and its names in both languages."""

from __future__ import annotations

import json

import pytest

from suwen.bootstrap.connections.kinds import KINDS, checked_settings, read_connection_settings
from suwen.bootstrap.connections.parts import ConnectionSettings, secret
from suwen.bootstrap.settings import ListenerSettings
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.errors import InputError


class Form(ConnectionSettings):
    url: str
    most: int = 5
    tags: tuple[str, ...] = ()
    password: str | None = secret("The password.")


def test_every_kind_is_there() -> None:
    assert set(KINDS) == set(ConnectionKind)


@pytest.mark.parametrize("kind", list(ConnectionKind))
def test_a_kind_has_a_builder_with_a_form_that_says_what_each_setting_is(
    kind: ConnectionKind,
) -> None:
    builder = KINDS[kind].builder(kind)
    assert issubclass(builder.settings, ConnectionSettings)
    for name, field in builder.settings.model_fields.items():
        assert field.description, name
    assert builder.settings.secret_names() <= builder.settings.model_fields.keys()
    assert KINDS[kind].title.zh != KINDS[kind].title.en


@pytest.mark.parametrize("kind", [kind for kind in ConnectionKind if KINDS[kind].listens])
def test_a_listener_takes_host_and_port_from_the_settings(kind: ConnectionKind) -> None:
    form = KINDS[kind].builder(kind).settings
    assert {"host", "port"} <= form.model_fields.keys()
    assert str(KINDS[kind].default_port) in ListenerSettings.model_fields


def test_settings_and_secrets_are_read_together() -> None:
    connection = Connection(
        "x",
        ConnectionKind.FHIR_SOURCE,
        {"url": "u", "tags": ["a", "b"]},
        secrets={"password": "p"},
    )
    read = read_connection_settings(connection, Form)
    assert (read.url, read.tags, read.password) == ("u", ("a", "b"), "p")
    assert Form.secret_names() == {"password"}
    assert "secrets" not in repr(connection)
    assert "'p'" not in repr(read)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "url"),
        ({"url": 5}, "url"),
        ({"url": "u", "most": "five"}, "most"),
        ({"url": "u", "other": 1}, "other"),
        ({"url": "u", "tags": [1]}, "tags.0"),
        ({"url": {1, 2}}, None),
        ({"url": "u", "password": ["hidden-word"]}, "password"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_never(
    values: dict[str, object], field: str | None
) -> None:
    with pytest.raises(InputError) as refused:
        checked_settings(Form, values)
    error = refused.value
    assert (error.code, error.field) == ("connection_settings_wrong", field)
    said = json.dumps([error.safe_message.zh, error.safe_message.en, error.detail])
    assert "hidden-word" not in said
    assert "five" not in said
