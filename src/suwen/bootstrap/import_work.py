"""The work of an import: batch by batch out of the files that are kept with the job."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from suwen.bootstrap.given_files import safe_name
from suwen.bootstrap.library.parts import LibraryParts
from suwen.bootstrap.near_duplicates import note_near_duplicates
from suwen.core.faults import fault_point
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import IngestedDocument, PageReader
from suwen.core.language import Bilingual
from suwen.jobs.model import Batch, Cursor, JobContext, JobRefusal
from suwen.knowledge.ingestion.reading import DocumentReader, ReadOptions
from suwen.knowledge.ingestion.refusals import Refusal, RefusalCode, refusal
from suwen.storage.knowledge_types import ImportCounts

SLICE_S = 5.0
"""A batch is stored when it took so long, however few documents it has: scans are slow."""

MOST_CHARACTERS = 4_000_000
GIVES_UP_AFTER = 3
"""How many processes may die over one document that they read alone until it is left out."""

LINES = (".jsonl", ".ndjson")

Item = IngestedDocument | Refusal


class _NotWantedError(Exception):
    """Ends the reading of a long file whose job was paused, cancelled or handed back."""


_KILLS = Bilingual(
    zh="读取该文件时程序多次意外终止，已跳过。",
    en="The program died several times while reading it; it was left out.",
)


class ImportWork:
    """Does the batches of imports.

    Args:
        folder: where the files of a job lie while they are read; each job has its own below it.
        page_reader: gives the reader of scanned pages; absent refuses files that have any.
    """

    def __init__(
        self,
        parts: LibraryParts,
        folder: Path,
        page_reader: Callable[[], PageReader | None],
    ) -> None:
        self._parts = parts
        self._folder = folder
        self._page_reader = page_reader

    async def __call__(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Reads and stores the next documents; at the end, compares them with the others."""
        so_far = _SoFar.of(cursor)
        if so_far.read:
            ended = await self._compare(context, so_far)
            told = {**so_far.counts, "collection": self._collection(context)}
            return Batch(None if ended else so_far.as_json(), result=told)
        reading = context.memory.values.get("reading")
        first = cursor is None
        if context.deaths_alone >= GIVES_UP_AFTER:
            item = JobRefusal(f"#{so_far.taken + 1}", "file_kills_reader", _KILLS)
            return Batch(so_far.after(1, ImportCounts()).as_json(), refused=[item])
        if not isinstance(reading, _Reading) or reading.taken != so_far.taken:
            reading = await self._open(context, so_far.taken)
        try:
            items = await context.in_thread(reading.next, context.most_items)
        except _NotWantedError:
            # In the middle of a long scan: it is read anew when the job goes on.
            context.memory.clear()
            return Batch(so_far.as_json())
        if not items and not first:
            return Batch(replace(so_far, read=True).as_json())
        counts = await self._store(context, items)
        refused = [_told(item) for item in items if isinstance(item, Refusal)]
        refused += [JobRefusal(r.id, r.code, r.message) for r in counts.refused]
        if first:
            refused += _not_taken(context.arguments)
        return Batch(
            so_far.after(len(items), counts).as_json(),
            done=len(items) - sum(isinstance(i, Refusal) for i in items) - len(counts.refused),
            refused=refused,
            total=reading.total + len(_not_taken(context.arguments)) if first else None,
            message=Bilingual(zh="读取并保存文件", en="Reading and storing files"),
        )

    async def _store(self, context: JobContext, items: list[Item]) -> ImportCounts:
        documents = [item for item in items if isinstance(item, IngestedDocument)]
        if not documents:
            return ImportCounts()
        by = PrincipalId(context.started_by.id)
        counts = await self._parts.store.put_documents(
            self._collection(context), documents, by, self._parts.clock.now()
        )
        fault_point("knowledge.after_batch_stored")
        return counts

    async def _compare(self, context: JobContext, so_far: _SoFar) -> bool:
        if not so_far.counts["new"] + so_far.counts["changed"] + so_far.counts["unchanged"]:
            return True
        collection = self._collection(context)
        return await note_near_duplicates(self._parts.store, collection, context)

    async def _open(self, context: JobContext, taken: int) -> _Reading:
        """Lays the job's files out and opens them behind what was taken before."""
        context.memory.clear()
        place = self._folder / context.id
        await context.in_thread(shutil.rmtree, place, True)
        context.memory.closing.callback(shutil.rmtree, place, ignore_errors=True)
        for file in await context.files.list():
            target = place / safe_name(file.name)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("wb") as opened:
                async for part in context.files.parts(file.ordinal):
                    opened.write(part)
        total = await context.in_thread(_items_in, place)
        options = ReadOptions(departments=await self._parts.departments())
        on_page = partial(_page_read, context, asyncio.get_running_loop())
        reader = DocumentReader(options, self._page_reader(), on_page)
        context.memory.closing.callback(reader.__exit__, None, None, None)
        items = reader.read_path(place, taken) if place.is_dir() else iter(())
        reading = _Reading(items, taken, total)
        context.memory.values["reading"] = reading
        return reading

    @staticmethod
    def _collection(context: JobContext) -> str:
        return str(context.arguments["collection"])


