"""What the library is built from, and who may do what in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from suwen.control.access.decision import AccessDecider, Action, InstallationTarget
from suwen.control.access.reader import reader_scope
from suwen.core.identity import Principal, Role
from suwen.core.knowledge import Embedder, ReaderScope, Reranker
from suwen.core.ports import AuditSink, Clock
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_types import Collection, DocumentSummary

if TYPE_CHECKING:
    from suwen.control.audit import KeyFileSigner
    from suwen.storage.settings import SettingStore


@dataclass(frozen=True)
class Engines:
    """The engines that read texts by meaning; each may be asked from a thread only.

    Attributes:
        embedder: absent where the site has none, and then words alone are searched.
        reranker: absent where the hospital runs none.
    """

    embedder: Callable[[], Awaitable[Embedder | None]]
    reranker: Callable[[], Awaitable[Reranker | None]]


@dataclass(frozen=True)
class LibraryParts:
    """Everything that the library needs of the platform.

    Attributes:
        folder: where editions stand on disk.
        today: the wards' day.
        departments: code of each known department, by its code and its names.
        edition_changed: told after another edition of a collection came into use.
        note_erasures: has what was erased written beside the backups.
    """

    store: KnowledgeStore
    access: AccessDecider
    audit: AuditSink
    clock: Clock
    signer: KeyFileSigner
    site: SettingStore
    engines: Engines
    folder: Path
    today: Callable[[], date]
    departments: Callable[[], Awaitable[Mapping[str, str]]]
    edition_changed: Callable[[], Awaitable[None]]
    note_erasures: Callable[[], Awaitable[None]]

    def require_reading(self, principal: Principal) -> ReaderScope:
        """What the principal may see.

        Raises:
            AccessError: for a service that has no business here.
        """
        self.access.require(principal, Action.READ_LIBRARY, InstallationTarget())
        return reader_scope(principal)

    def require_keeping(self, principal: Principal) -> None:
        """Lets those pass who keep the library.

        Raises:
            AccessError: ``not_permitted``, ``offices_are_kept_apart``.
        """
        self.access.require(principal, Action.MANAGE_LIBRARY, InstallationTarget())

    def keeps(self, principal: Principal) -> bool:
        """Whether the principal keeps the library."""
        target = InstallationTarget()
        return self.access.decide(principal, Action.MANAGE_LIBRARY, target).allowed

    def keeping_scope(self, principal: Principal) -> ReaderScope | None:
        """Whose documents a keeper handles: what they may read; ``None`` is all of them.

        The system administrator and the command line handle every document by its name, without
        reading what they are not cleared for.
        """
        runs_the_machine = principal.batch or Role.SYSTEM_ADMINISTRATOR in principal.roles
        return None if runs_the_machine else reader_scope(principal)

    async def kept_collection(self, principal: Principal, collection: str) -> Collection:
        """A collection that a keeper handles.

        Raises:
            NotFoundError: ``collection_not_found``, also for one that this keeper may not see.
        """
        return await self.store.collection(collection, self.keeping_scope(principal))


def may_read(scope: ReaderScope, collection: Collection, document: DocumentSummary) -> bool:
    """Whether a reader may see what a document says."""
    return scope.may_read(collection.rights) and scope.may_read(document.rights)


def withheld(document: DocumentSummary) -> DocumentSummary:
    """A document as somebody handles it who may not know what it says."""
    return replace(document, title="", source=None, findings=())


def collection_name(collection: str) -> str:
    """A collection as the audit names it."""
    return f"Collection/{_printable(collection[:80])}"


def document_name(collection: str, document: str) -> str:
    """A document as the audit names it."""
    return f"Document/{_printable(collection[:80])}/{_printable(document[:300])}"


def _printable(name: str) -> str:
    # Somebody's own wording of a name may hold what the audit's database cannot.
    return "".join(one if one.isprintable() else "�" for one in name)
