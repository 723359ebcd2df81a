"""A passage of the hospital's library as people see it: what it says, who says it, does it hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, urlencode

from suwen.core.knowledge import Currency, DocumentLife, Passage, TrustLevel
from suwen.web.texts import Texts

STAMP_LENGTH = 12
_HEADING_MARKS = re.compile(r"^#{1,6} +", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text, and whether it is the cited one; ``first`` of all cited ones."""

    text: str
    marked: bool
    first: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Who stands behind a document and whether it holds; an empty text means "not recorded".

    Attributes:
        currency: ``current``, ``not_yet_effective``, ``expired`` or ``superseded``.
        trust: ``reviewed``, ``unreviewed`` or ``quarantined``.
    """

    issuer: str
    grade: str
    study_type: str
    year: str
    issued: str
    effective: str
    expires: str
    currency: str
    trust: str

    @property
    def holds(self) -> bool:
        """Whether it may be cited as what holds today."""
        return self.currency == Currency.CURRENT


@dataclass(frozen=True, slots=True)
class PassageCard:
    """One passage beside an answer.

    Attributes:
        number: its number in the answer, from 1.
        cited: whether a sentence of the answer rests on it.
        changed: what was cited does not stand in it any more.
        address: the document, opened at the cited span.
    """

    number: int
    id: str
    collection: str
    document: str
    title: str
    section: str
    page: int | None
    kind: str
    standing: Standing
    parts: tuple[Part, ...]
    cited: bool
    changed: bool
    address: str


def standing_of(life: DocumentLife, currency: Currency, trust: TrustLevel) -> Standing:
    """The standing of a document for the screen."""
    return Standing(
        issuer=life.issuer or "",
        grade=life.grade or "",
        study_type=life.study_type or "",
        year=str(life.issued.year) if life.issued else "",
        issued=_day(life.issued),
        effective=_day(life.effective),
        expires=_day(life.expires),
        currency=currency.value,
        trust=trust.value,
    )


def passage_card(passage: Passage, number: int, quotes: Sequence[str], texts: Texts) -> PassageCard:
    """The card of a passage; the quotes that stand in it are marked."""
    spans = quoted_spans(passage.text, quotes)
    first = spans[0] if spans else (0, len(passage.text))
    return PassageCard(
        number=number,
        id=passage.id,
        collection=passage.collection,
        document=passage.document_id,
        title=passage.title,
        section=texts("library.path_joint").join(passage.section),
        page=passage.page,
        kind=passage.kind.value,
        standing=standing_of(passage.life, passage.currency, passage.trust),
        parts=tuple(_without_marks(part) for part in marked_parts(passage.text, spans)),
        cited=bool(quotes),
        changed=bool(quotes) and not spans,
        address=span_address(passage, *first),
    )


def _without_marks(part: Part) -> Part:
    """Headings without the marks that Markdown writes before them."""
    return replace(part, text=_HEADING_MARKS.sub("", part.text))


def quoted_spans(text: str, quotes: Iterable[str]) -> list[tuple[int, int]]:
    """Where quotes stand in a text: ascending, without overlap."""
    found = []
    for wanted in quotes:
        at = text.find(wanted) if wanted else -1
        if at >= 0:
            found.append((at, at + len(wanted)))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def marked_parts(text: str, spans: Iterable[tuple[int, int]]) -> tuple[Part, ...]:
    """The text cut at the spans; joined again, the parts are exactly the text."""
    parts, at = [], 0
    for start, end in spans:
        if start > at:
            parts.append(Part(text[at:start], marked=False))
        parts.append(Part(text[start:end], marked=True))
        at = end
    if at < len(text):
        parts.append(Part(text[at:], marked=False))
    return tuple(parts)


def document_address(collection: str, document: str, page: str = "documents") -> str:
    """Where a document is read, or another page or act of it."""
    return f"/library/{collection}/{page}/{quote(document, safe='/')}"


def span_address(passage: Passage, start: int, end: int) -> str:
    """Where a document is read at a span of a passage.

    The address carries a stamp of the wording, so that the page can say when it has changed.
    """
    wanted = {
        "start": passage.start + start,
        "end": passage.start + end,
        "stamp": stamp(passage.text[start:end]),
    }
    return f"{document_address(passage.collection, passage.document_id)}?{urlencode(wanted)}#span"


def stamp(text: str) -> str:
    """A short mark of a wording, by which a change of it is noticed."""
    return hashlib.sha256(text.encode()).hexdigest()[:STAMP_LENGTH]


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""
