"""Takes a unit of FHIR JSON that is right without looking for where it might be wrong.

Most units are right. This reader knows only how to take them; at the least doubt it answers
``None``, and the exact reader (``bundle.read_resources``) takes or refuses the unit with the path
of what is wrong. What both take, they take alike, which a property test holds.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from suwen.core.record import Resource
from suwen.integration.fhir.resource_types import RESOURCE_TYPES
from suwen.integration.fhir.validate import passes

_BUNDLE_TYPES = frozenset(
    {"transaction", "collection", "document", "batch", "searchset", "message"}
)
_MAX_RESOURCES = 200_000
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
# Escapes that stand for what needs a closer look: NUL, a quotation mark, a colon, surrogates.
_DOUBTFUL_ESCAPE = re.compile(r"\\u(?:0000|0022|003[aA]|[dD][89a-fA-F])")
_MOST_DIGITS = 30
_ADDRESSES = ("urn:", "http:", "https:")
_WRITTEN = ("POST", "PUT")


class _DoubtError(Exception):
    """Something that this reader leaves to the exact one."""


def _doubt(_text: str) -> NoReturn:
    raise _DoubtError


def _fraction(text: str) -> Decimal:
    if len(text) > _MOST_DIGITS or "e" in text or "E" in text:
        raise _DoubtError
    return Decimal(text)


_DECODER = json.JSONDecoder(parse_float=_fraction, parse_constant=_doubt)


def read_at_once(text: str) -> list[Resource] | None:
    """All resources of a unit, numbers exact, references inside the unit resolved; ``None`` where
    there is any doubt about it.

    Args:
        text: decoded from UTF-8, so that it holds no half of a surrogate pair.
    """
    parsed = _parsed(text)
    if parsed is None:
        return None
    body, written = parsed
    if body.get("resourceType") == "Bundle":
        return _taken(body, written)
    right = _reference_of(body) is not None and passes(body)
    return [body] if right else None


def read_bundle_at_once(text: str) -> tuple[dict[str, Any], list[Resource]] | None:
    """As ``read_at_once`` for what must be a Bundle, and the Bundle itself."""
    parsed = _parsed(text)
    if parsed is None or parsed[0].get("resourceType") != "Bundle":
        return None
    found = _taken(*parsed)
    return None if found is None else (parsed[0], found)


def _parsed(text: str) -> tuple[dict[str, Any], bytes] | None:
    """The object, and its JSON without spaces.

    A key that stood twice is gone after parsing, and its colon with it: so the colons that are
    left tell whether any was.
    """
    if "\\u" in text and _DOUBTFUL_ESCAPE.search(text):
        return None
    try:
        body = _DECODER.decode(text)
        written = orjson.dumps(body, default=str)
    except (_DoubtError, ValueError, TypeError, RecursionError):
        return None
    if type(body) is not dict or written.count(b":") != text.count(":"):
        return None
    return body, written


def _taken(bundle: dict[str, Any], written: bytes) -> list[Resource] | None:
    entries = bundle.get("entry", [])
    kind = bundle.get("type")
    if type(kind) is not str or kind not in _BUNDLE_TYPES:
        return None
    if type(entries) is not list or len(entries) > _MAX_RESOURCES:
        return None
    found: list[Resource] = []
    references: set[str] = set()
    targets: dict[str, str] = {}
    for entry in entries:
        if type(entry) is not dict:
            return None
        resource: Any = entry.get("resource")
        full_url = entry.get("fullUrl")
        if "request" in entry and not _is_write(entry["request"]):
            return None
        reference = _reference_of(resource)
        if reference is None or not passes(resource):
            return None
        references.add(reference)
        found.append(resource)
        if full_url is not None:
            if type(full_url) is not str or not full_url.startswith(_ADDRESSES):
                return None
            targets[full_url] = reference
    if len(references) != len(found) or (targets and not _one_each(targets, found, entries)):
        return None
    if targets and _points_by_full_url(written):
        for resource in found:
            _resolve(resource, targets)
    return found


def _is_write(request: object) -> bool:
    return type(request) is dict and request.get("method") in _WRITTEN


def _reference_of(resource: Any) -> str | None:
    """``Type/id`` of a resource with a known type and an id of its own."""
    if type(resource) is not dict:
        return None
    kind, identity = resource.get("resourceType"), resource.get("id")
    if type(kind) is not str or kind not in RESOURCE_TYPES:
        return None
    if type(identity) is not str or not _ID.fullmatch(identity):
        return None
    return f"{kind}/{identity}"


def _one_each(
    targets: dict[str, str], found: list[Resource], entries: list[dict[str, Any]]
) -> bool:
    """Whether no two entries have the same address."""
    return len(targets) == len(found) - sum("fullUrl" not in entry for entry in entries)


def _points_by_full_url(written: bytes) -> bool:
    """Whether a reference could be one of the addresses in the Bundle: absolute, or by uuid."""
    return b'"reference":"urn:' in written or b'"reference":"http' in written


def _resolve(value: Any, targets: dict[str, str]) -> None:
    """Points references at what the Bundle holds, in place: nobody else has the data yet."""
    pending = [value]
    while pending:
        item = pending.pop()
        if type(item) is dict:
            reference = item.get("reference")
            if type(reference) is str and reference in targets:
                item["reference"] = targets[reference]
            pending.extend(v for v in item.values() if type(v) is dict or type(v) is list)
        else:
            pending.extend(v for v in item if type(v) is dict or type(v) is list)
