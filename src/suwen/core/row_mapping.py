"""A mapping from rows of a hospital's views or files to FHIR resources, as it was read and checked.

The hospital writes it as a TOML file; ``row_mapping_reading`` reads it, ``row_mapper`` applies it.
A mapping has no defaults: what a row does not give is absent in the resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from suwen.core.resource_elements import ElementType
from suwen.core.row_times import TimeRule


class RowPlace(StrEnum):
    """Where the rows of a mapping come from."""

    VIEWS = "views"
    FILES = "files"


class ColumnType(StrEnum):
    """What a column holds; a timestamp has no zone, an instant has one."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class CodeValue:
    """What a source value means in FHIR."""

    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True)
class CodeMap:
    """A table from the values of a source system to codes.

    Attributes:
        system: code system of the codes; ``None`` where the element fixes it.
        refuse: whether a value that is not listed refuses its row; else the element is left out.
            Either way the value is reported.
    """

    name: str
    system: str | None
    refuse: bool
    values: Mapping[str, CodeValue]


@dataclass(frozen=True, slots=True)
class FromColumns:
    """A value out of a column, or out of several that are joined (a date and a time).

    Attributes:
        separator: between the texts of several columns.
        required: whether a row without it is refused.
        absent: texts that stand for nothing here, besides those of the whole mapping.
    """

    columns: tuple[str, ...]
    separator: str = " "
    times: TimeRule = field(default_factory=TimeRule)
    codes: CodeMap | None = None
    required: bool = False
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fixed:
    """What the hospital states of every row of a view: its status, category, unit or system."""

    value: str | bool | int


@dataclass(frozen=True, slots=True)
class ReferenceTo:
    """A reference to the resource that another source gives for the same key."""

    resource: str
    key: tuple[str, ...]
    part: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A laboratory's result column: a number becomes a quantity, anything else stays a text.

    Attributes:
        unit: column of the unit as it is written.
        units: from units as written to UCUM codes.
    """

    column: str
    unit: str | None = None
    units: CodeMap | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class IntervalText:
    """A column such as ``3.9-6.1``; a text that is no interval stays a text."""

    column: str
    unit: str | None = None


Rule = FromColumns | Fixed | ReferenceTo | Result | IntervalText
Step = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class ElementRule:
    """How one element of the resource is filled.

    Attributes:
        path: names from the resource down, with the index where an element repeats.
        type: of the element.
        line: of the mapping file.
    """

    path: tuple[Step, ...]
    type: ElementType
    rule: Rule
    line: int

    @property
    def name(self) -> str:
        """The path as it is written in the mapping."""
        return ".".join(name if at is None else f"{name}[{at}]" for name, at in self.path)


@dataclass(frozen=True, slots=True)
class ViewPlace:
    """A view of the hospital's database.

    Attributes:
        view: name, with its schema where it needs one; or ``query``.
        query: one SELECT, where no view can be made.
        watermark: column that grows whenever a row is new or changed.
        overlap: how far behind the highest watermark reading begins anew: seconds for a time, days
            for a date, a difference for a whole number. At least the longest transaction.
        reread_minutes: how often the whole view is read anew; ``None`` never.
    """

    view: str | None
    query: str | None
    watermark: str | None
    overlap: int
    reread_minutes: int | None


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Files of a drop folder.

    Attributes:
        pattern: of the file's name, ``lab_*.csv`` for example; upper and lower case differ.
        sheet: name of the worksheet; ``None`` where a workbook has one only, or for CSV.
        encoding: as declared; ``None`` lets it be found, and says so, or refuses the file.
        delimiter: between the cells of a CSV line.
        whole: whether one refused row refuses the file.
    """

    pattern: str
    sheet: str | None
    encoding: str | None
    delimiter: str
    whole: bool


@dataclass(frozen=True, slots=True)
class RowSource:
    """One kind of row and the resource that each of its rows becomes.

    Attributes:
        key: columns of the business key, from which the id is derived.
        key_part: tells sources of one resource type apart that use the same key.
        columns: every column that is read, with its type where the source has types.
        ignored: columns that are there and knowingly not read.
        state_at: when the source made the state that a row holds, where rows say; an older state
            then never takes the place of a newer one, whatever the order of the files.
        present: rows where one of these columns is empty are passed over.
        when: only rows whose columns have one of these values are read.
        digest: changes whenever the source's rows would be mapped in another way.
    """

    name: str
    resource: str
    place: ViewPlace | FilePlace
    key: tuple[str, ...]
    key_part: str | None
    columns: Mapping[str, ColumnType | None]
    ignored: frozenset[str]
    state_at: FromColumns | None
    present: tuple[str, ...]
    when: Mapping[str, frozenset[str]]
    elements: tuple[ElementRule, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class RowMapping:
    """A whole mapping file.

    Attributes:
        version: the hospital's own name of this version.
        zone: of times without one; ``None`` when nobody declared it.
        namespace: what numbers the business keys; ``None`` for the connection itself.
        absent: texts that stand for nothing in any column.
    """

    version: str
    zone: ZoneInfo | None
    namespace: str | None
    absent: frozenset[str]
    sources: tuple[RowSource, ...]
