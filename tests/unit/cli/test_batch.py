"""The batch form: one answer for each line, in order, whatever the line holds."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from suwen.cli import batch
from suwen.cli.batch import BatchCount, run_batch
from suwen.core.errors import InputError, PreconditionError
from suwen.core.language import Bilingual

Json = dict[str, Any]


async def echo(line: Mapping[str, Any]) -> Json:
    return {"id": line.get("id"), "status": "ok", "result": line, "error": None}


def answers(tmp_path: Path, given: bytes, answer: batch.Answer = echo) -> list[Json]:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(given)
    asyncio.run(run_batch(source, target, answer))
    return [json.loads(line) for line in target.read_bytes().split(b"\n")[:-1]]


BAD = {
    b"": "line_empty",
    b"   ": "line_empty",
    b"not json": "json_malformed",
    b"{": "json_malformed",
    b'{"id": 1} {"id": 2}': "json_malformed",
    b"{'id': 1}": "json_malformed",
    b'{"id": 1, "a": "\x01"}': "json_malformed",
    b"\xff\xfe{}": "not_utf8",
    b'{"id": "\xe4\xb8"}': "not_utf8",
    b"[1]": "not_an_object",
    b"null": "not_an_object",
    b'"text"': "not_an_object",
    b'{"id": NaN}': "json_number",
    b'{"id": -Infinity}': "json_number",
    b'{"id": 1e999999999}': "json_number",
    b'{"id": ' + b"9" * 5000 + b"}": "json_number",
    b'{"id": 1, "id": 2}': "json_duplicate_key",
    b'{"id": 1, "a": {"b": 1, "b": 1}}': "json_duplicate_key",
    b"[" * 200_000: "json_too_deep",
    b'{"id": 1, "a": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001: "json_too_deep",
    b'{"id": "\\ud800"}': "json_half_character",
    b'{"id": 1, "\\udfff": 2}': "json_half_character",
}


@pytest.mark.parametrize(("raw", "code"), BAD.items(), ids=lambda v: str(v)[:30])
def test_a_line_that_is_no_json_object_answers_with_its_number(
    tmp_path: Path, raw: bytes, code: str
) -> None:
    good = b'{"id": "before"}\n' + raw + b'\n{"id": "after"}\n'
    before, answered, after = answers(tmp_path, good)
    assert (before["id"], after["id"]) == ("before", "after")
    assert answered["id"] is None
    assert answered["line"] == 2
    assert answered["status"] == "error"
    assert answered["result"] is None
    assert answered["error"]["code"] == code
    assert answered["error"]["message"]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (b"", 0),
        (b"\n", 1),
        (b"\n\n\n", 3),
        (b"{}", 1),
        (b"{}\n", 1),
        (b"{}\n\n", 2),
        (b"{}\r\n{}", 2),
    ],
)
def test_as_many_answers_as_lines(tmp_path: Path, given: bytes, count: int) -> None:
    assert len(answers(tmp_path, given)) == count


def test_a_truncated_last_line_is_answered_too(tmp_path: Path) -> None:
    whole, cut = answers(tmp_path, b'{"id": 1}\n{"id": 2, "request": {"patient_id": "p')
    assert whole["id"] == 1
    assert (cut["line"], cut["error"]["code"]) == (2, "json_malformed")


def test_a_byte_order_mark_is_no_part_of_the_line(tmp_path: Path) -> None:
    assert answers(tmp_path, b'\xef\xbb\xbf{"id": 1}\n')[0]["id"] == 1


def test_numbers_keep_their_digits_and_any_script_stays_readable(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        '{"id": "血钾", "v": [3.50, 1E+2, 0.10, "\\ud83d\\ude00"]}\n', encoding="utf-8"
    )
    asyncio.run(run_batch(source, target, echo))
    assert '"v":[3.50,1E+2,0.10,"😀"]' in target.read_text(encoding="utf-8")
    assert "血钾" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["../../etc/passwd", "%s%n{0}{}", "a\u0000b", "\u001b[31m", "'; DROP TABLE audit_event; --"],
)
def test_hostile_text_goes_through_as_text(tmp_path: Path, text: str) -> None:
    given = json.dumps({"id": text, "x": text}).encode() + b"\n"
    assert answers(tmp_path, given)[0]["result"]["x"] == text


def test_a_line_above_the_limit_is_refused_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LONGEST_LINE_BYTES", 1000)
    long = b'{"id": "' + b"x" * 3_000_000 + b'"}'
    told = answers(tmp_path, b'{"id": 1}\n' + long + b'\n{"id": 3}\n' + long)
    assert [line["id"] for line in told] == [1, None, 3, None]
    assert told[1]["error"]["code"] == told[3]["error"]["code"] == "line_too_long"


def test_a_long_line_below_the_limit_is_answered(tmp_path: Path) -> None:
    told = answers(tmp_path, json.dumps({"id": "x" * 5_000_000}).encode())
    assert len(told[0]["id"]) == 5_000_000


def test_refusals_errors_and_defects_are_told_apart_and_lose_no_other_line(tmp_path: Path) -> None:
    async def answer(line: Mapping[str, Any]) -> Json:
        kind = line["id"]
        said = Bilingual(zh="不行", en="It cannot be.")
        if kind == "refused":
            raise PreconditionError("no_inpatient_encounter", said)
        if kind == "error":
            raise InputError("field_missing", said, field="request")
        if kind == "defect":
            raise ZeroDivisionError("patient text must not be seen")
        if kind == "too deep":
            raise RecursionError
        if kind == "no json":
            return {"id": kind, "status": "ok", "result": object()}
        return await echo(line)

    kinds = ["ok", "refused", "error", "defect", "too deep", "no json", "ok"]
    given = "".join(json.dumps({"id": kind}) + "\n" for kind in kinds).encode()
    told = answers(tmp_path, given, answer)
    assert [line["id"] for line in told] == kinds
    assert [line["status"] for line in told] == ["ok", "refused", *["error"] * 4, "ok"]
    codes = [(line["error"] or {}).get("code") for line in told]
    assert codes == [
        None,
        "no_inpatient_encounter",
        "field_missing",
        "defect",
        "json_too_deep",
        "defect",
        None,
    ]
    assert told[2]["error"]["field"] == "request"
    assert "patient text" not in json.dumps(told)


def test_the_log_of_a_defect_holds_no_text_of_the_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(line: Mapping[str, Any]) -> Json:
        raise ValueError(line["name"])

    monkeypatch.delenv("SUWEN_DEBUG", raising=False)
    answers(tmp_path, '{"id": 1, "name": "萧兴业"}'.encode(), answer)
    assert "萧兴业" not in caplog.text
    assert "a defect with line 1" in caplog.text


def test_answers_keep_the_order_of_the_lines(tmp_path: Path) -> None:
    async def answer(line: Mapping[str, Any]) -> Json:
        await asyncio.sleep(0.02 if line["id"] % 5 == 0 else 0)
        return await echo(line)

    given = "".join(f'{{"id": {n}}}\n' for n in range(60)).encode()
    assert [line["id"] for line in answers(tmp_path, given, answer)] == list(range(60))


def test_only_so_many_lines_are_in_work_at_once(tmp_path: Path) -> None:
    busy = most = 0

    async def answer(line: Mapping[str, Any]) -> Json:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.001)
        busy -= 1
        return await echo(line)

    answers(tmp_path, b"{}\n" * 100, answer)
    assert 1 < most <= batch.SIDE_BY_SIDE


def test_lines_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    async def answer(line: Mapping[str, Any]) -> Json:
        if line["id"] == "refused":
            raise PreconditionError("x", Bilingual("不", "no"))
        return {"id": line["id"]} if line["id"] == "plain" else await echo(line)

    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"id": "ok"}\n{"id": "plain"}\n{"id": "refused"}\nbroken\n\n')
    counted = asyncio.run(run_batch(source, tmp_path / "out.jsonl", answer))
    assert counted == BatchCount(done=2, refused=1, errors=2)


def refusal(source: Path, target: Path) -> str:
    with pytest.raises(InputError) as caught:
        asyncio.run(run_batch(source, target, echo))
    return caught.value.code


def test_files_that_cannot_be_used_are_told_before_anything_is_written(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"id": 1}\n')
    kept = tmp_path / "kept.jsonl"
    kept.write_text("kept")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert refusal(tmp_path / "absent", kept) == "input_missing"
    assert refusal(folder, kept) == "input_unreadable"
    assert kept.read_text() == "kept"
    assert refusal(source, folder) == "output_unwritable"
    assert refusal(source, source / "below" / "a file") == "output_unwritable"


def test_the_output_is_never_the_input_by_any_name(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"id": 1}\n')
    soft, hard = tmp_path / "soft", tmp_path / "hard"
    soft.symlink_to(source)
    hard.hardlink_to(source)
    for target in (source, soft, hard, tmp_path / "." / "in.jsonl"):
        assert refusal(source, target) == "output_is_input"
    assert source.read_bytes() == b'{"id": 1}\n'


def test_the_output_is_not_the_file_behind_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"id": 1}\n')
    with source.open() as standard_input:
        monkeypatch.setattr(sys, "stdin", standard_input)
        assert refusal(Path("-"), source) == "output_is_input"
    assert source.read_bytes() == b'{"id": 1}\n'


def test_a_new_output_is_private_and_folders_are_made(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "new" / "folder" / "out.jsonl"
    source.write_bytes(b"{}\n")
    asyncio.run(run_batch(source, target, echo))
    assert target.stat().st_mode & 0o777 == 0o600


def test_standard_output_is_utf8_whatever_the_terminal_speaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, written = tmp_path / "in.jsonl", io.BytesIO()
    source.write_text('{"id": "钾"}\n', encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    asyncio.run(run_batch(source, Path("-"), echo))
    sys.stdout.flush()
    assert json.loads(written.getvalue().decode("utf-8"))["id"] == "钾"


def test_a_pipe_is_answered_while_its_writer_still_thinks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    target = tmp_path / "out.jsonl"
    answered_early: list[bool] = []

    def write() -> None:
        os.write(writing, b'{"id": 1}\n')
        for _ in range(500):
            if target.exists() and target.stat().st_size:
                answered_early.append(True)
                break
            threading.Event().wait(0.01)
        os.write(writing, b'{"id": 2}\n')
        os.close(writing)

    with os.fdopen(reading) as standard_input:
        monkeypatch.setattr(sys, "stdin", standard_input)
        writer = threading.Thread(target=write)
        writer.start()
        asyncio.run(run_batch(Path("-"), target, echo))
        writer.join()
    assert answered_early == [True]
    assert [json.loads(line)["id"] for line in target.read_text().splitlines()] == [1, 2]


def test_a_named_pipe_is_an_input_too(tmp_path: Path) -> None:
    pipe, target = tmp_path / "pipe", tmp_path / "out.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b'{"id": 1}\n'))
    writer.start()
    asyncio.run(run_batch(pipe, target, echo))
    writer.join()
    assert json.loads(target.read_text())["id"] == 1


def test_a_full_disk_ends_the_batch_with_what_was_written_whole(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"id": 1}\n' * 20)
    with pytest.raises(OSError, match="No space left"):
        asyncio.run(run_batch(source, Path("/dev/full"), echo))
