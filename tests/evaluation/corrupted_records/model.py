"""What the set is made of: documents being written, encounters, planted defects and items."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

#: A place in an encounter being written: document key, section code, phrase of that section.
Spot = tuple[str, str, str]

#: From gravest to lightest; the severity order of two defects is the order of their ranks.
RANKS = {
    "contradiction.drug_allergy": 1,
    "contradiction.sex": 1,
    "contradiction.side": 1,
    "contradiction.identity": 1,
    "missing.document": 1,
    "missing.signature": 2,
    "contradiction.age": 2,
    "contradiction.negation": 2,
    "contradiction.diagnosis_laboratory": 2,
    "contradiction.laboratory_value": 2,
    "contradiction.date": 2,
    "contradiction.order": 2,
    "missing.section": 3,
    "missing.field": 3,
    "time_limit": 3,
    "copy_forward": 3,
    "abbreviation": 4,
}


@dataclass
class Section:
    """A headed part of a document; ``title`` is ``None`` for running text without a heading."""

    code: str
    title: str | None
    text: str


@dataclass
class Draft:
    """A document while it is written; ``signed_by`` is ``None`` when nobody signed."""

    key: str
    code: str | None
    name_zh: str
    title: str
    written_at: datetime
    author_role: str
    signed_by: str | None
    sections: list[Section]
    signature_label: str

    def section(self, code: str) -> Section:
        """The section of that code."""
        return next(section for section in self.sections if section.code == code)


@dataclass
class Encounter:
    """A whole stay while it is written."""

    id: str
    language: str
    style: str
    use_codes: bool
    patient: dict[str, Any]
    events: list[tuple[str, datetime]]
    drafts: list[Draft]
    observations: list[dict[str, Any]] = field(default_factory=list)

    def draft(self, key: str) -> Draft:
        """The document of that key."""
        return next(draft for draft in self.drafts if draft.key == key)

    def event(self, kind: str) -> datetime:
        """When the event of that type happened."""
        return next(at for name, at in self.events if name == kind)


@dataclass(frozen=True)
class Plan:
    """A defect before the text is laid out; ``spot`` is ``None`` where it has no span."""

    kind: str
    document: str | None
    spot: Spot | None = None
    also: tuple[Spot, ...] = ()
    about: str = ""


@dataclass(frozen=True)
class Place:
    """Code points of a document's text, end exclusive, and what they say."""

    document_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Defect:
    """A planted defect.

    Attributes:
        document_id: ``None`` when a whole document is missing.
        place: ``None`` where the defect is an absence or a time.
        also: the other side of a contradiction: a finding there is as right.
        about: which section, rule or document.
        rank: 1 is gravest.
    """

    kind: str
    document_id: str | None
    place: Place | None
    also: tuple[Place, ...]
    about: str
    rank: int


@dataclass(frozen=True)
class Item:
    """One request and what is wrong in it, gravest first; no defects: it is sound."""

    id: str
    half: str
    language: str
    zone: str
    request: dict[str, Any]
    defects: tuple[Defect, ...]
    situation: str


def later(moment: datetime, elapsed: timedelta) -> datetime:
    """The moment so much elapsed time later, on the clock of the same zone."""
    zone = moment.tzinfo
    return datetime.fromtimestamp(moment.timestamp() + elapsed.total_seconds(), tz=zone)
