"""The JSON form of a document (contracts.md) and its plain text: one place, both directions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suwen.core.document import (
    Document,
    DocumentField,
    Section,
    Statement,
    StatementOrigin,
    UnsupportedReason,
)
from suwen.core.finding import Evidence, EvidenceKind, Finding
from suwen.core.language import Bilingual, Language


def field_line(field: DocumentField, language: Language) -> str | None:
    """How a field stands in the text; ``None`` when it is not filled or statements tell it."""
    if field.value is None or not field.in_text:
        return None
    colon = "：" if language is Language.ZH else ": "
    return f"{field.label.in_language(language)}{colon}{field.value}"


def section_text(section: Section, language: Language) -> str:
    """Plain text of a section: filled fields and the rules' statements one a line each, then
    what a model or a person wrote as one paragraph."""
    lines = [line for line in (field_line(f, language) for f in section.fields) if line is not None]
    lines.extend(s.text for s in section.statements if s.origin is StatementOrigin.RULE)
    between = "" if language is Language.ZH else " "
    paragraph = between.join(
        s.text for s in section.statements if s.origin is not StatementOrigin.RULE
    )
    return "\n".join([*lines, paragraph] if paragraph else lines)


def joined_text(title: str, sections: Iterable[tuple[str, str]], label: str | None = None) -> str:
    """The whole text from its title and (title, text) of each section that has text.

    ``label`` is the visible AI label; it stands first.
    """
    parts = [label] if label else []
    parts.append(title)
    parts.extend(f"{heading}\n{text}" for heading, text in sections if text)
    return "\n\n".join(parts)


def document_text(document: Document, label: str | None = None) -> str:
    """Plain text of a whole document, as built."""
    return joined_text(
        document.title,
        ((s.title, section_text(s, document.language)) for s in document.sections),
        label,
    )


def evidence_as_json(evidence: Evidence) -> dict[str, Any]:
    """One piece of evidence in the form of the contract."""
    return {
        "kind": evidence.kind.value,
        "reference": evidence.reference,
        "quote": evidence.quote,
    }


def statement_as_json(statement: Statement, identifier: str) -> dict[str, Any]:
    """One statement; ``identifier`` is unique in the document."""
    return {
        "id": identifier,
        "text": statement.text,
        "supported": statement.supported,
        "reason": statement.reason.value if statement.reason else None,
        "origin": statement.origin.value,
        "evidence": [evidence_as_json(e) for e in statement.evidence],
    }


def section_as_json(
    section: Section, language: Language, text: str | None = None
) -> dict[str, Any]:
    """One section; ``text`` is what a person wrote, where somebody did, else it is derived."""
    return {
        "id": section.id,
        "code": section.code,
        "title": section.title,
        "fields": [
            {
                "name": f.name,
                "label_zh": f.label.zh,
                "label_en": f.label.en,
                "value": f.value,
                "source_present": f.source_present,
                "in_text": f.in_text,
                "evidence": [evidence_as_json(e) for e in f.evidence],
            }
            for f in section.fields
        ],
        "statements": [
            statement_as_json(s, f"{section.id}.{number}")
            for number, s in enumerate(section.statements, start=1)
        ],
        "text": section_text(section, language) if text is None else text,
    }


def document_as_json(document: Document, label: str | None = None) -> dict[str, Any]:
    """The document in the form of the contract, ready to be stored, shown and hashed."""
    return {
        "document_type": document.document_type,
        "language": document.language.value,
        "title": document.title,
        "sections": [section_as_json(s, document.language) for s in document.sections],
        "text": document_text(document, label),
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """One finding in the form of the contract."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "span": {"start": finding.span.start, "end": finding.span.end} if finding.span else None,
        "message_zh": finding.message.zh,
        "message_en": finding.message.en,
        "suggestion_zh": finding.suggestion.zh if finding.suggestion else None,
        "suggestion_en": finding.suggestion.en if finding.suggestion else None,
        "source": " · ".join(
            part
            for part in (finding.source.title, finding.source.edition, finding.source.section)
            if part
        ),
        "confidence": finding.confidence.value,
        "evidence": [evidence_as_json(e) for e in finding.evidence],
    }


def evidence_from_json(data: Mapping[str, Any]) -> Evidence:
    """Evidence out of the stored form."""
    return Evidence(EvidenceKind(data["kind"]), data["reference"], data["quote"])


def statement_from_json(data: Mapping[str, Any]) -> Statement:
    """A statement out of the stored form."""
    return Statement(
        text=data["text"],
        evidence=tuple(evidence_from_json(e) for e in data["evidence"]),
        origin=StatementOrigin(data["origin"]),
        supported=data["supported"],
        reason=UnsupportedReason(data["reason"]) if data["reason"] else None,
    )


def section_from_json(data: Mapping[str, Any]) -> Section:
    """A section out of the stored form; its ``text`` is not part of the type."""
    return Section(
        id=data["id"],
        code=data["code"],
        title=data["title"],
        fields=tuple(
            DocumentField(
                name=f["name"],
                label=Bilingual(zh=f["label_zh"], en=f["label_en"]),
                value=f["value"],
                source_present=f["source_present"],
                evidence=tuple(evidence_from_json(e) for e in f["evidence"]),
                in_text=f["in_text"],
            )
            for f in data["fields"]
        ),
        statements=tuple(statement_from_json(s) for s in data["statements"]),
    )


def document_from_json(data: Mapping[str, Any]) -> Document:
    """A document out of the stored form."""
    return Document(
        document_type=data["document_type"],
        language=Language(data["language"]),
        title=data["title"],
        sections=tuple(section_from_json(s) for s in data["sections"]),
    )
