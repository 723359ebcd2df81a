"""How times, ages and quantities are written on the screens, alike in both languages."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from suwen.core.language import Language
from suwen.core.record import Coded, ObservationComponent, Quantity, When

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def moment(at: datetime | None, zone: tzinfo) -> str:
    """``2026-11-21 23:10`` in the wards' time zone; empty when not known."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at is not None else ""


def second(at: datetime | None, zone: tzinfo) -> str:
    """``2026-11-21 23:10:05`` in the wards' time zone; empty when not known."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def day(at: datetime | None, zone: tzinfo) -> str:
    """``2026-11-21`` in the wards' time zone; empty when not known."""
    return at.astimezone(zone).strftime("%Y-%m-%d") if at is not None else ""


def recorded(when: When | None, zone: tzinfo) -> str:
    """A time as precise as it was recorded; empty when not known."""
    if when is None:
        return ""
    return moment(when.start, zone) if when.precision == "instant" else when.text


def recorded_period(when: When | None, zone: tzinfo) -> str:
    """Start and end as recorded; an open end shows as ``–``."""
    if when is None:
        return ""
    if when.end is None:
        return recorded(when, zone)
    end = moment(when.end, zone) if when.precision == "instant" else (when.end_text or "")
    return f"{recorded(when, zone)} – {end}"


def age(birth: date | None, on: date, language: Language) -> str:
    """Completed years, months below two years, days below one month; empty when not known."""
    if birth is None or birth > on:
        return ""
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    chinese = language is Language.ZH
    if months >= 24:
        return f"{months // 12}{'岁' if chinese else ' y'}"
    if months >= 1:
        return f"{months}{'个月' if chinese else ' mo'}"
    return f"{(on - birth).days}{'天' if chinese else ' d'}"


def quantity(value: Quantity) -> str:
    """Comparator, digits as recorded, and the unit after a no-break space."""
    number = f"{value.comparator or ''}{value.value:f}"
    return f"{number}{NO_BREAK_SPACE}{value.unit}" if value.unit else number


def number(value: Decimal) -> str:
    """Digits as recorded, never in exponent form."""
    return f"{value:f}"


def observed(
    value: Quantity | Coded | str | bool | None, components: tuple[ObservationComponent, ...] = ()
) -> str:
    """An observation's value as text; of a panel its parts, as in ``139/84 mmHg``."""
    if isinstance(value, Quantity):
        return quantity(value)
    if isinstance(value, Coded):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    parts = [c.value for c in components if isinstance(c.value, Quantity)]
    if not parts:
        return "；".join(f"{c.code.text} {observed(c.value)}" for c in components if c.value)
    numbers = "/".join(f"{p.value:f}" for p in parts)
    return f"{numbers}{NO_BREAK_SPACE}{parts[0].unit}" if parts[0].unit else numbers


def duration(span: timedelta, language: Language) -> str:
    """The two largest units of a span without its sign, as in ``1 天 3 小时``."""
    minutes = abs(int(span.total_seconds())) // 60
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    names = ("天", "小时", "分钟") if language is Language.ZH else ("d", "h", "min")
    parts = [(days, names[0]), (hours, names[1]), (0 if days else rest, names[2])]
    return " ".join(f"{n} {name}" for n, name in parts if n) or f"0 {names[2]}"
