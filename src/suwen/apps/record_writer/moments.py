"""Times of the record compared at the precision they were recorded with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from suwen.core.record import When

_DAY = len("2024-05-31")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time and how it was recorded; without ``T`` it is a day, month or year."""

    at: datetime
    text: str

    @property
    def is_instant(self) -> bool:
        """Whether the time of day is known."""
        return "T" in self.text

    def is_before(self, other: Moment) -> bool:
        """Whether it certainly lies before the other, as precisely as both are known."""
        return _sign(self, other) < 0

    def is_after(self, other: Moment) -> bool:
        """Whether it certainly lies after the other, as precisely as both are known."""
        return _sign(self, other) > 0


def start_of(when: When | None) -> Moment | None:
    """When something began."""
    return Moment(when.start, when.text) if when else None


def end_of(when: When | None) -> Moment | None:
    """When something ended; ``None`` while it goes on or where the end is not recorded."""
    if when is None or when.end is None or when.end_text is None:
        return None
    return Moment(when.end, when.end_text)


def shown(text: str, zone: str | None) -> str:
    """A recorded time as it is written in a document: to the minute, in its own zone.

    Args:
        zone: the zone that the document states once; another one is written out.
    """
    if "T" not in text:
        return text
    written = f"{text[:_DAY]} {text[11:16]}"
    own = zone_of(text)
    return written if own == zone else f"{written} (UTC{own})"


def zone_of(text: str) -> str | None:
    """The zone of a recorded time as ``+08:00``; ``None`` for a day or coarser."""
    if "T" not in text:
        return None
    return "+00:00" if text.endswith("Z") else text[-6:]


def _sign(first: Moment, second: Moment) -> int:
    if first.is_instant and second.is_instant:
        return (first.at > second.at) - (first.at < second.at)
    size = min(len(first.text), len(second.text), _DAY)
    one, two = first.text[:size], second.text[:size]
    return (one > two) - (one < two)
