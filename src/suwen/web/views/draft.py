"""The review page: the draft, its sources, what is open, and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from suwen.bootstrap.draft_quality import quality_of_draft
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, DraftTarget, RecordOrigin
from suwen.control.gateway.draft_content import CRITICAL, open_items
from suwen.control.gateway.sign_off_types import SIGN_ROLES, DraftHistory
from suwen.core.document_form import field_line, section_from_json
from suwen.core.draft import DraftRecord, DraftStatus, SignOff
from suwen.core.finding import Severity
from suwen.core.identity import DraftId
from suwen.core.language import Language
from suwen.core.record import PatientRecord
from suwen.web.guard import Visitor
from suwen.web.texts import Texts
from suwen.web.views.banner import PatientBanner, make_banner
from suwen.web.views.draft_quality import NOT_JUDGED, QualityPanel, quality_panel
from suwen.web.views.quality_judgement import Judgement, judgement_of
from suwen.web.views.sources import SourceCard, SourceNumbers

_SEVERITIES = [severity.value for severity in Severity]


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a section's text with its verdict and its sources.

    Attributes:
        supported: ``None`` when it was not verified.
        kind: ``field`` or ``statement``.
    """

    id: str
    text: str
    kind: str
    origin: str
    supported: bool | None
    reason: str
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section as it is edited: one plain text, and marks in reading order."""

    id: str
    title: str
    text: str
    marks: tuple[Mark, ...]

    @property
    def pieces(self) -> tuple[tuple[str, Mark | None], ...]:
        """The text cut into marked and unmarked stretches, for reading and printing."""
        pieces: list[tuple[str, Mark | None]] = []
        at = 0
        for mark in self.marks:
            start = self.text.find(mark.text, at)
            if start < 0 or not mark.text:
                continue
            if start > at:
                pieces.append((self.text[at:start], None))
            at = start + len(mark.text)
            pieces.append((mark.text, mark))
        if at < len(self.text):
            pieces.append((self.text[at:], None))
        return tuple(pieces)


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in the reader's language."""

    id: str
    severity: str
    message: str
    suggestion: str
    source: str
    critical: bool
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that the signer must have looked at."""

    id: str
    kind: str
    text: str
    why: str
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do with the draft as it stands."""

    edit: bool
    sign: bool
    cosign: bool
    reject: bool
    escalate: bool
    amend: bool
    copy: bool
    disagree: bool


@dataclass(frozen=True, slots=True)
class DraftPage:
    """Everything on the review page.

    Attributes:
        changes: code points by which the text differs from the draft as built; ``None`` without
            a text.
        missing: fields whose source the record holds and that are not filled, then fields
            without a source, as (label, source is there).
        judgement: what the draft says instead of a text; ``None`` for a document.
    """

    id: str
    app: str
    app_title: str
    trace: str
    document_type: str
    title: str
    document_language: str
    status: str
    version: int
    content_hash: str
    model: str
    model_reason: str
    label: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    banner: PatientBanner | None
    sections: tuple[SectionView, ...]
    sources: tuple[SourceCard, ...]
    findings: tuple[FindingView, ...]
    open: tuple[OpenItem, ...]
    missing: tuple[tuple[str, bool], ...]
    limits: tuple[str, ...]
    changes: int | None
    decisions: tuple[SignOff, ...]
    records: tuple[str, ...]
    rights: Rights
    quality: QualityPanel = NOT_JUDGED
    judgement: Judgement | None = None

    @property
    def unsupported(self) -> tuple[Mark, ...]:
        """Statements without support, in reading order."""
        return tuple(
            m
            for section in self.sections
            for m in section.marks
            if m.kind == "statement" and m.supported is not True
        )

    @property
    def editable(self) -> bool:
        """Whether the text is shown as a field."""
        return self.rights.edit and self.status in ("draft", "escalated", "awaiting_cosign")

    @property
    def signatures(self) -> tuple[SignOff, ...]:
        """The signatures on the present version."""
        signing = ("accept", "amend", "cosign")
        return tuple(
            d for d in self.decisions if d.version == self.version and d.decision.value in signing
        )


