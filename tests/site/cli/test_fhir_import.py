"""``fhir import``: a unit is whole or refused, twice changes nothing, real records end the show."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.site.cli.conftest import DemonstrationTerminal, site
from tests.support.command_line import Ended
from tests.support.prepared_homes import PreparedHomes

pytestmark = pytest.mark.site

Json = dict[str, Any]


@pytest.fixture(scope="module")
def empty(prepared_homes: PreparedHomes) -> Iterator[DemonstrationTerminal]:
    """A site of its own, whose records this module alone imports."""
    with site(prepared_homes) as terminal:
        yield terminal


def patient(key: str, **more: Any) -> Json:
    return {"resourceType": "Patient", "id": key, "gender": "female", **more}


def potassium(name: str, of: str, value: object = 4.10) -> Json:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": "2026-03-01T09:30:00+08:00",
        "valueQuantity": {"value": value, "unit": "mmol/L"},
    }


def bundle(*resources: Json) -> str:
    entries = [{"resource": resource} for resource in resources]
    body = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(body, ensure_ascii=False)


def imported(terminal: DemonstrationTerminal, name: str, content: bytes | str, *more: str) -> Ended:
    """Imports a file of this content."""
    path = terminal.write(name, content)
    return terminal.run("fhir", "import", str(path), "--synthetic", "--json", *more)


def test_a_bundle_is_stored_and_twice_changes_nothing(empty: DemonstrationTerminal) -> None:
    content = bundle(patient("p1"), potassium("k1", "p1"))
    first, again = imported(empty, "a.json", content), imported(empty, "a.json", content)
    assert (first.status, again.status) == (0, 0)
    assert (first.json["read"], first.json["stored"], first.json["unchanged"]) == (2, 2, 0)
    assert (again.json["read"], again.json["stored"], again.json["unchanged"]) == (2, 0, 2)
    assert first.json["by_type"] == {"Patient": 1, "Observation": 1}
    assert first.json["refused"] == []


def test_what_was_imported_comes_out_with_every_digit(empty: DemonstrationTerminal) -> None:
    imported(empty, "b.json", bundle(patient("p2"), potassium("k2", "p2")).replace("4.1", "4.10"))
    target = empty.folder / "p2.json"
    assert empty.run("record", "export", "p2", "--output", str(target)).status == 0
    assert '"value":4.10,' in target.read_text(encoding="utf-8")


DAMAGED = [
    (b"", "file_empty"),
    (b"not json", "json_malformed"),
    (b"\xff\xfe\x00", "encoding_not_utf8"),
    (b"<Bundle/>", "fhir_xml"),
    (b"[" * 100_000, "json_too_deep"),
    (b'{"resourceType": "Patient", "id": "x", "id": "y"}', "json_duplicate_key"),
    (b'{"resourceType": "Observation", "id": "x", "v": NaN}', "json_number"),
    (bundle(patient("d1"), potassium("d1", "d1"))[:-20].encode(), "json_malformed"),
    (gzip.compress(bundle(patient("d2")).encode())[:-12], "gzip_truncated"),
    (b"\x1f\x8b\x08damaged", "gzip_damaged"),
    (b'{"resourceType": "no such type", "id": "x"}', "resource_type"),
    (b'{"id": "x"}', "resource_type"),
    (b"[]", "not_a_resource"),
]


def test_a_damaged_unit_is_refused_whole_with_its_place(empty: DemonstrationTerminal) -> None:
    for content, code in DAMAGED:
        ended = imported(empty, "damaged.json", content)
        assert ended.status == 2, (content[:30], ended)
        (refusal,) = ended.json["refused"]
        assert (refusal["unit"], refusal["code"]) == ("damaged.json", code), content[:30]
        assert refusal["reason"]
        assert (ended.json["read"], ended.json["stored"]) == (0, 0)
        assert ended.err == ""


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (potassium("w1", "wp", "high"), "Bundle.entry[1].resource.valueQuantity.value"),
        ({**potassium("w2", "wp"), "status": 5}, "Bundle.entry[1].resource.status"),
        ({**potassium("w3", "wp"), "id": "a b"}, "Bundle.entry[1].resource.id"),
        ({**potassium("w4", "wp"), "id": "../x"}, "Bundle.entry[1].resource.id"),
        (
            {**potassium("w5", "wp"), "effectiveDateTime": "2026-02-30"},
            "Bundle.entry[1].resource.effectiveDateTime",
        ),
    ],
)
def test_one_wrong_element_leaves_nothing_of_its_unit(
    empty: DemonstrationTerminal, wrong: Json, place: str
) -> None:
    ended = imported(empty, "wrong.json", bundle(patient("wp"), wrong))
    assert (ended.status, ended.json["stored"]) == (2, 0)
    assert ended.json["refused"][0]["path"] == place
    assert empty.refused("record", "show", "wp") == (2, "patient_not_found")


def test_text_that_no_database_holds_is_refused_and_the_next_unit_is_stored(
    empty: DemonstrationTerminal,
) -> None:
    lines = [
        json.dumps(patient("n1", name=[{"text": "before"}])),
        '{"resourceType": "Patient", "id": "n2", "name": [{"text": "a\\u0000b"}]}',
        '{"resourceType": "Patient", "id": "n3", "name": [{"text": "a\\ud800b"}]}',
        json.dumps(patient("n4", name=[{"text": "after"}])),
    ]
    ended = imported(empty, "hostile.ndjson", "\n".join(lines))
    assert ended.status == 0
    assert [r["unit"] for r in ended.json["refused"]] == ["hostile.ndjson:2", "hostile.ndjson:3"]
    assert ended.json["stored"] == 2
    assert empty.run("record", "show", "n4").status == 0


def test_each_line_of_ndjson_is_a_unit(empty: DemonstrationTerminal) -> None:
    lines = [json.dumps(patient("l1")), "broken", "", json.dumps(patient("l2"))]
    ended = imported(empty, "lines.ndjson", "\n".join(lines))
    assert (ended.status, ended.json["units"], ended.json["stored"]) == (0, 3, 2)
    assert [r["unit"] for r in ended.json["refused"]] == ["lines.ndjson:2"]
    strict = imported(empty, "lines.ndjson", "\n".join(lines), "--strict")
    assert (strict.status, strict.json["unchanged"]) == (1, 2)


def test_a_folder_with_compressed_files(empty: DemonstrationTerminal) -> None:
    empty.write("folder/a.json.gz", gzip.compress(bundle(patient("f1")).encode()))
    empty.write("folder/below/b.json", bundle(patient("f2")))
    empty.write("folder/c.json", b"broken")
    empty.write("folder/readme.txt", b"not FHIR")
    ended = empty.run("fhir", "import", str(empty.folder / "folder"), "--synthetic", "--json")
    assert (ended.status, ended.json["units"], ended.json["stored"]) == (0, 3, 2)
    assert [r["unit"] for r in ended.json["refused"]] == ["c.json"]


def test_where_nothing_is(empty: DemonstrationTerminal) -> None:
    (empty.folder / "bare").mkdir()
    assert empty.refused("fhir", "import", "/nowhere") == (2, "file_not_found")
    assert empty.refused("fhir", "import", str(empty.folder / "bare")) == (2, "no_fhir_file")


def test_the_report_in_words(empty: DemonstrationTerminal) -> None:
    path = empty.write("mixed.ndjson", json.dumps(patient("m1")) + "\nbroken")
    line = ("fhir", "import", str(path), "--synthetic")
    english, chinese = empty.run(*line), empty.run(*line, LANG="zh_CN.UTF-8")
    assert "1 resources read, 1 stored, 0 unchanged, 1 units refused." in english.out
    assert "mixed.ndjson:2: This is not valid JSON" in english.out
    assert "读取 1 个资源，新存 0，未变 1，拒绝 1 个单元。" in chinese.out
    assert "不是有效的 JSON" in chinese.out


def test_an_import_is_opened_and_closed_on_the_audit_without_text(
    empty: DemonstrationTerminal,
) -> None:
    imported(empty, "named.json", bundle(patient("a1", name=[{"text": "龙丹妮"}])))
    opened, closed = empty.run("audit", "show", "--last", "2", "--json").json
    assert (opened["action"], opened["outcome"]) == ("record.import", "opened")
    assert (closed["action"], closed["outcome"]) == ("record.import", "done")
    assert closed["detail"]["stored"] == 1
    assert opened["trace"] == closed["trace"]
    assert "龙丹妮" not in json.dumps([opened, closed], ensure_ascii=False)


def test_a_real_record_ends_the_demonstration_at_once(prepared_homes: PreparedHomes) -> None:
    with site(prepared_homes, demonstration=True) as terminal:
        terminal.sign_in("dr.lin")
        patients = ("record", "list", "--as", "dr.lin")
        assert terminal.run(*patients).status == 0
        path = terminal.write("invented.json", bundle(patient("invented")))
        assert terminal.run("fhir", "import", str(path), "--synthetic").status == 0
        assert terminal.run(*patients).status == 0
        path = terminal.write("real.json", bundle(patient("real")))
        assert terminal.run("fhir", "import", str(path)).status == 0
        assert terminal.refused(*patients) == (3, "session_ended")
        assert terminal.refused("record", "list", "--as", "dr.sun") == (3, "token_missing")
        wrong = terminal.refused("login", "dr.sun", stdin=terminal.password)
        assert wrong == (3, "credentials_wrong")
        states = {row["state"] for row in terminal.run("user", "list", "--json").json}
        assert states == {"disabled"}
        start = terminal.refused("up", "--port", "0")
        assert start == (2, "demonstration_beside_real_records")
        # The service that runs batches reads invented records only.
        assert terminal.refused("record", "show", "real")[0] in (2, 3)
        assert terminal.run("record", "show", "invented").status == 0
