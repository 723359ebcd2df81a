"""Proposed and agreed changes of the clinical tables, in the general database; all are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, text, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.rule_tables import rule_proposal

# Any fixed number; two who change rules at once take turns on it.
_TURN = 0x5357_5255


class ProposalState(StrEnum):
    """``waiting`` needs a second person; ``in_force`` has a version number; the others are over."""

    WAITING = "waiting"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class RuleProposal:
    """A change of one set of tables, from its proposal on.

    Attributes:
        number: 0 before it is stored.
        rule_set: which tables: ``prescription``, ``laboratory``, ``record_quality``.
        origin: ``screen``, ``file``, ``dictionary``, ``interactions`` or ``return``.
        base: the version that it was made on; 0 is the tables as shipped.
        changes: decisions on rows, ready for JSON; empty for a return.
        returns_to: the version that it goes back to, for a return.
        wanted_from: when it shall begin to work, where somebody asked for a moment.
        decided_by: the second person; ``None`` where nobody has agreed or refused yet, also of a
            change towards safety that works already.
        version: counts what was ever in force in its set, from 1; ``None`` before.
        works_from: since when it works; ``None`` before it is in force.
    """

    number: int
    rule_set: str
    state: ProposalState
    origin: str
    base: int
    changes: Sequence[Mapping[str, Any]] = field(repr=False)
    reason: str
    made_at: datetime
    made_by: PrincipalId
    returns_to: int | None = None
    wanted_from: datetime | None = None
    decided_at: datetime | None = None
    decided_by: PrincipalId | None = None
    note: str = ""
    version: int | None = None
    works_from: datetime | None = None

    @property
    def rows(self) -> frozenset[tuple[str, str]]:
        """Table and id of each row that it decides on."""
        return frozenset((one["table"], one["row"]) for one in self.changes)


@dataclass(frozen=True, slots=True)
class RuleStand:
    """Where the changes stand, so that a process sees whether it must read them again."""

    proposals: int
    decided: int
    versions: int


class RuleProposalStore:
    """The proposals of one site."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def stand(self) -> RuleStand:
        """Where the changes stand."""
        query = select(
            func.count(rule_proposal.c.number),
            func.count(rule_proposal.c.decided_at),
            func.count(rule_proposal.c.version),
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one()
        return RuleStand(*row)

    async def in_force(self) -> list[RuleProposal]:
        """What was ever in force, of every set, by set and version."""
        query = (
            select(rule_proposal)
            .where(rule_proposal.c.version.is_not(None))
            .order_by(rule_proposal.c.rule_set, rule_proposal.c.version)
        )
        return await self._all(query)

    async def waiting(self) -> list[RuleProposal]:
        """What a second person has not looked at, the oldest first; working or not."""
        query = (
            select(rule_proposal)
            .where(
                rule_proposal.c.decided_at.is_(None),
                rule_proposal.c.state.in_([ProposalState.WAITING, ProposalState.IN_FORCE]),
            )
            .order_by(rule_proposal.c.number)
        )
        return await self._all(query)

    async def history(self, rule_set: str) -> list[RuleProposal]:
        """All proposals of a set, the newest first."""
        query = (
            select(rule_proposal)
            .where(rule_proposal.c.rule_set == rule_set)
            .order_by(rule_proposal.c.number.desc())
        )
        return await self._all(query)

    async def read(self, number: int) -> RuleProposal:
        """One proposal.

        Raises:
            NotFoundError: ``no_such_proposal``.
        """
        found = await self._all(select(rule_proposal).where(rule_proposal.c.number == number))
        if not found:
            raise NotFoundError(
                "no_such_proposal",
                Bilingual(zh="没有这个修改。", en="There is no such change."),
                field="number",
            )
        return found[0]

    async def add(self, wanted: RuleProposal) -> RuleProposal:
        """Keeps a proposal; one that is in force gets the next version.

        Raises:
            ConflictError: ``rules_changed`` when another version than ``base`` is the newest.
        """
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            newest = await _newest(connection, wanted.rule_set)
            if newest != wanted.base:
                raise rules_changed()
            values = _row(wanted)
            if wanted.state is ProposalState.IN_FORCE:
                values["version"] = newest + 1
            statement = insert(rule_proposal).values(**values).returning(rule_proposal)
            row = (await connection.execute(statement)).mappings().one()
        return _proposal(row)

    async def decide(self, decided: RuleProposal, newest: int) -> RuleProposal:
        """Writes down what the second person, or whoever withdraws, decided.

        Args:
            newest: the version that the decision was made on.

        Raises:
            ConflictError: ``rules_changed`` as ``add``; ``proposal_decided`` when somebody else
                decided meanwhile.
        """
        values = {
            name: value
            for name, value in _row(decided).items()
            if name in ("state", "decided_at", "decided_by", "note", "works_from")
        }
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            begins = decided.state is ProposalState.IN_FORCE and decided.version is None
            if begins:
                if await _newest(connection, decided.rule_set) != newest:
                    raise rules_changed()
                values["version"] = newest + 1
            statement = (
                update(rule_proposal)
                .where(
                    rule_proposal.c.number == decided.number,
                    rule_proposal.c.decided_at.is_(None),
                )
                .values(**values)
                .returning(rule_proposal)
            )
            row = (await connection.execute(statement)).mappings().one_or_none()
            if row is None:
                raise proposal_decided()
        return _proposal(row)

    async def _all(self, query: Any) -> list[RuleProposal]:
        async with self._database.reading() as connection:
            return [_proposal(row) for row in (await connection.execute(query)).mappings()]


def rules_changed() -> ConflictError:
    """What somebody hears who changed rules at the same time as another."""
    return ConflictError(
        "rules_changed",
        Bilingual(
            zh="规则表刚被他人修改，请重新打开后再试。",
            en="Somebody changed the tables meanwhile. Open them again and repeat it.",
        ),
    )


def proposal_decided() -> ConflictError:
    """What somebody hears who decides on what is decided."""
    return ConflictError(
        "proposal_decided",
        Bilingual(zh="此修改已有人决定。", en="Somebody decided on this change already."),
    )


async def _newest(connection: Any, rule_set: str) -> int:
    query = select(func.coalesce(func.max(rule_proposal.c.version), 0)).where(
        rule_proposal.c.rule_set == rule_set
    )
    return int((await connection.execute(query)).scalar_one())


def _row(one: RuleProposal) -> dict[str, Any]:
    return {
        "rule_set": one.rule_set,
        "state": one.state.value,
        "origin": one.origin,
        "base": one.base,
        "changes": [dict(change) for change in one.changes],
        "reason": one.reason,
        "made_at": one.made_at,
        "made_by": one.made_by,
        "returns_to": one.returns_to,
        "wanted_from": one.wanted_from,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by,
        "note": one.note,
        "works_from": one.works_from,
    }


def _proposal(row: RowMapping) -> RuleProposal:
    decided_by = row["decided_by"]
    return RuleProposal(
        number=row["number"],
        rule_set=row["rule_set"],
        state=ProposalState(row["state"]),
        origin=row["origin"],
        base=row["base"],
        changes=row["changes"],
        reason=row["reason"],
        made_at=row["made_at"],
        made_by=PrincipalId(row["made_by"]),
        returns_to=row["returns_to"],
        wanted_from=row["wanted_from"],
        decided_at=row["decided_at"],
        decided_by=PrincipalId(decided_by) if decided_by is not None else None,
        note=row["note"],
        version=row["version"],
        works_from=row["works_from"],
    )
