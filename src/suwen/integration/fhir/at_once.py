"""Takes a unit of FHIR JSON that is right without looking for where it might be wrong.

Most units are right. This reader knows only how to take them; at the least doubt it answers
``None``, and the exact reader (``bundle.read_resources``) takes or refuses the unit with the path
of what is wrong. What both take, they take alike, which a property test holds.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import orjson

from suwen.core.errors import InputError
from suwen.core.record import Resource
from suwen.integration.fhir.resource_types import RESOURCE_TYPES
from suwen.integration.fhir.validate import explain, passes

_BUNDLE_TYPES = frozenset(
    {"transaction", "collection", "document", "batch", "searchset", "message"}
)
_MAX_RESOURCES = 200_000
_LONGEST_ID = 64
# Escapes that stand for what needs a closer look: NUL, a quotation mark, a colon, surrogates.
_DOUBTFUL_ESCAPE = re.compile(r"\\u(?:0000|0022|003[aA]|[dD][89a-fA-F])")
_MOST_DIGITS = 30
# How JSON begins that is written without spaces, as it would be written back.
_COMPACT = re.compile(rb'\{"[^"]*":\S')
# A value whose last digit is 0 and would be lost by a float. It begins with what never varies, and
# that is looked for at many times the speed of anything else.
_LOSES_A_ZERO = re.compile(rb'"value":-?[0-9]+\.[0-9]*0(?=[,}])')
_BEFORE_NUMBER = len(b'"value":')
# What such a value is read as, to be found again.
_MARK = "=#"
_MARKED = b'"=#'
_SCHEMES = frozenset({"http", "urn:"})
_WRITTEN = ("POST", "PUT")


class _DoubtError(Exception):
    """Something that this reader leaves to the exact one."""


def _doubt(_text: str) -> NoReturn:
    raise _DoubtError


def _fraction(text: str) -> Decimal:
    if len(text) > _MOST_DIGITS or "e" in text or "E" in text:
        raise _DoubtError
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _DoubtError from None


_DECODER = json.JSONDecoder(parse_float=_fraction, parse_constant=_doubt)


def read_at_once(text: str) -> list[Resource] | None:
    """All resources of a unit, numbers exact, references inside the unit resolved; ``None`` where
    there is any doubt about it.

    Args:
        text: decoded from UTF-8, so that it holds no half of a surrogate pair.
    """
    with _collector_rests():
        parsed = _parsed(text)
        if parsed is None:
            return None
        body, written = parsed
        if body.get("resourceType") == "Bundle":
            return _taken(body, written)
        return [body] if _is_whole(body) else None


def read_bundle_at_once(text: str) -> tuple[dict[str, Any], list[Resource]] | None:
    """As ``read_at_once`` for what must be a Bundle, and the Bundle itself."""
    with _collector_rests():
        parsed = _parsed(text)
        if parsed is None or parsed[0].get("resourceType") != "Bundle":
            return None
        found = _taken(*parsed)
        return None if found is None else (parsed[0], found)


@contextmanager
def _collector_rests() -> Iterator[None]:
    """Holds the search for circles back while a unit is read: it makes thousands of objects and no
    circle, and would be gone through again and again."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


def _parsed(text: str) -> tuple[dict[str, Any], bytes] | None:
    """The object, and its JSON without spaces; ``None`` where there is any doubt about it.

    The fastest reader gives fractions as floats; values whose last digit is 0 it is given as texts
    with a mark, which then become Decimals. Where it writes back byte for byte what was read, no
    digit, no text and no key was lost, and nothing more need be asked. Otherwise fractions are read
    as Decimal; a key that stood twice is then gone, and its colon with it, so that the colons that
    are left tell whether any was.
    """
    if "\\" in text and _DOUBTFUL_ESCAPE.search(text):
        return None
    raw = text.encode("utf-8", "surrogatepass")
    try:
        if _COMPACT.match(raw):
            body, written = _written_back(raw)
            if written == raw:
                return (body, written) if type(body) is dict else None
        body = _DECODER.decode(text)
        written = orjson.dumps(body, default=str)
    except (_DoubtError, ValueError, TypeError, RecursionError):
        return None
    if type(body) is not dict or written.count(b":") != raw.count(b":"):
        return None
    return body, written


def _written_back(raw: bytes) -> tuple[Any, bytes]:
    """What JSON holds, and how that is written.

    A text of the sender's that looks marked becomes a number too, and one that is marked inside a
    text breaks it: neither is written back as it was read.
    """
    marked = _marked(raw)
    body = orjson.loads(marked)
    if marked is raw:
        return body, orjson.dumps(body)
    _restore_usual(body)
    written = orjson.dumps(body, default=_as_digits)
    if written != raw:
        _restore_all(body)
        written = orjson.dumps(body, default=_as_digits)
    return body, written


