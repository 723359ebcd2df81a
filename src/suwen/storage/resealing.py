"""Seals anew, little by little, what is in the clear or was sealed by a former key.

Every change is made only where the row is still as it was read, so that work goes on beside it
and a crash at any place leaves each row readable: by the former key or by the present one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.faults import fault_point
from suwen.storage.data_keys import method_of
from suwen.storage.database import Database
from suwen.storage.draft_reading import signed_place, version_place
from suwen.storage.patient_index import SEALED_COLUMNS, place_of_patient, read_part
from suwen.storage.patient_lists import sealed_rows
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import patient
from suwen.storage.vault import SEALED, Unsealed

AT_ONCE: Final = 200

# The first 13 characters of a sealed text are its mark, method and key: what is sealed by another
# key than the owner's present one, or not at all, is found by them.
_PRESENT: Final = (
    "CASE WHEN {owner} IS NULL THEN :common ELSE :mark || encode(:method || decode(key.id, 'hex'), "
    "'base64') END"
)
_STALE: Final = (
    "({column} NOT LIKE '~%' OR left({column}, 13) IS DISTINCT FROM " + _PRESENT + ") "
    # What a destroyed key sealed stays as it is.
    "AND NOT EXISTS (SELECT FROM data_key AS gone WHERE gone.wrapped IS NULL AND "
    "left({column}, 13) = :mark || encode(:method || decode(gone.id, 'hex'), 'base64'))"
)
_KEY: Final = "LEFT JOIN data_key AS key ON key.owner = {owner} AND key.current"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A kind of rows that are sealed.

    Attributes:
        rows: what to join, with the row's owner as ``owner``.
        put: changes one row, if it is still as it was read.
    """

    name: str
    columns: str
    rows: str
    column: str
    owner: str
    put: TextClause

    def stale(self, what: str, tail: str) -> TextClause:
        """A query for the rows that are not sealed by the present key."""
        found = _STALE.format(column=self.column, owner=self.owner)
        joined = _KEY.format(owner=self.owner)
        return text(f"SELECT {what} FROM {self.rows} {joined} WHERE {found} {tail}")  # noqa: S608


_RESEAL: Final = "SELECT suwen_reseal('{table}', :id, :version, :former, :anew)"
DOCUMENTS: Final = (
    Sealed(
        "draft_version",
        "row.draft AS id, row.version, row.content AS former, draft.patient AS owner",
        "draft_version AS row JOIN draft ON draft.id = row.draft",
        "row.content",
        "draft.patient",
        text(_RESEAL.format(table="draft_version")),
    ),
    Sealed(
        "signed_record",
        "row.id, 0 AS version, row.content AS former, draft.patient AS owner",
        "signed_record AS row JOIN draft ON draft.id = row.draft",
        "row.content",
        "draft.patient",
        text(_RESEAL.format(table="signed_record")),
    ),
)
RECORDS: Final = (
    Sealed(
        "resource",
        "row.type, row.id, row.version, row.body AS former, row.patient AS owner",
        "resource AS row",
        "row.body",
        "row.patient",
        text(
            "UPDATE resource SET body = :anew WHERE type = :type AND id = :id "
            "AND version = :version AND body = :former"
        ),
    ),
    Sealed(
        "resource_history",
        "row.type, row.id, row.version, row.body AS former, present.patient AS owner",
        "resource_history AS row JOIN resource AS present USING (type, id)",
        "row.body",
        "present.patient",
        text("SELECT suwen_reseal_history(:type, :id, :version, :former, :anew)"),
    ),
)
_PATIENTS: Final = Sealed(
    "patient",
    "row.*, row.sealed AS former",
    "patient AS row",
    "coalesce(row.sealed, '')",
    "row.id",
    text(
        "UPDATE patient SET sealed = :anew, search = :search, name = NULL, birth_date = NULL, "
        "identifier = NULL WHERE id = :id AND sealed IS NOT DISTINCT FROM :former "
        "AND name IS NOT DISTINCT FROM :name AND identifier IS NOT DISTINCT FROM :identifier "
        "AND birth_date IS NOT DISTINCT FROM :birth_date"
    ),
)


