"""Runs a drop folder: each file taken whole, read page by page, stored once, put away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from suwen.core.audit import content_hash
from suwen.core.connection import ConnectionReport, ConnectionTest
from suwen.core.dry_run import DryRun
from suwen.core.errors import FileRefusedError, SuwenError
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.core.row_mapper import RowMapper
from suwen.core.row_mapping import RowMapping
from suwen.core.row_problems import RowProblem
from suwen.core.row_sink import ResourceCheck, RowSink
from suwen.integration.dropfolder.cursors import DONE, READING, REFUSED_WHOLE, FileCursor
from suwen.integration.dropfolder.dry_run import dry_run_folder
from suwen.integration.dropfolder.folder import (
    PROCESSED,
    REFUSED,
    Candidate,
    DropFolder,
    TakenFile,
)
from suwen.integration.dropfolder.problems import refused
from suwen.integration.dropfolder.reading import FilePage, FileReading
from suwen.integration.dropfolder.tables import WORKBOOKS


@dataclass(frozen=True, slots=True)
class FilePace:
    """How a folder is looked after.

    Attributes:
        poll_s: seconds between two looks.
        page_rows: rows that are stored at once, >= 1.
        rows_per_second: most rows a second.
        largest_mib: larger files are refused.
        largest_workbook_mib: the same of workbooks, which are taken apart in memory.
    """

    poll_s: float = 5.0
    page_rows: int = 500
    rows_per_second: int = 5000
    largest_mib: int = 4096
    largest_workbook_mib: int = 128


class DropFolderConnector:
    """Reads the files of one folder into the record store.

    Args:
        name: of the connection.
        read_mapping: gives the mapping as it stands now; asked before each round.
        check: of the resources, before they are stored.
    """

    def __init__(
        self,
        name: str,
        folder: DropFolder,
        read_mapping: Callable[[], RowMapping],
        sink: RowSink,
        check: ResourceCheck,
        pace: FilePace,
    ) -> None:
        self._name = name
        self._folder = folder
        self._read_mapping = read_mapping
        self._sink = sink
        self._check = check
        self._pace = pace

    async def run(self, report: ConnectionReport) -> None:
        """Looks after the folder until cancelled."""
        prepared = False
        while True:
            try:
                if not prepared:
                    await asyncio.to_thread(self._folder.prepare)
                    prepared = True
                await self._round(report)
                report.up()
            except SuwenError as error:
                report.down(error)
            await asyncio.sleep(self._pace.poll_s)

    async def _round(self, report: ConnectionReport) -> None:
        """Every file that is complete, by name.

        Raises:
            SuwenError: the file in hand is read again from where it stands.
        """
        mapping = await asyncio.to_thread(self._read_mapping)
        for file in await asyncio.to_thread(self._folder.complete_files):
            await self._file(mapping, file, report)

    async def test(self) -> ConnectionTest:
        """Whether folder and mapping can be used; reads no file."""
        begun = time.monotonic()
        try:
            mapping = await asyncio.to_thread(self._read_mapping)
            await asyncio.to_thread(self._folder.make_usable)
            files = len(await asyncio.to_thread(self._folder.list_files))
        except SuwenError as error:
            return ConnectionTest(False, _ms(begun), error.safe_message)
        return ConnectionTest(
            True,
            _ms(begun),
            Bilingual(
                zh=f"目录可读写，现有 {files} 个文件；映射 {mapping.version} 有效。",
                en=f"The folder can be used and holds {files} files; mapping {mapping.version} is "
                "valid.",
            ),
        )

    async def dry_run(self, most_rows: int) -> DryRun:
        """Looks at the first rows of the files that lie there; stores and moves nothing."""
        return await asyncio.to_thread(
            dry_run_folder, self._name, self._folder, self._read_mapping, self._check, most_rows
        )

    async def _file(self, mapping: RowMapping, file: Candidate, report: ConnectionReport) -> None:
        try:
            self._check_size(file)
        except FileRefusedError as error:
            await self._refuse(file, error, "", report)
            return
        taken = await asyncio.to_thread(self._folder.take, file)
        if taken is None:
            return
        try:
            await self._taken(mapping, file, taken, report)
        finally:
            taken.path.unlink(missing_ok=True)

    def _check_size(self, file: Candidate) -> None:
        workbook = file.path.suffix.lower() in WORKBOOKS
        most = self._pace.largest_workbook_mib if workbook else self._pace.largest_mib
        if file.size > most * 2**20:
            raise refused(
                "file_too_large",
                f"文件超过 {most} MiB，请拆分，或导出为 CSV。",
                f"The file is larger than {most} MiB: split it, or export it as CSV.",
            )

    async def _taken(
        self, mapping: RowMapping, file: Candidate, taken: TakenFile, report: ConnectionReport
    ) -> None:
        """Reads a file, unless its content was read before under the same mapping."""
        digest = content_hash([source.digest for source in mapping.sources])
        cursor_name = f"file:{taken.sha256}"
        kept = await self._sink.cursor(cursor_name)
        cursor = FileCursor.of_text(kept) if kept else FileCursor(digest)
        if cursor.digest != digest or cursor.state == REFUSED_WHOLE:
            cursor = FileCursor(digest)
        mappers = [RowMapper(mapping, source, self._name) for source in mapping.sources]
        reading = FileReading(mappers, self._check, taken.path, file.name)
        try:
            if cursor.state == READING or (cursor.refused and not cursor.moved):
                await asyncio.to_thread(reading.try_out)
            if cursor.state == READING:
                cursor = await self._pages(reading, cursor, cursor_name, report)
        except FileRefusedError as error:
            whole = replace(cursor, state=REFUSED_WHOLE)
            await self._sink.store([], cursor_name, whole.as_text())
            if error.code == "rows_refused":
                await asyncio.to_thread(
                    self._folder.write_refused_rows, file, reading.refused_rows()
                )
            await self._refuse(file, error, taken.sha256, report)
            return
        if cursor.refused and not cursor.moved:
            await asyncio.to_thread(self._folder.write_refused_rows, file, reading.refused_rows())
        await asyncio.to_thread(self._folder.put_away, file, PROCESSED, taken.sha256)
        fault_point("files.after_moved")
        if not cursor.moved:
            moved = replace(cursor, moved=True)
            await self._sink.store([], cursor_name, moved.as_text())

    async def _pages(
        self, reading: FileReading, cursor: FileCursor, name: str, report: ConnectionReport
    ) -> FileCursor:
        """Stores what is left of a file, page by page, each with the cursor behind it."""
        pages = reading.pages(cursor.rows, self._pace.page_rows)
        while True:
            begun = time.monotonic()
            page = await asyncio.to_thread(next, pages, None)
            if page is None:
                break
            cursor = replace(
                cursor, rows=cursor.rows + page.rows, refused=cursor.refused + page.refused
            )
            counts = await self._sink.store(page.new, name, cursor.as_text())
            fault_point("files.page_stored")
            cursor = replace(
                cursor,
                changed=cursor.changed + counts.changed,
                refused=cursor.refused + len(counts.refused),
            )
            reading.store_refused(counts.refused)
            _tell(report, page, counts.refused)
            report.message(counts.changed)
            spent = time.monotonic() - begun
            await asyncio.sleep(max(0.0, page.rows / self._pace.rows_per_second - spent))
        fault_point("files.before_done")
        cursor = replace(cursor, state=DONE)
        await self._sink.store([], name, cursor.as_text())
        fault_point("files.after_done")
        return cursor

    async def _refuse(
        self, file: Candidate, error: FileRefusedError, sha256: str, report: ConnectionReport
    ) -> None:
        report.error(error.code, error.field or "file")
        await asyncio.to_thread(self._folder.write_reason, file, error.safe_message, error.code)
        await asyncio.to_thread(self._folder.put_away, file, REFUSED, sha256)


def _tell(
    report: ConnectionReport, page: FilePage, refused_by_store: Sequence[tuple[int, RowProblem]]
) -> None:
    for tally in page.tallies:
        for (code, where), count in tally.refusals.items():
            for _ in range(count):
                report.error(code, f"{tally.source}: {where}")
        for value, count in tally.unmapped.items():
            for _ in range(count):
                report.error(
                    "code_unmapped", f"{tally.source}: {value.column} → codes.{value.codes}"
                )
    for _, problem in refused_by_store:
        report.error(problem.code, problem.where)


def _ms(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)
