"""The free texts of a record, each with where it stands, so that they can be looked through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suwen.core.record import PatientRecord, Resource

_SHORTEST = 8
"""Code points below which a text cannot carry an order."""

_NOT_TEXT = frozenset({"id", "resourceType", "system", "url", "reference", "fullUrl", "data"})


def record_texts(
    resources: Sequence[Resource], record: PatientRecord | None
) -> list[tuple[str, str]]:
    """(reference, text) of every different text of the resources and of the notes as decoded."""
    seen: dict[str, str] = {}
    for resource in resources:
        reference = f"{resource['resourceType']}/{resource['id']}"
        for text in _texts(resource):
            seen.setdefault(text, reference)
    if record is not None:
        for note in record.notes:
            seen.setdefault(note.text, note.reference)
    return [(reference, text) for text, reference in seen.items()]


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            found.append(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key not in _NOT_TEXT:
                found.extend(_texts(item))
    elif isinstance(value, list | tuple):
        for item in value:
            found.extend(_texts(item))
    return found
