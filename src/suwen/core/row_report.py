"""What a reading of rows found, told without patient text: counts, samples masked, what is open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unicodedata import category

from suwen.core.record import Resource
from suwen.core.row_leaves import Unmapped
from suwen.core.row_mapper import MappedRow
from suwen.core.row_problems import RowProblem
from suwen.core.row_values import Row

MOST_SAMPLES = 3
MOST_REFUSED = 200
MOST_UNMAPPED = 500
_LONGEST_CODE = 40
_NAMES_SOMETHING = re.compile(r"\d{5}|@")
_SHOWN = frozenset(
    {"resourceType", "system", "use", "code", "status", "intent", "contentType", "unit"}
    | {"comparator", "criticality", "docStatus", "periodUnit", "severity", "type", "source"}
)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was refused.

    Attributes:
        row: which one: the line of a file, or the number in the order of reading.
        problems: what is wrong with it.
    """

    row: int
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A row and the resource that it gives, both masked."""

    row: int
    cells: Mapping[str, str]
    resource: Mapping[str, Any]


@dataclass
class RowTally:
    """Counts of one source's rows.

    Attributes:
        refusals: how often each problem happened, by code and place.
        unmapped: how often each value was seen that no codes table lists.
        cut: whether there were more refused rows or unmapped values than are kept.
    """

    source: str
    resource: str
    read: int = 0
    mapped: int = 0
    passed_over: int = 0
    refused: int = 0
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused_rows: list[RefusedRow] = field(default_factory=list)
    unmapped: Counter[Unmapped] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    cut: bool = False

    def add(self, number: int, row: Row, mapped: MappedRow) -> None:
        """Counts one row.

        Args:
            number: line of the file, or number in the order of reading, from 1.
        """
        self.read += 1
        for value in mapped.unmapped:
            if value in self.unmapped or len(self.unmapped) < MOST_UNMAPPED:
                self.unmapped[value] += 1
            else:
                self.cut = True
        if mapped.problems:
            self.refuse(number, mapped.problems)
        elif mapped.resource is None:
            self.passed_over += 1
        else:
            self.mapped += 1
            if len(self.samples) < MOST_SAMPLES:
                cells = {name: masked(cell) for name, cell in row.items()}
                self.samples.append(Sample(number, cells, masked_resource(mapped.resource)))

    def refuse(self, number: int, problems: tuple[RowProblem, ...]) -> None:
        """Counts a refused row; one that ``add`` did not see is counted as read by the caller."""
        self.refused += 1
        self.refusals.update((one.code, one.where) for one in problems)
        if len(self.refused_rows) < MOST_REFUSED:
            self.refused_rows.append(RefusedRow(number, problems))
        else:
            self.cut = True


def masked(cell: object) -> str:
    """The shape of a cell, not what it says: ``#`` for a digit, ``x`` for a letter, ``□`` for the
    characters of other scripts; long texts end in their length."""
    if cell is None:
        return ""
    if isinstance(cell, bytes | memoryview | bytearray):
        return f"({len(cell)} bytes)"
    if isinstance(cell, datetime):
        cell = cell.isoformat(sep=" ")
    text = str(cell)
    shape = "".join(_masked_character(character) for character in text[:_LONGEST_CODE])
    return shape if len(text) <= _LONGEST_CODE else f"{shape}… ({len(text)})"


def shown_value(value: str) -> str:
    """A value that a codes table does not list, as it may be shown: codes are, texts that could
    name somebody are masked."""
    if len(value) > _LONGEST_CODE or _NAMES_SOMETHING.search(value):
        return masked(value)
    return value


def masked_resource(resource: Resource) -> dict[str, Any]:
    """A resource whose codes are shown and whose everything else is masked."""
    return {key: _masked_element(key, value) for key, value in resource.items()}


def _masked_element(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _masked_element(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_element(name, item) for item in value]
    if name in ("id", "reference"):
        kind, slash, identity = str(value).rpartition("/")
        return f"{kind}{slash}{identity[:6]}…"
    if name in _SHOWN or isinstance(value, bool):
        return value
    return masked(value)


def _masked_character(character: str) -> str:
    if character.isnumeric() and not "\u3400" <= character <= "\u9fff":
        return "#"
    if character.isascii():
        return "x" if character.isalpha() else character
    return character if category(character)[0] in "PSZ" else "□"
