"""Findings of the quality office on their way: to the author, repaired or contested, accepted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.exact_json import write_exact
from suwen.core.language import Bilingual
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun
from suwen.storage.bulk_tables import quality_finding, quality_stay, quality_step
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.quality_authors import accounts_of, author_of
from suwen.storage.quality_newest import of_newest_judgement
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import care_encounter, person

FOUND: Final = "found"
SENT: Final = "sent"
REPAIRED: Final = "repaired"
CONTESTED: Final = "contested"
ACCEPTED: Final = "accepted"
DISMISSED: Final = "dismissed"

#: What may follow each state, and who does it: the quality officer or the author.
STEPS: Final[Mapping[str, Mapping[str, str]]] = {
    FOUND: {SENT: "officer", DISMISSED: "officer"},
    SENT: {REPAIRED: "author", CONTESTED: "author", DISMISSED: "officer"},
    REPAIRED: {ACCEPTED: "officer", SENT: "officer"},
    CONTESTED: {ACCEPTED: "officer", DISMISSED: "officer", SENT: "officer"},
    ACCEPTED: {},
    DISMISSED: {},
}
OPEN: Final = tuple(state for state, following in STEPS.items() if following)


@dataclass(frozen=True, slots=True)
class FindingKey:
    """Which finding: of an item of a run the n-th."""

    run: str
    ordinal: int
    n: int

    @classmethod
    def read(cls, text: str) -> FindingKey:
        """The key that an address names.

        Raises:
            NotFoundError: ``no_such_finding``.
        """
        run, _, rest = text.partition(".")
        ordinal, _, number = rest.partition(".")
        if not (ordinal.isdecimal() and number.isdecimal() and len(rest) < 20):
            raise no_such_finding()
        return cls(run, int(ordinal), int(number))

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{self.run}.{self.ordinal}.{self.n}"


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One finding and where it stands.

    Attributes:
        author: as the document names them.
        account: the author's account, in use; ``None`` where nobody is surely meant, and the desk
            of the department is asked.
        month: of the end of the stay, else of its begin, ``YYYY-MM``.
        content: the finding in the form of the contract.
    """

    key: FindingKey
    patient: str | None
    department: str | None
    author: str | None
    account: str | None
    month: str | None
    document_type: str | None
    rule: str
    kind: str
    severity: str
    deduction: float
    state: str
    changed_at: datetime
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class QualityStep:
    """One step of a finding's way."""

    state: str
    by: str
    at: datetime
    comment: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskedOf:
    """Whose findings: those of an account, and those of departments whose author nobody knows."""

    account: str
    departments: Collection[str] = ()


