"""What a builder returns, and the two ways in which a field is filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suwen.apps.record_writer.labels import FIELD_LABELS
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import joined, sentence
from suwen.core.document import DocumentField, Statement, StatementOrigin
from suwen.core.finding import Evidence


@dataclass(frozen=True, slots=True)
class Part:
    """Fields and statements of a section."""

    fields: tuple[DocumentField, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a field that lists several: its value, and the sentence that tells it.

    ``said`` is ``None`` where other statements tell it.
    """

    value: str
    said: str | None
    evidence: tuple[Evidence, ...]


def line(name: str, value: str | None, evidence: Iterable[Evidence]) -> DocumentField:
    """A field that stands as a line of its own; without a value it has no source."""
    return DocumentField(
        name=name,
        label=FIELD_LABELS[name],
        value=value,
        source_present=value is not None,
        evidence=tuple(evidence) if value is not None else (),
    )


def told(name: str, entries: Sequence[Entry], visit: Visit) -> Part:
    """A field whose content the section's statements tell, one sentence an item."""
    field = DocumentField(
        name=name,
        label=FIELD_LABELS[name],
        value=joined((e.value for e in entries), visit.language) if entries else None,
        source_present=bool(entries),
        evidence=tuple(item for e in entries for item in e.evidence),
        in_text=False,
    )
    return Part((field,), tuple(statement(e.said, e.evidence, visit) for e in entries if e.said))


def statement(text: str, evidence: Iterable[Evidence], visit: Visit) -> Statement:
    """A sentence of the rules, with its evidence."""
    return Statement(sentence(text, visit.language), tuple(evidence), StatementOrigin.RULE)


def together(*parts: Part) -> Part:
    """Several parts in one section."""
    return Part(
        tuple(f for part in parts for f in part.fields),
        tuple(s for part in parts for s in part.statements),
    )
