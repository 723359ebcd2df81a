"""Finding patients whose names and numbers are sealed: keyed marks of every part of them.

A mark is eight bytes of a keyed hash of one to three neighbouring characters, so that a search for
a part of a name needs no name in the clear. Who reads only the database learns how often a mark
occurs, not what it stands for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from suwen.storage.keyring import KeyRing, Module
from suwen.storage.tables import patient

SEALED_COLUMNS: Final = ("name", "birth_date", "identifier")
_FOUND_BY: Final = ("name", "identifier")
_LONGEST_PART: Final = 3
_PURPOSE: Final = "patient search"
# From this length on marks may all be there without standing side by side.
AMBIGUOUS_FROM: Final = _LONGEST_PART + 1


def place_of_patient(patient_id: str) -> str:
    """What the sealed columns of a patient's row are bound to."""
    return f"patient/{patient_id}"


def sealed_part(row: Mapping[str, Any]) -> str:
    """The columns of a row that are sealed together, as one text."""
    return json.dumps({name: row[name] for name in SEALED_COLUMNS}, ensure_ascii=False)


def read_part(opened: str | None) -> dict[str, Any] | None:
    """The columns of a text of ``sealed_part``; ``None`` where its key was destroyed."""
    read: dict[str, Any] | None = json.loads(opened) if opened is not None else None
    return read


def marks_of(ring: KeyRing, row: Mapping[str, Any]) -> list[int]:
    """The marks by which a patient's row is found."""
    key = _key(ring)
    marks: set[int] = set()
    for column in _FOUND_BY:
        value = row[column]
        if value:
            folded = value.casefold()
            for length in range(1, _LONGEST_PART + 1):
                marks |= {_mark(key, column, part) for part in _parts(folded, length)}
    if row["identifier"]:
        marks.add(_whole(key, row["identifier"]))
    return sorted(marks)


def holds(ring: KeyRing, query: str) -> ColumnElement[bool]:
    """Rows whose name or identifier may hold a text, in any case; those in the clear do."""
    key, folded = _key(ring), query.casefold()
    length = min(_LONGEST_PART, len(folded))
    marked = [
        _marked({_mark(key, column, part) for part in _parts(folded, length)})
        for column in _FOUND_BY
    ]
    clear = [patient.c[column].icontains(query, autoescape=True) for column in _FOUND_BY]
    return or_(*marked, and_(patient.c.search.is_(None), or_(*clear)))


def has_identifier(ring: KeyRing | None, identifier: str) -> ColumnElement[bool]:
    """Rows that are found by exactly this identifier."""
    clear = patient.c.identifier == identifier
    if ring is None:
        return clear
    return or_(_marked({_whole(_key(ring), identifier)}), clear)


def _marked(marks: set[int]) -> ColumnElement[bool]:
    """Rows that have all of these marks, found beside the wall around the rows themselves."""
    found = func.suwen_marked(cast(sorted(marks), ARRAY(BigInteger)))
    return patient.c.id.in_(select(found.column_valued("marked")))


def _key(ring: KeyRing) -> bytes:
    return ring.opened().current(Module.SEARCH).derived(_PURPOSE)


def _whole(key: bytes, identifier: str) -> int:
    return _mark(key, "whole identifier", identifier)


def _parts(folded: str, length: int) -> set[str]:
    return {folded[start : start + length] for start in range(len(folded) - length + 1)}


def _mark(key: bytes, column: str, part: str) -> int:
    digest = hashlib.blake2b(f"{column}\x00{part}".encode(), digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big", signed=True)
