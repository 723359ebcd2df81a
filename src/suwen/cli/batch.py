"""The batch form: one JSON line in, one JSON line out, none dropped."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from suwen.cli.output import say
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.core.language import Bilingual

LONGEST_LINE_BYTES = 256 * 1024 * 1024
SIDE_BY_SIDE = 8

Answer = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass
class BatchCount:
    """How a batch went."""

    done: int = 0
    refused: int = 0
    errors: int = 0


def error_body(error: SuwenError) -> dict[str, Any]:
    """The ``error`` object of an output line."""
    body: dict[str, Any] = {"code": error.code, "message": say(error.safe_message)}
    if error.field:
        body["field"] = error.field
    return body


async def run_batch(source: Path, target: Path, answer: Answer) -> BatchCount:
    """Answers every line of a file, in order, several at a time.

    Args:
        source: JSON Lines, UTF-8; ``-`` is standard input.
        target: where the answers go, one for each input line; ``-`` is standard output.
        answer: answers one well-formed line; its SuwenErrors become error lines.

    Raises:
        InputError: ``input_missing``, ``output_is_input``.
    """
    count = BatchCount()
    with ExitStack() as files:
        lines, output = _open(source, target, files)
        async for result in _in_order(lines, answer):
            status = result.get("status")
            count.done += status in (None, "ok")
            count.refused += status == "refused"
            count.errors += status == "error"
            output.write(json.dumps(result, ensure_ascii=False, default=_plain) + "\n")
            output.flush()
    return count


def _open(source: Path, target: Path, files: ExitStack) -> tuple[IO[bytes], IO[str]]:
    if str(source) != "-" and not source.is_file():
        raise InputError(
            "input_missing",
            Bilingual(
                zh=f"找不到输入文件 {source}。", en=f"The input file {source} does not exist."
            ),
            field="--input",
        )
    if str(source) != "-" and target.exists() and target.samefile(source):
        raise InputError(
            "output_is_input",
            Bilingual(
                zh="输出不能写到输入文件上。", en="The output may not overwrite the input file."
            ),
            field="--output",
        )
    lines = sys.stdin.buffer if str(source) == "-" else files.enter_context(source.open("rb"))
    if str(target) == "-":
        return lines, sys.stdout
    target.parent.mkdir(parents=True, exist_ok=True)
    return lines, files.enter_context(target.open("w", encoding="utf-8"))


async def _in_order(lines: IO[bytes], answer: Answer) -> AsyncIterator[dict[str, Any]]:
    """Keeps several lines in work and yields their answers in the order of the input."""
    waiting: list[asyncio.Task[dict[str, Any]]] = []
    for number, raw in _numbered(lines):
        waiting.append(asyncio.create_task(_answer_line(number, raw, answer)))
        if len(waiting) >= SIDE_BY_SIDE:
            yield await waiting.pop(0)
    for task in waiting:
        yield await task


def _numbered(lines: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := lines.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if len(raw) > LONGEST_LINE_BYTES:
            while not raw.endswith(b"\n") and (rest := lines.readline(LONGEST_LINE_BYTES)):
                raw = rest
            yield number, b"\x00too long"
            continue
        yield number, raw


async def _answer_line(number: int, raw: bytes, answer: Answer) -> dict[str, Any]:
    try:
        line = _parse(raw)
    except InputError as error:
        return {
            "id": None,
            "line": number,
            "status": "error",
            "result": None,
            "error": error_body(error),
        }
    try:
        return await answer(line)
    except SuwenError as error:
        return {
            "id": line.get("id"),
            "status": meaning_of(error).batch_status,
            "result": None,
            "error": error_body(error),
        }


def _parse(raw: bytes) -> Mapping[str, Any]:
    if raw == b"\x00too long":
        megabytes = LONGEST_LINE_BYTES // 1024 // 1024
        raise _line_error("line_too_long", f"一行超过 {megabytes} MiB", f"over {megabytes} MiB")
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        # Decimal keeps the digits of the record: 3.50 mmol/L must not become 3.5.
        line = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        place = f"{error.start}"
        raise _line_error(
            "not_utf8", f"第 {place} 字节不是 UTF-8", f"byte {place} is not UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise _line_error("not_json", f"不是 JSON：{error.msg}", f"not JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        zh, en = "嵌套过深或含 JSON 不允许的数", "nested too deeply, or holds a number JSON has not"
        raise _line_error("not_json", zh, en) from None
    if not isinstance(line, dict):
        raise _line_error("not_an_object", "应为 JSON 对象", "must be a JSON object")
    return line


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _line_error(code: str, zh: str, en: str) -> InputError:
    return InputError(code, Bilingual(zh=f"输入行有误：{zh}。", en=f"The input line is {en}."))
