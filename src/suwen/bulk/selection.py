"""Which records a bulk run is over, as typed on a line or in a form, and which of them it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.manifest import BulkForm, Encounters, StayNeed
from suwen.storage.bulk_stays import StayFacts
from suwen.storage.patient_summary import VOID_STATUSES

STAYS = "stays"
# HL7 v3 ActEncounterCode: inpatient and its two kinds.
_INPATIENT: Final = frozenset({"IMP", "ACUTE", "NONAC"})


class LeftOut(StrEnum):
    """Why an encounter that was selected is not taken."""

    UNREADABLE = "unreadable"
    NOT_HELD = "not_held"
    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    PART_OF_STAY = "part_of_stay"
    NO_ADMISSION_TIME = "no_admission_time"
    NO_ORDERS = "no_orders"


LEFT_OUT_SAID: Final[Mapping[LeftOut, Bilingual]] = {
    LeftOut.UNREADABLE: Bilingual("记录已不可读", "its record can no longer be read"),
    LeftOut.NOT_HELD: Bilingual("计划中、已取消或误录", "planned, cancelled or entered in error"),
    LeftOut.OUTPATIENT: Bilingual(
        "不是住院（门诊、急诊等）", "no inpatient stay (outpatient, emergency)"
    ),
    LeftOut.INPATIENT: Bilingual("是住院", "an inpatient stay"),
    LeftOut.PART_OF_STAY: Bilingual("是另一次住院的一部分", "part of another stay"),
    LeftOut.NO_ADMISSION_TIME: Bilingual("没有入院时刻", "no time of admission"),
    LeftOut.NO_ORDERS: Bilingual(
        "没有执行中或草拟的用药医嘱", "no order of medicines that is active or being drafted"
    ),
}
"""In words."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Stays of the record store; without limits all of them.

    Attributes:
        ended_from: first day on which they ended.
        ended_to: last day on which they ended.
        departments: codes; empty for every department.
    """

    open_only: bool = False
    ended_from: date | None = None
    ended_to: date | None = None
    departments: tuple[str, ...] = ()

    def ended_between(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """The instants from which and before which they ended, in the site's zone."""
        begin = datetime.combine(self.ended_from, time(), zone) if self.ended_from else None
        until = (
            datetime.combine(self.ended_to + timedelta(days=1), time(), zone)
            if self.ended_to
            else None
        )
        return begin, until


def read_selection(text: str) -> Selection:
    """The selection that a text names.

    ``stays`` · ``stays:open`` · ``stays:ended=2026-11-01..2026-11-21`` ·
    ``stays:ended=2026-11-01,department=CARD`` · several departments with ``+`` between them.

    Raises:
        InputError: ``selection_malformed``.
    """
    noun, _, rest = text.strip().partition(":")
    if noun != STAYS:
        raise _malformed()
    found = Selection()
    for piece in filter(None, rest.split(",")):
        found = _with(found, piece.strip())
    return found


def left_out(stay: StayFacts, form: BulkForm) -> LeftOut | None:
    """Why a request of this form cannot be about an encounter; ``None`` where it can."""
    inpatient = stay.encounter_class in _INPATIENT
    for_inpatients = form.encounters is Encounters.INPATIENT
    reasons = (
        (LeftOut.UNREADABLE, not stay.readable),
        (LeftOut.NOT_HELD, stay.status in VOID_STATUSES),
        (LeftOut.OUTPATIENT, for_inpatients and not inpatient),
        (LeftOut.INPATIENT, form.encounters is Encounters.OUTPATIENT and inpatient),
        (LeftOut.PART_OF_STAY, for_inpatients and stay.is_part),
        (LeftOut.NO_ADMISSION_TIME, StayNeed.ADMISSION_TIME in form.needs and not stay.begins),
        (LeftOut.NO_ORDERS, StayNeed.ORDERS in form.needs and not stay.has_orders),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _with(found: Selection, piece: str) -> Selection:
    name, _, value = piece.partition("=")
    if name == "open" and not value:
        return Selection(True, found.ended_from, found.ended_to, found.departments)
    if name == "department" and value:
        codes = tuple(code for code in value.split("+") if code)
        return Selection(found.open_only, found.ended_from, found.ended_to, codes)
    if name == "ended" and value:
        first, _, last = value.partition("..")
        try:
            begin = date.fromisoformat(first)
            end = date.fromisoformat(last) if last else begin
        except ValueError:
            raise _malformed() from None
        if end < begin:
            raise _malformed()
        return Selection(found.open_only, begin, end, found.departments)
    raise _malformed()


def _malformed() -> InputError:
    return InputError(
        "selection_malformed",
        Bilingual(
            zh="选择写作 stays、stays:open、stays:ended=2026-11-01..2026-11-21 或加 "
            "department=科室代码，用逗号分隔。",
            en="A selection is stays, stays:open, stays:ended=2026-11-01..2026-11-21, or with "
            "department=CODE, separated by commas.",
        ),
        field="--select",
    )
