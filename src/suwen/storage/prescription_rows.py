"""Rows of the pharmacists' queue as they are written, and what is told when they cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Text, cast, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.prescription_tables import (
    prescription,
    prescription_arrival,
    prescription_finding,
    rule_answer,
)
from suwen.storage.prescription_types import (
    OPEN,
    OVERRIDDEN,
    UPHELD,
    FindingRow,
    PrescriptionAct,
    PrescriptionState,
    RuleAnswer,
    Step,
)

_P: Final = prescription.c
_F: Final = prescription_finding.c


@dataclass(frozen=True, slots=True)
class Noted:
    """A step as it is written down."""

    act: PrescriptionAct
    state: PrescriptionState
    by: str
    at: datetime
    reason: str | None = None
    comment: str = field(default="", repr=False)


async def keep_answers(
    opened: AsyncConnection,
    answers: Sequence[RuleAnswer],
    at: datetime,
    prescription_id: str | None,
) -> None:
    """Keeps what was answered to rules, in somebody's transaction."""
    if answers:
        await opened.execute(
            insert(rule_answer),
            [
                {
                    "at": at,
                    "door": one.door,
                    "patient": one.patient,
                    "encounter": one.encounter,
                    "rule": one.rule,
                    "matter": one.matter,
                    "outcome": one.outcome,
                    "reason": one.reason,
                    "by": one.by,
                    "prescription": prescription_id,
                    "undone": False,
                }
                for one in answers
            ],
        )


async def settle(opened: AsyncConnection, step: Step, round_: int) -> None:
    """Notes which findings were overridden and which the decision rests on."""
    here = (_F.prescription == step.prescription, _F.round == round_)
    for matter, reason in step.overridden.items():
        await opened.execute(
            update(prescription_finding)
            .where(*here, _F.matter == matter)
            .values(outcome=OVERRIDDEN, reason=reason)
        )
    if step.upheld:
        await opened.execute(
            update(prescription_finding)
            .where(*here, _F.matter.in_(step.upheld))
            .values(outcome=UPHELD, reason=None)
        )
    await keep_answers(opened, step.answers, step.at, step.prescription)


async def unsettle(opened: AsyncConnection, wanted: str, round_: int) -> None:
    """Takes back what a decision said of findings, and what was remembered of it."""
    await opened.execute(
        update(prescription_finding)
        .where(_F.prescription == wanted, _F.round == round_)
        .values(outcome=None, reason=None)
    )
    await opened.execute(
        update(rule_answer).where(rule_answer.c.prescription == wanted).values(undone=True)
    )


async def add_findings(
    opened: AsyncConnection, wanted: str, round_: int, findings: Sequence[FindingRow]
) -> None:
    """Adds the findings of a round."""
    if findings:
        await opened.execute(
            insert(prescription_finding),
            [
                {
                    "prescription": wanted,
                    "round": round_,
                    "n": n,
                    "rule": one.rule,
                    "matter": one.matter,
                    "kind": one.kind,
                    "severity": one.severity,
                    "category": one.category,
                    "asked": one.asked,
                }
                for n, one in enumerate(findings)
            ],
        )


async def done(opened: AsyncConnection, arrival: int, at: datetime) -> None:
    """Notes that an arrival is done with."""
    await opened.execute(
        update(prescription_arrival)
        .where(prescription_arrival.c.number == arrival)
        .values(done_at=at)
    )


def holding(patient: str | None, orders: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Open prescriptions of a patient with any of these orders."""
    return (
        _P.patient == patient,
        _P.state.in_([state.value for state in OPEN]),
        _P.orders.op("&&")(cast(list(orders), ARRAY(Text))),
    )


def no_such_prescription() -> NotFoundError:
    """Told also to whom it does not concern."""
    return NotFoundError(
        "no_such_prescription",
        Bilingual(zh="没有这张处方。", en="There is no such prescription."),
    )


def has_moved() -> ConflictError:
    """What somebody hears who was slower than another."""
    return ConflictError(
        "prescription_has_moved",
        Bilingual(
            zh="该处方刚被他人处理或已改变，请刷新后再看。",
            en="Somebody has dealt with this prescription meanwhile, or it has changed; look "
            "again.",
        ),
    )


def place_of(wanted: str, what: str) -> str:
    """Where a sealed text is kept."""
    return f"prescription/{wanted}/{what}"
