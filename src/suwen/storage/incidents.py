"""Incidents and near misses: reported, looked into, closed; every entry stays as it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from suwen.core.audit import canonical_json
from suwen.core.errors import ConflictError, NotFoundError, SuwenError
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.monitoring_tables import incident, incident_entry, incident_words


@dataclass(frozen=True, slots=True)
class Incident:
    """What was reported, as far as it is coded.

    Attributes:
        kind: ``incident`` or ``near_miss``.
        place: address of the screen that it was reported from.
        draft_version: version of the draft that was shown.
    """

    id: str
    kind: str
    app: str | None
    release: str | None
    trace: str | None
    draft: str | None
    draft_version: int | None
    patient: str | None
    department: str | None
    place: str
    happened_at: datetime
    reported_at: datetime
    reported_by: str


@dataclass(frozen=True, slots=True)
class IncidentEntry:
    """One step of an incident's way.

    Attributes:
        state: where the incident stands after it.
        facts: codes, never patient text.
        words: what was written; ``None`` where nothing was, or an erasure took it away.
        erased: whether words were written that are no longer there.
    """

    incident: str
    n: int
    act: str
    state: str
    facts: Mapping[str, Any]
    by: str
    at: datetime
    words: Mapping[str, str] | None = field(default=None, repr=False)
    erased: bool = False


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident in a list: with its state and the facts that stand."""

    incident: Incident
    state: str
    facts: Mapping[str, Any]
    changed_at: datetime


class IncidentStore:
    """Incidents of the general database; their words are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def report(self, reported: Incident, first: IncidentEntry) -> None:
        """Keeps a report with its first entry, all or nothing."""
        row = {name: getattr(reported, name) for name in Incident.__dataclass_fields__}
        async with self._database.transaction() as opened:
            await opened.execute(insert(incident).values(row))
            await self._insert(opened, first)

    async def append(self, entry: IncidentEntry) -> None:
        """Adds the next entry.

        Raises:
            ConflictError: ``incident_changed`` when somebody else wrote meanwhile.
        """
        async with self._database.transaction() as opened:
            if not await self._insert(opened, entry):
                raise incident_changed()

    async def read(self, wanted: str) -> tuple[Incident, list[IncidentEntry]]:
        """An incident with its entries, oldest first.

        Raises:
            NotFoundError: ``no_such_incident``.
            SuwenError: ``stored_content_damaged`` where the words are not those that were written.
        """
        entries = (
            select(incident_entry, incident_words.c.content)
            .join(
                incident_words,
                (incident_words.c.incident == incident_entry.c.incident)
                & (incident_words.c.n == incident_entry.c.n),
                isouter=True,
            )
            .where(incident_entry.c.incident == wanted)
            .order_by(incident_entry.c.n)
        )
        async with self._database.reading() as opened:
            found = await opened.execute(select(incident).where(incident.c.id == wanted))
            row = found.mappings().one_or_none()
            written = (await opened.execute(entries)).mappings().all()
        if row is None:
            raise no_such_incident()
        return _incident(row), [self._entry(one) for one in written]

    async def list(self, reported_by: str | None = None, limit: int = 500) -> list[IncidentLine]:
        """Incidents, the latest first.

        Args:
            reported_by: only of this person.
        """
        last = (
            select(incident_entry)
            .ext(distinct_on(incident_entry.c.incident))
            .order_by(incident_entry.c.incident, incident_entry.c.n.desc())
            .subquery()
        )
        query = (
            select(incident, last.c.state, last.c.facts, last.c.at)
            .join(last, last.c.incident == incident.c.id)
            .order_by(incident.c.reported_at.desc(), incident.c.id)
            .limit(limit)
        )
        if reported_by is not None:
            query = query.where(incident.c.reported_by == reported_by)
        async with self._database.reading() as opened:
            return [
                IncidentLine(_incident(row), row["state"], row["facts"], row["at"])
                for row in (await opened.execute(query)).mappings()
            ]

    async def _insert(self, opened: Any, entry: IncidentEntry) -> bool:
        content = canonical_json(dict(entry.words)) if entry.words else None
        statement = (
            insert(incident_entry)
            .values(
                incident=entry.incident,
                n=entry.n,
                act=entry.act,
                state=entry.state,
                facts=dict(entry.facts),
                words_hash=hashlib.sha256(content).hexdigest() if content else None,
                by=entry.by,
                at=entry.at,
            )
            .on_conflict_do_nothing()
            .returning(incident_entry.c.n)
        )
        if (await opened.execute(statement)).one_or_none() is None:
            return False
        if content is not None:
            sealed = self._cipher.seal(content.decode(), _place(entry.incident, entry.n))
            await opened.execute(
                insert(incident_words).values(incident=entry.incident, n=entry.n, content=sealed)
            )
        return True

    def _entry(self, row: RowMapping) -> IncidentEntry:
        words = None
        if row["content"] is not None:
            text = self._cipher.open(row["content"], _place(row["incident"], row["n"]))
            if hashlib.sha256(text.encode()).hexdigest() != row["words_hash"]:
                raise SuwenError(
                    "stored_content_damaged",
                    Bilingual(
                        zh="存储的事件内容已被改动或损坏。请联系系统管理员并核对审计链。",
                        en="The stored incident was altered or damaged. Tell the system "
                        "administrator and verify the audit chain.",
                    ),
                )
            words = json.loads(text)
        return IncidentEntry(
            incident=row["incident"],
            n=row["n"],
            act=row["act"],
            state=row["state"],
            facts=row["facts"],
            by=row["by"],
            at=row["at"],
            words=words,
            erased=words is None and row["words_hash"] is not None,
        )


def incident_changed() -> ConflictError:
    """What somebody hears who went on with what had moved on meanwhile."""
    return ConflictError(
        "incident_changed",
        Bilingual(
            zh="别人刚刚处理过这一事件；请重新打开。",
            en="Somebody else went on with this incident meanwhile; open it again.",
        ),
    )


def no_such_incident() -> NotFoundError:
    """Told also to whom it does not concern."""
    return NotFoundError(
        "no_such_incident", Bilingual(zh="没有这一事件。", en="There is no such incident.")
    )


def _incident(row: RowMapping) -> Incident:
    return Incident(**{name: row[name] for name in Incident.__dataclass_fields__})


def _place(of: str, n: int) -> str:
    return f"incident/{of}/{n}"
