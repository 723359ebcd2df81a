"""Reading of JSON objects element by element; a refusal names the element and never its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.plain_text import is_plain, text_not_storable

LONGEST_TEXT: Final = 2048
ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def refused(code: str, path: str, zh: str, en: str) -> InputError:
    """The refusal of an element."""
    return InputError(code, Bilingual(zh=f"{path}：{zh}", en=f"{path}: {en}"), field=path)


def missing(path: str) -> InputError:
    """The refusal of a call that lacks a required element."""
    return refused("cds_element_missing", path, "必须提供。", "It is required.")


def wrong(path: str, zh: str, en: str) -> InputError:
    """The refusal of an element of the wrong kind."""
    return refused("cds_element_wrong", path, f"必须是{zh}。", f"It must be {en}.")


def as_object(value: object, path: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, Mapping):
        raise wrong(path, "对象 { }", "an object { }")
    return value


def required_object(owner: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    """A required element that is an object."""
    if owner.get(name) is None:
        raise missing(_below(path, name))
    return as_object(owner[name], _below(path, name))


def required_text(
    owner: Mapping[str, Any], name: str, path: str, longest: int = LONGEST_TEXT
) -> str:
    """A required element that is a text, not empty and not longer than ``longest`` characters."""
    found = optional_text(owner, name, path, longest)
    if found is None:
        raise missing(_below(path, name))
    return found


def optional_text(
    owner: Mapping[str, Any], name: str, path: str, longest: int = LONGEST_TEXT
) -> str | None:
    """An element that is a text where it is there."""
    value = owner.get(name)
    if value is None:
        return None
    place = _below(path, name)
    if not isinstance(value, str) or not value:
        raise wrong(place, "非空文本", "a text that is not empty")
    if len(value) > longest:
        raise wrong(place, f"不超过 {longest} 字的文本", f"a text of at most {longest} characters")
    if not is_plain(value):
        raise text_not_storable(place)
    return value


def fhir_id(value: str, path: str) -> str:
    """A FHIR id."""
    if not ID.fullmatch(value):
        raise wrong(path, "FHIR id（字母、数字、- 或 .）", "a FHIR id (letters, digits, - or .)")
    return value


def uuid_text(value: str, path: str) -> str:
    """A UUID in its usual form."""
    if not UUID.fullmatch(value):
        raise wrong(path, "UUID", "a UUID")
    return value.lower()


def http_url(value: str, path: str) -> str:
    """An absolute http or https address without user and password."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        usable = usable and parts.username is None and parts.password is None
    except ValueError:
        usable = False
    if not usable:
        raise wrong(path, "绝对 http(s) 地址", "an absolute http or https address")
    return value


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
