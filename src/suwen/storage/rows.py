"""Which patients' rows a transaction may see: the database itself holds it to them.

It is the second wall behind the policies: a statement that forgot its own condition finds only
what its transaction was opened for, and nothing at all in one that was opened for nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, bindparam, text


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of patients that one transaction is opened for.

    Attributes:
        scope: ``all``, ``patients`` or ``care``; what the policies of the tables read.
        patients: ids, for ``patients``.
        principal: whose patients, for ``care``, with ``departments`` and ``since``.
    """

    scope: str
    patients: tuple[str, ...] = ()
    principal: str = ""
    departments: tuple[str, ...] = ()
    since: datetime | None = None

    @classmethod
    def of(cls, patients: Collection[str]) -> Rows:
        """Of these patients, and of those who are one with them."""
        return cls("patients", tuple(sorted(patients)))

    @classmethod
    def cared_for(cls, principal: str, departments: Collection[str], since: datetime) -> Rows:
        """Of the patients that somebody cares for by department or by taking part."""
        return cls("care", (), principal, tuple(sorted(departments)), since)

    def opening(self) -> TextClause:
        """What a transaction begins with."""
        return _OPEN.bindparams(
            bindparam("scope", self.scope),
            bindparam("patients", list(self.patients)),
            bindparam("principal", self.principal),
            bindparam("departments", list(self.departments)),
            bindparam("since", self.since.isoformat() if self.since is not None else ""),
        )


EVERYBODY = Rows("all")
"""For work that is about all patients: imports, lists of the whole house, jobs."""

_OPEN = text(
    "SELECT set_config('suwen.scope', :scope, true), "
    "set_config('suwen.patients', CAST(CAST(:patients AS text[]) AS text), true), "
    "set_config('suwen.principal', :principal, true), "
    "set_config('suwen.departments', CAST(CAST(:departments AS text[]) AS text), true), "
    "set_config('suwen.since', :since, true)"
)
