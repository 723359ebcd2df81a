"""Reads what a day of the applications' work left in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, and_, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.storage.connection_tables import card_feedback
from suwen.storage.counted_work import (
    About,
    Behind,
    CountedCard,
    CountedDecision,
    CountedDraft,
    CountedRun,
)
from suwen.storage.database import Database
from suwen.storage.draft_reading import version_place
from suwen.storage.draft_rows import read_content
from suwen.storage.patient_index import place_of_patient, read_part
from suwen.storage.patient_summary import full_date
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import (
    care_encounter,
    draft,
    draft_version,
    patient,
    person,
    sign_off,
    trace,
    trace_stage,
)
from suwen.storage.vault import opened_texts

STAGES: Final = ("generate", "verify")
AT_ONCE: Final = 200

# The first opening of the draft by whoever decided, within the hour before.
_OPENED: Final = text(
    "SELECT min(at) FROM audit_event WHERE subject = :subject AND action = 'draft.read' "
    "AND actor = :actor AND at <= :decided AND at > :decided - interval '1 hour'"
)


class MonitoringSources:
    """Reads one partition's day.

    Args:
        records: whether the database holds records, people and cards, as the general one does;
            without them no department, sex or age is known.
    """

    def __init__(self, database: Database, *, records: bool = True) -> None:
        self._database = database
        self._vault = database.vault
        self._records = records
        self._placed = _PLACED if records else draft
        self._department = _DEPARTMENT if records else literal("")

    async def runs(self, start: datetime, end: datetime) -> list[CountedRun]:
        """Runs that ended from ``start`` on and before ``end``: so counted, a run that is closed
        days later, after a crash, changes no day that is over."""
        which = (trace.c.closed_at >= start) & (trace.c.closed_at < end)
        stages = (
            select(trace_stage)
            .join(trace, trace.c.id == trace_stage.c.trace)
            .where(
                which,
                trace_stage.c.name.in_(STAGES) | trace_stage.c.status.in_(["refused", "failed"]),
            )
        )
        built = select(draft.c.trace, self._department.label("department"))
        built = built.select_from(self._placed.join(trace, trace.c.id == draft.c.trace))
        async with self._database.transaction(EVERYBODY) as opened:
            rows = (await opened.execute(select(trace).where(which))).mappings().all()
            notes: dict[str, dict[str, Any]] = {}
            for note in (await opened.execute(stages)).mappings():
                notes.setdefault(note["trace"], {})[note["name"]] = dict(note)
            places = {r.trace: r.department for r in await opened.execute(built.where(which))}
            homes = await self._homes(opened, {row["principal"] for row in rows})
        return [
            _run(row, notes.get(row["id"], {}), places.get(row["id"]) or homes[row["principal"]])
            for row in rows
        ]

    async def drafts(self, start: datetime, end: datetime) -> list[CountedDraft]:
        """Drafts that were built from ``start`` on and before ``end``, as built."""
        columns = draft.c
        query = (
            select(
                *(columns.id, columns.app, columns.release, columns.patient, columns.model),
                draft_version.c.content,
                draft_version.c.content_hash,
                self._department.label("department"),
            )
            .select_from(self._placed.join(draft_version, draft_version.c.draft == columns.id))
            .where(
                draft_version.c.version == 1, columns.created_at >= start, columns.created_at < end
            )
            .order_by(columns.id)
        )
        async with self._database.transaction(EVERYBODY) as opened:
            rows = (await opened.execute(query)).all()
            contents = await opened_texts(
                self._vault, opened, [(row.content, version_place(row.id, 1)) for row in rows]
            )
        return [
            CountedDraft(
                id=row.id,
                app=row.app,
                release=row.release,
                department=row.department or "",
                patient=row.patient,
                model=row.model,
                content=read_content(content, row.content_hash) if content is not None else None,
            )
            for row, content in zip(rows, contents, strict=True)
        ]

    async def decisions(self, start: datetime, end: datetime) -> list[CountedDecision]:
        """Decisions that were taken from ``start`` on and before ``end``."""
        query = (
            select(
                sign_off,
                draft.c.app,
                draft.c.release,
                draft.c.patient,
                draft.c.created_at,
                self._department.label("department"),
            )
            .select_from(self._placed.join(sign_off, sign_off.c.draft == draft.c.id))
            .where(sign_off.c.decided_at >= start, sign_off.c.decided_at < end)
            .order_by(sign_off.c.number)
        )
        found: list[CountedDecision] = []
        async with self._database.transaction(EVERYBODY) as opened:
            rows = (await opened.execute(query)).mappings().all()
            for first in range(0, len(rows), AT_ONCE):
                found += await self._decisions(opened, rows[first : first + AT_ONCE])
        return found

    async def _decisions(
        self, opened: AsyncConnection, rows: Sequence[RowMapping]
    ) -> list[CountedDecision]:
        contents = await self._contents(opened, rows)
        about = {row["patient"] for row in rows} - {None}
        people = await self._people(opened, about) if self._records else {}
        found = []
        for row in rows:
            given = {
                "subject": f"Draft/{row['draft']}",
                "actor": row["signer"],
                "decided": row["decided_at"],
            }
            found.append(
                CountedDecision(
                    number=row["number"],
                    draft=row["draft"],
                    app=row["app"],
                    release=row["release"],
                    department=row["department"] or "",
                    patient=row["patient"],
                    decision=row["decision"],
                    reason=row["reason"],
                    edit_distance=row["edit_distance"],
                    signer=row["signer"],
                    built_at=row["created_at"],
                    decided_at=row["decided_at"],
                    opened_at=(await opened.execute(_OPENED, given)).scalar_one(),
                    about=people.get(row["patient"], About(None, None)),
                    built=contents.get((row["draft"], 1)),
                    decided_on=contents.get((row["draft"], row["version"])),
                )
            )
        return found

    async def cards(self, start: datetime, end: datetime) -> list[CountedCard]:
        """Outcomes of cards that came from ``start`` on and before ``end``."""
        if not self._records:
            return []
        columns = card_feedback.c
        query = (
            select(
                func.coalesce(trace.c.app, columns.service).label("app"),
                func.coalesce(trace.c.release, "").label("release"),
                columns.outcome,
                columns.override_code,
            )
            .select_from(card_feedback.outerjoin(trace, trace.c.id == columns.trace))
            .where(columns.received_at >= start, columns.received_at < end)
        )
        async with self._database.reading() as opened:
            return [
                CountedCard(row.app, row.release, row.outcome, row.override_code)
                for row in await opened.execute(query)
            ]

    async def first_event(self) -> datetime | None:
        """When the first run ended; ``None`` before any did."""
        async with self._database.reading() as opened:
            found: datetime | None = await opened.scalar(select(func.min(trace.c.closed_at)))
            return found

    async def newest(self) -> datetime | None:
        """When anything that is counted last came about; ``None`` before there was anything."""
        times = [trace.c.closed_at, sign_off.c.decided_at]
        if self._records:
            times.append(card_feedback.c.received_at)
        query = select(*(select(func.max(at)).scalar_subquery() for at in times))
        async with self._database.reading() as opened:
            moments = (await opened.execute(query)).one()
        return max((at for at in moments if at is not None), default=None)

    async def traces_behind(
        self, app: str, release: str, decisions: Sequence[tuple[str, str | None]], limit: int = 50
    ) -> list[Behind]:
        """The newest drafts of a Release on which somebody decided so.

        Args:
            decisions: pairs of decision and coded reason; without a reason any counts.
        """
        if not decisions:
            return []
        columns = sign_off.c
        which = or_(
            *(
                and_(columns.decision == decision, *(() if r is None else (columns.reason == r,)))
                for decision, r in decisions
            )
        )
        query = (
            select(draft.c.id, draft.c.trace, columns.decision, columns.reason, columns.decided_at)
            .join(draft, draft.c.id == columns.draft)
            .where(draft.c.app == app, draft.c.release == release, which)
            .order_by(columns.number.desc())
            .limit(limit)
        )
        async with self._database.reading() as opened:
            return [Behind(*row) for row in await opened.execute(query)]

    async def ended_so(self, app: str, release: str, outcome: str, limit: int = 50) -> list[Behind]:
        """The newest runs of a Release that ended so."""
        columns = trace.c
        query = (
            select(columns.id, columns.outcome, columns.closed_at)
            .where(columns.app == app, columns.release == release, columns.outcome == outcome)
            .order_by(columns.closed_at.desc())
            .limit(limit)
        )
        async with self._database.reading() as opened:
            return [
                Behind(None, row.id, row.outcome, None, row.closed_at)
                for row in await opened.execute(query)
            ]

    async def _contents(
        self, opened: AsyncConnection, rows: Sequence[RowMapping]
    ) -> dict[tuple[str, int], Mapping[str, Any]]:
        """Contents of version 1 and of the version decided on, without erased ones."""
        wanted = {(row["draft"], n) for row in rows for n in (1, row["version"])}
        query = select(draft_version).where(
            draft_version.c.draft.in_(sorted({name for name, _ in wanted}))
        )
        kept = [
            row
            for row in (await opened.execute(query)).mappings()
            if (row["draft"], row["version"]) in wanted
        ]
        stored = [(row["content"], version_place(row["draft"], row["version"])) for row in kept]
        contents = await opened_texts(self._vault, opened, stored)
        return {
            (row["draft"], row["version"]): read_content(content, row["content_hash"])
            for row, content in zip(kept, contents, strict=True)
            if content is not None
        }

    async def _people(self, opened: AsyncConnection, patients: set[str]) -> dict[str, About]:
        columns = patient.c
        query = select(columns.id, columns.sex, columns.birth_date, columns.sealed).where(
            columns.id.in_(sorted(patients))
        )
        rows = (await opened.execute(query)).all()
        sealed = [row for row in rows if row.sealed]
        parts = await opened_texts(
            self._vault, opened, [(row.sealed, place_of_patient(row.id)) for row in sealed]
        )
        births = {row.id: row.birth_date for row in rows if not row.sealed}
        for row, part in zip(sealed, parts, strict=True):
            who = read_part(part)
            births[row.id] = who["birth_date"] if who is not None else None
        return {row.id: About(row.sex, full_date(births[row.id])) for row in rows}

    async def _homes(self, opened: AsyncConnection, accounts: set[str]) -> dict[str, str]:
        """The department of people who belong to exactly one; empty for all others."""
        found = dict.fromkeys(accounts, "")
        if not self._records:
            return found
        query = select(person.c.id, person.c.departments).where(person.c.id.in_(sorted(accounts)))
        for row in await opened.execute(query):
            if len(row.departments) == 1:
                found[row.id] = row.departments[0]
        return found


_PLACED = draft.outerjoin(care_encounter, care_encounter.c.id == draft.c.encounter).outerjoin(
    patient, patient.c.id == draft.c.patient
)
# Of the encounter that the draft is about, else where the patient is.
_DEPARTMENT = func.coalesce(care_encounter.c.department, patient.c.department)


def _run(row: RowMapping, notes: Mapping[str, Mapping[str, Any]], department: str) -> CountedRun:
    refusing = next((n for n in notes.values() if n["status"] in ("refused", "failed")), None)
    asked = notes.get("generate")
    return CountedRun(
        app=row["app"],
        release=row["release"],
        principal=row["principal"],
        outcome=row["outcome"],
        took_ms=(row["closed_at"] - row["opened_at"]).total_seconds() * 1000,
        refusal=refusing["result"].get("code") if refusing is not None else None,
        stages={name: note["result"] for name, note in notes.items() if note["status"] == "done"},
        engine_ms=asked["took_ms"] if asked is not None and asked["status"] == "done" else 0.0,
        department=department,
    )
