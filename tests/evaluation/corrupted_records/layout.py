"""Lays an encounter out as a request and finds the planted phrases in the finished texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.evaluation.corrupted_records.model import (
    RANKS,
    Defect,
    Draft,
    Encounter,
    Item,
    Place,
    Plan,
    Spot,
)

#: Document key, section code to the section's start in the text.
Starts = dict[tuple[str, str], int]


def make_item(
    name: str, half: str, encounter: Encounter, plans: list[Plan], situation: str
) -> Item:
    """The item of an encounter with its defects placed.

    Raises:
        ValueError: when a phrase is not exactly once in its section.
    """
    starts: Starts = {}
    documents = [_document(encounter, draft, starts) for draft in encounter.drafts]
    defects = sorted(
        (_defect(encounter, plan, starts) for plan in plans), key=lambda found: found.rank
    )
    request: dict[str, Any] = {
        "encounter": {
            "patient": encounter.patient,
            "events": [{"type": kind, "at": at.isoformat()} for kind, at in encounter.events],
        },
        "documents": documents,
    }
    if encounter.observations:
        request["bundle"] = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": resource} for resource in encounter.observations],
        }
    zone = str(encounter.events[0][1].tzinfo)
    return Item(name, half, encounter.language, zone, request, tuple(defects), situation)


def _document(encounter: Encounter, draft: Draft, starts: Starts) -> dict[str, Any]:
    text = f"{draft.title}\n{minute(draft.written_at)}\n"
    for section in draft.sections:
        text += _heading(encounter, section.title)
        starts[draft.key, section.code] = len(text)
        text += section.text + "\n"
    text += draft.signature_label
    starts[draft.key, "signature"] = len(text)
    text += draft.signed_by or ""
    typed = draft.code if encounter.use_codes and draft.code else draft.name_zh
    document = {
        "id": _id(encounter, draft.key),
        "document_type": typed,
        "text": text,
        "written_at": draft.written_at.isoformat(),
        "author_role": draft.author_role,
    }
    if draft.signed_by:
        document["signed_by"] = draft.signed_by
    return document


def minute(moment: datetime) -> str:
    """A moment as notes state it."""
    return f"{moment:%Y-%m-%d %H:%M}"


def _heading(encounter: Encounter, title: str | None) -> str:
    if title is None:
        return ""
    if encounter.style == "colon":
        return f"{title}：" if encounter.language == "zh" else f"{title}: "
    return f"【{title}】\n" if encounter.language == "zh" else f"{title.upper()}\n"


def _id(encounter: Encounter, key: str) -> str:
    return f"{encounter.id}-{key}"


def _place(encounter: Encounter, spot: Spot, starts: Starts) -> Place:
    key, code, phrase = spot
    text = encounter.draft(key).section(code).text
    if text.count(phrase) != 1:
        raise ValueError(f"{phrase!r} is not once in {key}/{code}")
    start = starts[key, code] + text.index(phrase)
    return Place(_id(encounter, key), start, start + len(phrase), phrase)


def _defect(encounter: Encounter, plan: Plan, starts: Starts) -> Defect:
    return Defect(
        kind=plan.kind,
        document_id=_id(encounter, plan.document) if plan.document else None,
        place=_place(encounter, plan.spot, starts) if plan.spot else None,
        also=tuple(_place(encounter, spot, starts) for spot in plan.also),
        about=plan.about,
        rank=RANKS[plan.kind],
    )
