"""Whether somebody was trained and found fit to use an application, where the register asks."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

from suwen.core.errors import GovernanceError
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest


class Trained(Protocol):
    """A training that was recorded."""

    @property
    def competent(self) -> bool:
        """Whether the person was found fit."""

    @property
    def trained_on(self) -> date:
        """The day of the training."""

    @property
    def expires_on(self) -> date:
        """The first day on which it counts no more."""

    @property
    def revoked_by(self) -> str | None:
        """Who took it back, ``None`` while it stands."""


class Standing(StrEnum):
    """What a person's training on one application is worth today."""

    VALID = "valid"
    MISSING = "missing"
    EXPIRED = "expired"
    NOT_PASSED = "not_passed"


def standing_of(records: Sequence[Trained], today: date) -> Standing:
    """What somebody's trainings on one application are worth; the newest that stands decides."""
    kept = [one for one in records if one.revoked_by is None and one.trained_on <= today]
    if not kept:
        return Standing.MISSING
    newest = max(kept, key=lambda one: one.trained_on)
    if not newest.competent:
        return Standing.NOT_PASSED
    return Standing.VALID if today < newest.expires_on else Standing.EXPIRED


def refusal_of(standing: Standing, manifest: Manifest) -> GovernanceError:
    """What somebody hears whose training is not valid: what is missing, and where to turn."""
    zh, en = manifest.title.zh, manifest.title.en
    if standing is Standing.EXPIRED:
        return GovernanceError(
            "training_expired",
            Bilingual(
                f"您使用“{zh}”的培训已过有效期，请重新培训后再用。",
                f"Your training on '{en}' has expired; be trained again before you use it.",
            ),
        )
    if standing is Standing.NOT_PASSED:
        return GovernanceError(
            "training_not_passed",
            Bilingual(
                f"您最近一次“{zh}”培训未通过考核，请重新培训后再用。",
                f"You did not pass your latest training on '{en}'; be trained again.",
            ),
        )
    return GovernanceError(
        "training_missing",
        Bilingual(
            f"使用“{zh}”前须完成培训，未见您的有效培训记录。请联系科室带教或合规办公室。",
            f"'{en}' is used by trained people only, and no training of yours is on record. Ask "
            "your department's trainer or the compliance office.",
        ),
    )


def months_after(day: date, months: int) -> date:
    """The same day some months later; the last of the month where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
