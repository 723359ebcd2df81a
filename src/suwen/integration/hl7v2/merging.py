"""What is stored and what a message says of the same thing, brought together.

An empty field says nothing, so what is known stays; two quotation marks remove it.
Source: HL7 v2.5.1, 2.5.3.3 (fields present, absent, or present but null).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suwen.core.record import Resource

_UNITED = ("identifier", "link", "result", "extension")
_JOINED = ("period", "hospitalization")
_UNKNOWN = "unknown"


def merged(
    stored: Resource | None,
    said: Resource,
    *,
    derived_status: bool = False,
    removed: Sequence[str] = (),
) -> dict[str, Any]:
    """The resource as it is known after the message.

    Args:
        stored: as known before, ``None`` when it was not.
        said: what the message says; what it leaves out stays as it was.
        derived_status: whether the status only follows from dates; then a known one stays.
        removed: elements, or ``element.part``, that the sender removed.
    """
    if stored is None:
        return dict(said)
    result: dict[str, Any] = {**stored, **said}
    _one_medicine(result, stored, said)
    for name in _UNITED:
        if name in stored and name in said:
            result[name] = _union(stored[name], said[name])
    for name in _JOINED:
        if name in stored and name in said:
            result[name] = {**stored[name], **said[name]}
    known = stored.get("status")
    if known not in (None, _UNKNOWN) and (derived_status or said.get("status") == _UNKNOWN):
        result["status"] = known
    if stored.get("class") and _is_unknown_class(said.get("class")):
        result["class"] = stored["class"]
    for name in removed:
        _remove(result, name)
    if "deceasedDateTime" in said:
        result.pop("deceasedBoolean", None)
    elif "deceasedBoolean" in said:
        result.pop("deceasedDateTime", None)
    return result


def _one_medicine(result: dict[str, Any], stored: Resource, said: Resource) -> None:
    """Leaves one of the two ways to name a medicine: the one that is said now.

    A compound whose components the message does not repeat stays what it was; of another medicine
    nothing stays.
    """
    if "medicationReference" in said:
        result.pop("medicationCodeableConcept", None)
    elif "medicationCodeableConcept" in said and "medicationReference" in stored:
        contained = stored.get("contained") or ()
        if any(one.get("code") == said["medicationCodeableConcept"] for one in contained):
            del result["medicationCodeableConcept"]
        else:
            result.pop("contained", None)
            del result["medicationReference"]


def _union(stored: Sequence[Any], said: Sequence[Any]) -> list[Any]:
    """What is said first, then what was known besides."""
    keys = [_key(item) for item in said]
    return [*said, *(item for item in stored if _key(item) not in keys)]


def _key(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    if "other" in item:
        return (str(item["other"].get("reference")), item.get("type"))
    if "value" in item:
        assigner = (item.get("assigner") or {}).get("display")
        return (item.get("system"), assigner, item["value"])
    return item.get("reference") or item.get("url") or str(item)


def _is_unknown_class(element: Any) -> bool:
    return isinstance(element, Mapping) and element.get("code") == "UNK"


def _remove(resource: dict[str, Any], name: str) -> None:
    element, _, part = name.partition(".")
    if not part:
        resource.pop(element, None)
        return
    body = {key: value for key, value in (resource.get(element) or {}).items() if key != part}
    if body:
        resource[element] = body
    else:
        resource.pop(element, None)
