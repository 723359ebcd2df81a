"""The tables that operators edit, and whether a change takes a warning away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from suwen.appkit import Bilingual, InputError
from suwen.clinical.departments import DepartmentTable, table_from
from suwen.clinical.indoor_routes import HospitalMap, map_from
from suwen.clinical.red_flag_rules import (
    READER,
    RedFlagRule,
    Urgency,
    own_reader_row,
    rules_from,
)
from suwen.clinical.tables import read_edited_table, read_table

RED_FLAGS: Final = "red_flags"
DEPARTMENTS: Final = "departments"
MAP: Final = "hospital_map"
KINDS: Final = (RED_FLAGS, DEPARTMENTS, MAP)
ROWS: Final[Mapping[str, tuple[str, str]]] = {
    RED_FLAGS: ("flags", "id"),
    DEPARTMENTS: ("departments", "code"),
    MAP: ("places", "id"),
}
"""Where the rows of a table are, and what names one."""

Table = Mapping[str, Any]
SCORES: Final = ("diverts_from", "asks_from")
"""What the row of the second reader has beside the others, 0 to 1."""
_ORDER: Final = [urgency.value for urgency in Urgency]


@dataclass(frozen=True, slots=True)
class TriageTables:
    """The tables of one hospital, read."""

    red_flags: tuple[RedFlagRule, ...]
    departments: DepartmentTable
    plan: HospitalMap


@dataclass(frozen=True, slots=True)
class TableChange:
    """What one row became; ``at_once`` where it can only find more emergencies, or find them as
    more urgent: that needs no second person."""

    row: str
    what: str
    at_once: bool


@cache
def own_tables() -> Mapping[str, Table]:
    """The platform's own tables, as operators begin with them."""
    return {
        RED_FLAGS: read_edited_table("red_flags"),
        DEPARTMENTS: read_edited_table("departments"),
        MAP: read_table("hospital_map"),
    }


def tables_from(tables: Mapping[str, Table]) -> TriageTables:
    """The tables, read; one that is not given is the platform's own.

    Raises:
        InputError: ``table_wrong`` with the table and the row at fault.
    """
    every = {**own_tables(), **tables}
    kind = RED_FLAGS
    try:
        red_flags = rules_from(every[RED_FLAGS])
        kind = DEPARTMENTS
        departments = table_from(every[DEPARTMENTS])
        kind = MAP
        plan = map_from(every[MAP])
        _require_known(departments, plan)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise wrong_table(kind, error) from None
    return TriageTables(red_flags, departments, plan)


def _require_known(departments: DepartmentTable, plan: HospitalMap) -> None:
    for place in plan.places.values():
        for code in place.departments:
            if code not in departments.departments:
                raise ValueError(f"{place.id}: there is no department {code}")


def wrong_table(kind: str, error: Exception) -> InputError:
    """That a table cannot be used, and at which row."""
    what = f"{error.args[0]}" if isinstance(error, ValueError) and error.args else repr(error)
    return InputError(
        "table_wrong",
        Bilingual(zh=f"表格有误：{what[:200]}", en=f"The table is not right: {what[:200]}"),
        field=kind,
    )


def rows_of(kind: str, table: Table) -> dict[str, Table]:
    """The rows of a table by their names; a table from before there was a second reader has the
    platform's row of it."""
    where, name = ROWS[kind]
    rows = {row[name]: row for row in table[where]}
    return {**rows, READER: own_reader_row()} if kind == RED_FLAGS and READER not in rows else rows


def with_row(kind: str, table: Table, row: str, content: Table | None) -> Table:
    """The table with one row added, replaced in its place, or taken out (``None``).

    Raises:
        InputError: ``table_wrong``: the second reader is switched off, and not taken out.
    """
    where, name = ROWS[kind]
    if content is None and kind == RED_FLAGS and row == READER:
        raise wrong_table(kind, ValueError(f"{READER}: a score of 1 switches it off"))
    rows = [content if one[name] == row and content is not None else one for one in table[where]]
    if content is None:
        rows = [one for one in rows if one[name] != row]
    elif all(one[name] != row for one in rows):
        rows.append(content)
    return {**table, where: rows}


def compare(kind: str, before: Table, after: Table) -> tuple[TableChange, ...]:
    """What changed, row by row."""
    old, new = rows_of(kind, before), rows_of(kind, after)
    found = [
        _changed(kind, name, old.get(name), new.get(name))
        for name in (*old, *(name for name in new if name not in old))
        if old.get(name) != new.get(name)
    ]
    where = ROWS[kind][0]
    rest = {key: value for key, value in before.items() if key != where}
    if rest != {key: value for key, value in after.items() if key != where}:
        found.append(TableChange("", "rest_changed", at_once=False))
    return tuple(found)


def _changed(kind: str, name: str, old: Table | None, new: Table | None) -> TableChange:
    if old is None:
        return TableChange(name, "added", at_once=kind == RED_FLAGS)
    if new is None:
        return TableChange(name, "removed", at_once=False)
    if kind != RED_FLAGS:
        return TableChange(name, "changed", at_once=False)
    return _flag_changed(name, old, new)


def _flag_changed(name: str, old: Table, new: Table) -> TableChange:
    """A flag is found more often with more phrases, or with a lower score of the second reader, and
    is graver with a higher urgency; anything else that changes may take a warning away or change
    what a patient is told to do."""
    told = ("urgency", "phrases", *SCORES)
    same = all(old.get(key) == new.get(key) for key in (*old, *new) if key not in told)
    kept = set(old.get("phrases", ())) <= set(new.get("phrases", ()))
    kept = kept and all(old[key] >= new[key] for key in SCORES if key in old and key in new)
    before, after = _ORDER.index(old["urgency"]), _ORDER.index(new["urgency"])
    if same and kept and after <= before:
        return TableChange(name, "raised" if after < before else "widened", at_once=True)
    if after > before:
        return TableChange(name, "lowered", at_once=False)
    return TableChange(name, "changed" if kept else "narrowed", at_once=False)
