"""Hands what is public of the library over to the device partition, as signed files.

The device partition reads no table of the library and is given no way to it: what anybody may
read is laid beside it, one way, whenever it changes.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from pathlib import Path
from typing import Final

from suwen.bootstrap.platform import Platform
from suwen.bootstrap.settings import Settings
from suwen.core.errors import NotFoundError, SuwenError
from suwen.core.manifest import Partition
from suwen.core.public_extract import PUBLIC, PublicExtract, PublicPassage, write_extract
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_types import StoredDocument

LOOKS_EVERY_S: Final = 10.0

log = logging.getLogger(__name__)


def extract_file(settings: Settings, collection: str) -> Path:
    """Where the extract of a collection is; ``settings`` are the site's own."""
    return settings.home / "public" / f"{collection}.json"


async def keep_published(platform: Platform) -> None:
    """Writes the extracts now and whenever a document or a right changed, until cancelled."""
    wanted = sorted(
        {
            name
            for installed in platform.applications.values()
            if installed.manifest.partition is Partition.DEVICE
            for name in installed.manifest.collections
        }
    )
    known: dict[str, tuple[int, str]] = {}
    while True:
        for name in wanted:
            try:
                await _publish_changed(platform, name, known)
            except (SuwenError, OSError) as error:
                log.warning("collection %s was not handed over: %s", name, type(error).__name__)
        await asyncio.sleep(LOOKS_EVERY_S)


async def _publish_changed(
    platform: Platform, name: str, known: dict[str, tuple[int, str]]
) -> None:
    store = platform.library.parts.store
    try:
        collection = await store.collection(name)
    except NotFoundError:
        return
    today = platform.clock.now().astimezone(platform.settings.zone).date()
    state = (collection.change, f"{collection.current_edition} {today}")
    if known.get(name) == state:
        return
    extract = PublicExtract(
        name, collection.current_edition or "", await public_passages(store, name, today)
    )
    content = await asyncio.to_thread(write_extract, extract, platform.signer)
    await asyncio.to_thread(_put, extract_file(platform.settings, name), content)
    known[name] = state


async def public_passages(
    store: KnowledgeStore, collection: str, today: date
) -> tuple[PublicPassage, ...]:
    """Every passage that anybody may read and that holds today."""
    found: list[PublicPassage] = []
    after = ""
    while batch := await store.active_after(collection, after):
        after = batch[-1].summary.id
        for stored in batch:
            if _is_public(stored, today):
                found.extend(_passages(stored))
    return tuple(found)


def _is_public(stored: StoredDocument, today: date) -> bool:
    rights, life = stored.summary.rights, stored.summary.life
    restricted = rights.departments or rights.roles or rights.sensitivity > PUBLIC
    superseded = stored.summary.superseded_from
    early = life.effective is not None and life.effective > today
    over = (life.expires is not None and life.expires <= today) or (
        superseded is not None and superseded <= today
    )
    return not (restricted or early or over)


def _passages(stored: StoredDocument) -> list[PublicPassage]:
    summary = stored.summary
    return [
        PublicPassage(
            document=summary.id,
            title=summary.title,
            ordinal=one.span.ordinal,
            start=one.span.start,
            end=one.span.end,
            text=stored.text[one.span.start : one.span.end],
            effective=summary.life.effective,
            expires=summary.life.expires,
        )
        for one in stored.passages
    ]


def _put(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(file)
