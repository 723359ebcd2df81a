"""All rows that take part in a review, shipped ones and a hospital's own, with one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from suwen.clinical.medicines.identity import MedicineNames
from suwen.clinical.medicines.medicine import Medicine, medicines_of, products_of
from suwen.clinical.medicines.rows import TABLES, RuleRow, shipped_rows

if TYPE_CHECKING:
    from suwen.clinical.prescription_review.compiling import CompiledRules


class RuleBook:
    """The rows of every table, immutable; what is looked up often is compiled once."""

    def __init__(self, rows: Mapping[str, tuple[RuleRow, ...]]) -> None:
        self._rows = dict(rows)
        self._by_id = {(row.table, row.id): row for table in self._rows.values() for row in table}
        self.medicines: Mapping[str, Medicine] = medicines_of(self._rows["medicines"])
        packs = products_of(self._rows["products"])
        self.names = MedicineNames(self.medicines.values(), packs)
        self._compiled: CompiledRules | None = None
        self._digest: str | None = None

    def rows(self, table: str | None = None) -> tuple[RuleRow, ...]:
        """The rows of one table in order, or of all tables."""
        if table is not None:
            return self._rows[table]
        return tuple(row for name in TABLES for row in self._rows[name])

    def row(self, table: str, row_id: str) -> RuleRow | None:
        """One row, ``None`` when there is none of this name."""
        return self._by_id.get((table, row_id))

    def live(self, table: str) -> tuple[RuleRow, ...]:
        """The rows of one table that take part."""
        return tuple(row for row in self._rows[table] if row.enabled)

    def awaiting(self) -> tuple[RuleRow, ...]:
        """The pharmacists' work queue: enabled rows that nobody here has confirmed."""
        return tuple(
            row for row in self.rows() if row.enabled and row.review_state.name == "AWAITING"
        )

    @property
    def digest(self) -> str:
        """Changes with any row; pin it in a release."""
        if self._digest is None:
            content = [
                [row.table, row.id, dict(row.values), row.source.title, row.source.edition,
                 row.confidence, row.review_state, row.enabled]
                for row in self.rows()
            ]  # fmt: skip
            text = json.dumps(content, ensure_ascii=False, sort_keys=True)
            self._digest = hashlib.sha256(text.encode()).hexdigest()
        return self._digest

    @property
    def compiled(self) -> CompiledRules:
        """The look-ups that the review uses."""
        if self._compiled is None:
            from suwen.clinical.prescription_review.compiling import CompiledRules

            self._compiled = CompiledRules(self)
        return self._compiled


def book_of(rows: Iterable[RuleRow]) -> RuleBook:
    """A book of these rows."""
    by_table: dict[str, list[RuleRow]] = {table: [] for table in TABLES}
    for row in rows:
        by_table[row.table].append(row)
    return RuleBook({table: tuple(found) for table, found in by_table.items()})


@cache
def rule_book() -> RuleBook:
    """The shipped rows."""
    return book_of(row for table in TABLES for row in shipped_rows(table))
