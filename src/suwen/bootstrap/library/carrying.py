"""Editions carried from site to site: written as one signed file, and taken in from one."""

from __future__ import annotations

import asyncio
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.library.editions import Editions
from suwen.bootstrap.library.parts import LibraryParts, collection_name
from suwen.control.audit.signing import key_id_of
from suwen.core.errors import ConflictError, InputError, KnowledgeError
from suwen.core.identity import Principal
from suwen.core.knowledge import EditionInfo
from suwen.core.language import Bilingual
from suwen.knowledge.edition import (
    CarriedEdition,
    Edition,
    EditionShelf,
    Verifier,
    carried_collection,
    export_edition,
    install_edition,
    key_verifier,
)
from suwen.knowledge.edition.refusals import not_an_edition_file
from suwen.storage.knowledge_checks import is_collection_id
from suwen.storage.knowledge_types import (
    EditionOrigin,
    EditionRecord,
    EditionState,
    InstalledDocument,
    NewCollection,
)

TRUSTED = "library.trusted_keys"
"""Setting with the public keys of the sites whose editions are taken in."""

_KEY_BYTES = 32
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Exported:
    """An edition that was written to a file.

    Attributes:
        key_id: of the key that signed it.
        public_key: that the other site must know, base64.
    """

    info: EditionInfo
    key_id: str
    public_key: str


