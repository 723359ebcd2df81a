"""What the reader must know: what is missing, how old it is, and that a machine wrote it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from suwen.control.gateway.run_state import Run
from suwen.control.gateway.run_types import MODEL_USED
from suwen.core.document import Document
from suwen.core.identity import DraftId
from suwen.core.language import Bilingual
from suwen.core.manifest import SignOffRule
from suwen.core.record import PatientRecord, RecordItem

NO_KNOWLEDGE = Bilingual(
    zh="本机构未接入知识库，未检索任何资料。",
    en="This installation has no knowledge collections; nothing was looked up.",
)
_ANSWER_MARK = {
    "used": Bilingual(
        zh="【AI 生成】本回答由人工智能系统辅助生成，仅供参考，请以所引原文为准。",
        en="[AI-generated] Written with an AI system; for reference, the cited sources decide.",
    ),
    "skipped": Bilingual(
        zh="【AI 系统汇编】本回答由系统按规则摘自所引原文，未使用语言模型，请以原文为准。",
        en="[AI system] Taken from the cited sources by rules, without a language model; the "
        "sources decide.",
    ),
}
_MARK = {
    "used": Bilingual(
        zh="【AI 生成】本文由人工智能系统辅助生成，须经有权签署者审核并签名后方可归入病历。",
        en="[AI-generated] Drafted with an AI system; it enters the record only after review and "
        "signature by an authorised person.",
    ),
    "skipped": Bilingual(
        zh="【AI 系统汇编】本文由系统按规则自病历汇编，未使用语言模型，"
        "须经有权签署者审核并签名后方可归入病历。",
        en="[AI system] Compiled from the record by rules, without a language model; it enters "
        "the record only after review and signature by an authorised person.",
    ),
}


def label(model: str, provider: str, content_id: DraftId, sign_off: SignOffRule) -> dict[str, Any]:
    """The AI label: what is seen, and what travels in the metadata.

    What nobody signs never says that it may enter the record.

    Source: Measures for Labelling AI-Generated Synthetic Content (in force 2025-09-01) and
    GB 45438-2025: visible mark; attribute, provider and content number in the metadata.
    """
    mark = (_ANSWER_MARK if sign_off is SignOffRule.NONE else _MARK)[model]
    return {
        "visible_zh": mark.zh,
        "visible_en": mark.en,
        "attribute": "ai-generated" if model == MODEL_USED else "ai-system-compiled",
        "provider": provider,
        "system": "suwen",
        "content_id": content_id,
    }


def limits(run: Run, now: datetime) -> tuple[Bilingual, ...]:
    """Everything that limits the answer, the application's own limits first."""
    found = [*run.merged.limits, *run.limits]
    if run.model_reason is not None:
        found.append(run.model_reason)
    if run.merged.document is not None:
        found.extend(_missing(run.merged.document))
    if run.record is not None:
        found.append(_age(run.record, now, _used(run.merged.document)))
    found.append(run.admitted.manifest.not_for)
    return tuple(dict.fromkeys(found))


def newest(
    record: PatientRecord, now: datetime, used: frozenset[str] | None = None
) -> datetime | None:
    """When the newest item of the record that was used came about; future dates do not count.

    Args:
        used: references of what was used; ``None`` counts the whole record.
    """
    times = [
        item.when.start
        for name in (
            "encounters",
            "conditions",
            "observations",
            "medications",
            "procedures",
            "reports",
            "imaging",
            "notes",
        )
        for item in getattr(record, name)
        if isinstance(item, RecordItem) and item.when is not None and item.when.start <= now
        if used is None or item.reference in used
    ]
    return max(times, default=None)


def _missing(document: Document) -> list[Bilingual]:
    absent = [f for s in document.sections for f in s.fields if not f.source_present]
    if not absent:
        return []
    return [
        Bilingual(
            zh="病历中没有以下内容：" + "、".join(f.label.zh for f in absent) + "。",
            en="The record holds nothing on: " + ", ".join(f.label.en for f in absent) + ".",
        )
    ]


def _used(document: Document | None) -> frozenset[str] | None:
    """What a document rests on; ``None`` where there is no document to tell."""
    if document is None:
        return None
    rests_on = [f.evidence for section in document.sections for f in section.fields]
    rests_on.extend(statement.evidence for statement in document.statements)
    return frozenset(e.reference.partition("#")[0] for evidence in rests_on for e in evidence)


def _age(record: PatientRecord, now: datetime, used: frozenset[str] | None) -> Bilingual:
    latest = newest(record, now, used)
    if latest is None:
        return Bilingual(
            zh="所用数据均无时间，无法判断其新旧。",
            en="None of the data used has a time; how old they are is not known.",
        )
    day, days = latest.date().isoformat(), (now - latest).days
    return Bilingual(
        zh=f"所用最新数据的日期为 {day}（距今 {days} 天）。",
        en=f"The newest data used are of {day} (age in days: {days}).",
    )
