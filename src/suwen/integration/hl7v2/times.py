"""Times of HL7 v2 as FHIR writes them: no more precise than sent, never a day that is not there.

Source: HL7 v2.5.1, 2.A.22 (DTM): a time without zone is in the zone of the sender; the zone of
MSH-7, else that of the channel, else that of the site.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_FORM = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,4}))?)?)?)?)?)?"
    r"([+-]\d{4})?"
)
_TIME = re.compile(r"(\d{2})(\d{2})(?:(\d{2})(\.\d{1,4})?)?([+-]\d{4})?")


@lru_cache(maxsize=8192)
def fhir_time(text: str, zone: tzinfo) -> str | None:
    """FHIR dateTime of an HL7 time; ``None`` when it has not the form or does not exist.

    Minutes and seconds that were not sent are written as zero, since FHIR has no shorter form.
    """
    if len(text) == 8 and text.isdigit():
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:8])).isoformat()
        except ValueError:
            return None
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        if hour is None:
            first = date(int(year), int(month or 1), int(day or 1)).isoformat()
            return first[: 4 + 3 * ((month is not None) + (day is not None))]
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute or 0),
            int(second or 0),
            tzinfo=_offset(offset) if offset else zone,
        )
    except ValueError:
        return None
    offset_now = moment.utcoffset() or timedelta()
    if offset_now.seconds % 60:
        # Local mean time of before the zones: FHIR writes no seconds of an offset.
        whole = timedelta(minutes=round(offset_now.total_seconds() / 60))
        moment = moment.replace(tzinfo=timezone(whole))
    written = moment.isoformat()
    return f"{written[:19]}.{fraction}{written[19:]}" if fraction else written


def fhir_day(text: str) -> str | None:
    """FHIR date of an HL7 time: year, month or day; ``None`` when it does not exist."""
    digits = re.match(r"\d{4}(?:\d{2}){0,2}", text)
    if digits is None or not _FORM.fullmatch(text):
        return None
    return fhir_time(digits[0], UTC)


def fhir_instant(text: str, zone: tzinfo) -> str | None:
    """FHIR instant of an HL7 time that names at least the minute; ``None`` otherwise."""
    found = _FORM.fullmatch(text)
    if found is None or found[5] is None:
        return None
    return fhir_time(text, zone)


def fhir_clock(text: str) -> str | None:
    """FHIR time of day of an HL7 TM; ``None`` when it has not the form."""
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return None
    return f"{found[1]}:{found[2]}:{found[3] or '00'}"


def instant_of(text: str, zone: tzinfo) -> datetime | None:
    """The instant of an HL7 time; the first one of a coarser time; ``None`` when it has no form."""
    written = fhir_time(text, zone)
    if written is None:
        return None
    if "T" in written:
        return _instant(written)
    padded = {4: f"{written}-01-01", 7: f"{written}-01"}.get(len(written), written)
    return datetime.fromisoformat(padded).replace(tzinfo=zone)


def in_order(start: str, end: str) -> bool:
    """Whether a FHIR dateTime is not after another; true where one is coarser than an instant."""
    if "T" not in start or "T" not in end:
        return True
    return _instant(start) <= _instant(end)


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"\.(\d+)", lambda m: "." + m[1].ljust(6, "0"), written))


def zone_of(text: str) -> tzinfo | None:
    """The zone that an HL7 time names."""
    found = _FORM.fullmatch(text)
    if found is None or not found[8]:
        return None
    try:
        return _offset(found[8])
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _offset(text: str) -> tzinfo:
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    if int(text[3:5]) > 59 or minutes > 14 * 60:
        raise ValueError("no zone has this offset")
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def hl7_time(moment: datetime) -> str:
    """An aware time as HL7 writes it, to the millisecond, with its zone."""
    offset = moment.strftime("%z")
    return f"{moment:%Y%m%d%H%M%S}.{moment.microsecond // 1000:03d}{offset}"
