"""Bytes to units: what is readable is read exactly, what is not is refused with its place."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from suwen.core.errors import InputError
from suwen.integration.fhir import reading
from suwen.integration.fhir.reading import RefusedUnit, Unit, parse_json, read_units, unit_files

PATIENT = {"resourceType": "Patient", "id": "p", "name": [{"text": "张三"}]}


def one(source: bytes | Path, name: str | None = None) -> Unit | RefusedUnit:
    (unit,) = read_units(source, name)
    return unit


def refusal(source: bytes) -> InputError:
    unit = one(source)
    assert isinstance(unit, RefusedUnit)
    return unit.error


def bundle(*entries: dict[str, Any], kind: str = "collection") -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)}).encode()


def test_a_single_resource_is_a_unit() -> None:
    unit = one(json.dumps(PATIENT).encode())
    assert isinstance(unit, Unit)
    assert [r["id"] for r in unit.resources] == ["p"]


@pytest.mark.parametrize("kind", ["transaction", "collection", "document", "batch", "searchset"])
def test_bundles_of_every_kind_that_holds_a_state_are_read(kind: str) -> None:
    unit = one(bundle({"resource": PATIENT}, kind=kind))
    assert isinstance(unit, Unit)


def test_numbers_keep_every_digit() -> None:
    text = '{"a": 176.35499866729558, "b": 7.20, "c": 1e-7, "d": 12345678901234567890.5}'
    read = parse_json(text)
    assert [str(read[k]) for k in "abcd"] == [
        "176.35499866729558", "7.20", "1E-7", "12345678901234567890.5"
    ]  # fmt: skip
    assert isinstance(read["b"], Decimal)


def test_compressed_and_marked_files_are_read(tmp_path: Path) -> None:
    raw = json.dumps(PATIENT, ensure_ascii=False).encode()
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(raw[:9]) + gzip.compress(raw[9:]))
    assert isinstance(one(packed), Unit)
    assert isinstance(one(b"\xef\xbb\xbf" + raw), Unit)


def test_each_line_is_a_unit_and_a_damaged_one_does_not_take_others_down() -> None:
    lines = [json.dumps(PATIENT), "{", json.dumps(PATIENT | {"id": "q"}), ""]
    units = list(read_units("\n".join(lines).encode(), "x.ndjson"))
    assert [type(u) for u in units] == [Unit, RefusedUnit, Unit]
    assert [u.name for u in units] == ["x.ndjson:1", "x.ndjson:2", "x.ndjson:3"]


def test_lines_are_recognised_without_a_telling_name() -> None:
    text = f"{json.dumps(PATIENT)}\n{json.dumps(PATIENT | {'id': 'q'})}\n"
    assert len(list(read_units(text.encode()))) == 2


RAW = json.dumps(PATIENT).encode()
PACKED = gzip.compress(RAW, mtime=0)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "file_empty"),
        (b"  \n ", "file_empty"),
        (b"{", "json_malformed"),
        (b'{"resourceType": "Patient",}', "json_malformed"),
        (RAW + b" x", "json_malformed"),
        (b"<Bundle/>", "fhir_xml"),
        (b"[]", "not_a_resource"),
        (b'"text"', "not_a_resource"),
        (b"null", "not_a_resource"),
        (b"{}", "resource_type"),
        (b'{"resourceType": 5}', "resource_type"),
        (b'{"resourceType": "patient"}', "resource_type"),
        ("姓名".encode("gb18030"), "encoding_not_utf8"),
        (RAW.decode().encode("utf-16"), "encoding_not_utf8"),
        (PACKED[:-9], "gzip_truncated"),
        (PACKED[:12], "gzip_truncated"),
        (PACKED[:10] + b"\xff" * 40, "gzip_damaged"),
        (b'{"resourceType": "Patient", "id": "a", "id": "b"}', "json_duplicate_key"),
        (b'{"resourceType": "Patient", "x": NaN}', "json_number"),
        (b'{"resourceType": "Patient", "x": 1e999999}', "json_number"),
        (b'{"resourceType": "Patient", "x": 1' + b"0" * 5000 + b"}", "json_number"),
        (b'{"resourceType": "Patient", "x": ' + b"[" * 200_000, "json_too_deep"),
        (b'{"resourceType": "Patient", "x": ' + b"[" * 300 + b"]" * 300 + b"}", "json_too_deep"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_by_name(source: bytes, code: str) -> None:
    error = refusal(source)
    assert error.code == code
    assert error.safe_message.zh
    assert error.safe_message.zh != error.safe_message.en


def test_a_malformed_text_is_refused_with_line_and_column() -> None:
    error = refusal(b'{\n "resourceType": "Patient",\n "id": }')
    assert (error.detail["line"], error.detail["column"]) == (3, 8)


def test_a_decompression_bomb_is_stopped_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_UNIT_BYTES", 1_000_000)
    assert refusal(gzip.compress(b" " * 50_000_000)).code == "unit_too_large"
    assert refusal(b" " * 1_000_001).code == "unit_too_large"


def test_a_refusal_repeats_nothing_of_the_record() -> None:
    error = refusal(b'{"resourceType": "Patient", "gender": "secret-words", "id": "p"}')
    said = f"{error.safe_message} {error.detail} {error.field} {error}"
    assert "secret-words" not in said
    assert error.field == "Patient.gender"


def test_files_of_a_folder_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a.ndjson.gz", "c.txt", "sub/d.json.gz"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    assert [p.name for p in unit_files(tmp_path)] == ["a.ndjson.gz", "b.json", "d.json.gz"]
    with pytest.raises(InputError) as absent:
        unit_files(tmp_path / "none")
    assert absent.value.code == "file_not_found"
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError) as nothing:
        unit_files(empty)
    assert nothing.value.code == "no_fhir_file"


def test_a_file_that_vanished_is_a_refused_unit(tmp_path: Path) -> None:
    unit = one(tmp_path / "gone.json")
    assert isinstance(unit, RefusedUnit)
    assert unit.error.code == "file_not_found"
