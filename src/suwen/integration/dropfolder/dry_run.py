"""What a drop folder would read: the first rows of each file that lies there; nothing is moved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import islice

from suwen.core.dry_run import DryRun, SourceDryRun
from suwen.core.errors import SuwenError
from suwen.core.row_mapper import RowMapper
from suwen.core.row_mapping import RowMapping, RowSource
from suwen.core.row_report import RowTally
from suwen.core.row_sink import ResourceCheck, map_rows
from suwen.integration.dropfolder.folder import Candidate, DropFolder
from suwen.integration.dropfolder.tables import (
    Table,
    TableRow,
    encoding_note,
    place_of,
    tables_of,
)

MOST_FILES = 20


def dry_run_folder(
    name: str,
    folder: DropFolder,
    read_mapping: Callable[[], RowMapping],
    check: ResourceCheck,
    most_rows: int,
) -> DryRun:
    """Looks at the first rows of the first files; stores nothing, moves nothing; blocking.

    Args:
        name: of the connection.
        most_rows: rows of each file that are looked at, >= 1.
    """
    begun = time.monotonic()
    version = None
    found: list[SourceDryRun] = []
    try:
        mapping = read_mapping()
        version = mapping.version
        mappers = {s.name: RowMapper(mapping, s, name) for s in mapping.sources}
        for file in folder.list_files()[:MOST_FILES]:
            found += _file(file, mappers, check, most_rows)
        seen = {source.tally.source for source in found}
        found += [_nothing(source) for source in mapping.sources if source.name not in seen]
    except SuwenError as error:
        return DryRun(name, version, found, error, _ms(begun))
    return DryRun(name, version, found, None, _ms(begun))


def _file(
    file: Candidate, mappers: dict[str, RowMapper], check: ResourceCheck, most_rows: int
) -> list[SourceDryRun]:
    sources = [mapper.source for mapper in mappers.values()]
    try:
        tables = tables_of(file.path, file.name, sources)
    except SuwenError as error:
        # Of no source, or of none in particular: the file is told by its name alone.
        tally = RowTally("", "")
        return [SourceDryRun("", file.name, tally, whole=False, problem=error)]
    return [one for table in tables for one in _table(file, table, mappers, check, most_rows)]


def _table(
    file: Candidate,
    table: Table,
    mappers: dict[str, RowMapper],
    check: ResourceCheck,
    most_rows: int,
) -> list[SourceDryRun]:
    notes = [] if table.encoding is None else [encoding_note(table.encoding)]
    problem: SuwenError | None = None
    rows: list[TableRow] = []
    try:
        rows = list(islice(table.rows(), most_rows + 1))
    except SuwenError as error:
        problem = error
    whole = len(rows) <= most_rows and problem is None
    found = []
    for source in table.sources:
        tally = _tally(source, rows[:most_rows], mappers[source.name], check)
        place = place_of(source)
        shown = place.pattern if table.sheet is None else f"{place.pattern} · {table.sheet}"
        found.append(
            SourceDryRun(shown, file.name, tally, whole=whole, problem=problem, notes=notes)
        )
    return found


def _tally(
    source: RowSource, rows: Sequence[TableRow], mapper: RowMapper, check: ResourceCheck
) -> RowTally:
    tally = RowTally(source.name, source.resource)
    map_rows(mapper, [(r.number, r.cells) for r in rows if r.problem is None], check, tally)
    for row in rows:
        if row.problem is not None:
            tally.read += 1
            tally.refuse(row.number, (row.problem,))
    return tally


def _nothing(source: RowSource) -> SourceDryRun:
    tally = RowTally(source.name, source.resource)
    return SourceDryRun(place_of(source).pattern, None, tally, whole=True)


def _ms(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)
