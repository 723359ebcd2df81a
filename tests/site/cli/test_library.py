"""The library at the command line: hostile files are refused line by line, the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.cli.conftest import DemonstrationTerminal, site
from tests.support.prepared_homes import PreparedHomes

pytestmark = pytest.mark.site

GOOD = [
    {"id": "k", "title": "补钾规程", "text": "血钾低于 3.0 mmol/L 时静脉补钾。"},
    {"id": "s", "title": "机密规程", "text": "补钾的机密说明 ZX-9。", "sensitivity": 5},
    {"id": "h", "title": "高血压随访", "text": "每三个月复查血压，氨氯地平 5 mg qd。"},
    {"id": "e", "title": "Old rule", "text": "Potassium as before.", "expires": "2020-01-01"},
]


@pytest.fixture(scope="module")
def wards(prepared_homes: PreparedHomes) -> Iterator[DemonstrationTerminal]:
    """A site with one collection that was imported and built."""
    with site(prepared_homes, demonstration=True) as terminal:
        done = terminal.run(
            "knowledge", "import", "wards", str(terminal.write("good.jsonl", GOOD)), "--json"
        )
        assert done.status == 0, done.err
        assert (done.json["new"], done.json["refusals"]) == (4, [])
        built = terminal.run("knowledge", "build", "wards", "--json")
        assert built.status == 0, built.err
        # What only some may read has no vector: numbers can be turned back into words.
        assert (built.json["number"], built.json["documents"], built.json["vectors"]) == (1, 4, 3)
        yield terminal


def searched(
    terminal: DemonstrationTerminal, queries: bytes | str | list[Any], *more: str
) -> list[dict[str, Any]]:
    source = terminal.write("queries.jsonl", queries)
    line = ("knowledge", "search", "wards", "--queries", str(source), "--output", "-", "--k", "5")
    ended = terminal.run(*line, *more)
    assert ended.status == 0, ended.err
    return ended.lines


def found(
    terminal: DemonstrationTerminal, query: str, *more: str, collection: str = "wards"
) -> set[str]:
    (line,) = searched(terminal, [{"id": 1, "query": query}], *more)
    return {one["document_id"] for one in line["results"]}


def test_the_same_again_changes_nothing(wards: DemonstrationTerminal) -> None:
    again = wards.run("knowledge", "import", "wards", str(wards.folder / "good.jsonl"), "--json")
    assert (again.status, again.json["unchanged"], again.json["new"]) == (0, 4, 0)


def test_a_search_answers_every_line_and_says_which_it_cannot(
    wards: DemonstrationTerminal,
) -> None:
    lines = [
        json.dumps({"id": "a", "query": "静脉补钾"}, ensure_ascii=False).encode(),
        b"{broken",
        b"",
        b"[1]",
        b'{"id": "b", "query": 7}',
        b'{"id": "c", "query": " "}',
        json.dumps({"id": "d", "query": "x" * 5000}).encode(),
        b'{"id": "e", "query": "\\ud800"}',
        b'{"id": "f", "query": "x", "extra": 1}',
        b"\xff\xfe\x00",
        json.dumps({"id": "g", "query": "氨氯地平 5 mg"}, ensure_ascii=False).encode(),
    ]
    answers = searched(wards, b"\n".join(lines))
    codes = [one["error"]["code"] if one.get("error") else None for one in answers]
    assert codes == [
        None,
        "json_malformed",
        "line_empty",
        "not_an_object",
        "field_missing",
        "query_missing",
        "query_too_long",
        "json_half_character",
        "field_unknown",
        "not_utf8",
        None,
    ]
    first = answers[0]["results"][0]
    assert (first["document_id"], first["passage_id"]) == ("k", "wards/k#0")
    assert first["text"] == GOOD[0]["text"][first["start"] : first["end"]]
    assert set(answers[0]["took_ms"]) == {"embed", "search", "total"}
    assert answers[-1]["results"][0]["document_id"] == "h"


def test_the_batch_and_a_person_see_what_each_may_see(wards: DemonstrationTerminal) -> None:
    assert found(wards, "机密规程 ZX-9") & {"s"} == set()
    chief, nurse = "dr.sun", next(a.name for a in wards.accounts if a.name.startswith("nurse"))
    wards.sign_in(chief)
    wards.sign_in(nurse)
    assert "s" in found(wards, "机密规程 ZX-9", "--as", chief)
    assert "s" not in found(wards, "机密规程 ZX-9", "--as", nurse)
    for name in ("s", "never-was"):
        assert wards.refused("knowledge", "show", "wards", name, "--as", nurse) == (
            2,
            "document_not_found",
        )
    assert wards.run("knowledge", "show", "wards", "s", "--as", chief, "--json").status == 0
    assert wards.refused("knowledge", "delete", "wards", "k", "--as", nurse) == (3, "not_permitted")


def test_an_expired_text_says_so_where_it_appears(wards: DemonstrationTerminal) -> None:
    (line,) = searched(wards, [{"id": 1, "query": "Potassium as before"}])
    standing = {one["document_id"]: one["currency"] for one in line["results"]}
    assert standing["e"] == "expired"
    assert standing["k"] == "current"
    due = wards.run("knowledge", "due", "--json").json
    assert ("e", "expired") in {(one["document"], one["reason"]) for one in due}


def test_a_deleted_document_is_unfindable_at_once(wards: DemonstrationTerminal) -> None:
    assert "h" in found(wards, "高血压随访")
    assert wards.run("knowledge", "delete", "wards", "h").status == 0
    assert "h" not in found(wards, "高血压随访")
    again = wards.run("knowledge", "import", "wards", str(wards.folder / "good.jsonl"), "--json")
    assert again.json["withheld"] == 1
    body = wards.run("knowledge", "verify", "wards", "--json").json
    assert (body["ok"], body["only_in_edition"]) == (True, ["h"])
    wards.sign_in("dr.sun")
    assert wards.run("knowledge", "restore", "wards", "h", "--as", "dr.sun").status == 0
    assert "h" in found(wards, "高血压随访")


HOSTILE: dict[str, bytes] = {
    "not JSON": b"{broken",
    "a list": b"[1, 2]",
    "no title": b'{"id": "x1", "text": "t"}',
    "no text": b'{"id": "x2", "title": "t", "text": ""}',
    "no id": b'{"title": "t", "text": "t"}',
    "an unknown field": b'{"id": "x3", "title": "t", "text": "t", "sensitivty": 5}',
    "a sensitivity that is none": b'{"id": "x4", "title": "t", "text": "t", "sensitivity": 9}',
    "a day that is none": b'{"id": "x5", "title": "t", "text": "t", "issued": "2026-02-30"}',
    "not UTF-8": b'{"id": "x6", "title": "t", "text": "\xff\xfe"}',
    "a NUL": b'{"id": "x7", "title": "t", "text": "a\\u0000b"}',
    "half a character": b'{"id": "x8", "title": "t", "text": "a\\ud800b"}',
    "an id with a line end": b'{"id": "x\\n9", "title": "t", "text": "t"}',
    "a document of itself": b'{"id": "x10", "title": "t", "text": "t", "supersedes": "x10"}',
    "an end before its beginning": (
        b'{"id": "x11", "title": "t", "text": "t", "effective": "2026-02-02", '
        b'"expires": "2026-02-01"}'
    ),
    "nested deeply": b'{"id": "x12", "title": "t", "text": ' + b"[" * 50_000 + b"}",
}


def test_hostile_lines_are_refused_with_their_place_and_the_rest_goes_on(
    wards: DemonstrationTerminal,
) -> None:
    good = [f'{{"id": "g{n}", "title": "t", "text": "text {n}"}}'.encode() for n in range(2)]
    source = wards.write("hostile.jsonl", b"\n".join([good[0], *HOSTILE.values(), good[1]]))
    ended = wards.run("knowledge", "import", "hostile", str(source), "--json")
    assert ended.status == 0, ended.err
    assert ended.json["new"] == 2
    assert len(ended.json["refusals"]) == len(HOSTILE), ended.json["refusals"]
    assert all(one["reason"] and one["code"] for one in ended.json["refusals"])
    assert "Traceback" not in ended.err
    strict = wards.run("knowledge", "import", "hostile", str(source), "--strict")
    assert strict.status == 1


def test_hostile_files_are_refused_and_the_rest_goes_on(wards: DemonstrationTerminal) -> None:
    folder = wards.folder / "mixed"
    for name, content in {
        "empty.txt": b"",
        "blank.md": b" \n\n",
        "cut.pdf": b"%PDF-1.7\n1 0 obj",
        "cut.docx": b"PK\x03\x04nothing",
        "noise.png": b"\x89PNG\r\n\x1a\nnoise",
        "program.exe": b"MZ\x00\x00",
        "utf16.txt": "血钾的危急值".encode("utf-16"),
        "good.md": "# 危急值\n\n血钾低于 2.5 mmol/L 立即报告。".encode(),
    }.items():
        wards.write(f"mixed/{name}", content)
    (folder / "outside.txt").symlink_to(Path("/etc/hostname"))
    ended = wards.run("knowledge", "import", "mixed", str(folder), "--json")
    assert ended.status == 0, ended.err
    refused = {one["item"].rpartition("/")[2] for one in ended.json["refusals"]}
    assert refused >= {"empty.txt", "blank.md", "cut.pdf", "cut.docx", "noise.png"}
    listed = wards.run("knowledge", "documents", "mixed", "--json").json
    names = {one["id"] for one in listed}
    assert any(name.endswith("good") for name in names)
    assert not any("outside" in name for name in names)


@pytest.mark.parametrize("name", ["", "Wards", "a/b", "..", "病房", "x" * 61])
def test_a_name_that_no_collection_can_have_is_refused(
    wards: DemonstrationTerminal, name: str
) -> None:
    source = str(wards.folder / "good.jsonl")
    assert wards.refused("knowledge", "import", name, source) == (2, "collection_id_unusable")
    code = "collection_not_found"
    queries = str(wards.write("queries.jsonl", [{"id": 1, "query": "x"}]))
    assert wards.refused("knowledge", "search", name, "--queries", queries, "--output", "-") == (
        2,
        code,
    )


def test_what_is_not_there_is_said_so(wards: DemonstrationTerminal) -> None:
    assert wards.refused("knowledge", "import", "wards", "/no/such/file")[0] == 2
    assert wards.refused("knowledge", "build", "nowhere") == (2, "collection_not_found")
    assert wards.refused("knowledge", "activate", "wards", "99") == (2, "edition_not_found")
    assert wards.refused("knowledge", "delete", "wards", "never") == (2, "document_not_found")
    assert wards.refused("knowledge", "delete", "wards", "a\0b")[0] == 2


def test_an_edition_is_carried_to_another_site_and_a_changed_file_is_not(
    wards: DemonstrationTerminal, prepared_homes: PreparedHomes
) -> None:
    file = wards.folder / "wards.edition"
    done = wards.run("knowledge", "export", "wards", str(file), "--json")
    assert done.status == 0, done.err
    public_key = done.json["public_key"]
    assert wards.refused("knowledge", "export", "wards", str(file)) == (2, "edition_file_exists")
    with site(prepared_homes) as other:
        install = ("knowledge", "install")
        assert other.refused(*install, str(file)) == (2, "edition_unsigned")
        foreign = other.run("knowledge", "key", "--json").json["public_key"]
        assert other.refused(*install, str(file), "--key", foreign) == (2, "edition_unsigned")
        assert other.refused(*install, str(file), "--key", "x") == (2, "public_key_malformed")
        raw = file.read_bytes()
        for place in (40, len(raw) // 2, len(raw) - 3):
            changed = other.write(
                "changed", raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            )
            status, code = other.refused(*install, str(changed), "--key", public_key)
            assert status == 2
            assert code in {"edition_unsigned", "edition_damaged", "not_an_edition_file"}
        assert other.run("knowledge", "list", "--json").json == []
        installed = other.run(*install, str(file), "--key", public_key, "--json")
        assert installed.status == 0, installed.err
        assert installed.json["edition"] == done.json["edition"]
        assert {"k", "h"} <= found(other, "补钾 高血压")
        assert "s" not in found(other, "机密规程 ZX-9")
        assert other.run("knowledge", "verify", "wards", "--json").json["ok"] is True
        assert other.run(*install, str(file)).status == 0


def test_an_edition_rolls_back_and_a_damaged_one_is_found(wards: DemonstrationTerminal) -> None:
    more = [*GOOD, {"id": "n", "title": "新规程", "text": "新的补镁说明。"}]
    source = str(wards.write("more.jsonl", more))
    assert wards.run("knowledge", "import", "wards", source).status == 0
    assert wards.run("knowledge", "build", "wards").status == 0
    assert "n" in found(wards, "补镁")
    difference = wards.run("knowledge", "diff", "wards", "--json").json
    assert difference["added"] == ["n"]
    assert wards.run("knowledge", "activate", "wards", "1").status == 0
    assert "n" not in found(wards, "补镁")
    assert wards.run("knowledge", "activate", "wards", "2").status == 0
    listed = wards.run("knowledge", "editions", "wards", "--json").json
    assert [one["in_use"] for one in listed] == [True, False]
    folder = wards.home / "knowledge" / "wards" / listed[1]["edition"]
    largest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    ended = wards.run("knowledge", "verify", "wards", "--edition", "1", "--json")
    assert (ended.status, ended.json["ok"], ended.json["code"]) == (1, False, "edition_damaged")
    assert wards.run("knowledge", "verify", "wards").status == 0
    assert wards.run("knowledge", "retire", "wards", "1").status == 0
    assert wards.refused("knowledge", "retire", "wards", "2") == (2, "edition_in_use")
