"""Dropped files are read once each, whole, and put away with what was wrong beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.core.source_identity import derived_id
from suwen.storage.records import RecordStore
from tests.integration.dropfolder.conftest import HEADER, Folder
from tests.support.workbooks import error, formula, number, sheet_xml, text, write_workbook

GUIDE = Path(__file__).parents[3] / "docs" / "how-to"
WORKBOOKS = Path(__file__).parent / "workbooks"
PEOPLE = HEADER + "P1,张三,1,1980-02-03\nP2,李四,2,1975-12-31\n"
RESULT_HEADER = ["rid", "pid", "item", "val", "unit", "ref", "at"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_file_is_read_in_the_encoding_that_its_bytes_prove(
    folder: Folder, encoding: str
) -> None:
    folder.drop("patients.csv", PEOPLE.encode(encoding))
    report = await folder.read()
    if encoding == "gb18030":
        # Four characters make sense in UTF-8 and in GB18030 alike only by chance: these do not.
        assert not report.errors
    assert await folder.names() == ["张三", "李四"]
    assert (folder.files(), folder.files("processed")) == ([], ["patients.csv"])


async def test_the_same_content_is_read_once_under_whatever_name(folder: Folder) -> None:
    folder.drop("patients.csv", PEOPLE)
    first = await folder.read()
    folder.drop("patients-again.csv", PEOPLE)
    folder.drop("patients.csv", PEOPLE)
    second = await folder.read()
    assert (first.messages, second.messages) == (2, 0)
    assert folder.files() == []
    assert len(folder.files("processed")) == 3


async def test_the_same_content_is_read_again_under_another_mapping(folder: Folder) -> None:
    folder.drop("patients.csv", PEOPLE)
    await folder.read()
    folder.remap('"name[0].text"', '"name[0].family"')
    folder.drop("patients.csv", PEOPLE)
    assert (await folder.read()).messages == 2


async def test_refused_rows_are_named_with_column_and_reason_and_no_value(folder: Folder) -> None:
    folder.drop("patients.csv", PEOPLE + "P3,秘密,9,1990-13-01\nP4,五,1\n")
    report = await folder.read()
    assert await folder.names() == ["张三", "李四"]
    assert folder.files("refused") == ["patients.csv.refused-rows.csv"]
    told = folder.text("refused/patients.csv.refused-rows.csv").splitlines()
    assert [line.split(",")[1:5] for line in told[1:]] == [
        ["4", "sex", "gender", "code_unmapped"],
        ["4", "born", "birthDate", "date_impossible"],
        ["5", "", "", "row_width"],
    ]
    assert "秘密" not in "".join(told)
    assert report.errors[("row_width", "patients: ")] == 1


async def test_a_file_that_must_be_whole_is_refused_whole(folder: Folder) -> None:
    folder.remap('file = "patients*"', 'file = "patients*"\nwhole = true')
    folder.drop("patients.csv", PEOPLE + "P3,五,9,\n")
    await folder.read()
    assert await folder.names() == []
    assert folder.files("refused") == [
        "patients.csv",
        "patients.csv.reason.txt",
        "patients.csv.refused-rows.csv",
    ]
    assert folder.text("refused/patients.csv.reason.txt").startswith("rows_refused")


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        ("pid,name,sex\nP1,a,1\n", "columns_changed", "born"),
        (HEADER.replace("sex", "SEX") + "P1,a,1,\n", "columns_changed", "SEX"),
        ("pid,name,sex,born,voided\nP1,a,1,,1\n", "columns_changed", "voided"),
        ("pid,name,name,born\nP1,a,1,\n", "header_repeated", "name"),
        ('pid,name,sex,born\nP1,"a"b,1,\n', "csv_malformed", "2"),
        ('pid,name,sex,born\nP1,a,1,\nP2,"never closed,1,\nP3,c,1,\n', "csv_malformed", "3"),
        ("", "header_missing", "header"),
        (b"pid,name,sex,born\nP1,\x00,1,\n", "csv_not_text", "2"),
        (b"pid,name,sex,born\nP1,\xff\xfe\xfd,1,\n", "encoding_unknown", "encoding"),
        ("pid,name,sex,born\nP1," + "x" * 140_000 + ",1,\n", "csv_cell_too_long", "2"),
    ],
)
async def test_a_file_that_is_not_as_declared_is_refused_whole_with_the_place(
    folder: Folder, content: str | bytes, code: str, where: str
) -> None:
    folder.drop("patients.csv", content)
    report = await folder.read()
    assert await folder.names() == []
    assert folder.files("refused") == ["patients.csv", "patients.csv.reason.txt"]
    reason = folder.text("refused/patients.csv.reason.txt")
    assert reason.startswith(code)
    assert where in reason
    assert [c for c, _ in report.errors] == [code]


async def test_a_refused_file_is_read_once_the_mapping_is_mended(folder: Folder) -> None:
    folder.drop("patients.csv", "pid,name,sex,born,voided\nP1,a,1,,1\n")
    await folder.read()
    folder.remap('"born"]\n', '"born"]\nignored = ["voided"]\n')
    (folder.place / "refused" / "patients.csv").rename(folder.place / "patients.csv")
    await folder.read()
    assert await folder.names() == ["a"]


async def test_an_encoding_that_is_declared_otherwise_is_refused(folder: Folder) -> None:
    folder.remap('file = "patients*"', 'file = "patients*"\nencoding = "gb18030"')
    folder.drop("patients.csv", HEADER + "P1,欧阳修司马光诸葛亮,1,\n")
    await folder.read()
    assert folder.text("refused/patients.csv.reason.txt").startswith("encoding_contradicted")


async def test_few_characters_are_not_guessed_about(folder: Folder) -> None:
    # These bytes are a name in GB18030 and other characters in UTF-8.
    folder.drop("patients.csv", HEADER.encode() + b"P1,\xd6\xb7\xd6\xb7,1,\n")
    await folder.read()
    assert folder.text("refused/patients.csv.reason.txt").startswith("encoding_ambiguous")
    folder.remap('file = "patients*"', 'file = "patients*"\nencoding = "gb18030"')
    (folder.place / "refused" / "patients.csv").rename(folder.place / "patients.csv")
    await folder.read()
    assert await folder.names() == [b"\xd6\xb7\xd6\xb7".decode("gb18030")]


async def test_two_rows_of_one_key_that_differ_are_both_refused_however_far_apart(
    folder: Folder,
) -> None:
    rows = "".join(f"Q{n},n{n},1,\n" for n in range(30))
    folder.drop("patients.csv", HEADER + "P1,one,1,\n" + rows + "P1,other,1,\n")
    report = await folder.read()
    assert "one" not in await folder.names()
    assert "other" not in await folder.names()
    assert len(await folder.names()) == 30
    assert sum(report.errors.values()) == 2


async def test_an_older_state_never_takes_the_place_of_a_newer_one(folder: Folder) -> None:
    folder.remap(
        'columns = ["pid", "name", "sex", "born"]',
        'columns = ["pid", "name", "sex", "born", "made"]\nstate_at = "made"',
    )
    head = "pid,name,sex,born,made\n"
    folder.drop("patients-2.csv", head + "P1,newer,1,,2026-05-02 08:00\n")
    await folder.read()
    folder.drop("patients-1.csv", head + "P1,older,1,,2026-05-01 08:00\n")
    await folder.read()
    assert await folder.names() == ["newer"]


async def test_a_file_that_is_still_written_waits(folder: Folder) -> None:
    connector = folder.connector()
    connector._folder._settle_s = 3600
    folder.drop("patients.csv", PEOPLE)
    folder.drop("patients.csv.part", PEOPLE)
    folder.drop(".patients.csv", PEOPLE)
    connector._folder.prepare()
    assert connector._folder.complete_files() == []
    connector._folder._settle_s = 0.0
    assert [file.name for file in connector._folder.complete_files()] == ["patients.csv"]


async def test_a_file_with_a_marker_is_taken_when_the_marker_is_there(folder: Folder) -> None:
    connector = folder.connector()
    connector._folder._done_marker = ".ok"
    connector._folder.prepare()
    folder.drop("patients.csv", PEOPLE)
    assert connector._folder.complete_files() == []
    folder.drop("patients.csv.ok", b"")
    (file,) = connector._folder.complete_files()
    connector._folder.put_away(file, "processed", "0" * 64)
    assert folder.files() == []


async def test_a_newer_file_of_the_same_name_is_not_put_away_unread(folder: Folder) -> None:
    connector = folder.connector()
    connector._folder.prepare()
    folder.drop("patients.csv", PEOPLE)
    (file,) = connector._folder.complete_files()
    folder.drop("other", PEOPLE + "P3,王五,1,\n").replace(folder.place / "patients.csv")
    connector._folder.put_away(file, "processed", "0" * 64)
    assert folder.files() == ["patients.csv"]
    await folder.read()
    assert await folder.names() == ["张三", "李四", "王五"]


async def test_a_link_is_not_followed(folder: Folder) -> None:
    outside = folder.place.parent / "outside.csv"
    outside.write_text(PEOPLE)
    (folder.place / "patients.csv").symlink_to(outside)
    await folder.read()
    assert await folder.names() == []
    assert outside.exists()


async def test_a_folder_that_is_gone_is_down_with_the_reason(folder: Folder) -> None:
    connector = folder.connector()
    folder.place.rmdir()
    test = await connector.test()
    assert not test.ok
    assert "folder" in test.detail.en


async def test_trying_a_folder_out_leaves_the_copies_of_who_reads_it(folder: Folder) -> None:
    connector = folder.connector()
    connector._folder.prepare()
    folder.drop("patients.csv", PEOPLE)
    (file,) = connector._folder.complete_files()
    taken = connector._folder.take(file)
    assert taken is not None
    assert (await folder.connector().test()).ok
    assert taken.path.exists()
    connector._folder.prepare()
    assert not taken.path.exists()


@pytest.mark.parametrize("name", ["made_by_xlwt.xls", "made_by_openpyxl.xlsx"])
async def test_workbooks_of_other_programs_are_read(folder: Folder, name: str) -> None:
    suffix = Path(name).suffix
    folder.drop(f"results{suffix}", (WORKBOOKS / name).read_bytes())
    report = await folder.read()
    assert not report.errors
    counts = await RecordStore(folder.store).counts_by_type()
    assert counts == {"Observation": 3}


def results(*rows: list[str | None]) -> str:
    return sheet_xml([[text(name) for name in RESULT_HEADER], *rows])


async def test_errors_and_rewritten_numbers_of_a_spreadsheet_are_refused_not_read_as_nothing(
    folder: Folder,
) -> None:
    item = text("血糖")
    sheet = results(
        [number("1"), text("P1"), item, number("5.2"), None, None, None],
        [number("2"), text("P1"), item, error(), None, None, None],
        [number("3"), text("P1"), item, formula("A1*2"), None, None, None],
        [number("4"), text("P1"), item, formula('cmd|" /C calc"!A0', "7.1"), None, None, None],
        [number("110101199001011234"), text("P1"), item, number("1"), None, None, None],
        [number("6"), text("P1"), text('=HYPERLINK("http://x","y")'), None, None, None, None],
    )
    path = folder.place / "results.xlsx"
    write_workbook(path, {"S": sheet})
    await folder.read()
    told = folder.text("refused/results.xlsx.refused-rows.csv").splitlines()
    assert [line.split(",")[1:5] for line in told[1:]] == [
        ["3", "val", "", "cell_error"],
        ["4", "val", "", "cell_error"],
        ["6", "rid", "", "number_lost_digits"],
    ]
    assert (await RecordStore(folder.store).counts_by_type()) == {"Observation": 3}


def declare_size(path: Path, size: int) -> None:
    """Lets the last part of a package say that it unpacks to so many bytes."""
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = size.to_bytes(4, "little")
    path.write_bytes(content)


@pytest.mark.parametrize("kind", ["dimensions", "bomb", "entities", "no zip", "two sheets"])
async def test_a_hostile_workbook_harms_nothing(folder: Folder, kind: str) -> None:
    path = folder.place / "results.xlsx"
    good = results([number("1"), text("P1"), text("x"), number("1"), None, None, None])
    if kind == "dimensions":
        far = good.replace(
            "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        )
        write_workbook(path, {"S": far})
        code = "workbook_too_large"
    elif kind == "bomb":
        write_workbook(path, {"S": good})
        declare_size(path, 2**31)
        code = "workbook_bomb"
    elif kind == "entities":
        declared = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        write_workbook(path, {"S": declared + good})
        code = "workbook_bomb"
    elif kind == "no zip":
        path.write_bytes(b"PK\x03\x04" + b"\0" * 500)
        code = "workbook_damaged"
    else:
        write_workbook(path, {"S": good, "T": good})
        code = "sheet_undeclared"
    await folder.read()
    assert folder.text("refused/results.xlsx.reason.txt").startswith(code)
    assert not await RecordStore(folder.store).counts_by_type()


async def test_a_hidden_sheet_is_not_meant_and_a_declared_one_is(folder: Folder) -> None:
    good = results([number("1"), text("P1"), text("x"), number("1"), None, None, None])
    write_workbook(folder.place / "results.xlsx", {"H": good, "S": good}, frozenset({"H"}))
    report = await folder.read()
    assert report.messages == 1
    folder.remap('file = "results*"', 'file = "results*"\nsheet = "missing"')
    write_workbook(folder.place / "results-2.xlsx", {"H": good, "S": good})
    await folder.read()
    assert folder.text("refused/results-2.xlsx.reason.txt").startswith("sheet_missing")


async def test_files_that_no_pattern_fits_are_refused_with_the_reason(folder: Folder) -> None:
    folder.drop("other.csv", PEOPLE)
    folder.drop("patients.pdf", b"%PDF")
    await folder.read()
    assert folder.text("refused/other.csv.reason.txt").startswith("file_unmatched")
    assert folder.text("refused/patients.pdf.reason.txt").startswith("file_kind_unknown")


async def test_the_example_of_the_guide_is_read(folder: Folder) -> None:
    guide = (GUIDE / "connect-by-files.md").read_text("utf-8")
    mapping = guide[guide.index("```toml\n") + 8 :]
    folder.mapping.write_text(mapping[: mapping.index("```")], encoding="utf-8")
    head = "检验号,项目代码,项目名称,病历号,结果,单位,参考范围,报告时间,导出时间\n"
    row = "A1,GLU,葡萄糖,B1,5.20,mmol/L,3.9-6.1,2026/5/1 08:30,2026-05-01 09:00:00\n"
    folder.drop("lab_1.csv", (head + row).encode("gb18030"))
    report = await folder.read()
    assert report.messages == 1
    (patient,) = {
        r["subject"]["reference"]
        for r in await RecordStore(folder.store).read_patient(
            derived_id("his", "Patient", ("", "B1"))
        )
    }
    assert patient == f"Patient/{derived_id('his', 'Patient', ('', 'B1'))}"
