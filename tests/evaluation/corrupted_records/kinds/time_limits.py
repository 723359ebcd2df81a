"""Time limits: each document one minute before, exactly at and one minute after its limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.evaluation.corrupted_records.case import Case
from tests.evaluation.corrupted_records.model import Encounter, Item, Plan, later
from tests.evaluation.corrupted_records.roll import Roll
from tests.evaluation.corrupted_records.stays import Wish

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_BERLIN = ZoneInfo("Europe/Berlin")
_NEW_YORK = ZoneInfo("America/New_York")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Limit:
    """A document that is due so long after an event.

    Attributes:
        rule: id of the collected fact.
        long: whether the stay must be long enough to hold a week.
    """

    rule: str
    document: str
    event: str
    allowed: timedelta
    end: str = "discharge"
    short: bool = False
    surgery: bool = False
    english: bool = False
    long: bool = False


def _hours(hours: int) -> timedelta:
    return timedelta(hours=hours)


LIMITS = (
    Limit("EMR-T01", "admission", "admission", _hours(24), english=True),
    Limit("EMR-T02", "short-stay", "discharge", _hours(24), short=True),
    Limit("EMR-T03", "death", "death", _hours(24), end="death", short=True),
    Limit("EMR-T04", "first-course", "admission", _hours(8), english=True),
    Limit("EMR-T09", "attending-round", "admission", _hours(48), english=True),
    Limit("EMR-T10", "chief-round", "admission", _hours(168), long=True),
    Limit("EMR-T12", "takeover", "takeover", _hours(24)),
    Limit("EMR-T14", "transfer-in", "transfer_in", _hours(24)),
    Limit("EMR-T16", "rescue", "rescue_end", _hours(6)),
    Limit("EMR-T18", "consultation", "consult_request", _hours(48)),
    Limit("EMR-T22", "operation", "surgery_end", _hours(24), surgery=True, english=True),
    Limit("EMR-T27", "discharge", "discharge", _hours(24), english=True),
    Limit("EMR-T28", "death", "death", _hours(24), end="death"),
    Limit("EMR-T29", "death-review", "death", _hours(168), end="death"),
    Limit("EMR-T30", "front-page", "discharge", _hours(24), english=True),
    Limit("EMR-T35", "critical-value", "critical_value_received", _hours(6)),
)

#: The event's moment for a limit; the name is the situation.
Situation = Callable[[timedelta], datetime]


def _at(moment: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=zone)


def _fixed(moment: str) -> Situation:
    return lambda _: _at(moment, _SHANGHAI)


def _due(moment: str) -> Situation:
    return lambda allowed: later(_at(moment, _SHANGHAI), -allowed)


def _across(zone: ZoneInfo, moment: str) -> Situation:
    """The change of the clock lies in the middle of the time allowed."""
    return lambda allowed: later(_at(moment, zone), -allowed / 2)


SITUATIONS: dict[str, dict[str, Situation]] = {
    "first": {
        "ordinary": _fixed("2026-05-13 08:17"),
        "due at midnight": _due("2026-06-11 00:00"),
        "month end": _fixed("2026-08-31 22:40"),
        "leap day": _fixed("2028-02-28 23:10"),
        "clock forward": _across(_BERLIN, "2026-03-29 03:00"),
        "clock back": _across(_BERLIN, "2026-10-25 03:00"),
    },
    "second": {
        "year end": _fixed("2026-12-31 21:05"),
        "due at midnight": _due("2026-09-01 00:00"),
        "February without leap day": _fixed("2027-02-28 22:30"),
        "due when leap day ends": _due("2028-03-01 00:00"),
        "clock forward": _across(_NEW_YORK, "2026-03-08 03:00"),
        "clock back": _across(_NEW_YORK, "2026-11-01 03:00"),
    },
}


def items(half: str) -> list[Item]:
    """Each limit in each situation of the half, in time to the minute or just late."""
    roll = Roll(half, "time")
    for limit in LIMITS:
        for name, situation in SITUATIONS[half].items():
            # Whether a week is seven days or 168 hours shows only across a change of clock.
            if limit.allowed >= timedelta(days=7) and name.startswith("clock"):
                continue
            for delta in (-_MINUTE, timedelta(0), _MINUTE):
                _add(roll, limit, name, situation(limit.allowed), delta)
    _add_same_day(roll)
    _add_gross(roll)
    return roll.items


def _add(roll: Roll, limit: Limit, name: str, moment: datetime, delta: timedelta) -> None:
    for case in _cases(roll, limit, name):
        wish = Wish(
            case,
            roll.frame(case),
            roll.half,
            extra=(limit.event,) if _is_extra(limit) else (),
            end=limit.end,
            short=limit.short,
            days=10 if limit.long else 6,
            anchor=(limit.event, moment),
        )
        encounter = roll.stay(wish)
        due = later(encounter.event(limit.event), limit.allowed)
        retime(encounter, limit.document, later(due, delta))
        late = delta > timedelta(0)
        plans = [Plan("time_limit", limit.document, about=limit.rule)] if late else []
        minutes = int(delta.total_seconds() // 60)
        roll.add(encounter, plans, f"{limit.rule}, {name}, {minutes:+d} min")


def _is_extra(limit: Limit) -> bool:
    return limit.event not in ("admission", "surgery_end", "discharge", "death")


def _cases(roll: Roll, limit: Limit, name: str) -> Iterator[Case]:
    chinese = roll.cases("zh", surgery=limit.surgery)
    yield chinese[len(roll.items) % len(chinese)]
    if limit.english and name.startswith("clock"):
        yield roll.cases("en", surgery=limit.surgery)[0]


def retime(encounter: Encounter, key: str, moment: datetime) -> None:
    """Lets the document be written at another moment."""
    encounter.draft(key).written_at = moment
    encounter.drafts.sort(key=lambda draft: (draft.written_at.timestamp(), draft.key))


def _add_same_day(roll: Roll) -> None:
    """A transfusion is written down on its own calendar day."""
    ends = {
        "ordinary": datetime(2026, 5, 13, 20, 0, tzinfo=_SHANGHAI),
        "month end": datetime(2026, 4, 30, 22, 15, tzinfo=_SHANGHAI),
        "leap day": datetime(2028, 2, 29, 21, 40, tzinfo=_SHANGHAI),
        "clock forward": datetime(2026, 3, 29, 1, 30, tzinfo=_BERLIN),
        "clock back": datetime(2026, 10, 25, 1, 30, tzinfo=_BERLIN),
    }
    for name, end in ends.items():
        last = end.replace(hour=23, minute=59)
        for moment, late in ((last, False), (later(last, _MINUTE), True)):
            case = roll.cases("zh", surgery=False)[0]
            wish = Wish(
                case,
                roll.frame(case),
                roll.half,
                extra=("transfusion_end",),
                anchor=("transfusion_end", end),
            )
            encounter = roll.stay(wish)
            retime(encounter, "transfusion", moment)
            plans = [Plan("time_limit", "transfusion", about="EMR-T34")] if late else []
            roll.add(encounter, plans, f"EMR-T34, {name}, {'next' if late else 'same'} day")


def _add_gross(roll: Roll) -> None:
    """Limits without a number: what must come before or at once came far too late."""
    for case in roll.cases(surgery=True):
        for rule, document, hours in (
            ("EMR-T20", "pre-operative", 3),
            ("EMR-T20", "discussion", 4),
            ("EMR-T21", "anaesthesia-before", 2),
            ("EMR-T37", "consent", 5),
            ("EMR-T37", "consent-anaesthesia", 5),
            ("EMR-T23", "postoperative", 21),
        ):
            encounter = roll.sound(case)
            retime(encounter, document, later(encounter.event("surgery_end"), _hours(hours)))
            plan = Plan("time_limit", document, about=rule)
            roll.add(encounter, [plan], f"{rule}, {hours} h after the operation")
    for case in roll.cases("zh", surgery=False):
        for rule, event, document, hours in (
            ("EMR-T11", "takeover", "handover", 5),
            ("EMR-T13", "transfer_in", "transfer-out", 6),
        ):
            wish = Wish(case, roll.frame(case), roll.half, extra=(event,))
            encounter = roll.stay(wish)
            retime(encounter, document, later(encounter.event(event), _hours(hours)))
            plan = Plan("time_limit", document, about=rule)
            roll.add(encounter, [plan], f"{rule}, {hours} h after the event")
        _add_silence(roll, case)


def _add_silence(roll: Roll, case: Case) -> None:
    """Daily notes left out: five days in a stable stay of ten without any note."""
    wish = Wish(case, roll.frame(case), roll.half, days=10)
    encounter = roll.stay(wish)
    encounter.drafts = [
        draft for draft in encounter.drafts if draft.key not in ("daily-2", "daily-3")
    ]
    retime(encounter, "chief-round", later(encounter.draft("daily-1").written_at, _hours(2)))
    roll.add(encounter, [Plan("time_limit", None, about="EMR-T07")], "EMR-T07, six days silent")
