"""The pharmacists' queue in the database: each act once, none over somebody else's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.exact_json import write_exact
from suwen.core.faults import fault_point
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.prescription_rows import (
    Noted,
    add_findings,
    done,
    has_moved,
    holding,
    no_such_prescription,
    place_of,
    settle,
    unsettle,
)
from suwen.storage.prescription_tables import (
    prescription,
    prescription_finding,
    prescription_step,
)
from suwen.storage.prescription_types import (
    OPEN,
    FindingRow,
    NewPrescription,
    PrescriptionAct,
    PrescriptionState,
    PrescriptionStep,
    Reviewed,
    Step,
    StoredPrescription,
)

_P: Final = prescription.c
_F: Final = prescription_finding.c
SYSTEM: Final = "system"


class PrescriptionStore:
    """Prescriptions, their findings and the steps of their way; contents are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def add(
        self, given: NewPrescription, by: str, at: datetime, arrival: int | None = None
    ) -> bool:
        """Puts a reviewed prescription in; false when it is there already.

        Open ones with an order of the same patient in common are superseded by it.

        Args:
            arrival: number of the arrival that is done with this, in the same transaction.
        """
        async with self._database.transaction() as opened:
            added = await self.put(opened, given, by, at)
            if arrival is not None:
                await done(opened, arrival, at)
            fault_point("prescriptions.before_taken")
        fault_point("prescriptions.after_taken")
        return added

    async def put(
        self, opened: AsyncConnection, given: NewPrescription, by: str, at: datetime
    ) -> bool:
        """As ``add``, in somebody's transaction."""
        row = {
            "id": given.id,
            "origin": given.origin,
            "origin_key": given.origin_key,
            "patient": given.patient,
            "encounter": given.encounter,
            "department": given.department,
            "prescriber": given.prescriber,
            "orders": list(given.orders),
            "setting": given.setting,
            "state": given.state.value,
            "version": 1,
            "round": 1,
            "decision": given.decision,
            "urgency": given.urgency,
            "written_at": given.written_at,
            "submitted_at": at,
            "changed_at": at,
            "content": self._seal(given.content, given.id, 1),
        }
        added = await opened.execute(
            insert(prescription).values(row).on_conflict_do_nothing().returning(_P.id)
        )
        if added.first() is None:
            return False
        await add_findings(opened, given.id, 1, given.findings)
        await self._add_step(
            opened, given.id, 0, Noted(PrescriptionAct.SUBMIT, given.state, by, at)
        )
        if given.orders and given.state in OPEN:
            others = and_(*holding(given.patient, given.orders), _P.id != given.id)
            await self._close(opened, others, PrescriptionAct.SUPERSEDE, by, at)
        return True

    async def put_judged(
        self, opened: AsyncConnection, given: NewPrescription, by: str, at: datetime
    ) -> None:
        """Puts in what was judged after the fact; judged again, it is another round of it."""
        if await self.put(opened, given, by, at):
            return
        round_ = await opened.scalar(select(_P.round).where(_P.id == given.id).with_for_update())
        await self._replace(opened, given.id, int(round_ or 0) + 1, given)

    async def withdraw_orders(
        self, patient: str, orders: Sequence[str], by: str, at: datetime, arrival: int
    ) -> int:
        """Takes out open prescriptions whose orders were taken back; how many there were."""
        async with self._database.transaction() as opened:
            number = 0
            if orders:
                theirs = and_(*holding(patient, orders))
                number = await self._close(opened, theirs, PrescriptionAct.WITHDRAW, by, at)
            await done(opened, arrival, at)
        return number

    async def queue(
        self,
        states: Sequence[PrescriptionState],
        *,
        department: str | None = None,
        prescriber: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredPrescription]:
        """Prescriptions in these states: the most urgent first, of those who wait longest."""
        wanted: list[ColumnElement[bool]] = [_P.state.in_([state.value for state in states])]
        if department is not None:
            wanted.append(_P.department == department)
        if prescriber is not None:
            wanted.append(_P.prescriber == prescriber)
        open_first = case((_P.decided_at.is_(None), 0), else_=1)
        query = (
            select(prescription)
            .where(*wanted)
            .order_by(open_first, _P.urgency.desc(), _P.submitted_at, _P.id)
            .limit(limit)
            .offset(offset)
        )
        return await self._all(query)

    async def count(self, states: Sequence[PrescriptionState]) -> dict[str, int]:
        """How many there are in these states, by what they ask."""
        query = (
            select(_P.decision, func.count())
            .where(_P.state.in_([state.value for state in states]))
            .group_by(_P.decision)
        )
        async with self._database.reading() as opened:
            return {row[0]: row[1] for row in await opened.execute(query)}

    async def departments(self, states: Sequence[PrescriptionState]) -> list[str]:
        """Departments that have any in these states."""
        query = (
            select(_P.department)
            .where(_P.state.in_([s.value for s in states]), _P.department.is_not(None))
            .distinct()
            .order_by(_P.department)
        )
        async with self._database.reading() as opened:
            return list(await opened.scalars(query))

    async def read(self, wanted: str) -> StoredPrescription:
        """One prescription.

        Raises:
            NotFoundError: ``no_such_prescription``.
        """
        found = await self._all(select(prescription).where(_P.id == wanted))
        if not found:
            raise no_such_prescription()
        return found[0]

    async def by_key(self, origin_key: str) -> StoredPrescription:
        """The prescription that came in under this key; raises as ``read``."""
        found = await self._all(select(prescription).where(_P.origin_key == origin_key))
        if not found:
            raise no_such_prescription()
        return found[0]

    async def findings(self, wanted: str, round_: int) -> list[FindingRow]:
        """What was found in one round, in the order in which it is shown."""
        query = (
            select(prescription_finding)
            .where(_F.prescription == wanted, _F.round == round_)
            .order_by(_F.n)
        )
        async with self._database.reading() as opened:
            return [
                FindingRow(
                    r.rule, r.matter, r.kind, r.severity, r.category, r.asked, r.outcome, r.reason
                )
                for r in await opened.execute(query)
            ]

    async def steps(self, wanted: str) -> list[PrescriptionStep]:
        """The way so far, oldest first."""
        table = prescription_step.c
        query = select(prescription_step).where(table.prescription == wanted).order_by(table.step)
        async with self._database.reading() as opened:
            rows = (await opened.execute(query)).all()
        return [
            PrescriptionStep(
                PrescriptionAct(r.act),
                PrescriptionState(r.state),
                r.by,
                r.at,
                r.reason,
                self._opened(r.comment, wanted, f"step/{r.step}"),
            )
            for r in rows
        ]

    async def do(self, step: Step, changed: Reviewed | None = None) -> None:
        """Takes a prescription one step on, if it still stands where it was seen.

        Args:
            changed: what the prescriber made of it, reviewed again.

        Raises:
            ConflictError: ``prescription_has_moved``.
        """
        seen = [
            _P.id == step.prescription,
            _P.version == step.version,
            _P.state == step.before.value,
        ]
        if step.act is PrescriptionAct.SECOND:
            seen.append(_P.decided_by != step.by)
        async with self._database.transaction() as opened:
            row = (
                await opened.execute(
                    update(prescription)
                    .where(*seen)
                    .values(
                        state=step.after.value,
                        version=step.version + 1,
                        changed_at=step.at,
                        decided_by=step.by if step.decided else None,
                        decided_at=step.at if step.decided else None,
                        taken_at=None,
                    )
                    .returning(_P.round)
                )
            ).first()
            if row is None:
                raise has_moved()
            if changed is not None:
                await self._replace(opened, step.prescription, row.round + 1, changed)
            await settle(opened, step, row.round)
            noted = Noted(step.act, step.after, step.by, step.at, step.reason, step.comment)
            await self._add_step(opened, step.prescription, step.version, noted)
            fault_point("prescriptions.before_decided")
        fault_point("prescriptions.after_decided")

    async def undo(self, step: Step, first: str | None) -> None:
        """Takes a decision back, with what was said to rules by it, unless somebody was told.

        Args:
            first: who had signed first, where only the second signature is taken back.

        Raises:
            ConflictError: ``prescription_has_moved``.
        """
        async with self._database.transaction() as opened:
            moved = await opened.execute(
                update(prescription)
                .where(
                    _P.id == step.prescription,
                    _P.version == step.version,
                    _P.state == step.before.value,
                    _P.decided_by == step.by,
                    _P.taken_at.is_(None),
                )
                .values(
                    state=step.after.value,
                    version=step.version + 1,
                    changed_at=step.at,
                    decided_by=first,
                    decided_at=None,
                )
                .returning(_P.round)
            )
            row = moved.first()
            if row is None:
                raise has_moved()
            if first is None:
                await unsettle(opened, step.prescription, row.round)
            noted = Noted(step.act, step.after, step.by, step.at)
            await self._add_step(opened, step.prescription, step.version, noted)

    async def mark_taken(self, wanted: str, at: datetime) -> None:
        """Notes that somebody else was told of the decision."""
        statement = (
            update(prescription)
            .where(_P.id == wanted, _P.decided_at.is_not(None), _P.taken_at.is_(None))
            .values(taken_at=at)
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    async def _replace(
        self,
        opened: AsyncConnection,
        wanted: str,
        round_: int,
        changed: Reviewed | NewPrescription,
    ) -> None:
        await opened.execute(
            update(prescription)
            .where(_P.id == wanted)
            .values(
                round=round_,
                decision=changed.decision,
                urgency=changed.urgency,
                setting=changed.setting,
                content=self._seal(changed.content, wanted, round_),
            )
        )
        await add_findings(opened, wanted, round_, changed.findings)

    async def _close(
        self,
        opened: AsyncConnection,
        which: ColumnElement[bool],
        act: PrescriptionAct,
        by: str,
        at: datetime,
    ) -> int:
        """Ends open prescriptions that something else took the place of."""
        after = {
            PrescriptionAct.SUPERSEDE: PrescriptionState.SUPERSEDED,
            PrescriptionAct.WITHDRAW: PrescriptionState.WITHDRAWN,
        }[act]
        closed = await opened.execute(
            update(prescription)
            .where(which)
            .values(state=after.value, version=_P.version + 1, changed_at=at)
            .returning(_P.id, _P.version)
        )
        rows = closed.all()
        for row in rows:
            await self._add_step(opened, row.id, row.version - 1, Noted(act, after, by, at))
        return len(rows)

    async def _add_step(
        self, opened: AsyncConnection, wanted: str, number: int, noted: Noted
    ) -> None:
        """Adds a step; its number is the version that it was taken from."""
        place = place_of(wanted, f"step/{number}")
        await opened.execute(
            insert(prescription_step).values(
                prescription=wanted,
                step=number,
                act=noted.act.value,
                state=noted.state.value,
                by=noted.by,
                at=noted.at,
                reason=noted.reason,
                comment=self._cipher.seal(noted.comment, place) if noted.comment else None,
            )
        )

    async def _all(self, query: Select[Any]) -> list[StoredPrescription]:
        async with self._database.reading() as opened:
            return [self._stored(row) for row in await opened.execute(query)]

    def _stored(self, row: Row[Any]) -> StoredPrescription:
        columns = dict(row._mapping)
        content = json.loads(self._opened(columns.pop("content"), row.id, f"content/{row.round}"))
        del columns["origin_key"]
        columns |= {"orders": tuple(row.orders), "state": PrescriptionState(row.state)}
        return StoredPrescription(**columns, content=content)

    def _opened(self, sealed: bytes | None, wanted: str, what: str) -> str:
        return self._cipher.open(sealed, place_of(wanted, what)) if sealed else ""

    def _seal(self, content: Any, wanted: str, round_: int) -> bytes:
        return self._cipher.seal(write_exact(content), place_of(wanted, f"content/{round_}"))
