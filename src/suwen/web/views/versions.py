"""What became of a draft: versions, differences, decisions; and the model's reasoning apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import RecordOrigin
from suwen.control.gateway.draft_content import text_of
from suwen.control.gateway.edit_distance import line_differences
from suwen.core.draft import DraftRecord, SignedRecord, SignOff
from suwen.core.identity import DraftId
from suwen.web.guard import Visitor


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One saved state."""

    version: int
    saved_at: datetime
    saved_by: str
    content_hash: str
    signed: bool


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A line of the comparison; ``kind`` is ``added``, ``removed``, ``same`` or ``place``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """The history of a draft."""

    draft: str
    title: str
    patient: str | None
    document_type: str
    document_language: str
    versions: tuple[VersionRow, ...]
    before: int
    after: int
    lines: tuple[DifferenceLine, ...]
    decisions: tuple[SignOff, ...]
    records: tuple[SignedRecord, ...]
    edit_distance: int | None


async def read_versions_page(
    platform: Platform, visitor: Visitor, draft: str, before: str | None, after: str | None
) -> VersionsPage:
    """The history of a draft, comparing two versions (first and last unless named otherwise).

    Raises as ``SignOffDesk.open_draft``.
    """
    history = await platform.sign_off.history(visitor.principal, DraftId(draft))
    saved = await platform.drafts.versions(DraftId(draft))
    numbers = {str(v.version): v for v in saved}
    first = numbers.get(before or "", saved[0])
    second = numbers.get(after or "", saved[-1])
    differences = line_differences(text_of(first.content) or "", text_of(second.content) or "")
    signed = {record.content_hash for record in history.signed}
    document = history.draft.content["result"].get("document") or {}
    return VersionsPage(
        draft=draft,
        title=document.get("title", draft),
        patient=_record_of(history.draft),
        document_type=document.get("document_type", history.draft.app),
        document_language=document.get("language", "zh"),
        versions=tuple(
            VersionRow(v.version, v.saved_at, v.saved_by, v.content_hash, v.content_hash in signed)
            for v in reversed(saved)
        ),
        before=first.version,
        after=second.version,
        lines=tuple(difference_lines(differences)),
        decisions=history.sign_offs,
        records=history.signed,
        edit_distance=history.edit_distance,
    )


def _record_of(draft: DraftRecord) -> str | None:
    """Whose record of the store the draft is about; ``None`` where it came with the request."""
    return None if draft.content.get("origin") == RecordOrigin.REQUEST else draft.patient


async def read_reasoning(platform: Platform, visitor: Visitor, draft: str) -> str:
    """What the model reasoned, empty when no model took part; raises as ``open_draft``."""
    found = await platform.sign_off.open_draft(visitor.principal, DraftId(draft))
    events = await platform.traces.events_after(found.trace, 0)
    return "".join(str(event.data["text"]) for event in events if event.kind == "reasoning")


def difference_lines(differences: str) -> list[DifferenceLine]:
    """The lines of a comparison in unified form, for the screen."""
    lines = []
    for line in differences.splitlines()[2:]:
        if line.startswith("@@"):
            lines.append(DifferenceLine("place", ""))
            continue
        kind = {"+": "added", "-": "removed"}.get(line[:1], "same")
        lines.append(DifferenceLine(kind, line[1:]))
    return lines
