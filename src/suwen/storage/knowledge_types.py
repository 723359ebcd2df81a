"""What the library's tables hold, as the rest of the platform sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from suwen.core.identity import PrincipalId
from suwen.core.knowledge import (
    CollectionKind,
    Currency,
    DocumentLife,
    DocumentState,
    EditionInfo,
    IngestedDocument,
    PageBox,
    PassageSpan,
    ReaderScope,
    Rights,
    TrustFinding,
    TrustLevel,
)
from suwen.core.language import Bilingual, Language


@dataclass(frozen=True, slots=True)
class NewCollection:
    """A collection on its way into the store.

    Attributes:
        id: slug of letters a to z, digits, ``_`` and ``-``, 1 to 60 characters.
        owner: who answers for it; absent where nobody was named.
        rights: bind every document of it, besides the document's own.
    """

    id: str
    title: Bilingual
    kind: CollectionKind = CollectionKind.DOCUMENTS
    owner: str | None = None
    rights: Rights = field(default_factory=Rights)


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as it stands.

    Attributes:
        change: counts every change of its documents or rights, from 0.
        current_edition: hash of the edition that searches use; absent before the first build.
    """

    id: str
    title: Bilingual
    kind: CollectionKind
    owner: str | None
    rights: Rights
    change: int
    current_edition: str | None
    created_at: datetime
    created_by: PrincipalId


@dataclass(frozen=True, slots=True)
class RefusedDocument:
    """A document of an import that cannot be stored; no text of it in the message."""

    id: str
    code: str
    message: Bilingual


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did to a collection.

    Attributes:
        new: documents that were not there.
        changed: documents of which text, rights or life became another.
        unchanged: documents that were there exactly so.
        quarantined: of the new and changed ones, those that wait for a person.
        withheld: documents that somebody had deleted or rejected, and that come again unchanged:
            they stay so.
        refused: documents that cannot be stored.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    withheld: int = 0
    refused: tuple[RefusedDocument, ...] = ()

    def __add__(self, other: ImportCounts) -> ImportCounts:
        return ImportCounts(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.quarantined + other.quarantined,
            self.withheld + other.withheld,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class InstalledDocument:
    """A document that comes with an edition from elsewhere.

    Attributes:
        version: by which the edition names its content.
    """

    document: IngestedDocument = field(repr=False)
    version: int
    trust: TrustLevel


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document without its text.

    Attributes:
        version: counts the contents that it had, from 1; rights and life do not count.
        text_hash: SHA-256 of the text, hexadecimal.
        superseded_from: the day from which another document stands in its place; absent when
            none does.
        state_reason: why it waits or was deleted, as a code; absent for an active one.
        original: SHA-256 of the file as given; absent where none is kept.
        near_duplicate_of: id of a document of this collection that says nearly the same.
    """

    collection: str
    id: str
    version: int
    title: str
    language: Language
    text_hash: str
    passages: int
    rights: Rights
    life: DocumentLife
    superseded_from: date | None
    trust: TrustLevel
    state: DocumentState
    state_reason: str | None
    findings: tuple[TrustFinding, ...]
    source: str | None
    media_type: str | None
    original: str | None
    near_duplicate_of: str | None
    imported_at: datetime
    imported_by: PrincipalId
    changed_at: datetime
    changed_by: PrincipalId
    reviewed_at: datetime | None
    reviewed_by: PrincipalId | None

    def currency(self, on: date) -> Currency:
        """Whether it holds on a day."""
        return self.life.currency(on, _superseded(self.superseded_from, on))


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of a stored document and the SHA-256 of its text."""

    span: PassageSpan
    text_hash: str


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with everything that is kept of it."""

    summary: DocumentSummary
    text: str = field(repr=False)
    passages: tuple[StoredPassage, ...] = field(repr=False)
    boxes: tuple[PageBox, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """A content that a document had before the present one."""

    version: int
    title: str
    language: Language
    text: str = field(repr=False)
    text_hash: str
    source: str | None
    media_type: str | None
    original: str | None
    boxes: tuple[PageBox, ...] = field(repr=False)
    imported_at: datetime
    imported_by: PrincipalId
    replaced_at: datetime
    replaced_by: PrincipalId


class DocumentOrder(StrEnum):
    """How a list of documents is ordered."""

    ID = "id"
    CHANGED = "changed"
    NEXT_REVIEW = "next_review"


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents of a collection are wanted; what is absent does not narrow.

    Attributes:
        scope: only what this reader may see; absent only for the platform's own work.
        text: part of the title or id, in any case.
        near_duplicates: only those that say nearly what another does.
    """

    scope: ReaderScope | None = None
    states: frozenset[DocumentState] = frozenset()
    trust: TrustLevel | None = None
    text: str | None = None
    owner: str | None = None
    supersedes: str | None = None
    near_duplicates: bool = False
    order: DocumentOrder = DocumentOrder.ID


@dataclass(frozen=True, slots=True)
class RightsRow:
    """What decides, now, whether passages of a document may be found and how they are shown.

    Attributes:
        version: content that passages must be of; one of another version is never shown.
        superseded_from: as in ``DocumentSummary``.
    """

    document: str
    version: int
    rights: Rights
    life: DocumentLife
    superseded_from: date | None
    trust: TrustLevel
    state: DocumentState

    @property
    def is_active(self) -> bool:
        """Whether its passages may be found at all."""
        return self.state is DocumentState.ACTIVE

    def currency(self, on: date) -> Currency:
        """Whether the document holds on a day."""
        return self.life.currency(on, _superseded(self.superseded_from, on))


@dataclass(frozen=True, slots=True)
class RightsTable:
    """The rights of a whole collection at one moment; equal rights are one object.

    Attributes:
        change: state of the collection that this is.
        collection: rights that bind every document besides its own.
        rows: by document id.
    """

    change: int
    collection: Rights
    rows: Mapping[str, RightsRow] = field(repr=False)

    def may_find(self, scope: ReaderScope, document: str, version: int) -> bool:
        """Whether a passage of this version of a document may be found by this reader."""
        row = self.rows.get(document)
        return (
            row is not None
            and row.is_active
            and row.version == version
            and scope.may_read(self.collection)
            and scope.may_read(row.rights)
        )


@dataclass(frozen=True, slots=True)
class PassageKey:
    """A passage as an edition knows it: of which version of which document."""

    document: str
    version: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class CheckedPassage:
    """A passage that the database just gave to a reader: the text is the present document's."""

    key: PassageKey
    title: str
    text: str = field(repr=False)
    span: PassageSpan
    row: RightsRow


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What a re-check let through, and the state of the collection it saw."""

    change: int
    passages: Mapping[PassageKey, CheckedPassage] = field(repr=False)


class EditionState(StrEnum):
    """Whether an edition can be searched."""

    BUILDING = "building"
    READY = "ready"
    RETIRED = "retired"
    ERASED = "erased"


class EditionOrigin(StrEnum):
    """Where an edition was made."""

    BUILT = "built"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """An edition as the database knows it; its files are on disk.

    Attributes:
        change: state of the collection that it was made from.
        key_id: which key signed it.
        added_at: when this installation got it.
    """

    info: EditionInfo
    state: EditionState
    origin: EditionOrigin
    change: int
    key_id: str
    added_at: datetime


class DueReason(StrEnum):
    """Why an owner must look at a document."""

    REVIEW = "review"
    EXPIRES = "expires"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Due:
    """A document that its owner must look at, and the day by which."""

    document: DocumentSummary
    reason: DueReason
    day: date


def _superseded(since: date | None, on: date) -> bool:
    return since is not None and since <= on
