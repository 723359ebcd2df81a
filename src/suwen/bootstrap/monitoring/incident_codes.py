"""The closed sets by which an incident is coded, the steps of its way, and by when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Whether it reached the patient or was caught before."""

    INCIDENT = "incident"
    NEAR_MISS = "near_miss"


class Harm(StrEnum):
    """What became of the patient, or would have.

    Source: WHO Conceptual Framework for the International Classification for Patient Safety,
    2009, degree of harm (from memory).
    """

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    DEATH = "death"
    UNKNOWN = "unknown"


class Problem(StrEnum):
    """What went wrong, as whoever reports saw it."""

    WRONG_CONTENT = "wrong_content"
    MISSING_CONTENT = "missing_content"
    WRONG_PATIENT = "wrong_patient"
    WRONG_DOSE = "wrong_dose"
    WRONG_SOURCE = "wrong_source"
    UNSAFE_ADVICE = "unsafe_advice"
    MISSED_EMERGENCY = "missed_emergency"
    UNAVAILABLE = "unavailable"
    PRIVACY = "privacy"
    OTHER = "other"


class Cause(StrEnum):
    """Why it went wrong, as found out."""

    RECORD_DATA = "record_data"
    RULE_OR_TABLE = "rule_or_table"
    MODEL = "model"
    KNOWLEDGE = "knowledge"
    INTERFACE = "interface"
    SCREEN = "screen"
    USE = "use"
    TRAINING = "training"
    INFRASTRUCTURE = "infrastructure"
    NOT_THE_SYSTEM = "not_the_system"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """What was done about it."""

    RECORD_MENDED = "record_mended"
    RULE_CHANGED = "rule_changed"
    RELEASE_SUSPENDED = "release_suspended"
    RELEASE_CHANGED = "release_changed"
    SCREEN_CHANGED = "screen_changed"
    STAFF_TRAINED = "staff_trained"
    STAFF_WARNED = "staff_warned"
    REGULATOR_TOLD = "regulator_told"
    NONE_NEEDED = "none_needed"


class State(StrEnum):
    """Where an incident stands."""

    REPORTED = "reported"
    TRIAGED = "triaged"
    ANALYSED = "analysed"
    ACTED = "acted"
    CLOSING = "closing"
    CLOSED = "closed"


class Act(StrEnum):
    """Steps of an incident's way."""

    REPORT = "report"
    TRIAGE = "triage"
    ANALYSE = "analyse"
    ACT = "act"
    PROPOSE_CLOSING = "propose_closing"
    CLOSE = "close"
    REFUSE_CLOSING = "refuse_closing"
    REOPEN = "reopen"
    NOTE = "note"


NEXT: Final[Mapping[State, Mapping[Act, State]]] = {
    State.REPORTED: {Act.TRIAGE: State.TRIAGED, Act.NOTE: State.REPORTED},
    State.TRIAGED: {
        Act.ANALYSE: State.ANALYSED,
        Act.TRIAGE: State.TRIAGED,
        Act.NOTE: State.TRIAGED,
    },
    State.ANALYSED: {
        Act.ACT: State.ACTED,
        Act.TRIAGE: State.TRIAGED,
        Act.ANALYSE: State.ANALYSED,
        Act.NOTE: State.ANALYSED,
    },
    State.ACTED: {
        Act.PROPOSE_CLOSING: State.CLOSING,
        Act.ANALYSE: State.ANALYSED,
        Act.ACT: State.ACTED,
        Act.NOTE: State.ACTED,
    },
    State.CLOSING: {Act.CLOSE: State.CLOSED, Act.REFUSE_CLOSING: State.ACTED},
    State.CLOSED: {Act.REOPEN: State.TRIAGED},
}
"""What may follow each state. From ``closing`` on only another than who proposed it goes on."""


@dataclass(frozen=True, slots=True)
class Duty:
    """By when a user of a device has to report, where it is one.

    Attributes:
        law: ``cn``, ``us`` or ``eu``.
        working_days: whether days off do not count.
    """

    law: str
    days: int
    working_days: bool
    rule: str
    source: str


DUTIES: Final[Mapping[Harm, tuple[Duty, ...]]] = {
    Harm.DEATH: (
        Duty("cn", 7, False, "death", "医疗器械不良事件监测和再评价管理办法 (2018, Order No. 1)"),
        Duty("us", 10, True, "death", "21 CFR 803.30(a)(1), user facilities"),
    ),
    Harm.SEVERE: (
        Duty(
            "cn",
            20,
            False,
            "serious_injury",
            "医疗器械不良事件监测和再评价管理办法 (2018, Order No. 1)",
        ),
        Duty("us", 10, True, "serious_injury", "21 CFR 803.30(a)(2), user facilities"),
    ),
}
"""Time limits for the hospital as a user; all from memory, to be confirmed by the compliance
office. In the EU the manufacturer reports (Reg. (EU) 2017/745 art. 87: 15 days, 10 after a death);
what a user owes is national law."""


def due(duty: Duty, known_at: datetime) -> datetime:
    """When the time limit ends; public holidays are not known here and only make it later."""
    if not duty.working_days:
        return known_at + timedelta(days=duty.days)
    at, left = known_at, duty.days
    while left:
        at += timedelta(days=1)
        left -= at.weekday() < 5
    return at