class Carrying:
    """Takes editions out of this site and into it; every act is decided and audited."""

    def __init__(self, parts: LibraryParts, shelf: EditionShelf, editions: Editions) -> None:
        self._parts = parts
        self._shelf = shelf
        self._editions = editions

    def own_key(self) -> tuple[str, str]:
        """Id and public key (base64) by which this site signs; another site asks for it."""
        key_id = self._parts.signer.key_id
        return key_id, b64encode(self._parts.signer.public_keys()[key_id]).decode()

    async def export(
        self, collection: str, target: Path, principal: Principal, edition: str | None = None
    ) -> Exported:
        """Writes an edition (the one in use) as one signed file; it appears when it is whole.

        It holds every document of the edition, whatever its rights: they travel with it.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``, ``edition_not_found``.
            InputError: ``edition_file_exists``.
            KnowledgeError: when the edition's files cannot be used.
            OSError: when the file cannot be written.
        """
        act = act_of(principal, "library.export", subject=collection_name(collection))
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            await self._parts.kept_collection(principal, collection)
            record = await self._editions.resolve(collection, edition)
            said["edition"] = record.info.hash
            if await asyncio.to_thread(target.exists):
                raise InputError(
                    "edition_file_exists",
                    Bilingual(
                        zh="目标文件已存在，不会覆盖。请换一个文件名。",
                        en="The target file exists and is not overwritten. Take another name.",
                    ),
                    field="file",
                )
            opened = await asyncio.to_thread(self._shelf.open, collection, record.info.hash)
            originals = await self._originals(opened)
            await asyncio.to_thread(
                export_edition,
                opened,
                target,
                self._parts.signer,
                self._parts.clock.now(),
                originals,
            )
            key_id, public_key = self.own_key()
            said["key"] = key_id
        return Exported(record.info, key_id, public_key)

    async def install(
        self, source: Path, principal: Principal, public_key: str | None = None
    ) -> CarriedEdition:
        """Takes an edition in from a file, with its documents, and lets searches use it.

        The collection then holds exactly what the edition holds; what somebody here deleted or
        restricted stays so as long as its wording stays.

        Args:
            public_key: base64, of the site that it comes from; needed once for each site, and
                trusted from then on.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``public_key_malformed``.
            ConflictError: ``collection_kept_here`` when the collection has documents that did not
                come with an edition; ``edition_being_built``.
            KnowledgeError: ``not_an_edition_file``, ``edition_unsigned``, ``edition_damaged``,
                ``edition_format_unknown``; nothing is installed then.
        """
        act = act_of(principal, "library.install")
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            keys = await self._trusted()
            if public_key is not None:
                raw = _public_key(public_key)
                keys[key_id_of(raw)] = raw
                said["trusted"] = key_id_of(raw)
            collection = await asyncio.to_thread(carried_collection, source)
            if not is_collection_id(collection):
                raise not_an_edition_file()
            said["collection"] = collection[:80]
            await self._require_installable(collection)
            async with self._parts.store.editions.building(collection):
                carried, originals = await self._unpack(source, collection, self._verifier(keys))
                with originals:
                    await self._take_over(carried, Path(originals.name), principal)
            if public_key is not None:
                await self._trust(keys)
            said["edition"] = carried.info.hash
            await self._parts.edition_changed()
        return carried

    async def _unpack(
        self, source: Path, collection: str, verify: Verifier
    ) -> tuple[CarriedEdition, tempfile.TemporaryDirectory[str]]:
        folder = self._shelf.folder(collection)
        originals = tempfile.TemporaryDirectory(prefix="suwen-originals-")
        try:
            carried = await asyncio.to_thread(
                install_edition,
                source,
                folder,
                verify,
                self._parts.signer,
                partial(_keep, Path(originals.name)),
            )
        except BaseException:
            originals.cleanup()
            raise
        return carried, originals

    async def _take_over(
        self, carried: CarriedEdition, originals: Path, principal: Principal
    ) -> None:
        """Makes the collection hold what the edition holds, in one transaction."""
        parts, info = self._parts, carried.info
        try:
            await parts.store.erasing.require_whole(info.collection, info.hash)
        except KnowledgeError:
            await asyncio.to_thread(self._shelf.remove, info.collection, info.hash)
            raise
        edition = await asyncio.to_thread(self._shelf.open, info.collection, info.hash)
        facts, now = edition.facts, parts.clock.now()
        record = EditionRecord(
            info, EditionState.READY, EditionOrigin.INSTALLED, 0, carried.signed_by[0], now
        )
        wanted = NewCollection(facts.id, facts.title, facts.kind, None, facts.rights)
        await parts.store.create_collection(wanted, principal.id, now)
        await parts.store.install(record, partial(_batches, edition, originals), principal.id)

    async def _require_installable(self, collection: str) -> None:
        known = {one.id for one in await self._parts.store.collections()}
        if collection not in known:
            return
        listed = await self._parts.store.editions.list(collection)
        came_with_one = any(one.origin is EditionOrigin.INSTALLED for one in listed)
        if came_with_one or not (await self._parts.store.rights_table(collection)).rows:
            return
        raise ConflictError(
            "collection_kept_here",
            Bilingual(
                zh="本院已有同名知识库，其文档由本院维护，不能被外来版本取代。",
                en="This site keeps a collection of this name itself; an edition from elsewhere "
                "cannot replace it.",
            ),
            field="collection",
        )

    def _verifier(self, keys: dict[str, bytes]) -> Verifier:
        foreign, own = key_verifier(keys), self._parts.signer.verify

        def verify(payload: bytes, signature: bytes, key_id: str) -> bool:
            return own(payload, signature, key_id) or foreign(payload, signature, key_id)

        return verify

    async def _trusted(self) -> dict[str, bytes]:
        kept: dict[str, str] = await self._parts.site.get(TRUSTED) or {}
        return {key_id: b64decode(raw) for key_id, raw in kept.items()}

    async def _trust(self, keys: dict[str, bytes]) -> None:
        kept = {key_id: b64encode(raw).decode() for key_id, raw in sorted(keys.items())}
        await self._parts.site.put(TRUSTED, kept)

    async def _originals(self, edition: Edition) -> dict[str, Callable[[], bytes]]:
        """The files as they were imported, of which the database still has the bytes."""
        wanted = await asyncio.to_thread(
            lambda: sorted({one.original for one in edition.documents() if one.original})
        )
        loop = asyncio.get_running_loop()

        def read(name: str) -> bytes:
            # Called from the thread that writes the file, one at a time: never all in memory.
            asked = asyncio.run_coroutine_threadsafe(self._parts.store.blob(name), loop)
            return asked.result() or b""

        there = await self._parts.store.blobs_there(wanted)
        return {name: partial(read, name) for name in wanted if name in there}


def _keep(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)


def _batches(edition: Edition, originals: Path) -> Iterator[list[InstalledDocument]]:
    batch: list[InstalledDocument] = []
    for one in edition.documents():
        file = originals / (one.original or "")
        content = file.read_bytes() if one.original and file.is_file() else None
        document = replace(one.document, original=content)
        batch.append(InstalledDocument(document, one.version, one.trust))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _public_key(text: str) -> bytes:
    try:
        raw = b64decode(text.strip(), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise InputError(
            "public_key_malformed",
            Bilingual(
                zh="公钥须为 44 个字符的 Base64，由对方的 suwen knowledge key 显示。",
                en="A public key is 44 characters of Base64, as the other site's "
                "suwen knowledge key shows it.",
            ),
            field="key",
        )
    return raw
