"""The rows of every table of medicines and rules, each with source, confidence and review state."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from suwen.core.finding import Confidence, Source

TABLES: Final = (
    "medicines", "products", "interactions", "dose_limits", "renal", "hepatic", "pregnancy", "ages",
    "conditions", "diseases", "duplicates", "allergens", "allergies", "routes", "legal",
    "reminders", "statements",
)  # fmt: skip
"""``products`` is a hospital's own drug dictionary; nothing is shipped in it."""

PRESCRIPTION: Final = "prescription"
"""The folder of those tables."""

_OF_A_ROW = ("id", "source", "confidence", "review")


class ReviewState(StrEnum):
    """Whether this hospital's people have confirmed a row."""

    AWAITING = "awaiting_local_review"
    REVIEWED = "reviewed"


class Origin(StrEnum):
    """Who wrote a row."""

    SHIPPED = "shipped"
    HOSPITAL = "hospital"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One row of one table.

    Attributes:
        id: stable and unique in its table.
        values: the other columns by name; an empty text means "not stated".
        enabled: whether it takes part.
        reviewer: who confirmed or wrote it here; ``None`` for a shipped row nobody confirmed.
    """

    id: str
    table: str
    values: Mapping[str, str] = field(hash=False, repr=False)
    source: Source
    confidence: Confidence
    review_state: ReviewState
    enabled: bool = True
    origin: Origin = Origin.SHIPPED
    reviewer: str | None = None

    def text(self, column: str) -> str:
        """What a column says; empty when it says nothing."""
        return self.values.get(column, "")

    def number(self, column: str) -> float | None:
        """A column's number; ``None`` when it says nothing."""
        written = self.values.get(column, "")
        return float(written) if written else None


@cache
def columns_of(table: str, folder: str = PRESCRIPTION) -> tuple[str, ...]:
    """The columns of a table that carry its content, in order."""
    header = next(csv.reader(io.StringIO(_content(table, folder))))
    return tuple(name for name in header if name not in _OF_A_ROW)


@cache
def shipped_rows(table: str, folder: str = PRESCRIPTION) -> tuple[RuleRow, ...]:
    """All rows of one shipped table, in the order of the file."""
    columns = columns_of(table, folder)
    return tuple(
        RuleRow(
            id=line["id"],
            table=table,
            values={name: line[name] for name in columns},
            source=_sources(folder)[line["source"]],
            confidence=Confidence(line["confidence"]),
            review_state=ReviewState.REVIEWED
            if line["review"] == "reviewed"
            else ReviewState.AWAITING,
        )
        for line in csv.DictReader(io.StringIO(_content(table, folder)))
    )


@cache
def _sources(folder: str) -> Mapping[str, Source]:
    lines = csv.DictReader(io.StringIO(_content("sources", folder)))
    return {line["key"]: Source(line["title"], line["edition"]) for line in lines}


def _content(name: str, folder: str) -> str:
    return files("suwen.clinical").joinpath(f"data/{folder}/{name}.csv").read_text("utf-8")
