"""CSV files row by row, and the encodings that their bytes prove."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.errors import FileRefusedError
from suwen.integration.dropfolder.csv_rows import csv_rows
from suwen.integration.dropfolder.encodings import Encoding, find_encoding

UTF8 = Encoding("utf-8", "utf-8", declared=True)
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv") / "file.csv"


@given(
    rows=st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=6),
    delimiter=st.sampled_from(",;|\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_what_another_program_writes_is_read_cell_by_cell(
    place: Path, rows: list[list[str]], delimiter: str, line_end: str, encoding: str
) -> None:
    with place.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    found = list(csv_rows(place, Encoding(encoding, encoding, declared=True), delimiter))
    assert [cells for _, cells in found] == rows


def test_lines_are_those_of_the_file(place: Path) -> None:
    place.write_text('a,b\n1,"two\nlines"\n\n3,4\n', encoding="utf-8")
    assert [number for number, _ in csv_rows(place, UTF8, ",")] == [1, 2, 5]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(place: Path, content: bytes) -> None:
    place.write_bytes(content)
    try:
        encoding = find_encoding(place, None)
        rows = list(csv_rows(place, encoding, ","))
    except FileRefusedError as refused:
        assert refused.safe_message.zh
    else:
        assert all(cells for _, cells in rows)


@given(st.text("的一是在不了有和人这中大为上个国我以要他", min_size=1, max_size=40))
def test_chinese_in_gb18030_is_never_read_as_anything_else(place: Path, text: str) -> None:
    place.write_bytes(text.encode("gb18030"))
    try:
        found = find_encoding(place, None)
    except FileRefusedError as refused:
        assert refused.code == "encoding_ambiguous"
    else:
        assert place.read_text(found.codec) == text


@given(st.text(min_size=1, max_size=40))
def test_utf8_is_never_read_as_anything_else(place: Path, text: str) -> None:
    place.write_bytes(text.encode("utf-8", "replace"))
    try:
        found = find_encoding(place, None)
    except FileRefusedError as refused:
        assert refused.code == "encoding_ambiguous"
    else:
        assert found.codec in ("utf-8", "utf-8-sig")


@pytest.mark.parametrize("encoding", ["latin-1", "shift_jis", "utf-16-le"])
def test_another_encoding_is_refused_until_it_is_declared(place: Path, encoding: str) -> None:
    texts = {
        "latin-1": "Müller, Größe, Ärzte, Café, naïve",
        "shift_jis": "カナ漢字仮名交じり文",
        "utf-16-le": "姓名,性别,出生日期,诊断",
    }
    place.write_bytes(texts[encoding].encode(encoding))
    with pytest.raises(FileRefusedError) as refused:
        list(csv_rows(place, find_encoding(place, None), ","))
    assert refused.value.code in ("encoding_unknown", "csv_not_text")
