"""What came of matching patients by their numbers: for those who look at it and decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.core.patient_numbers import Contradiction, MatchState
from suwen.storage.connection_tables import matched_patient, patient_match, patient_number
from suwen.storage.database import Database
from suwen.storage.patient_links import PatientLink, apply_links
from suwen.storage.patient_lists import refresh_lists
from suwen.storage.patient_matching import survivor_of, unlink
from suwen.storage.patient_numbers import opened_numbers
from suwen.storage.record_import import take_turn
from suwen.storage.rows import EVERYBODY


@dataclass(frozen=True, slots=True)
class PatientMatch:
    """What stands between two patients who share a number, or did.

    Attributes:
        one: the smaller id; ``other`` is the larger one.
        sources: what numbers the two, in their order: a connection, or what several share.
        reason: why they are not one, for a conflict.
        decided_by: who decided about them; ``None`` where their numbers did.
    """

    one: str
    other: str
    state: MatchState
    reason: Contradiction | None
    numbering: str
    sources: tuple[str, str]
    at: datetime
    decided_by: str | None


class PatientMatchStore:
    """Matches of patients in the general database; they are made where patients are stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, state: MatchState | None = None, limit: int = 50, offset: int = 0
    ) -> Sequence[PatientMatch]:
        """Matches, the latest first."""
        query = self._query().order_by(patient_match.c.at.desc(), patient_match.c.one)
        if state is not None:
            query = query.where(patient_match.c.state == state.value)
        async with self._database.transaction() as opened:
            rows = await opened.execute(query.limit(limit).offset(offset))
            return [_match(row) for row in rows.mappings()]

    async def counts(self) -> dict[MatchState, int]:
        """How many there are in each state."""
        columns = patient_match.c
        query = select(columns.state, func.count()).group_by(columns.state)
        async with self._database.transaction() as opened:
            return {MatchState(row[0]): row[1] for row in await opened.execute(query)}

    async def read(self, one: str, other: str) -> PatientMatch:
        """What stands between two patients.

        Raises:
            NotFoundError: ``no_such_match``.
        """
        columns = patient_match.c
        query = self._query().where(columns.one == one, columns.other == other)
        async with self._database.transaction() as opened:
            row = (await opened.execute(query)).mappings().one_or_none()
        if row is None:
            raise _no_such_match()
        return _match(row)

    async def shared_numbers(self, match: PatientMatch) -> Sequence[tuple[str, str]]:
        """The numbers that two patients have in common now, by numbering."""
        mine, theirs = patient_number.alias(), patient_number.alias()
        query = (
            select(mine)
            .join(
                theirs,
                and_(mine.c.numbering == theirs.c.numbering, mine.c.value == theirs.c.value),
            )
            .where(mine.c.patient == match.one, theirs.c.patient == match.other)
        )
        async with self._database.transaction() as opened:
            rows = (await opened.execute(query)).all()
            return await opened_numbers(opened, self._database.vault, rows)

    async def decide(self, match: PatientMatch, *, one_person: bool, by: str, at: datetime) -> None:
        """Makes a person's decision stand, whatever their numbers say from now on.

        Raises:
            NotFoundError: ``no_such_match``.
            ConflictError: ``match_changed`` when it is no longer what was seen;
                ``patients_linked_otherwise`` when they are one also for another reason, such as a
                merge of the hospital, which only the hospital takes back.
        """
        columns = patient_match.c
        key = and_(columns.one == match.one, columns.other == match.other)
        async with self._database.transaction(EVERYBODY) as opened:
            await take_turn(opened)
            row = (await opened.execute(select(patient_match).where(key))).mappings().one_or_none()
            if row is None:
                raise _no_such_match()
            if (row["state"], row["at"]) != (match.state.value, match.at):
                raise _changed()
            link: PatientLink | None = None
            if one_person:
                survivor = await survivor_of(opened, match.one)
                prior = await survivor_of(opened, match.other)
                if survivor != prior:
                    link = PatientLink(prior, survivor, True, at)
                    touched = await apply_links(opened, [link], message=None, stored_at=at)
                    await refresh_lists(opened, touched, self._database.vault)
            else:
                touched = await unlink(opened, row, at)
                if await survivor_of(opened, match.one) == await survivor_of(opened, match.other):
                    raise _linked_otherwise()
                await refresh_lists(opened, touched, self._database.vault)
            state = MatchState.LINKED if one_person else MatchState.APART
            await opened.execute(
                update(patient_match)
                .where(key)
                .values(
                    state=state.value,
                    reason=None,
                    prior=link.prior if link is not None else None,
                    surviving=link.surviving if link is not None else None,
                    at=at,
                    decided_by=by,
                    decided_at=at,
                    audited=True,
                )
            )

    async def not_audited(self, limit: int = 100) -> Sequence[PatientMatch]:
        """Matches that came about by numbers and that the audit does not know yet, oldest first."""
        query = self._query().where(~patient_match.c.audited).order_by(patient_match.c.at)
        async with self._database.transaction() as opened:
            return [_match(row) for row in (await opened.execute(query.limit(limit))).mappings()]

    async def mark_audited(self, match: PatientMatch) -> None:
        """The audit knows of a match as it was read."""
        columns = patient_match.c
        statement = (
            update(patient_match)
            .where(
                columns.one == match.one,
                columns.other == match.other,
                columns.state == match.state.value,
                columns.at == match.at,
            )
            .values(audited=True)
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    def _query(self) -> Select[Any]:
        first, second = matched_patient.alias(), matched_patient.alias()
        return (
            select(
                patient_match,
                first.c.source.label("source_of_one"),
                second.c.source.label("source_of_other"),
            )
            .join(first, first.c.patient == patient_match.c.one)
            .join(second, second.c.patient == patient_match.c.other)
        )


def _match(row: RowMapping) -> PatientMatch:
    return PatientMatch(
        one=row["one"],
        other=row["other"],
        state=MatchState(row["state"]),
        reason=Contradiction(row["reason"]) if row["reason"] is not None else None,
        numbering=row["numbering"],
        sources=(row["source_of_one"], row["source_of_other"]),
        at=row["at"],
        decided_by=row["decided_by"],
    )


def _no_such_match() -> NotFoundError:
    return NotFoundError(
        "no_such_match",
        Bilingual(zh="没有这一对患者。", en="There is no such pair of patients."),
    )


def _changed() -> ConflictError:
    return ConflictError(
        "match_changed",
        Bilingual(
            zh="这一对患者的情况刚有变化，请重新查看后再决定。",
            en="What is known of these two has just changed: look again before you decide.",
        ),
    )


def _linked_otherwise() -> ConflictError:
    return ConflictError(
        "patients_linked_otherwise",
        Bilingual(
            zh="两者另因医院的合并消息而为同一患者，须由来源系统撤销合并。",
            en="They are one person also by a merge of the hospital, which its own system must "
            "take back.",
        ),
    )
