"""What a screen asks for, of each kind of connection, and what was filled in as settings."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from suwen.bootstrap.connections.hints import HINTS
from suwen.bootstrap.connections.kinds import KINDS
from suwen.core.connection import ConnectionKind
from suwen.core.language import Bilingual

_LONG_SECRETS: Final = frozenset({"private_key"})


class Widget(StrEnum):
    """How a setting is filled in."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    LINES = "lines"
    PAIRS = "pairs"
    SEALED = "sealed"
    LONG_SEALED = "long_sealed"


@dataclass(frozen=True, slots=True)
class FormField:
    """One setting of a kind.

    Attributes:
        default: as it stands in the form; what is left at it is not stored.
        choices: of a ``CHOICE``; an optional one may be left empty.
        hint: what it is for.
    """

    name: str
    widget: Widget
    required: bool
    default: str
    choices: tuple[str, ...]
    hint: Bilingual

    @property
    def secret(self) -> bool:
        """Whether it is entered once and never shown."""
        return self.widget in (Widget.SEALED, Widget.LONG_SEALED)


@cache
def form_fields(kind: ConnectionKind) -> tuple[FormField, ...]:
    """The settings of a kind, what is needed first."""
    form = KINDS[kind].builder(kind).settings
    secrets = form.secret_names()
    fields = [_field(name, info, name in secrets) for name, info in form.model_fields.items()]
    return tuple(sorted(fields, key=lambda one: not one.required))


def filled_in(fields: tuple[FormField, ...], texts: Mapping[str, str]) -> dict[str, Any]:
    """Settings out of what a form holds, secrets among them; what stands at its default is left
    out, and so is a secret that was not entered.

    Args:
        texts: by field; of a flag anything but empty means that it is set.
    """
    found: dict[str, Any] = {}
    for field in fields:
        text = texts.get(field.name, "")
        if field.secret:
            if text:
                found[field.name] = text
        elif field.widget is Widget.FLAG:
            if bool(text) != (field.default == "true"):
                found[field.name] = bool(text)
        elif text.strip() and _normal(text) != _normal(field.default):
            found[field.name] = _value(field, text)
        elif field.default and not text.strip() and field.widget in (Widget.LINES, Widget.PAIRS):
            found[field.name] = [] if field.widget is Widget.LINES else {}
    return found


def as_filled_in(fields: tuple[FormField, ...], settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as they stand in the form; never a secret."""
    return {
        field.name: ""
        if field.secret
        else _text(settings[field.name])
        if field.name in settings
        else field.default
        for field in fields
    }


def _field(name: str, info: FieldInfo, secret: bool) -> FormField:
    wanted = _without_none(info.annotation)
    described = info.description or ""
    if secret:
        widget = Widget.LONG_SEALED if name in _LONG_SECRETS else Widget.SEALED
    else:
        widget = _widget(wanted)
    default = "" if info.is_required() else _text(info.get_default(call_default_factory=True))
    return FormField(
        name=name,
        widget=widget,
        required=info.is_required(),
        default="" if secret else default,
        choices=tuple(map(str, get_args(wanted))) if widget is Widget.CHOICE else (),
        hint=Bilingual(zh=HINTS[described], en=described),
    )


def _widget(wanted: Any) -> Widget:
    origin = get_origin(wanted)
    if wanted is bool:
        return Widget.FLAG
    if wanted in (int, float):
        return Widget.NUMBER
    if origin is Literal:
        return Widget.CHOICE
    if origin is tuple:
        return Widget.LINES
    if origin is dict:
        return Widget.PAIRS
    return Widget.TEXT


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [one for one in get_args(annotation) if one is not type(None)]
        return kinds[0]
    return annotation


def _value(field: FormField, text: str) -> Any:
    """What a text means; what is no number stays a text, so that the form's check refuses it."""
    if field.widget is Widget.NUMBER:
        return _number(text.strip())
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if field.widget is Widget.LINES:
        return lines
    if field.widget is Widget.PAIRS:
        pairs = (line.partition(" = ") for line in lines)
        return {key.strip(): value.strip() for key, _, value in pairs}
    return text.strip()


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, Mapping):
        return "\n".join(f"{key} = {inner}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _normal(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
