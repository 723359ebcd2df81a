"""Whether a view still has the columns that the mapping was written for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import types as sql

from suwen.core.row_mapping import ColumnType, RowSource
from suwen.integration.sqlviews.problems import drift

_FITS: Mapping[ColumnType, tuple[type, ...]] = {
    ColumnType.TEXT: (str, UUID),
    ColumnType.WHOLE: (int, Decimal),
    ColumnType.NUMBER: (int, float, Decimal),
    ColumnType.BOOLEAN: (bool,),
    ColumnType.DATE: (date,),
    ColumnType.TIMESTAMP: (datetime,),
    ColumnType.INSTANT: (datetime,),
    ColumnType.BINARY: (bytes, memoryview, bytearray),
}


def family(type_: sql.TypeEngine[Any]) -> ColumnType | None:
    """What a column of the database holds; ``None`` for a type that we have no word for."""
    if isinstance(type_, sql.DateTime):
        return ColumnType.INSTANT if type_.timezone else ColumnType.TIMESTAMP
    simple: Sequence[tuple[type[sql.TypeEngine[Any]], ColumnType]] = (
        (sql.Boolean, ColumnType.BOOLEAN),
        (sql.Integer, ColumnType.WHOLE),
        (sql.Numeric, ColumnType.NUMBER),
        (sql.Date, ColumnType.DATE),
        (sql.String, ColumnType.TEXT),
        (sql.Uuid, ColumnType.TEXT),
        (sql.LargeBinary, ColumnType.BINARY),
    )
    return next((type_name for kind, type_name in simple if isinstance(type_, kind)), None)


def suits(declared: ColumnType, type_: sql.TypeEngine[Any]) -> bool:
    """Whether a column of the database is of the declared type."""
    found = family(type_)
    if found is None:
        # An enumeration or a type of the database's own: drivers give it as text.
        return declared is ColumnType.TEXT
    if declared is found:
        return True
    if declared is ColumnType.WHOLE and isinstance(type_, sql.Numeric):
        # NUMBER without digits behind the point, as Oracle calls its whole numbers.
        return not type_.scale
    # Oracle's DATE has a time of day, which may always be midnight.
    return declared is ColumnType.DATE and found is ColumnType.TIMESTAMP


def check_columns(
    source: RowSource, found: Mapping[str, sql.TypeEngine[Any]], known: frozenset[str]
) -> None:
    """Refuses a view that lost, changed or gained a column.

    Args:
        found: columns that the view has; with ``NullType`` where the type is not known.
        known: columns that some source of the mapping reads, or knowingly does not.

    Raises:
        IntegrationError: ``view_changed`` with the exact column.
    """
    for name, declared in source.columns.items():
        if name not in found:
            raise drift(
                source.name,
                name,
                "视图中没有这一列；请核对视图，或更新映射。",
                "The view has no such column; check the view, or renew the mapping.",
            )
        type_ = found[name]
        known_type = declared is not None and not isinstance(type_, sql.NullType)
        if declared is not None and known_type and not suits(declared, type_):
            now = (family(type_) or ColumnType.TEXT).value
            raise drift(
                source.name,
                name,
                f"列类型已变：映射声明 {declared.value}，现为 {now}（{type_}）。",
                f"The type changed: the mapping declares {declared.value}, it is {now} ({type_}).",
            )
    for name in found:
        if name not in known:
            raise drift(
                source.name,
                name,
                "视图多出一列（可能是作废标志等），请在 columns 中声明，或列入 ignored。",
                "The view has a new column (a flag of deleted rows, perhaps): declare it under "
                "columns, or list it under ignored.",
            )


def check_cells(source: RowSource, rows: Sequence[Sequence[object]]) -> None:
    """Refuses cells that are not of their column's declared type, whatever the catalogue says.

    Raises:
        IntegrationError: ``view_changed`` with the exact column.
    """
    for position, (name, declared) in enumerate(source.columns.items()):
        if declared is None:
            continue
        cell = next((row[position] for row in rows if row[position] is not None), None)
        if cell is not None and not _is_of(cell, declared):
            raise drift(
                source.name,
                name,
                f"取到的值不是映射声明的类型 {declared.value}。",
                f"The values are not of the type {declared.value} that the mapping declares.",
            )


def _is_of(cell: object, declared: ColumnType) -> bool:
    if isinstance(cell, bool) and declared is not ColumnType.BOOLEAN:
        return False
    if declared is ColumnType.WHOLE and isinstance(cell, Decimal):
        return cell == cell.to_integral_value()
    if isinstance(cell, datetime) and declared in (ColumnType.TIMESTAMP, ColumnType.INSTANT):
        return (cell.tzinfo is not None) is (declared is ColumnType.INSTANT)
    if declared is ColumnType.TEXT:
        # What we have no word for comes as whatever the driver makes of it.
        return not isinstance(cell, date | time | int | float | Decimal | bytes)
    return isinstance(cell, _FITS[declared])


def as_mapped(source: RowSource, row: Sequence[object]) -> dict[str, object]:
    """The cells of a row by column; a date with a time of midnight is a date."""
    cells: dict[str, object] = {}
    for (name, declared), cell in zip(source.columns.items(), row, strict=True):
        if declared is ColumnType.DATE and isinstance(cell, datetime) and cell.time() == time():
            cell = cell.date()
        cells[name] = cell
    return cells
