"""Checks every statement of a document against the evidence of its run.

A statement that cites passages is checked against those alone: a true sentence with the wrong
citation is not supported. A sentence that stands word for word in a passage it cites needs no
reading.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from suwen.control.gateway.parts import CheckerFactory
from suwen.control.gateway.run_types import StatementEvent
from suwen.core.document import (
    Document,
    DocumentField,
    Section,
    Statement,
    StatementOrigin,
    UnsupportedReason,
)
from suwen.core.document_form import statement_as_json
from suwen.core.finding import Evidence, EvidenceKind
from suwen.core.grounding import EvidenceBase, EvidencePassage, StatementChecker
from suwen.core.knowledge import Passage
from suwen.core.language import Language
from suwen.core.record import PatientRecord, RecordItem


def evidence_base(
    record: PatientRecord | None, passages: Sequence[Passage], document: Document
) -> EvidenceBase:
    """Everything that the statements of a run may rest on.

    Calculations are those that the application states as evidence of a field or of a statement
    of a rule; a model cannot bring its own.
    """
    calculations: dict[Evidence, None] = {}
    for section in document.sections:
        stated: list[DocumentField | Statement] = [*section.fields]
        stated.extend(s for s in section.statements if s.origin is StatementOrigin.RULE)
        for part in stated:
            calculations.update(
                (e, None) for e in part.evidence if e.kind is EvidenceKind.CALCULATION
            )
    return EvidenceBase(
        record=record,
        passages=tuple(EvidencePassage(p.id, p.text) for p in passages),
        calculations=tuple(calculations),
    )


def verify_document(document: Document, build: CheckerFactory, base: EvidenceBase) -> Document:
    """The document with ``supported``, ``reason`` and evidence of every statement set."""
    checkers = _Checkers(build, base)
    return dataclasses.replace(
        document,
        sections=tuple(
            _verified_section(section, checkers, document.language) for section in document.sections
        ),
    )


class _Checkers:
    """The checker of the whole evidence, and those of the passages that statements cite."""

    def __init__(self, build: CheckerFactory, base: EvidenceBase) -> None:
        self._build = build
        self._base = base
        self._built: dict[frozenset[str], StatementChecker] = {}
        self.known = known_references(base)
        self.passages = {passage.id: passage for passage in base.passages}

    def of(self, cited: frozenset[str]) -> StatementChecker:
        """The checker for a statement that cites these passages; none: the whole evidence."""
        if cited not in self._built:
            base = self._base
            if cited:
                passages = tuple(p for p in base.passages if p.id in cited)
                base = dataclasses.replace(base, passages=passages)
            self._built[cited] = self._build(base)
        return self._built[cited]

    def quoted(self, statement: Statement) -> tuple[Evidence, ...]:
        """The cited passages in which the statement stands word for word."""
        return tuple(
            e
            for e in statement.evidence
            if e.kind is EvidenceKind.PASSAGE
            and e.reference in self.passages
            and statement.text in self.passages[e.reference].text
        )


def known_references(base: EvidenceBase) -> frozenset[str]:
    """References that exist in the evidence, without their path."""
    references = {passage.id for passage in base.passages}
    references.update(str(turn.number) for turn in base.dialogue)
    if base.record is not None:
        for item_field in dataclasses.fields(base.record):
            value = getattr(base.record, item_field.name)
            items = value if isinstance(value, tuple) else (value,)
            references.update(
                item.reference
                if isinstance(item, RecordItem)
                else f"{item['resourceType']}/{item['id']}"
                for item in items
            )
    return frozenset(references)


def counts(document: Document) -> dict[str, Any]:
    """How many statements are supported, and why the others are not."""
    unsupported: dict[str, int] = {}
    for statement in document.statements:
        if not statement.supported:
            reason = statement.reason.value if statement.reason else "unverified"
            unsupported[reason] = unsupported.get(reason, 0) + 1
    return {"statements": len(document.statements), "unsupported": unsupported}


def statement_events(document: Document) -> Iterator[StatementEvent]:
    """One event for each verified statement, in reading order."""
    for section in document.sections:
        for number, statement in enumerate(section.statements, start=1):
            yield StatementEvent(section.id, statement_as_json(statement, f"{section.id}.{number}"))


def _verified_section(section: Section, checkers: _Checkers, language: Language) -> Section:
    context = section.title
    verified: list[Statement] = []
    for statement in section.statements:
        verified.append(_verified(statement, checkers, context, language))
        context = f"{section.title}\n{statement.text}"
    return dataclasses.replace(section, statements=tuple(verified))


def _verified(
    statement: Statement, checkers: _Checkers, context: str, language: Language
) -> Statement:
    """The checker's verdict; evidence that does not exist in this run does not count."""
    stated = tuple(e for e in statement.evidence if _exists(e, checkers.known))
    if checkers.quoted(statement):
        return dataclasses.replace(statement, evidence=stated, supported=True, reason=None)
    cited = frozenset(e.reference for e in stated if e.kind is EvidenceKind.PASSAGE)
    checked = checkers.of(cited).check_statement(statement.text, context, language)
    invented = bool(statement.evidence) and not stated
    evidence = tuple(dict.fromkeys((*stated, *checked.evidence)))
    supported, reason = checked.supported, checked.reason
    if supported and (invented or not evidence):
        supported, reason = False, UnsupportedReason.NO_EVIDENCE
    return dataclasses.replace(statement, evidence=evidence, supported=supported, reason=reason)


def _exists(evidence: Evidence, known: frozenset[str]) -> bool:
    if evidence.kind in (EvidenceKind.RULE, EvidenceKind.CALCULATION):
        return True
    if evidence.kind is EvidenceKind.PASSAGE:
        # The id of a passage is a whole: what stands behind its "#" is no path.
        return evidence.reference in known
    return evidence.reference.partition("#")[0] in known
