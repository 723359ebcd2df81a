"""How names out of a record stand in a sentence of ours, and what sentences rest on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from suwen.core.finding import Evidence, EvidenceKind
from suwen.core.language import Bilingual

LONGEST_NAME = 32
"""A name is cut to so many characters in a sentence; its evidence holds it whole."""

_SPACES = re.compile(r"\s+")
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def plain(text: str | None) -> str:
    """One line without control, direction or other unseen characters."""
    shown = text or ""
    if not shown.isprintable():
        shown = "".join(c if unicodedata.category(c) not in _UNSEEN else " " for c in shown)
    return _SPACES.sub(" ", shown).strip()


def named(text: str | None) -> str:
    """A name as it stands in a sentence."""
    name = plain(text)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def words_of(concept: object) -> str:
    """Everything that a CodeableConcept says in words: its text and the displays."""
    if not isinstance(concept, Mapping):
        return ""
    codings = [c for c in concept.get("coding") or () if isinstance(c, Mapping)]
    said = [concept.get("text"), *(c.get("display") for c in codings)]
    return " ; ".join(dict.fromkeys(str(s) for s in said if s))


def codings_of(concept: object) -> frozenset[tuple[str, str]]:
    """System and code of each coding that has both."""
    if not isinstance(concept, Mapping):
        return frozenset()
    return frozenset(
        (str(c["system"]), str(c["code"]))
        for c in concept.get("coding") or ()
        if isinstance(c, Mapping) and c.get("system") and c.get("code")
    )


def recorded(reference: str, path: str, quote: str | None) -> Evidence:
    """What the record says at a place; ``path`` is the FHIRPath behind the reference."""
    return Evidence(EvidenceKind.RECORD, f"{reference}#{path}", plain(quote))


def listed(names: Iterable[str], most: int = 3) -> Bilingual:
    """Names in a row, the first few of many with how many there are."""
    every = [name for name in names if name]
    rest = len(every) - most
    zh, en = "、".join(every[:most]), ", ".join(every[:most])
    if rest <= 0:
        return Bilingual(zh, en)
    return Bilingual(f"{zh} 等 {len(every)} 项", f"{en} and {rest} more")


def first_mapping(items: Any) -> Mapping[str, Any]:
    """The first object of an array, an empty one where there is none."""
    for item in items if isinstance(items, list | tuple) else ():
        if isinstance(item, Mapping):
            return item
    return {}
