"""Notes that were copied forward or never signed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import SequenceMatcher

from suwen.apps.record_writer.moments import Moment, start_of
from suwen.apps.record_writer.parts.problems import time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import recorded
from suwen.core.finding import Confidence, Evidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import NoteItem, RecordItem

_WRITING_RULES = Source("病历书写基本规范（卫医政发〔2010〕11号）", "2010", "书写时限与签名")
_COPYING = Source("电子病历应用管理规范（试行）；病案质控常见缺陷", "2017", "复制病历")
#: Share of equal text from which a note counts as copied forward.
COPY_SHARE = 0.9
_LEAST_CHARACTERS = 40
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}|\d{4}年\d{1,2}月\d{1,2}日")
_SIGNATURE = re.compile(r"医师：|签名：|^(written|signed|countersigned) ", re.I)

#: Hours within which a kind of note must be signed, by words of its title.
_LIMITS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"首次病程|first course", re.I), 8),
    (re.compile(r"抢救|resuscitation", re.I), 6),
    (re.compile(r"主治医师.*查房|attending.*round", re.I), 48),
)
_USUAL_LIMIT_H = 24


def copied_findings(visit: Visit) -> Iterable[Finding]:
    """Notes of the visit that repeat the former note of the same kind nearly word for word."""
    kinds: dict[str, list[NoteItem]] = {}
    for note in visit.record.notes:
        if visit.holds(note):
            kinds.setdefault(note.note_type.text if note.note_type else "", []).append(note)
    for notes in kinds.values():
        for i, later in enumerate(notes):
            earlier = next((n for n in reversed(notes[:i]) if _repeats(n, later)), None)
            if earlier is not None:
                yield _copied(earlier, later, visit)


def unsigned_findings(visit: Visit) -> Iterable[Finding]:
    """Notes of the visit without a signature, past their limit by the record's newest entry."""
    now = _newest(visit)
    for note in visit.record.notes:
        written = start_of(note.when)
        if note.signed is not False or not visit.holds(note) or written is None or now is None:
            continue
        title = note.note_type.text if note.note_type else ""
        hours = next((h for pattern, h in _LIMITS if pattern.search(title)), _USUAL_LIMIT_H)
        late = written.is_instant and now.at - written.at > timedelta(hours=hours)
        when = time_text(note.when, visit)
        yield Finding(
            rule="RW-N02",
            severity=Severity.MAJOR if late else Severity.MINOR,
            message=Bilingual(
                zh=f"{title}（{when}）没有审签"
                + (f"，已超过 {hours} 小时时限。" if late else "。"),
                en=f"{title} ({when}) is not signed"
                + (f"; the limit of {hours} hours has passed." if late else "."),
            ),
            source=_WRITING_RULES,
            confidence=Confidence.VERIFIED,
            suggestion=Bilingual(zh="请有权医师审签。", en="An entitled physician must sign it."),
            evidence=(_status_evidence(note),),
        )


def _repeats(earlier: NoteItem, later: NoteItem) -> bool:
    one, two = _body(earlier.text), _body(later.text)
    if min(len(one), len(two)) < _LEAST_CHARACTERS:
        return False
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    return (
        matcher.real_quick_ratio() >= COPY_SHARE
        and matcher.quick_ratio() >= COPY_SHARE
        and matcher.ratio() >= COPY_SHARE
    )


def _body(text: str) -> str:
    """The note without its title, times and signature."""
    lines = [line.strip() for line in text.split("\n")]
    kept = [line for line in lines[1:] if line and not _SIGNATURE.search(line)]
    return _TIME.sub("", "".join(kept or lines)).strip()


def _copied(earlier: NoteItem, later: NoteItem, visit: Visit) -> Finding:
    title = later.note_type.text if later.note_type else ""
    first = time_text(earlier.when, visit)
    second = time_text(later.when, visit)
    return Finding(
        rule="RW-N01",
        severity=Severity.MAJOR,
        message=Bilingual(
            zh=f"{title}（{second}）与{first}的记录几乎逐字相同，请核对是否反映当日病情。",
            en=f"{title} of {second} repeats the note of {first} nearly word for word; check that "
            "it tells that day's state.",
        ),
        source=_COPYING,
        confidence=Confidence.FROM_MEMORY,
        suggestion=Bilingual(
            zh="请按当日病情重写。", en="Write the note anew from that day's state."
        ),
        evidence=(_status_evidence(earlier), _status_evidence(later)),
    )


def _status_evidence(note: NoteItem) -> Evidence:
    if note.reference.startswith("Composition/"):
        return recorded(note.reference, "Composition.status", note.status)
    status = note.resource.get("docStatus")
    if status is not None:
        return recorded(note.reference, "DocumentReference.docStatus", status)
    return recorded(note.reference, "DocumentReference.status", note.status)


def _newest(visit: Visit) -> Moment | None:
    """The newest instant of what has been written or measured in the record: it is certainly
    past, whatever the clock says."""
    record = visit.record
    items: list[RecordItem] = [*record.notes, *record.observations, *record.reports]
    found: Moment | None = None
    for item in items:
        moment = start_of(item.when)
        if moment is not None and moment.is_instant and (found is None or moment.at > found.at):
            found = moment
    return found
