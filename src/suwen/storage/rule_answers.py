"""What rules were answered, which of them are quiet for a while, and how often each was right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.prescription_rows import keep_answers
from suwen.storage.prescription_tables import (
    prescription,
    prescription_finding,
    rule_answer,
    rule_suppression,
)
from suwen.storage.prescription_types import OVERRIDDEN, UPHELD, RuleAnswer

_A = rule_answer.c
_S = rule_suppression.c
_F = prescription_finding.c


@dataclass(frozen=True, slots=True)
class RuleSuppression:
    """That a rule shall not ask for a while.

    Attributes:
        approved: ``None`` while nobody else decided.
    """

    id: str
    rule: str
    reason: str
    until: datetime
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the rule is quiet by it."""
        return bool(self.approved) and self.ended_at is None and at < self.until


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """How a rule did.

    Attributes:
        fired: findings in the queue, of the present round of each prescription.
        interrupted: those of them that interrupted.
        overridden: those that a pharmacist overrode.
        upheld: those that a query or a rejection rested on.
        cards_overridden: cards in the EMR that were overridden.
        cards_accepted: cards in the EMR that were accepted.
        reasons: how often each coded reason was given, at both doors.
    """

    rule: str
    fired: int
    interrupted: int
    overridden: int
    upheld: int
    cards_overridden: int = 0
    cards_accepted: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def accepted_share(self) -> float | None:
        """Share of the answers that went by the rule; ``None`` where nobody answered."""
        answered = self.overridden + self.upheld + self.cards_overridden + self.cards_accepted
        return (self.upheld + self.cards_accepted) / answered if answered else None


