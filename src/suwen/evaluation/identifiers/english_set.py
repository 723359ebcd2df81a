"""The English set ``presidio_pii`` read for judging; what HIPAA does not count is exempt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from suwen.evaluation.identifiers.scoring import AnnotatedText
from suwen.language.identifiers.countries import country_names
from suwen.language.identifiers.data_files import words

_EXEMPT_KINDS: Final = frozenset({"TITLE", "PREFIX", "AGE", "NRP"})
"""Titles and occupations, ages (the set has none over 89), nationalities and religions."""

_PLACES: Final = frozenset({"GPE", "LOCATION"})
_OF_COUNTRIES: Final = frozenset(
    ("united", "states", "kingdom", "south", "north", "new", "republic", "and", "islands", "the")
)


def read_english_set(folder: Path) -> Iterator[tuple[AnnotatedText, tuple[str, ...]]]:
    """Each text of the development half, and the names that it holds."""
    for file in sorted((folder / "dev").glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            yield _read(json.loads(line))


def _read(row: dict[str, Any]) -> tuple[AnnotatedText, tuple[str, ...]]:
    counted, exempt, names = [], [], []
    for span in row["spans"]:
        place = (span["start"], span["end"])
        if _is_exempt(span["type"], span["value"]):
            exempt.append(place)
            continue
        counted.append((*place, span["type"]))
        if span["type"] == "PERSON":
            names.append(span["value"])
    return AnnotatedText(row["text"], tuple(counted), tuple(exempt)), tuple(names)


def _is_exempt(kind: str, value: str) -> bool:
    if kind in _EXEMPT_KINDS:
        return True
    if kind == "DATE_TIME":
        return re.fullmatch(r"\d{4}", value) is not None
    if kind in _PLACES and value.lower() in country_names():
        return True
    said = re.findall("[a-z]+", value.lower())
    countries = words("medical_words") | _OF_COUNTRIES
    return kind in _PLACES and all(word in countries for word in said)