@dataclass
class _Reading:
    """Files that are being read.

    Attributes:
        taken: documents and refusals that were taken so far.
        total: how many there are as far as that can be told by looking from outside.
    """

    items: Iterator[Item]
    taken: int
    total: int

    def next(self, most: int) -> list[Item]:
        """The next items, fewer where they are large or slow; none at the end."""
        until = time.monotonic() + SLICE_S
        found: list[Item] = []
        characters = 0
        for item in self.items:
            found.append(item)
            self.taken += 1
            characters += 0 if isinstance(item, Refusal) else len(item.text)
            if len(found) >= most or characters > MOST_CHARACTERS or time.monotonic() > until:
                break
        return found


@dataclass(frozen=True)
class _SoFar:
    """What an import did before a batch.

    Attributes:
        read: whether all files were read, so that only the comparing is left.
    """

    taken: int
    counts: Mapping[str, int]
    read: bool = False

    @classmethod
    def of(cls, cursor: Cursor | None) -> _SoFar:
        """From the cursor of the batch."""
        empty = {"new": 0, "changed": 0, "unchanged": 0, "quarantined": 0, "withheld": 0}
        if cursor is None:
            return cls(0, empty)
        return cls(cursor["taken"], cursor["counts"], cursor["read"])

    def after(self, items: int, counts: ImportCounts) -> _SoFar:
        """After one more batch."""
        added = {name: self.counts[name] + getattr(counts, name) for name in self.counts}
        return replace(self, taken=self.taken + items, counts=added)

    def as_json(self) -> dict[str, Any]:
        """As the cursor of the next batch."""
        return {"taken": self.taken, "counts": dict(self.counts), "read": self.read}


def _page_read(context: JobContext, loop: asyncio.AbstractEventLoop, page: int) -> None:
    """Tells of a scanned page that was read, from the thread that reads.

    Raises:
        _NotWantedError: when the job is to stand still.
    """

    async def tell() -> bool:
        await context.report(
            message=Bilingual(zh=f"识别扫描件第 {page} 页", en=f"Reading page {page} of a scan")
        )
        return await context.is_wanted()

    if not asyncio.run_coroutine_threadsafe(tell(), loop).result():
        raise _NotWantedError


def _told(item: Refusal) -> JobRefusal:
    name = item.file if item.line is None else f"{item.file}:{item.line}"
    return JobRefusal(name, item.code.value, item.message)


def _not_taken(arguments: Mapping[str, Any]) -> list[JobRefusal]:
    """Files that were named and not even kept with the job."""
    reasons = {
        "outside": RefusalCode.LEADS_OUTSIDE,
        "unreadable": RefusalCode.CANNOT_OPEN,
        "misnamed": RefusalCode.NAME_UNUSABLE,
    }
    return [
        _told(refusal(name, code))
        for given, code in reasons.items()
        for name in arguments.get(given, ())
    ]


def _items_in(place: Path) -> int:
    """How many documents and refusals the files will give, as far as that can be told."""
    total = 0
    for file in place.rglob("*"):
        if not file.is_file():
            continue
        lines = 0
        if file.suffix.lower() in (*LINES, ".csv"):
            with contextlib.suppress(OSError), file.open("rb") as opened:
                lines = sum(1 for line in opened if line.strip())
        header = file.suffix.lower() == ".csv"
        total += max(1, lines - header)
    return total
