"""One dropped file as pages of resources; blocking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from suwen.core.record import Resource
from suwen.core.row_mapper import RowMapper
from suwen.core.row_problems import RowProblem, problem
from suwen.core.row_report import RowTally
from suwen.core.row_sink import NewResource, ResourceCheck, map_rows
from suwen.integration.dropfolder.problems import refused
from suwen.integration.dropfolder.repeated import RepeatedKeys
from suwen.integration.dropfolder.tables import Table, TableRow, place_of, tables_of


@dataclass(frozen=True)
class FilePage:
    """A page of a file.

    Attributes:
        rows: how many rows of the file it took.
        refused: how many of them were refused while they were mapped.
    """

    rows: int
    refused: int
    new: Sequence[NewResource]
    tallies: Sequence[RowTally]


class FileReading:
    """A file that is being read.

    Args:
        mappers: of all sources of the mapping.
        check: of the resources.
        path: where the file lies; it does not change.
        name: that it was dropped under.
    """

    def __init__(
        self, mappers: Sequence[RowMapper], check: ResourceCheck, path: Path, name: str
    ) -> None:
        self._mappers = {mapper.source.name: mapper for mapper in mappers}
        self._check = check
        self._path = path
        self._name = name
        self._opened: list[Table] | None = None
        self._repeated: dict[str, RepeatedKeys] = {
            mapper.source.name: RepeatedKeys()
            for mapper in mappers
            if mapper.source.state_at is None
        }
        self._store_refused: list[tuple[int, RowProblem]] = []

    def tables(self) -> list[Table]:
        """The tables of the file.

        Raises:
            FileRefusedError: when it cannot be read.
        """
        if self._opened is None:
            sources = [mapper.source for mapper in self._mappers.values()]
            self._opened = tables_of(self._path, self._name, sources)
        return self._opened

    def try_out(self) -> None:
        """Goes through the whole file before anything of it is stored.

        Raises:
            FileRefusedError: when it is damaged; ``rows_refused`` when the mapping wants it whole
                and a row is refused.
        """
        for table in self.tables():
            for row in table.rows():
                for source in table.sources if row.problem is None else ():
                    mapped = self._mappers[source.name].map(row.cells)
                    if mapped.resource is not None and source.name in self._repeated:
                        self._repeated[source.name].add(mapped.resource)
        for keys in self._repeated.values():
            keys.forget_single_ones()
        for table in self.tables():
            if any(place_of(source).whole for source in table.sources):
                self._want_whole(table)

    def pages(self, skip: int, page_rows: int) -> Iterator[FilePage]:
        """The pages behind the first ``skip`` rows."""
        rows = islice(((table, row) for table in self.tables() for row in table.rows()), skip, None)
        while page := list(islice(rows, page_rows)):
            yield self._page(page)

    def refused_rows(self) -> Iterator[tuple[str, int, Sequence[RowProblem]]]:
        """Sheet, row and problems of every refused row; reads the file again."""
        for table in self.tables():
            for row in table.rows():
                found = self._problems(table, row)
                if found:
                    yield table.sheet or "", row.number, found
        for number, one in self._store_refused:
            yield "", number, (one,)

    def store_refused(self, found: Sequence[tuple[int, RowProblem]]) -> None:
        """Notes rows that the store refused."""
        self._store_refused.extend(found)

    def _want_whole(self, table: Table) -> None:
        for row in table.rows():
            if self._problems(table, row):
                raise refused(
                    "rows_refused",
                    "有被拒绝的行，而映射要求整份文件（whole = true）；未导入任何一行。",
                    "Rows are refused and the mapping wants the file whole (whole = true): none "
                    "was taken.",
                    row=row.number,
                )

    def _page(self, page: list[tuple[Table, TableRow]]) -> FilePage:
        new: list[NewResource] = []
        tallies = []
        for table in dict.fromkeys(table for table, _ in page):
            rows = [row for of, row in page if of is table]
            usable = [(row.number, row.cells) for row in rows if row.problem is None]
            broken = RowTally(table.sources[0].name, table.sources[0].resource)
            for row in rows:
                if row.problem is not None:
                    broken.read += 1
                    broken.refuse(row.number, (row.problem,))
            tallies.append(broken)
            for source in table.sources:
                tally = RowTally(source.name, source.resource)
                mapper = self._mappers[source.name]
                new += map_rows(mapper, usable, self._checked(source.name), tally)
                tallies.append(tally)
        return FilePage(len(page), sum(tally.refused for tally in tallies), new, tallies)

    def _problems(self, table: Table, row: TableRow) -> list[RowProblem]:
        if row.problem is not None:
            return [row.problem]
        found: list[RowProblem] = []
        for source in table.sources:
            mapped = self._mappers[source.name].map(row.cells)
            found += mapped.problems
            if mapped.resource is not None:
                fault = self._checked(source.name)(mapped.resource)
                found += [] if fault is None else [fault]
        return found

    def _checked(self, source: str) -> ResourceCheck:
        """The check of a source's resources, their keys included."""
        repeated = self._repeated.get(source)
        key = " + ".join(self._mappers[source].source.key)

        def check(resource: Resource) -> RowProblem | None:
            if repeated is not None and repeated.holds(resource):
                return problem("key_repeated", key)
            return self._check(resource)

        return check
