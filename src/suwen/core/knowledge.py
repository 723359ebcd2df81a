"""What the hospital's library is made of: collections, documents, passages, editions, readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from suwen.core.identity import PrincipalId, Role
from suwen.core.language import Bilingual, Language

DEFAULT_SENSITIVITY = 2
"""Sensitivity of a document that says nothing: internal, readable by all staff."""


class TrustLevel(StrEnum):
    """How far the text of a document may be relied on as data."""

    REVIEWED = "reviewed"
    UNREVIEWED = "unreviewed"
    QUARANTINED = "quarantined"


class Currency(StrEnum):
    """Whether a document may be cited as what holds today."""

    CURRENT = "current"
    NOT_YET_EFFECTIVE = "not_yet_effective"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class DocumentState(StrEnum):
    """Whether a document of a collection is in use; only an active one is ever found."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    DELETED = "deleted"


class CollectionKind(StrEnum):
    """What a collection holds: documents of any kind, or past cases shown without identity."""

    DOCUMENTS = "documents"
    CASES = "cases"


class PassageKind(StrEnum):
    """What a passage is in its document."""

    TEXT = "text"
    TABLE = "table"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may read; an empty set restricts nothing.

    Attributes:
        departments: codes of the departments whose people may read.
        roles: roles that may read.
        sensitivity: 1 (public) to 5 (most sensitive); a reader's clearance must reach it.
    """

    departments: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    sensitivity: int = DEFAULT_SENSITIVITY


@dataclass(frozen=True, slots=True)
class ReaderScope:
    """What a reader may see of any collection, decided before anything is ranked.

    Attributes:
        principal: who reads.
        departments: the reader's departments.
        roles: the reader's roles.
        clearance: highest sensitivity that the reader may see, 0 (nothing) to 5.
        all_departments: whether restrictions to departments do not bind this reader.
    """

    principal: PrincipalId
    departments: frozenset[str]
    roles: frozenset[Role]
    clearance: int
    all_departments: bool = False

    def may_read(self, rights: Rights) -> bool:
        """Whether these rights let this reader in."""
        return (
            rights.sensitivity <= self.clearance
            and (not rights.roles or bool(rights.roles & self.roles))
            and (
                not rights.departments
                or self.all_departments
                or bool(rights.departments & self.departments)
            )
        )


@dataclass(frozen=True, slots=True)
class DocumentLife:
    """From when to when a document holds, and who cares for it; absent is not known.

    Attributes:
        grade: grade of evidence or recommendation in the issuer's own words.
        study_type: kind of study, for literature.
        supersedes: id of the document in the same collection that this one replaces.
        next_review: when its owner must look at it again.
    """

    issuer: str | None = None
    grade: str | None = None
    study_type: str | None = None
    issued: date | None = None
    effective: date | None = None
    expires: date | None = None
    supersedes: str | None = None
    owner: str | None = None
    next_review: date | None = None

    def currency(self, on: date, superseded: bool) -> Currency:
        """Whether the document holds on a day."""
        if superseded:
            return Currency.SUPERSEDED
        if self.expires is not None and self.expires <= on:
            return Currency.EXPIRED
        if self.effective is not None and self.effective > on:
            return Currency.NOT_YET_EFFECTIVE
        return Currency.CURRENT


@dataclass(frozen=True, slots=True)
class PageBox:
    """Where a stretch of the text stands on a page image.

    Attributes:
        start, end: code-point offsets into the document's text, end exclusive.
        page: number of the page, from 1.
        left, top, right, bottom: share of the page's width and height, 0 to 1, from top left.
    """

    start: int
    end: int
    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PassageSpan:
    """A stretch of a document's text that is found and cited as one.

    Attributes:
        ordinal: its place in the document, from 0.
        start, end: code-point offsets into the document's text, end exclusive; the passage's
            text is exactly that slice.
        section: headings above it, outermost first.
        table_header: header row of the table that it is a row group of; indexed, never quoted.
        page: page on which it starts, from 1; absent where the document has no pages.
    """

    ordinal: int
    start: int
    end: int
    kind: PassageKind = PassageKind.TEXT
    section: tuple[str, ...] = ()
    table_header: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class TrustFinding:
    """Something in a document that tries to hide or to command; no passage text in it.

    Attributes:
        rule: stable id, for example ``white_on_white``.
        start, end: where in the stored text, where it is in there at all.
    """

    rule: str
    message: Bilingual
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class IngestedDocument:
    """A document as it was read: text, passages, and what its reader noticed.

    Attributes:
        id: name within the collection, never invented for a line that carries one.
        text: with line ends as LF; every offset counts its code points.
        original: the file as given, kept where pages are shown from it (PDF, images).
        media_type: of ``original``.
        boxes: where stretches of text stand on pages; empty where there are no pages.
        trust_findings: any makes the document wait in quarantine for a person.
    """

    id: str
    title: str
    text: str = field(repr=False)
    language: Language
    passages: tuple[PassageSpan, ...] = field(repr=False)
    rights: Rights = Rights()
    life: DocumentLife = DocumentLife()
    source: str | None = None
    original: bytes | None = field(default=None, repr=False)
    media_type: str | None = None
    boxes: tuple[PageBox, ...] = field(default=(), repr=False)
    trust_findings: tuple[TrustFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as it leaves the library, after the rights were checked again.

    Attributes:
        id: ``collection/document#ordinal``.
        text: exactly ``document text[start:end]``.
        score: fused score, higher is better; comparable within one query only.
        confidence: calibrated probability, 0 to 1, that the passage answers the query; absent
            where no calibration applies.
        legs: rank from 1 in each leg that found it (``lexical``, ``dense``, ``verbatim``).
        version: of the document that the text was taken from; absent where it is not known.
    """

    id: str
    collection: str
    edition: str
    document_id: str
    title: str
    text: str = field(repr=False)
    start: int
    end: int
    score: float
    confidence: float | None
    legs: Mapping[str, int]
    trust: TrustLevel
    currency: Currency
    life: DocumentLife
    section: tuple[str, ...] = ()
    page: int | None = None
    kind: PassageKind = PassageKind.TEXT
    version: int | None = None