class QualityStore:
    """Judged stays and their findings; contents and comments are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def keep(
        self, connection: AsyncConnection, run: BulkRun, item: BulkItem, result: BulkResult
    ) -> None:
        """Keeps the findings of one judged stay, in the transaction that keeps the result."""
        judged = result.body.get("result")
        if result.status != "ok" or not isinstance(judged, Mapping):
            return
        encounter = item.request.get("encounter_id")
        department = None
        if isinstance(encounter, str):
            await connection.execute(EVERYBODY.opening())
            department = await connection.scalar(
                select(care_encounter.c.department).where(care_encounter.c.id == encounter)
            )
        month = str(judged.get("ended_at") or judged.get("admitted_at") or "")[:7] or None
        where = {"run": run.id, "ordinal": item.ordinal}
        common = {**where, "patient": item.patient, "department": department, "month": month}
        now = func.now()
        told = [f for f in judged["findings"] if f["kind"] != "unchecked"]
        await connection.execute(
            insert(quality_stay).values(
                **common,
                score=judged["score"],
                grade=judged["grade"],
                findings=len(told),
                judged_at=now,
            )
        )
        if not told:
            return
        papers = {d["id"]: d for d in judged["documents"]}
        authors = {id_: a for id_, d in papers.items() if (a := author_of(d)) is not None}
        accounts = await accounts_of(connection, set(authors.values()))
        # What is not there is asked of whoever wrote most of it.
        mainly = Counter(authors.values()).most_common(1)
        asked = [authors.get(f["document_id"]) or (mainly[0][0] if mainly else None) for f in told]
        rows = self._rows(common, told, papers, run.created_at)
        for row, author in zip(rows, asked, strict=True):
            row["author"] = author.name if author is not None else None
            row["author_account"] = accounts.get(author) if author is not None else None
        await connection.execute(insert(quality_finding), rows)

    def _rows(
        self,
        common: Mapping[str, Any],
        told: Sequence[Mapping[str, Any]],
        papers: Mapping[str, Mapping[str, Any]],
        at: datetime,
    ) -> list[dict[str, Any]]:
        return [
            {
                **common,
                "n": n,
                "document_type": papers.get(f["document_id"], {}).get("document_type"),
                "rule": f["rule"],
                "kind": f["kind"],
                "severity": f["severity"],
                "deduction": f["deduction"],
                "state": FOUND,
                "changed_at": at,
                "content": self._seal(f, FindingKey(common["run"], common["ordinal"], n)),
            }
            for n, f in enumerate(told)
        ]

    async def latest(
        self,
        *,
        states: Sequence[str] = OPEN,
        asked_of: AskedOf | None = None,
        department: str | None = None,
        of: tuple[str, int] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[QualityFinding]:
        """Findings in these states, gravest deduction first.

        What nobody has sent on is listed once: a stay that is judged again takes the place of its
        earlier judgement.

        Args:
            asked_of: only what somebody is to answer.
            of: only of this run's item, which is one judged stay.
        """
        wanted: list[ColumnElement[bool]] = [quality_finding.c.state.in_(states)]
        if asked_of is not None:
            unknown = and_(
                person.c.id.is_(None), quality_finding.c.department.in_(asked_of.departments)
            )
            wanted.append(or_(person.c.id == asked_of.account, unknown))
        if department is not None:
            wanted.append(quality_finding.c.department == department)
        if of is not None:
            wanted += [quality_finding.c.run == of[0], quality_finding.c.ordinal == of[1]]
        else:
            is_moved = quality_finding.c.state != FOUND
            wanted.append(or_(is_moved, of_newest_judgement(quality_finding)))
        query = (
            _WITH_ACCOUNT.where(and_(*wanted))
            .order_by(
                quality_finding.c.deduction.desc(),
                quality_finding.c.changed_at.desc(),
                quality_finding.c.run,
                quality_finding.c.ordinal,
                quality_finding.c.n,
            )
            .limit(limit)
            .offset(offset)
        )
        async with self._database.reading() as connection:
            return [self._finding(row) for row in await connection.execute(query)]

    async def read(self, key: FindingKey) -> QualityFinding:
        """One finding.

        Raises:
            NotFoundError: ``no_such_finding``.
        """
        query = _WITH_ACCOUNT.where(*_is(quality_finding, key))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            raise no_such_finding()
        return self._finding(row)

    async def steps(self, key: FindingKey) -> list[QualityStep]:
        """The way of a finding so far, oldest first."""
        query = select(quality_step).where(*_is(quality_step, key)).order_by(quality_step.c.step)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            QualityStep(r.state, r.by, r.at, self._opened(r.comment, key, r.step)) for r in rows
        ]

    async def move(
        self, key: FindingKey, before: str, after: str, by: str, at: datetime, comment: str = ""
    ) -> None:
        """Takes a finding one step on, if it still stands where it was seen.

        Raises:
            ConflictError: ``finding_has_moved``.
        """
        async with self._database.transaction() as connection:
            moved = await connection.execute(
                update(quality_finding)
                .where(*_is(quality_finding, key), quality_finding.c.state == before)
                .values(state=after, changed_at=at)
                .returning(quality_finding.c.n)
            )
            if moved.first() is None:
                raise ConflictError(
                    "finding_has_moved",
                    Bilingual(
                        zh="该缺陷的状态已被他人更改，请刷新。",
                        en="Somebody has moved this finding on; look again.",
                    ),
                )
            number = await connection.scalar(
                select(func.count()).select_from(quality_step).where(*_is(quality_step, key))
            )
            sealed = self._cipher.seal(comment, _place(key, f"step/{number}")) if comment else None
            await connection.execute(
                insert(quality_step).values(
                    run=key.run,
                    ordinal=key.ordinal,
                    n=key.n,
                    step=number,
                    state=after,
                    by=by,
                    at=at,
                    comment=sealed,
                )
            )

    def _finding(self, row: Row[Any]) -> QualityFinding:
        key = FindingKey(row.run, row.ordinal, row.n)
        content = json.loads(self._cipher.open(row.content, _place(key, "finding")))
        return QualityFinding(
            key=key,
            patient=row.patient,
            department=row.department,
            author=row.author,
            account=row.account,
            month=row.month,
            document_type=row.document_type,
            rule=row.rule,
            kind=row.kind,
            severity=row.severity,
            deduction=row.deduction,
            state=row.state,
            changed_at=row.changed_at,
            content=content,
        )

    def _seal(self, finding: Mapping[str, Any], key: FindingKey) -> bytes:
        return self._cipher.seal(write_exact(finding), _place(key, "finding"))

    def _opened(self, sealed: bytes | None, key: FindingKey, step: int) -> str:
        return self._cipher.open(sealed, _place(key, f"step/{step}")) if sealed else ""


_WITH_ACCOUNT: Final = select(quality_finding, person.c.id.label("account")).join(
    person,
    and_(person.c.id == quality_finding.c.author_account, ~person.c.disabled),
    isouter=True,
)


def no_such_finding() -> NotFoundError:
    """Told also to whom it does not concern."""
    return NotFoundError(
        "no_such_finding", Bilingual(zh="没有这条缺陷。", en="There is no such finding.")
    )


def _is(table: Any, key: FindingKey) -> tuple[ColumnElement[bool], ...]:
    return (table.c.run == key.run, table.c.ordinal == key.ordinal, table.c.n == key.n)


def _place(key: FindingKey, what: str) -> str:
    return f"quality/{key}/{what}"
