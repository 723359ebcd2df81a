"""Runs a connection to views: pass after pass, each page stored together with its cursor."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from suwen.core.connection import ConnectionReport, ConnectionTest
from suwen.core.dry_run import DryRun
from suwen.core.errors import SuwenError
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.core.row_mapper import RowMapper
from suwen.core.row_mapping import RowMapping, RowSource
from suwen.core.row_report import RowTally
from suwen.core.row_sink import ResourceCheck, RowSink, map_rows
from suwen.integration.sqlviews.columns import as_mapped
from suwen.integration.sqlviews.dry_run import dry_run_views
from suwen.integration.sqlviews.own_thread import OwnThread
from suwen.integration.sqlviews.passes import age_s, finished, next_pass, position_of
from suwen.integration.sqlviews.positions import Mark, ViewCursor
from suwen.integration.sqlviews.views import Views


@dataclass(frozen=True, slots=True)
class ReadingPace:
    """How gently the hospital's database is read.

    Attributes:
        poll_s: seconds between two passes.
        page_rows: rows of one query, >= 1.
        rows_per_second: most rows a second, over all views of the connection.
        timeout_s: longest that one query may take, in seconds.
    """

    poll_s: float = 10.0
    page_rows: int = 500
    rows_per_second: int = 1000
    timeout_s: int = 30


@dataclass(frozen=True, slots=True)
class ReadingParts:
    """What a reading needs of the platform.

    Attributes:
        check: of the resources, before they are stored.
    """

    sink: RowSink
    check: ResourceCheck
    clock: Clock


class SeenRows:
    """The latest rows that were read and stored, so that the overlap is not worked on again.

    Digests only; bounded, and forgotten with the process: then a row is stored again, unchanged.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._digests: dict[bytes, None] = {}

    def fresh(self, rows: Sequence[tuple[object, ...]]) -> list[tuple[int, tuple[object, ...]]]:
        """The rows that were not seen in just this form, numbered from 1 within their page."""
        return [
            (number, row) for number, row in enumerate(rows, 1) if _digest(row) not in self._digests
        ]

    def add(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Notes rows that are stored, or refused for good."""
        for row in rows:
            self._digests[_digest(row)] = None
        while len(self._digests) > self._most:
            del self._digests[next(iter(self._digests))]


def _digest(row: tuple[object, ...]) -> bytes:
    return hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest()


class SqlViewsConnector:
    """Reads the views of one hospital database into the record store.

    Args:
        name: of the connection.
        address: of the database.
        read_mapping: gives the mapping as it stands now; asked before each round of passes.
    """

    def __init__(
        self,
        name: str,
        address: str,
        read_mapping: Callable[[], RowMapping],
        parts: ReadingParts,
        pace: ReadingPace,
    ) -> None:
        self._name = name
        self._address = address
        self._read_mapping = read_mapping
        self._parts = parts
        self._pace = pace
        self._seen: dict[str, SeenRows] = {}

    async def run(self, report: ConnectionReport) -> None:
        """Goes through all views again and again until cancelled."""
        while True:
            try:
                await self._round(report)
            except SuwenError as error:
                report.down(error)
            await asyncio.sleep(self._pace.poll_s)

    async def _round(self, report: ConnectionReport) -> None:
        """One pass over each view that is due; a view that cannot be read keeps none from it.

        Raises:
            SuwenError: the first view's that could not be read, after all had their turn.
        """
        mapping = await asyncio.to_thread(self._read_mapping)
        thread = self._thread(mapping)
        failed: SuwenError | None = None
        try:
            for source in mapping.sources:
                try:
                    await _Pass(self, mapping, source, thread, report).go()
                except SuwenError as error:
                    report.error(error.code, error.field or source.name)
                    failed = failed or error
        finally:
            await thread.close()
        if failed is not None:
            raise failed
        report.up()

    async def test(self) -> ConnectionTest:
        """Compares every view with the mapping; reads no row."""
        begun = time.monotonic()
        try:
            mapping = await asyncio.to_thread(self._read_mapping)
            thread = self._thread(mapping)
            try:
                for source in mapping.sources:
                    await thread.call(thread.views.check, source)
            finally:
                await thread.close()
        except SuwenError as error:
            return ConnectionTest(False, _ms(begun), error.safe_message)
        count = len(mapping.sources)
        return ConnectionTest(
            True,
            _ms(begun),
            Bilingual(
                zh=f"已以只读方式连接；{count} 个视图的列与映射 {mapping.version} 一致。",
                en=f"Connected for reading; the columns of {count} views are as mapping "
                f"{mapping.version} says.",
            ),
        )

    async def dry_run(self, most_rows: int) -> DryRun:
        """Looks at the first rows of each view; stores nothing."""
        return await dry_run_views(
            self._name, self._read_mapping, self._views, self._parts.check, most_rows
        )

    def _views(self, mapping: RowMapping) -> Views:
        return Views(self._address, self._pace.timeout_s, mapping.sources)

    def _thread(self, mapping: RowMapping) -> OwnThread:
        return OwnThread(self._views(mapping))


class _Pass:
    """One pass over one view."""

    def __init__(
        self,
        connector: SqlViewsConnector,
        mapping: RowMapping,
        source: RowSource,
        thread: OwnThread,
        report: ConnectionReport,
    ) -> None:
        self._sink = connector._parts.sink
        self._check = connector._parts.check
        self._clock = connector._parts.clock
        self._pace = connector._pace
        # A changed mapping makes other resources of the same rows.
        self._seen = connector._seen.setdefault(source.digest, SeenRows())
        self._mapping = mapping
        self._source = source
        self._thread = thread
        self._report = report
        self._mapper = RowMapper(mapping, source, connector._name)
        self._cursor_name = f"view:{source.name}"

    async def go(self) -> None:
        """Reads what is new.

        Raises:
            SuwenError: nothing of the page in hand was stored; the cursor stands before it.
        """
        kept = await self._sink.cursor(self._cursor_name)
        cursor = next_pass(
            self._source, ViewCursor.of_text(kept) if kept else None, self._clock.now()
        )
        if cursor is None:
            return
        await self._thread.call(self._thread.views.check, self._source)
        if cursor.whole and cursor.position is None:
            await self._look_for_unreadable()
        while True:
            begun = time.monotonic()
            cursor, rows = await self._page(cursor)
            if rows < self._pace.page_rows:
                break
            spent = time.monotonic() - begun
            await asyncio.sleep(max(0.0, rows / self._pace.rows_per_second - spent))
        done = finished(cursor, self._mapping.zone, self._clock.now()).as_text()
        if done != kept:
            await self._sink.store([], self._cursor_name, done)

    async def _look_for_unreadable(self) -> None:
        """Says which rows no page will hold, and whether the key is one."""
        views = self._thread.views
        for _ in range(await self._thread.call(views.count_unreadable, self._source)):
            self._report.error("watermark_missing", self._source.name)
        if await self._thread.call(views.has_repeated_key, self._source):
            key = " + ".join(self._source.key)
            self._report.error("key_repeated", f"{self._source.name}: {key}")

    async def _page(self, cursor: ViewCursor) -> tuple[ViewCursor, int]:
        """Reads, maps and stores one page; the cursor behind it and how many rows it had."""
        limit = self._pace.page_rows
        rows = await self._thread.call(
            self._thread.views.read, self._source, cursor.start, cursor.position, limit
        )
        if not rows:
            return cursor, 0
        fault_point("views.page_read")
        last = position_of(self._source, rows[-1])
        if last == cursor.position:
            # The database keeps finer times than the driver gives: this row was read.
            return cursor, 0
        after = cursor.at(last)
        fresh = list(enumerate(rows, 1)) if cursor.whole else self._seen.fresh(rows)
        if not fresh:
            return after, len(rows)
        tally = RowTally(self._source.name, self._source.resource)
        cells = ((number, as_mapped(self._source, row)) for number, row in fresh)
        new = await asyncio.to_thread(map_rows, self._mapper, cells, self._check, tally)
        fault_point("views.before_stored")
        counts = await self._sink.store(new, self._cursor_name, after.as_text())
        fault_point("views.after_stored")
        self._seen.add(rows)
        self._tell(tally, counts.changed, last.mark)
        for _, problem in counts.refused:
            self._report.error(problem.code, f"{self._source.name}: {problem.where}")
        return after, len(rows)

    def _tell(self, tally: RowTally, changed: int, mark: Mark | None) -> None:
        if changed:
            self._report.message(changed, age_s(mark, self._mapping.zone, self._clock.now()))
        for (code, where), count in tally.refusals.items():
            for _ in range(count):
                self._report.error(code, f"{self._source.name}: {where}")
        for value, count in tally.unmapped.items():
            for _ in range(count):
                self._report.error(
                    "code_unmapped", f"{self._source.name}: {value.column} → codes.{value.codes}"
                )


def _ms(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)
