"""The JSON form of a passage (contracts.md), and back; and of an edition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from suwen.core.knowledge import (
    Currency,
    DocumentLife,
    EditionInfo,
    Passage,
    PassageKind,
    TrustLevel,
)


def passage_as_json(passage: Passage) -> dict[str, Any]:
    """A passage as it leaves through the API; what is not known is ``None``."""
    life = passage.life
    return {
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "collection": passage.collection,
        "edition": passage.edition,
        "title": passage.title,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": passage.score,
        "confidence": passage.confidence,
        "legs": dict(passage.legs),
        "kind": passage.kind.value,
        "section": list(passage.section),
        "page": passage.page,
        "trust": passage.trust.value,
        "currency": passage.currency.value,
        "issuer": life.issuer,
        "grade": life.grade,
        "study_type": life.study_type,
        "issued": _day(life.issued),
        "effective": _day(life.effective),
        "expires": _day(life.expires),
        "supersedes": life.supersedes,
    }


def passage_from_json(data: Mapping[str, Any]) -> Passage:
    """The passage of ``passage_as_json``."""
    return Passage(
        id=data["passage_id"],
        collection=data["collection"],
        edition=data["edition"],
        document_id=data["document_id"],
        title=data["title"],
        text=data["text"],
        start=data["start"],
        end=data["end"],
        score=data["score"],
        confidence=data["confidence"],
        legs=data["legs"],
        trust=TrustLevel(data["trust"]),
        currency=Currency(data["currency"]),
        life=DocumentLife(
            issuer=data["issuer"],
            grade=data["grade"],
            study_type=data["study_type"],
            issued=_as_day(data["issued"]),
            effective=_as_day(data["effective"]),
            expires=_as_day(data["expires"]),
            supersedes=data["supersedes"],
        ),
        section=tuple(data["section"]),
        page=data["page"],
        kind=PassageKind(data["kind"]),
    )


def edition_as_json(info: EditionInfo) -> dict[str, Any]:
    """An edition as a job, a command and the API tell it."""
    return {
        "collection": info.collection,
        "edition": info.hash,
        "number": info.number,
        "built_at": info.built_at.isoformat(),
        "built_by": info.built_by,
        "documents": info.documents,
        "passages": info.passages,
        "vectors": info.vectors,
        "embedding": info.embedding,
        "previous": info.previous,
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _as_day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value is not None else None
