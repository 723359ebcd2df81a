"""Documents as an edition carries them, and the one line of JSON that each of them is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson

from suwen.core.identity import Role
from suwen.core.knowledge import (
    DocumentLife,
    IngestedDocument,
    PageBox,
    PassageKind,
    PassageSpan,
    Rights,
    TrustLevel,
)
from suwen.core.language import Language

_DATES = ("issued", "effective", "expires", "next_review")
_WORDS = ("issuer", "grade", "study_type", "supersedes", "owner")


@dataclass(frozen=True, slots=True)
class EditionDocument:
    """A document of an edition, with all that another site needs to take it over.

    Attributes:
        document: as it was read; without ``original`` and without findings, which a person has
            settled before it came here.
        version: counts the contents that it had, from 1.
        original: SHA-256 of the file as given; absent where none is kept.
    """

    document: IngestedDocument = field(repr=False)
    version: int
    trust: TrustLevel
    original: str | None = None

    @property
    def id(self) -> str:
        """Name within the collection."""
        return self.document.id


def indexed_text(title: str, span: PassageSpan, said: str) -> str:
    """What of a passage is looked up and embedded: its words under its headings.

    Args:
        said: the passage's own text.
    """
    above = " › ".join([title, *(part for part in span.section if part != title)])
    return "\n".join(filter(None, [above, span.table_header, said]))


def indexed_hash(text: str) -> bytes:
    """SHA-256 of an indexed text, 32 bytes: by it vectors are kept from edition to edition."""
    return hashlib.sha256(text.encode()).digest()


def write_line(document: EditionDocument) -> bytes:
    """One document as a line of JSON, without its text."""
    content = document.document
    return orjson.dumps(
        {
            "id": content.id,
            "version": document.version,
            "title": content.title,
            "language": content.language.value,
            "trust": document.trust.value,
            "source": content.source,
            "media_type": content.media_type,
            "original": document.original,
            "rights": _rights(content.rights),
            "life": _life(content.life),
            "passages": [_span(span) for span in content.passages],
            "boxes": [_box(box) for box in content.boxes],
        },
        option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE,
    )


def read_line(line: bytes, text: str) -> EditionDocument:
    """The document of a line that ``write_line`` wrote.

    Raises:
        KeyError, ValueError, TypeError: when it is not such a line.
    """
    raw = orjson.loads(line)
    rights, life = raw["rights"], raw["life"]
    return EditionDocument(
        document=IngestedDocument(
            id=raw["id"],
            title=raw["title"],
            text=text,
            language=Language(raw["language"]),
            passages=tuple(_read_span(row) for row in raw["passages"]),
            rights=Rights(
                frozenset(rights["departments"]),
                frozenset(Role(role) for role in rights["roles"]),
                rights["sensitivity"],
            ),
            life=_read_life(life),
            source=raw["source"],
            media_type=raw["media_type"],
            boxes=tuple(PageBox(*row) for row in raw["boxes"]),
        ),
        version=raw["version"],
        trust=TrustLevel(raw["trust"]),
        original=raw["original"],
    )


def without_original(document: IngestedDocument) -> IngestedDocument:
    """The document as an edition holds it."""
    return replace(document, original=None, trust_findings=())


def _rights(rights: Rights) -> dict[str, Any]:
    return {
        "departments": sorted(rights.departments),
        "roles": sorted(role.value for role in rights.roles),
        "sensitivity": rights.sensitivity,
    }


def _life(life: DocumentLife) -> dict[str, Any]:
    return {name: getattr(life, name) for name in (*_WORDS, *_DATES)}


def _read_life(raw: Mapping[str, Any]) -> DocumentLife:
    days: dict[str, Any] = {
        name: date.fromisoformat(raw[name]) if raw[name] else None for name in _DATES
    }
    return DocumentLife(**{name: raw[name] for name in _WORDS}, **days)


def _span(span: PassageSpan) -> list[Any]:
    return [
        span.ordinal,
        span.start,
        span.end,
        span.kind.value,
        list(span.section),
        span.table_header,
        span.page,
    ]


def _read_span(row: list[Any]) -> PassageSpan:
    ordinal, start, end, kind, section, header, page = row
    return PassageSpan(ordinal, start, end, PassageKind(kind), tuple(section), header, page)


def _box(box: PageBox) -> list[Any]:
    return [box.start, box.end, box.page, box.left, box.top, box.right, box.bottom]
