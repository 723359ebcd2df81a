"""Keyed marks in place of what patients of several systems are matched by.

Matching asks only whether two are equal, so that equal marks do as well. Who reads only the
database learns who shares a number or a day of birth with whom, never which one it is.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from suwen.storage.keyring import KeyRing, Module
from suwen.storage.vault import SEALED

_BYTES: Final = 16
_PURPOSE: Final = "patient matching"
_MARK: Final = re.compile(SEALED + r"[0-9a-f]{32}")

#: Rows whose column is in the clear, as PostgreSQL finds them.
CLEAR: Final = "{column} !~ '^" + SEALED + "[0-9a-f]{{32}}$'"


def is_mark(text: str) -> bool:
    """Whether a stored text is a mark already."""
    return _MARK.fullmatch(text) is not None


def number_mark(ring: KeyRing | None, numbering: str, value: str) -> str:
    """What stands for a number of a series; the number itself where there is no ring."""
    return value if ring is None or is_mark(value) else _mark(ring, f"number\x00{numbering}", value)


def birth_date_mark(ring: KeyRing | None, birth_date: str | None) -> str | None:
    """What stands for a day of birth; the day itself where there is no ring."""
    if ring is None or birth_date is None or is_mark(birth_date):
        return birth_date
    return _mark(ring, "birth date", birth_date)


def number_place(patient: str, numbering: str, mark: str) -> str:
    """What a sealed number is bound to."""
    return f"patient_number/{patient}/{numbering}/{mark}"


def _mark(ring: KeyRing, kind: str, value: str) -> str:
    key = ring.opened().current(Module.SEARCH).derived(_PURPOSE)
    digest = hashlib.blake2b(f"{kind}\x00{value}".encode(), digest_size=_BYTES, key=key)
    return SEALED + digest.hexdigest()
