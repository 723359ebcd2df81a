"""The table of red flags: what each is, what raises it, and where that comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from suwen.clinical.patient_concepts import concepts, read_patient
from suwen.clinical.tables import read_edited_table
from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual

READER: Final = "READER"
"""The row of the second reader; a table from before there was one has the platform's."""
AFFIRMS: Final = Bilingual("有，是其中一种", "Yes, one of these")
"""The answer to the second reader's question that diverts."""
NUMBER: Final = re.compile(r"([a-z_]+)(\?)?(>=|<=|>|<)([\d.]+)")
_LEAST_PHRASE: Final = 2


class Urgency(StrEnum):
    """Where a flag leads, and how fast."""

    CALL_120 = "call_120"
    CRISIS = "crisis"
    EMERGENCY_ROOM = "emergency_room"
    OBSTETRIC_EMERGENCY = "obstetric_emergency"
    FEVER_CLINIC = "fever_clinic"
    SAME_DAY = "same_day"


@dataclass(frozen=True, slots=True)
class ReaderBounds:
    """From which score, 0 to 1, the second reader acts; from 1 on it never does.

    Attributes:
        diverts_from: the chat is diverted as by a rule.
        asks_from: one question is asked first, which diverts when it is answered with yes.
    """

    diverts_from: float
    asks_from: float


@dataclass(frozen=True, slots=True)
class RedFlagRule:
    """One row of the table; ``when`` holds the combinations, of each of which all terms hold;
    ``phrases`` are words of the hospital's own, of which one that is not denied is enough;
    ``reader`` is there in the row of the second reader alone."""

    id: str
    name: Bilingual
    urgency: Urgency
    do_now: Bilingual
    criterion: str
    source: Source
    confidence: Confidence
    when: tuple[tuple[str, ...], ...]
    phrases: tuple[str, ...] = ()
    reader: ReaderBounds | None = None


@cache
def red_flag_rules() -> tuple[RedFlagRule, ...]:
    """The table of the platform, every row with its source and how well that is known."""
    return rules_from(read_edited_table("red_flags"))


def rules_from(table: Mapping[str, Any]) -> tuple[RedFlagRule, ...]:
    """The rules of a table as operators edit it.

    Raises:
        ValueError: a rule names a concept that there is not, or its wording is incomplete.
    """
    rows = list(table["flags"])
    if not any(row["id"] == READER for row in rows):
        rows.append(own_reader_row())
    rules = []
    for row in rows:
        when = tuple(tuple(line.split()) for line in row["when"])
        for term in (term for line in when for term in line):
            _check_term(term)
        rules.append(
            RedFlagRule(
                row["id"],
                Bilingual(**row["name"]),
                Urgency(row["urgency"]),
                Bilingual(**row["do_now"]),
                row["criterion"],
                Source(title=row["source"], edition="as cited"),
                Confidence(row["confidence"]),
                when,
                _phrases(row),
                _bounds(row),
            )
        )
    names = [rule.id for rule in rules]
    if len(set(names)) < len(names):
        raise ValueError("a red flag is there twice")
    return tuple(rules)


def _phrases(row: Mapping[str, Any]) -> tuple[str, ...]:
    written = list(row.get("phrases", ()))
    if row["id"] == READER:
        written += [AFFIRMS.zh, AFFIRMS.en]
    phrases = tuple(read_patient(phrase).plain.strip() for phrase in written)
    if not row["when"] and not phrases and row["id"] != READER:
        raise ValueError(f"{row['id']}: nothing raises it")
    if any(len(phrase) < _LEAST_PHRASE for phrase in phrases):
        raise ValueError(f"{row['id']}: a phrase has at least two characters")
    return phrases


@cache
def own_reader_row() -> Mapping[str, Any]:
    """The platform's row of the second reader."""
    return next(row for row in read_edited_table("red_flags")["flags"] if row["id"] == READER)


def _bounds(row: Mapping[str, Any]) -> ReaderBounds | None:
    if row["id"] != READER:
        return None
    bounds = ReaderBounds(float(row["diverts_from"]), float(row["asks_from"]))
    if not (0 < bounds.diverts_from <= 1 and 0 < bounds.asks_from <= 1):
        raise ValueError(f"{READER}: a score is above 0 and at most 1")
    return bounds


def _check_term(term: str) -> None:
    known = concepts().keys() | {"child", "infant", "elderly"}
    if not NUMBER.fullmatch(term) and term.removeprefix("!") not in known:
        raise ValueError(f"no concept has the name {term}")
