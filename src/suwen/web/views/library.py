"""The curators' screens: collections, their documents, what waits, what is due, editions."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from suwen.core.identity import Role
from suwen.core.knowledge import Rights, TrustFinding
from suwen.storage.knowledge_types import (
    Collection,
    DocumentSummary,
    DocumentVersion,
    Due,
    EditionRecord,
    StoredDocument,
)
from suwen.web.texts import Texts
from suwen.web.views.passages import (
    Part,
    Standing,
    document_address,
    marked_parts,
    standing_of,
)

TABS = ("documents", "quarantine", "import", "editions", "bench", "settings")
"""Pages of one collection, in the order of their tabs."""

AROUND = 120
"""Characters shown on either side of what was found in a quarantined text."""


@dataclass(frozen=True, slots=True)
class RightsView:
    """Who may read, in words; ``everyone`` where neither department nor role is named."""

    departments: tuple[str, ...]
    roles: tuple[str, ...]
    sensitivity: int

    @property
    def everyone(self) -> bool:
        """Whether only the sensitivity restricts."""
        return not self.departments and not self.roles


@dataclass(frozen=True, slots=True)
class CollectionHead:
    """What stands above every page of a collection.

    Attributes:
        behind: documents or rights changed since the current edition was made.
    """

    id: str
    title: str
    kind: str
    owner: str
    rights: RightsView
    edition: EditionRecord | None
    behind: bool
    documents: int
    quarantined: int
    due: int


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A line of the list of documents."""

    collection: str
    id: str
    title: str
    version: int
    standing: Standing
    state: str
    next_review: str
    review_due: bool
    owner: str
    rights: RightsView
    near_duplicate_of: str
    address: str
    manage: str

    @property
    def near_duplicate_manage(self) -> str:
        """Where the document is managed that says nearly the same."""
        return manage_address(self.collection, self.near_duplicate_of)

    def act(self, name: str) -> str:
        """Where a decision on the document is sent."""
        return document_address(self.collection, self.id, name)


@dataclass(frozen=True, slots=True)
class DueRow:
    """A document that its owner must look at."""

    title: str
    reason: str
    day: str
    owner: str
    manage: str


@dataclass(frozen=True, slots=True)
class FoundThing:
    """Something in a document that tries to hide or to command, with the text around it.

    Attributes:
        parts: the place in the text, invisible characters written out; empty where what was
            found is not part of the text.
    """

    rule: str
    message: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class QuarantinedDocument:
    """A document that waits for a person, and why.

    Attributes:
        version: the content that was shown and that is decided on.
        readable: whether this person may read it, and so release it.
    """

    id: str
    version: int
    title: str
    source: str
    reason: str
    findings: tuple[FoundThing, ...]
    address: str
    readable: bool = True


def rights_view(rights: Rights) -> RightsView:
    """Rights for the screen."""
    return RightsView(
        departments=tuple(sorted(rights.departments)),
        roles=tuple(sorted(role.value for role in rights.roles)),
        sensitivity=rights.sensitivity,
    )


def collection_head(
    collection: Collection,
    edition: EditionRecord | None,
    texts: Texts,
    *,
    documents: int,
    quarantined: int,
    due: int,
) -> CollectionHead:
    """What stands above every page of a collection."""
    return CollectionHead(
        id=collection.id,
        title=texts.of(collection.title),
        kind=collection.kind.value,
        owner=collection.owner or "",
        rights=rights_view(collection.rights),
        edition=edition,
        behind=edition is not None and edition.change < collection.change,
        documents=documents,
        quarantined=quarantined,
        due=due,
    )


def document_row(summary: DocumentSummary, on: date) -> DocumentRow:
    """A line of the list of documents."""
    review = summary.life.next_review
    return DocumentRow(
        collection=summary.collection,
        id=summary.id,
        title=summary.title,
        version=summary.version,
        standing=standing_of(summary.life, summary.currency(on), summary.trust),
        state=summary.state.value,
        next_review=review.isoformat() if review else "",
        review_due=review is not None and review <= on,
        owner=summary.life.owner or "",
        rights=rights_view(summary.rights),
        near_duplicate_of=summary.near_duplicate_of or "",
        address=document_address(summary.collection, summary.id),
        manage=manage_address(summary.collection, summary.id),
    )


def due_row(due: Due) -> DueRow:
    """A line of what is due."""
    summary = due.document
    return DueRow(
        title=summary.title,
        reason=due.reason.value,
        day=due.day.isoformat(),
        owner=summary.life.owner or "",
        manage=manage_address(summary.collection, summary.id),
    )


def manage_address(collection: str, document: str) -> str:
    """Where a curator changes a document."""
    return document_address(collection, document, "manage")


def quarantined_document(stored: StoredDocument, texts: Texts) -> QuarantinedDocument:
    """A waiting document with what was found in it."""
    summary = stored.summary
    return QuarantinedDocument(
        id=summary.id,
        version=summary.version,
        title=summary.title,
        source=summary.source or "",
        reason=summary.state_reason or "",
        findings=tuple(_found(finding, stored.text, texts) for finding in summary.findings),
        address=document_address(summary.collection, summary.id),
    )


def unread_document(summary: DocumentSummary) -> QuarantinedDocument:
    """A waiting document for somebody who may not read what it says."""
    return QuarantinedDocument(
        id=summary.id,
        version=summary.version,
        title="",
        source="",
        reason=summary.state_reason or "",
        findings=(),
        address="",
        readable=False,
    )


def _found(finding: TrustFinding, text: str, texts: Texts) -> FoundThing:
    parts: tuple[Part, ...] = ()
    if finding.start is not None and finding.end is not None:
        begin = max(0, finding.start - AROUND)
        cut = [(finding.start - begin, finding.end - begin)]
        around = marked_parts(text[begin : finding.end + AROUND], cut)
        parts = tuple(Part(written_out(part.text), part.marked) for part in around)
    return FoundThing(finding.rule, texts.of(finding.message), parts)


def written_out(text: str) -> str:
    """The text with every character that cannot be seen written as its code."""
    return "".join(
        f"‹U+{ord(one):04X}›"
        if unicodedata.category(one) in ("Cf", "Cc", "Co", "Cn") and one not in "\n\t"
        else one
        for one in text
    )


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A content that a document has or had."""

    number: int
    at: datetime
    by: str
    hash: str


def version_rows(
    summary: DocumentSummary, former: Sequence[DocumentVersion]
) -> tuple[VersionRow, ...]:
    """The present content of a document and the former ones, latest first."""
    present = VersionRow(
        summary.version, summary.imported_at, summary.imported_by, summary.text_hash
    )
    return (
        present,
        *(VersionRow(v.version, v.imported_at, v.imported_by, v.text_hash) for v in former),
    )


def role_choices(chosen: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    """Every role of a person, and whether it is chosen."""
    wanted = set(chosen)
    return tuple((r.value, r.value in wanted) for r in Role if r is not Role.SERVICE)


def life_values(summary: DocumentSummary) -> Mapping[str, str]:
    """The life of a document as a form shows it."""
    life = summary.life
    texts = {
        name: getattr(life, name) or ""
        for name in ("issuer", "grade", "study_type", "supersedes", "owner")
    }
    days = {
        name: on.isoformat() if (on := getattr(life, name)) else ""
        for name in ("issued", "effective", "expires", "next_review")
    }
    return {**texts, **days}
