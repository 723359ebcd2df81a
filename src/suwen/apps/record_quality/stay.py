"""One stay as the rules see it: the patient, what happened, the documents, what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from suwen.apps.record_quality.papers import Paper

ENDINGS = ("discharge", "death")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at an aware instant in the zone of its record."""

    type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """The patient as far as known; exactly what the request or the record holds."""

    name: str | None = field(default=None, repr=False)
    sex: str | None = None
    birth_date: date | None = None
    age_y: float | None = None

    def ages_on(self, days: Iterable[date]) -> frozenset[int]:
        """Every completed age in years that may be written on one of these days."""
        if self.birth_date is not None:
            return frozenset(_completed(self.birth_date, day) for day in days)
        if self.age_y is not None:
            # The day for which the age was given is not known: a birthday may lie between.
            return frozenset({int(self.age_y), int(self.age_y) + 1, max(0, int(self.age_y) - 1)})
        return frozenset()


@dataclass(frozen=True, slots=True)
class Measured:
    """A laboratory value of the record; ``unit`` as recorded."""

    analyte: str
    value: Decimal
    unit: str | None
    at: datetime | None
    reference: str


@dataclass(frozen=True)
class Stay:
    """Everything that is judged together.

    Attributes:
        papers: in order of writing, those without a time first.
        measured: laboratory values; empty where none was handed in.
        allergies: wordings of recorded allergies, besides those in documents.
        at: the moment to judge for; ``None``: a stay that has ended is judged as complete, one
            that goes on by the newest entry.
        unread: results and allergies that were handed in and could not be read.
    """

    person: Person
    events: tuple[Event, ...]
    papers: tuple[Paper, ...]
    measured: tuple[Measured, ...] = ()
    allergies: tuple[tuple[str, str], ...] = ()
    at: datetime | None = None
    unread: int = 0

    def events_of(self, kind: str) -> tuple[Event, ...]:
        """Events of a type in order; ``end`` is discharge or death, ``surgery`` the beginning of
        an operation where it is known, else its end."""
        if kind == "end":
            return tuple(e for e in self.events if e.type in ENDINGS)[-1:]
        if kind == "surgery":
            starts = self.events_of("surgery_start")
            ends = self.events_of("surgery_end")
            return starts if len(starts) == len(ends) else ends
        return tuple(e for e in self.events if e.type == kind)

    def first(self, kind: str) -> Event | None:
        """The first event of a type."""
        return next(iter(self.events_of(kind)), None)

    def papers_of(self, kind: str) -> tuple[Paper, ...]:
        """Documents of a kind in order of writing."""
        return tuple(p for p in self.papers if p.kind is not None and p.kind.id == kind)

    @cached_property
    def admitted_at(self) -> datetime | None:
        """When the stay began."""
        event = self.first("admission")
        return event.at if event else None

    @cached_property
    def ended_at(self) -> datetime | None:
        """When the stay ended; ``None`` while it goes on."""
        event = self.first("end")
        return event.at if event else None

    @cached_property
    def known_until(self) -> datetime | None:
        """Up to when it can be said that a document is not there."""
        if self.at is not None:
            return self.at
        moments = [p.written_at for p in self.papers if p.written_at is not None]
        moments.extend(event.at for event in self.events)
        newest = max(moments, default=None)
        if newest is not None and self.ended_at is not None:
            return newest + timedelta(days=3650)
        return newest

    @cached_property
    def course(self) -> tuple[Paper, ...]:
        """The running course notes that have a time."""
        return tuple(
            p for p in self.papers if p.kind and p.kind.is_course and p.written_at is not None
        )


def _completed(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