def _marked(raw: bytes) -> bytes:
    """JSON with every value that a float would shorten as a text with a mark."""
    pieces: list[bytes] = []
    taken = 0
    for found in _LOSES_A_ZERO.finditer(raw):
        start, end = found.start() + _BEFORE_NUMBER, found.end()
        pieces += (raw[taken:start], _MARKED, raw[start:end], b'"')
        taken = end
    return b"".join((*pieces, raw[taken:])) if pieces else raw


def _as_digits(value: object) -> orjson.Fragment:
    """A Decimal as orjson writes it between other values.

    Raises:
        TypeError: for anything else.
    """
    if type(value) is not Decimal:
        raise TypeError
    return orjson.Fragment(str(value))


def _restore_usual(body: Any) -> None:
    """Puts Decimals where laboratory values stand, in place; leaves at whatever is unusual."""
    try:
        for entry in body["entry"]:
            resource = entry["resource"]
            quantities = [resource.get("valueQuantity")]
            for one in resource.get("referenceRange", ()):
                quantities += (one.get("low"), one.get("high"))
            for quantity in quantities:
                if quantity is not None:
                    value = quantity["value"]
                    if type(value) is str and value[:2] == _MARK:
                        quantity["value"] = _fraction(value[2:])
    except (KeyError, TypeError, AttributeError):
        return


def _restore_all(body: Any) -> None:
    """Puts a Decimal wherever a text is marked, in place."""
    pending = [body]
    while pending:
        holder = pending.pop()
        for place, item in holder.items() if type(holder) is dict else enumerate(holder):
            kind = type(item)
            if kind is str:
                if item[:2] == _MARK:
                    holder[place] = _fraction(item[2:])
            elif kind is dict or kind is list:
                pending.append(item)


def _taken(bundle: dict[str, Any], written: bytes) -> list[Resource] | None:
    entries: Any = bundle.get("entry", [])
    try:
        if bundle["type"] not in _BUNDLE_TYPES or type(entries) is not list:
            return None
        # Whole columns at a time: what is looked at one by one costs most.
        found: list[Any] = [entry["resource"] for entry in entries]
        names = [(resource["resourceType"], resource["id"]) for resource in found]
        urls = [entry["fullUrl"] for entry in entries if "fullUrl" in entry]
        schemes = {url[:4] for url in urls}
        if not (
            len(found) <= _MAX_RESOURCES
            and len(set(names)) == len(names)
            and {kind for kind, _ in names} <= RESOURCE_TYPES
            and _are_ids([identity for _, identity in names])
            and len(set(urls)) == len(urls)
            and schemes <= _SCHEMES
            and all(_is_write(entry["request"]) for entry in entries if "request" in entry)
        ):
            return None
    except (KeyError, TypeError):
        return None
    for resource in found:
        if not (passes(resource) or _is_right(resource)):
            return None
    if any(b'"reference":"' + scheme.encode() in written for scheme in schemes):
        targets = {
            entry["fullUrl"]: f"{resource['resourceType']}/{resource['id']}"
            for entry, resource in zip(entries, found, strict=True)
            if "fullUrl" in entry
        }
        for resource in found:
            _resolve(resource, targets)
    return found


def _is_right(resource: Resource) -> bool:
    """Whether a resource that the quick check doubts passes the exact one."""
    try:
        explain(resource, "")
    except InputError:
        return False
    return True


def _is_write(request: object) -> bool:
    return type(request) is dict and request.get("method") in _WRITTEN


def _are_ids(texts: list[str]) -> bool:
    """Whether all are ids as FHIR spells them.

    Raises:
        TypeError: when one is no text.
    """
    joined = "".join(texts)
    lengths = list(map(len, texts))
    bare = joined.replace("-", "").replace(".", "")
    return not texts or (
        min(lengths) > 0
        and max(lengths) <= _LONGEST_ID
        and joined.isascii()
        and (not bare or bare.isalnum())
    )


def _is_whole(resource: Any) -> bool:
    """Whether a resource that stands alone has a known type and an id of its own, and is right."""
    try:
        named = resource["resourceType"] in RESOURCE_TYPES and _are_ids([resource["id"]])
    except (KeyError, TypeError):
        return False
    return named and (passes(resource) or _is_right(resource))


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
