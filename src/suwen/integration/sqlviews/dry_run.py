"""What a connection to views would read: the first rows of each, in read-only transactions."""

from __future__ import annotations

import time
from collections.abc import Callable

from suwen.core.dry_run import DryRun, SourceDryRun
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual
from suwen.core.row_mapper import RowMapper
from suwen.core.row_mapping import RowMapping, RowSource
from suwen.core.row_report import RowTally
from suwen.core.row_sink import ResourceCheck, map_rows
from suwen.integration.sqlviews.columns import as_mapped
from suwen.integration.sqlviews.own_thread import OwnThread
from suwen.integration.sqlviews.passes import place_of, position_of
from suwen.integration.sqlviews.positions import Position
from suwen.integration.sqlviews.views import Views

_PAGE = 500


async def dry_run_views(
    name: str,
    read_mapping: Callable[[], RowMapping],
    open_views: Callable[[RowMapping], Views],
    check: ResourceCheck,
    most_rows: int,
) -> DryRun:
    """Looks at the first rows of every view; stores nothing.

    Args:
        name: of the connection.
        most_rows: rows of each view that are looked at, >= 1.
    """
    begun = time.monotonic()
    version = None
    sources: list[SourceDryRun] = []
    try:
        mapping = read_mapping()
        version = mapping.version
        thread = OwnThread(open_views(mapping))
        try:
            for source in mapping.sources:
                mapper = RowMapper(mapping, source, name)
                sources.append(await thread.call(_look, thread.views, mapper, check, most_rows))
        finally:
            await thread.close()
    except SuwenError as error:
        return DryRun(name, version, sources, error, _ms(begun))
    return DryRun(name, version, sources, None, _ms(begun))


def _look(views: Views, mapper: RowMapper, check: ResourceCheck, most_rows: int) -> SourceDryRun:
    source = mapper.source
    place = place_of(source)
    tally = RowTally(source.name, source.resource)
    shown = place.view or "SELECT …"
    try:
        views.check(source)
        notes = _notes(views, source)
        whole = _read(views, mapper, check, tally, most_rows)
    except SuwenError as error:
        return SourceDryRun(shown, None, tally, whole=False, problem=error)
    return SourceDryRun(shown, None, tally, whole=whole, notes=notes)


def _read(
    views: Views, mapper: RowMapper, check: ResourceCheck, tally: RowTally, most_rows: int
) -> bool:
    """Whether that was the whole view."""
    source = mapper.source
    behind: Position | None = None
    while tally.read < most_rows:
        limit = min(_PAGE, most_rows - tally.read)
        rows = views.read(source, None, behind, limit)
        numbered = ((n, as_mapped(source, row)) for n, row in enumerate(rows, tally.read + 1))
        map_rows(mapper, list(numbered), check, tally)
        if len(rows) < limit:
            return True
        last = position_of(source, rows[-1])
        if last == behind:
            return True
        behind = last
    return not views.read(source, None, behind, 1)


def _notes(views: Views, source: RowSource) -> list[Bilingual]:
    notes = []
    try:
        missing = views.count_unreadable(source)
        if missing:
            notes.append(
                Bilingual(
                    f"{missing} 行没有主键或水位，不会被读取；请在视图中给出值。",
                    f"{missing} rows have no key or no watermark and will not be read: give them "
                    "one in the view.",
                )
            )
        if views.has_repeated_key(source):
            key = " + ".join(source.key)
            notes.append(
                Bilingual(
                    f"主键 {key} 有重复：同一主键的行会互相覆盖，请更正 key。",
                    f"The key {key} is not unique: rows of one key would replace each other; "
                    "mend key.",
                )
            )
    except SuwenError as error:
        # The rows can be shown all the same; looking at all of them took too long.
        notes.append(error.safe_message)
    return notes


def _ms(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)