class Resealing:
    """The rows of one database that are not sealed by the present keys.

    Args:
        records: whether the database holds records of patients, as the general one does.
    """

    def __init__(self, database: Database, *, records: bool) -> None:
        if database.vault is None:
            raise ValueError("there is nothing to seal by")
        self._database, self._vault = database, database.vault
        self._kinds = DOCUMENTS + (RECORDS if records else ())
        self._patients = records

    async def waiting(self) -> dict[str, int]:
        """How many rows are in the clear or sealed by a former key, by table."""
        kinds = [*self._kinds, *([_PATIENTS] if self._patients else [])]
        async with self._database.transaction(EVERYBODY) as connection:
            return {
                kind.name: int(
                    (
                        await connection.execute(kind.stale("count(*)", ""), self._marks())
                    ).scalar_one()
                )
                for kind in kinds
            }

    async def some(self, patients: Sequence[str] | None = None) -> int:
        """Seals some rows of each table anew; 0 once nothing waits.

        Args:
            patients: only of these.
        """
        done = 0
        for kind in self._kinds:
            done += await self._some(kind, patients)
        if self._patients:
            done += await self._some_patients(patients)
        return done

    async def all(self, patients: Sequence[str] | None = None) -> int:
        """Seals everything that waits; how many rows."""
        done = 0
        while count := await self.some(patients):
            done += count
        return done

    async def _some(self, kind: Sealed, patients: Sequence[str] | None) -> int:
        async with self._database.transaction(EVERYBODY) as connection:
            rows = await self._stale(connection, kind, patients)
            if not rows:
                return 0
            opened = await self._vault.open(
                connection, [(row["former"], _place(kind, row)) for row in rows]
            )
            legible = [
                (row, content)
                for row, content in zip(rows, opened, strict=True)
                if content is not None
            ]
            anew = await self._vault.seal(
                connection,
                [Unsealed(row["owner"], content, _place(kind, row)) for row, content in legible],
            )
            for (row, _), sealed in zip(legible, anew, strict=True):
                await connection.execute(
                    kind.put, {key: row[key] for key in row if key != "owner"} | {"anew": sealed}
                )
            fault_point("keys.before_resealed")
        return len(legible)

    async def _some_patients(self, patients: Sequence[str] | None) -> int:
        async with self._database.transaction(EVERYBODY) as connection:
            rows = await self._stale(connection, _PATIENTS, patients)
            stored = [(row["former"], place_of_patient(row["id"])) for row in rows if row["former"]]
            opened = iter(await self._vault.open(connection, stored))
            done = 0
            for row in rows:
                who = read_part(next(opened)) if row["former"] else row
                if who is None:
                    continue
                whole = {column.name: row[column.name] for column in patient.c}
                (sealed,) = await sealed_rows(
                    connection,
                    [whole | {name: who[name] for name in SEALED_COLUMNS}],
                    self._vault,
                )
                given = {name: row[name] for name in ("id", "former", *SEALED_COLUMNS)}
                given |= {"anew": sealed["sealed"], "search": sealed["search"]}
                await connection.execute(_PATIENTS.put, given)
                done += 1
        return done

    async def _stale(
        self, connection: AsyncConnection, kind: Sealed, patients: Sequence[str] | None
    ) -> list[dict[str, Any]]:
        tail, given = f"LIMIT {AT_ONCE}", self._marks()
        if patients is not None:
            tail = f"AND {kind.owner} = ANY(:patients) {tail}"
            given["patients"] = list(patients)
        found = await connection.execute(kind.stale(kind.columns, tail), given)
        return [dict(row) for row in found.mappings()]

    def _marks(self) -> dict[str, Any]:
        method = method_of(self._vault.ring.opened().state.algorithm)
        return {"mark": SEALED, "method": method, "common": self._vault.common_mark()}


def _place(kind: Sealed, row: dict[str, Any]) -> str:
    if kind.name == "draft_version":
        return version_place(row["id"], row["version"])
    if kind.name == "signed_record":
        return signed_place(row["id"])
    return resource_place(row["type"], row["id"], row["version"])