async def read_draft_page(
    platform: Platform, visitor: Visitor, draft: str, texts: Texts
) -> DraftPage:
    """The review page; raises as ``SignOffDesk.open_draft``."""
    history = await platform.sign_off.history(visitor.principal, DraftId(draft))
    record, banner = await _patient(platform, visitor, history.draft, texts)
    shown = make_draft_page(platform, visitor, history, (record, banner), texts)
    judgement = await judgement_of(platform, visitor, history.draft, texts)
    if judgement is not None:
        return replace(shown, judgement=judgement)
    if not (shown.rights.edit or shown.rights.sign or shown.rights.cosign):
        return shown
    notes = await quality_of_draft(platform, history.draft, history.signed, record)
    return replace(shown, quality=quality_panel(notes, texts))


async def _patient(
    platform: Platform, visitor: Visitor, draft: DraftRecord, texts: Texts
) -> tuple[PatientRecord | None, PatientBanner | None]:
    """The patient as the record store knows them; a record that came with its request is not
    there."""
    if draft.patient is None or draft.content.get("origin") == RecordOrigin.REQUEST:
        return None, None
    record = await platform.charts.open_chart(visitor.principal, draft.patient)
    summary = await platform.records.read_summary(draft.patient)
    if summary is None:
        raise AssertionError("a record that was opened has a summary")
    return record, await make_banner(platform, texts, summary, record)


def make_draft_page(
    platform: Platform,
    visitor: Visitor,
    history: DraftHistory,
    patient: tuple[PatientRecord | None, PatientBanner | None],
    texts: Texts,
) -> DraftPage:
    """The page of a draft that was opened."""
    draft, (record, banner) = history.draft, patient
    result = draft.content["result"]
    manifest = platform.applications[draft.app].manifest
    document = result.get("document") or {
        "sections": [],
        "title": texts.of(manifest.title),
        "language": texts.language.value,
    }
    numbers = SourceNumbers()
    language = Language(document["language"])
    sections = tuple(_section(s, language, numbers, texts) for s in document["sections"])
    findings = _findings(result["findings"], numbers, texts)
    reason = draft.content.get("model_reason")
    return DraftPage(
        id=draft.id,
        app=draft.app,
        app_title=texts.of(manifest.title),
        trace=draft.trace,
        document_type=document.get("document_type", draft.app),
        title=document["title"],
        document_language=document["language"],
        status=draft.status.value,
        version=draft.version,
        content_hash=draft.content_hash,
        model=draft.model,
        model_reason=reason[texts.language.value] if reason else "",
        label=draft.content["label"][f"visible_{language.value}"],
        created_at=draft.created_at,
        created_by=draft.created_by,
        updated_at=draft.updated_at,
        updated_by=draft.updated_by,
        banner=banner,
        sections=sections,
        sources=numbers.cards(record, texts, platform.settings.zone),
        findings=findings,
        open=_open(draft.content, sections, findings, texts),
        missing=_missing(document, texts),
        limits=tuple(limit[texts.language.value] for limit in draft.content["limits"]),
        changes=history.edit_distance,
        decisions=history.sign_offs,
        records=tuple(r.id for r in history.signed),
        rights=_rights(platform, visitor, draft),
    )


def _section(
    data: Mapping[str, Any], language: Language, numbers: SourceNumbers, texts: Texts
) -> SectionView:
    marks: list[Mark] = []
    section = section_from_json(data)
    for field, stored in zip(section.fields, data["fields"], strict=True):
        line = field_line(field, language)
        if line is not None and field.evidence:
            sources = numbers.numbers(stored["evidence"])
            identifier = f"{data['id']}.field.{field.name}"
            marks.append(Mark(identifier, line, "field", "rule", True, "", sources))
    for statement in data["statements"]:
        reason = texts.coded("unsupported", statement["reason"]) if statement["reason"] else ""
        marks.append(
            Mark(
                id=statement["id"],
                text=statement["text"],
                kind="statement",
                origin=statement["origin"],
                supported=statement["supported"],
                reason=reason,
                sources=numbers.numbers(statement["evidence"]),
            )
        )
    text = str(data["text"])
    return SectionView(data["id"], data["title"], text, _in_text_order(text, marks))


