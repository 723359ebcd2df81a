"""A large file passes through in pages: memory does not grow with it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from suwen.core.row_mapper import RowMapper
from suwen.core.row_mapping import RowPlace
from suwen.core.row_mapping_reading import read_row_mapping
from suwen.integration.dropfolder.reading import FileReading
from tests.support.rows import FILES


def peak_of(path: Path, rows: int) -> int:
    """Most bytes held while a file of so many rows is read in pages."""
    with path.open("w", encoding="utf-8") as file:
        file.write("pid,name,sex,born\n")
        file.writelines(f"P{n},name of {n},1,1980-01-02\n" for n in range(rows))
    mapping = read_row_mapping(FILES, RowPlace.FILES, "m.toml")
    mappers = [RowMapper(mapping, source, "his") for source in mapping.sources]
    reading = FileReading(mappers, lambda resource: None, path, "patients.csv")
    tracemalloc.start()
    taken = sum(len(page.new) for page in reading.pages(0, 100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken == rows
    return peak


def test_ten_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    # Encodings are found a megabyte at a time, whatever the size.
    small, large = peak_of(tmp_path / "a", 800), peak_of(tmp_path / "b", 8_000)
    assert large < small + 2**20