def passage_id(collection: str, document: str, ordinal: int) -> str:
    """The name of a passage: ``collection/document#ordinal``."""
    return f"{collection}/{document}#{ordinal}"


def parse_passage_id(name: str) -> tuple[str, str, int] | None:
    """Collection, document and ordinal of a passage's name; ``None`` when it is not one.

    A document's own id may hold ``/`` and ``#``; a collection's may not, and the last part is a
    number.
    """
    collection, slash, rest = name.partition("/")
    document, mark, ordinal = rest.rpartition("#")
    # Only the digits of ``passage_id``: int() would take other scripts' and leading zeros too.
    plain = ordinal.isascii() and ordinal.isdigit() and str(int(ordinal[:10])) == ordinal
    if not (slash and mark and collection and document and plain):
        return None
    return collection, document, int(ordinal)


@dataclass(frozen=True, slots=True)
class Search:
    """One search in one edition; the scope is applied before anything is ranked."""

    collection: str
    query: str = field(repr=False)
    limit: int
    scope: ReaderScope
    on: date


@dataclass(frozen=True, slots=True)
class SearchTiming:
    """Milliseconds that a search took."""

    embed_ms: float
    search_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a search found, best first.

    Attributes:
        confidence: calibrated probability, 0 to 1, that the passages answer the query; this is
            what an application abstains by, never by a raw score.
        expanded: words that were added to the query, for the test bench.
    """

    passages: tuple[Passage, ...]
    confidence: float
    timing: SearchTiming
    expanded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditionInfo:
    """An edition of a collection: immutable, named by the hash of its manifest.

    Attributes:
        number: counts the collection's editions from 1.
        vectors: how many of its passages have a vector; all of them in a complete edition.
        embedding: key of the embedding model, absent in a lexical edition.
    """

    collection: str
    hash: str
    number: int
    built_at: datetime
    built_by: PrincipalId
    documents: int
    passages: int
    vectors: int
    embedding: str | None
    previous: str | None


class Embedder(Protocol):
    """Turns texts into vectors; plain and slow, called from a thread."""

    @property
    def key(self) -> str:
        """Name and content hash of the model: vectors of different keys never mix."""

    @property
    def dimensions(self) -> int:
        """Length of each vector."""

    def embed_passages(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector of unit length, float32, for each text.

        Raises:
            InferenceError: when the engine does not answer.
        """

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question, unit length, float32."""


class Reranker(Protocol):
    """Orders candidates anew by reading query and passage together."""

    def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """One score for each text, higher is better.

        Raises:
            InferenceError: when the engine does not answer; the fused order then stands.
        """


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of text on a page image; the box as shares of the page, 0 to 1."""

    text: str = field(repr=False)
    left: float
    top: float
    right: float
    bottom: float
    confidence: float


class PageReader(Protocol):
    """Reads the text of a page image (OCR)."""

    def read_page(self, image: bytes) -> Sequence[ReadLine]:
        """Lines in reading order, after the page was turned upright.

        Args:
            image: PNG, JPEG or TIFF.

        Raises:
            KnowledgeError: ``unreadable_image``.
        """
