"""The clock of one encounter: turns days of a course into moments and knows what has happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from suwen.bootstrap.demonstration.fhir_values import WARD_ZONE
from suwen.bootstrap.demonstration.plans import Course, DayTime, PatientPlan, Setting

#: The ward's day begins at six: before that, the night still belongs to the day before.
_WARD_DAY_STARTS = timedelta(hours=6)
_LONGEST_WAIT_IN_EMERGENCY = timedelta(minutes=170)
_VISIT_LENGTH = timedelta(minutes=205)


@dataclass(frozen=True)
class Timeline:
    """When the encounter began and ended, and what may be known of it now.

    Attributes:
        end: ``None`` while the encounter runs.
        now: the moment at which the hospital is looked at.
    """

    start: datetime
    end: datetime | None
    now: datetime

    def at(self, day: int, hour: int, minute: int) -> datetime:
        """A clock time on the ward, ``day`` days after the day of admission."""
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=day, hours=hour, minutes=minute)

    def resolve(self, when: DayTime, after_start: timedelta, usual: tuple[int, int]) -> datetime:
        """The moment of an act: on day 0 so long after the start, later at its usual hour."""
        if isinstance(when, tuple):
            return self.at(*when)
        if when == 0:
            return self.start + after_start
        return self.at(when, *usual)

    def happened(self, moment: datetime) -> bool:
        """Whether the moment lies within the encounter and is not in the future."""
        return self.start <= moment <= (self.end or self.now)

    def days(self) -> range:
        """The days of the encounter that have begun, day 0 first."""
        last = (self.end or self.now).date()
        return range((last - self.start.date()).days + 1)


def ward_day(now: datetime) -> datetime:
    """Midnight at which the ward's current day began, on the ward's clock."""
    local = now.astimezone(WARD_ZONE) - _WARD_DAY_STARTS
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def timeline_of(plan: PatientPlan, now: datetime, minute: int) -> Timeline:
    """When the plan's encounter began and ended, seen from ``now``.

    Args:
        minute: minute of the hour at which this patient arrived, 0 to 59.
    """
    local_now = now.astimezone(WARD_ZONE).replace(microsecond=0)
    course: Course = plan.course
    today = ward_day(local_now)
    arrival = timedelta(hours=course.hour, minutes=minute)
    if course.setting is Setting.EMERGENCY and not plan.over:
        return Timeline(local_now - _LONGEST_WAIT_IN_EMERGENCY, None, local_now)
    if not plan.over:
        start = today - timedelta(days=plan.day) + arrival
        return Timeline(min(start, local_now - _VISIT_LENGTH), None, local_now)
    ended_on = today - timedelta(days=plan.day)
    if course.setting is Setting.INPATIENT:
        end = ended_on + timedelta(hours=10, minutes=20 + minute // 2)
        return Timeline(ended_on - timedelta(days=course.days) + arrival, end, local_now)
    start = ended_on + arrival
    return Timeline(start, start + _VISIT_LENGTH, local_now)