class RuleAnswerStore:
    """Answers to rules and suppressions of rules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, answers: Sequence[RuleAnswer], at: datetime) -> None:
        """Keeps answers that were given at a card."""
        async with self._database.transaction() as opened:
            await keep_answers(opened, answers, at, None)

    async def overridden(self, patient: str, encounter: str) -> frozenset[str]:
        """Matters that were overridden with a reason before in this encounter of the patient."""
        query = select(_A.matter).where(
            _A.patient == patient,
            _A.encounter == encounter,
            _A.outcome == OVERRIDDEN,
            _A.reason.is_not(None),
            ~_A.undone,
        )
        async with self._database.reading() as opened:
            return frozenset(await opened.scalars(query))

    async def quiet_rules(self, at: datetime) -> dict[str, str]:
        """Rules that are quiet now, with who proposed it."""
        query = select(_S.rule, _S.proposed_by).where(
            _S.approved.is_(True), _S.ended_at.is_(None), _S.until > at
        )
        async with self._database.reading() as opened:
            return {row[0]: row[1] for row in await opened.execute(query)}

    async def suppressions(self, limit: int = 200) -> list[RuleSuppression]:
        """Suppressions, those that wait for a second person first, then the latest."""
        query = (
            select(rule_suppression)
            .order_by(_S.approved.is_not(None), _S.proposed_at.desc(), _S.id)
            .limit(limit)
        )
        async with self._database.reading() as opened:
            return [RuleSuppression(**row) for row in (await opened.execute(query)).mappings()]

    async def suppression(self, wanted: str) -> RuleSuppression:
        """One suppression.

        Raises:
            NotFoundError: ``no_such_suppression``.
        """
        query = select(rule_suppression).where(_S.id == wanted)
        async with self._database.reading() as opened:
            row = (await opened.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                "no_such_suppression",
                Bilingual(zh="没有这条静默申请。", en="There is no such suppression."),
            )
        return RuleSuppression(**row)

    async def propose(self, given: RuleSuppression) -> None:
        """Keeps a proposal; nothing is quiet by it yet."""
        async with self._database.transaction() as opened:
            await opened.execute(
                insert(rule_suppression).values(
                    id=given.id,
                    rule=given.rule,
                    reason=given.reason,
                    until=given.until,
                    proposed_by=given.proposed_by,
                    proposed_at=given.proposed_at,
                )
            )

    async def decide(self, wanted: str, by: str, at: datetime, *, approved: bool) -> None:
        """The second person's decision.

        Raises:
            ConflictError: ``suppression_was_decided``.
        """
        statement = (
            update(rule_suppression)
            .where(_S.id == wanted, _S.approved.is_(None), _S.proposed_by != by)
            .values(decided_by=by, decided_at=at, approved=approved)
            .returning(_S.id)
        )
        await self._change(statement)

    async def end(self, wanted: str, by: str, at: datetime) -> None:
        """Lets a rule ask again.

        Raises:
            ConflictError: ``suppression_was_decided``.
        """
        statement = (
            update(rule_suppression)
            .where(_S.id == wanted, _S.approved.is_(True), _S.ended_at.is_(None))
            .values(ended_by=by, ended_at=at)
            .returning(_S.id)
        )
        await self._change(statement)

    async def figures(self, begin: datetime, until: datetime) -> list[RuleFigures]:
        """How each rule did on prescriptions that came in between, those most overridden first."""
        fired = func.count()
        queue = (
            select(
                _F.rule,
                fired,
                fired.filter(_F.asked == "interrupt"),
                fired.filter(_F.outcome == OVERRIDDEN),
                fired.filter(_F.outcome == UPHELD),
            )
            .join(prescription, prescription.c.id == _F.prescription)
            .where(
                prescription.c.submitted_at >= begin,
                prescription.c.submitted_at < until,
                prescription.c.origin != "bulk",
                or_(_F.round == prescription.c.round, _F.outcome.is_not(None)),
            )
            .group_by(_F.rule)
        )
        answers = (
            select(_A.rule, _A.door, _A.outcome, _A.reason, func.count())
            .where(_A.at >= begin, _A.at < until, ~_A.undone)
            .group_by(_A.rule, _A.door, _A.outcome, _A.reason)
        )
        async with self._database.reading() as opened:
            counted = {r[0]: (r[1], r[2], r[3], r[4]) for r in await opened.execute(queue)}
            told = [tuple(row) for row in await opened.execute(answers)]
        rules = {*counted, *(r[0] for r in told)}
        found = [_figures(rule, counted.get(rule, (0, 0, 0, 0)), told) for rule in rules]
        found.sort(key=lambda f: (-(f.overridden + f.cards_overridden), -f.fired, f.rule))
        return found

    async def _change(self, statement: object) -> None:
        async with self._database.transaction() as opened:
            done = await opened.execute(statement)  # type: ignore[call-overload]
            if done.first() is None:
                raise ConflictError(
                    "suppression_was_decided",
                    Bilingual(
                        zh="该静默申请已有结论，或提出人不能自行批准。",
                        en="It was decided already, or whoever proposed it cannot decide on it.",
                    ),
                )


def _figures(
    rule: str, numbers: tuple[int, int, int, int], told: Sequence[Sequence[Any]]
) -> RuleFigures:
    """One rule's row: what it did in the queue, and what was answered to it at both doors."""
    of_rule = [r for r in told if r[0] == rule]
    reasons: dict[str, int] = {}
    for r in of_rule:
        if r[2] == OVERRIDDEN and r[3]:
            reasons[r[3]] = reasons.get(r[3], 0) + r[4]
    at_cards = {
        outcome: sum(r[4] for r in of_rule if r[1] == "cds" and r[2] == outcome)
        for outcome in (OVERRIDDEN, "accepted")
    }
    fired, interrupted, overridden, upheld = numbers
    return RuleFigures(
        rule=rule,
        fired=fired,
        interrupted=interrupted,
        overridden=overridden,
        upheld=upheld,
        cards_overridden=at_cards[OVERRIDDEN],
        cards_accepted=at_cards["accepted"],
        reasons=reasons,
    )
