"""A clinical document as it is drafted: sections of fields and statements."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from suwen.core.finding import Evidence, Finding
from suwen.core.language import Bilingual, Language


class UnsupportedReason(StrEnum):
    """Why a statement could not be supported by its evidence."""

    NUMBER = "number"
    UNIT = "unit"
    DATE = "date"
    DRUG = "drug"
    DOSE = "dose"
    LATERALITY = "laterality"
    NEGATION = "negation"
    PERSON = "person"
    ANALYTE = "analyte"
    NO_EVIDENCE = "no_evidence"


class StatementOrigin(StrEnum):
    """Who wrote a statement."""

    RULE = "rule"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the document, with what it rests on.

    ``supported`` is set by the gateway's verification, never by the application;
    ``None`` means that it was not verified yet.
    """

    text: str
    evidence: tuple[Evidence, ...]
    origin: StatementOrigin
    supported: bool | None = None
    reason: UnsupportedReason | None = None


@dataclass(frozen=True, slots=True)
class DocumentField:
    """One field of the contract's table.

    Attributes:
        value: the text as it stands in the document; ``None`` when it is not filled.
        source_present: whether a source for it exists in the record; ``None`` value with
            ``source_present`` true is a miss, with false an honest absence.
        in_text: whether the field stands as a line of its own in the text; false where the
            section's statements tell its content.
    """

    name: str
    label: Bilingual
    value: str | None
    source_present: bool
    evidence: tuple[Evidence, ...] = ()
    in_text: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the document; ``code`` is a LOINC code where one exists."""

    id: str
    code: str | None
    title: str
    fields: tuple[DocumentField, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document before sign-off."""

    document_type: str
    language: Language
    title: str
    sections: tuple[Section, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements in reading order."""
        return tuple(s for section in self.sections for s in section.statements)

    @property
    def fields_total(self) -> int:
        """How many fields have a source in the record."""
        return sum(f.source_present for s in self.sections for f in s.fields)

    @property
    def fields_filled(self) -> int:
        """How many of the fields with a source are filled."""
        return sum(
            f.source_present and f.value is not None for s in self.sections for f in s.fields
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """What an application hands back: a document or a structured result, and its findings.

    Attributes:
        document: the document, for applications that write one.
        result: the application's own output as JSON-ready data, for those that do not.
        limits: what the reader must know (missing data, age of data), both languages.
    """

    document: Document | None
    findings: tuple[Finding, ...] = ()
    result: dict[str, object] | None = None
    limits: tuple[Bilingual, ...] = ()