def _in_text_order(text: str, marks: list[Mark]) -> tuple[Mark, ...]:
    """Marks by where they stand; a person may have moved them."""
    placed: list[tuple[int, Mark]] = []
    taken: list[tuple[int, int]] = []
    for mark in marks:
        at = text.find(mark.text)
        while at >= 0 and any(at < end and start < at + len(mark.text) for start, end in taken):
            at = text.find(mark.text, at + 1)
        if at >= 0:
            taken.append((at, at + len(mark.text)))
            placed.append((at, mark))
    return tuple(mark for _at, mark in sorted(placed, key=lambda pair: pair[0]))


def _findings(
    data: list[Mapping[str, Any]], numbers: SourceNumbers, texts: Texts
) -> tuple[FindingView, ...]:
    language = texts.language.value
    found = [
        FindingView(
            id=str(finding["id"]),
            severity=finding["severity"],
            message=finding[f"message_{language}"],
            suggestion=finding.get(f"suggestion_{language}") or "",
            source=finding.get("source") or "",
            critical=finding["severity"] in CRITICAL,
            sources=numbers.numbers(finding.get("evidence") or ()),
        )
        for finding in data
    ]
    return tuple(sorted(found, key=lambda finding: _SEVERITIES.index(finding.severity)))


def _open(
    content: Mapping[str, Any],
    sections: tuple[SectionView, ...],
    findings: tuple[FindingView, ...],
    texts: Texts,
) -> tuple[OpenItem, ...]:
    """What must be acknowledged, exactly as the sign-off desk will ask for it."""
    known: dict[str, OpenItem] = {}
    for section in sections:
        for mark in section.marks:
            why = mark.reason or texts("unsupported.unverified")
            known[mark.id] = OpenItem(mark.id, "statement", mark.text, why, mark.sources)
    for finding in findings:
        why = texts.coded("severity", finding.severity)
        known[finding.id] = OpenItem(finding.id, "finding", finding.message, why, finding.sources)
    blank = texts("draft.not_shown")
    return tuple(
        known.get(item) or OpenItem(item, "statement", blank, "", ())
        for item in open_items(content)
    )


def _missing(document: Mapping[str, Any], texts: Texts) -> tuple[tuple[str, bool], ...]:
    label = f"label_{texts.language.value}"
    empty = [
        (str(field[label]), bool(field["source_present"]))
        for section in document["sections"]
        for field in section["fields"]
        if field["value"] is None
    ]
    return tuple(sorted(empty, key=lambda pair: not pair[1]))


def _rights(platform: Platform, visitor: Visitor, draft: DraftRecord) -> Rights:
    """By the policies; that the person may open the draft is settled already."""
    status = draft.status
    sign_off = platform.applications[draft.app].manifest.sign_off
    target = DraftTarget(
        draft=draft.id,
        origin=RecordOrigin(draft.content.get("origin") or RecordOrigin.REQUEST),
        care=True,
        sign_roles=frozenset(role.value for role in SIGN_ROLES[sign_off]),
        escalated=status is DraftStatus.ESCALATED,
        patient=draft.patient,
    )

    def may(action: Action, *statuses: DraftStatus) -> bool:
        if status not in statuses:
            return False
        return platform.access.decide(visitor.principal, action, target).allowed

    draft_, escalated = DraftStatus.DRAFT, DraftStatus.ESCALATED
    waiting, signed = DraftStatus.AWAITING_COSIGN, DraftStatus.SIGNED
    return Rights(
        edit=may(Action.EDIT_DRAFT, draft_, escalated, waiting),
        sign=may(Action.SIGN_DRAFT, draft_, escalated),
        cosign=may(Action.COSIGN_DRAFT, waiting),
        reject=may(Action.REJECT_DRAFT, draft_, escalated, waiting),
        escalate=may(Action.ESCALATE_DRAFT, draft_, waiting),
        amend=may(Action.AMEND_RECORD, signed),
        copy=may(Action.COPY_TEXT, draft_, escalated, waiting, signed),
        disagree=may(Action.DISAGREE, *DraftStatus),
    )
