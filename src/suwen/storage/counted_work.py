"""One day of the applications' work as the monitoring counts it.

Drafts come with the content as it was built and as it was decided on: whoever counts takes
numbers and codes out of them and keeps nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CountedRun:
    """A run that ended on the day.

    Attributes:
        stages: result by stage, of the stages that are counted.
        refusal: code of the stage that refused or failed.
    """

    app: str
    release: str
    principal: str
    outcome: str
    took_ms: float
    refusal: str | None
    stages: Mapping[str, Mapping[str, Any]] = field(repr=False)
    engine_ms: float
    department: str


@dataclass(frozen=True, slots=True)
class About:
    """Whom a draft is about, as far as groups go; ``None`` where nobody knows."""

    sex: str | None
    birth: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CountedDraft:
    """A draft that was built on the day; ``content`` is ``None`` when it was erased since."""

    id: str
    app: str
    release: str
    department: str
    patient: str | None
    model: str
    content: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CountedDecision:
    """A decision that was taken on the day.

    Attributes:
        opened_at: when whoever decided first opened the draft, within the hour before.
        built, decided_on: content of version 1 and of the version decided on.
    """

    number: int
    draft: str
    app: str
    release: str
    department: str
    patient: str | None
    decision: str
    reason: str | None
    edit_distance: int | None
    signer: str
    built_at: datetime
    decided_at: datetime
    opened_at: datetime | None
    about: About
    built: Mapping[str, Any] | None = field(repr=False)
    decided_on: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CountedCard:
    """What a clinician did with a card; ``release`` is empty where its run is not known."""

    app: str
    release: str
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Behind:
    """A run, and its draft where it left one, that stands behind a number."""

    draft: str | None
    trace: str
    decision: str
    reason: str | None
    at: datetime
