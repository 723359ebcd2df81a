"""The batch form: one JSON line in, one JSON line out, none dropped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from suwen.cli.files import open_private
from suwen.cli.output import say
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.core.exact_json import write_exact
from suwen.core.language import Bilingual
from suwen.integration.fhir.reading import parse_json

LONGEST_LINE_BYTES = 256 * 1024 * 1024
SIDE_BY_SIDE = 8

Answer = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]

log = logging.getLogger(__name__)


@dataclass
class BatchCount:
    """How a batch went."""

    done: int = 0
    refused: int = 0
    errors: int = 0


def error_line(line: Mapping[str, Any], error: SuwenError) -> dict[str, Any]:
    """The output line of an input line that was refused or in error."""
    return {
        "id": line.get("id"),
        "status": meaning_of(error).batch_status,
        "result": None,
        "error": _error_body(error),
    }


def _error_body(error: SuwenError) -> dict[str, Any]:
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
        InputError: ``input_missing``, ``input_unreadable``, ``output_is_input``,
            ``output_unwritable``.
    """
    count = BatchCount()
    with ExitStack() as files:
        lines, output = _open(source, target, files)
        async for status, text in _in_order(lines, answer):
            count.done += status in (None, "ok")
            count.refused += status == "refused"
            count.errors += status == "error"
            output.write(text.encode() + b"\n")
            output.flush()
    return count


def _open(source: Path, target: Path, files: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    lines = files.enter_context(_opened(source)) if str(source) != "-" else sys.stdin.buffer
    if str(target) == "-":
        return lines, sys.stdout.buffer
    if _is_same(lines, target):
        raise InputError(
            "output_is_input",
            Bilingual(
                zh="输出不能写到输入文件上。", en="The output may not overwrite the input file."
            ),
            field="--output",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return lines, files.enter_context(open_private(target))
    except OSError as error:
        said = error.strerror or ""
        raise InputError(
            "output_unwritable",
            Bilingual(
                zh=f"无法写入 {target}（{said}）。", en=f"{target} cannot be written ({said})."
            ),
            field="--output",
        ) from None


def _is_same(lines: IO[bytes], target: Path) -> bool:
    """Whether input and output are one file, by whatever names."""
    return target.is_file() and os.path.samestat(target.stat(), os.fstat(lines.fileno()))


def _opened(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except FileNotFoundError:
        zh, en = f"找不到输入文件 {source}。", f"The input file {source} does not exist."
        raise InputError("input_missing", Bilingual(zh=zh, en=en), field="--input") from None
    except OSError as error:
        said = error.strerror or ""
        zh, en = f"无法读取 {source}（{said}）。", f"{source} cannot be read ({said})."
        raise InputError("input_unreadable", Bilingual(zh=zh, en=en), field="--input") from None


async def _in_order(lines: IO[bytes], answer: Answer) -> AsyncIterator[tuple[str | None, str]]:
    """Keeps several lines in work and yields status and text in the order of the input."""
    in_work: asyncio.Queue[asyncio.Task[tuple[str | None, str]] | None] = asyncio.Queue()
    room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def begin() -> None:
        async for number, raw in _read(lines):
            await room.acquire()
            in_work.put_nowait(asyncio.create_task(_answer_line(number, raw, answer)))
        in_work.put_nowait(None)

    beginning = asyncio.create_task(begin())
    beginning.add_done_callback(lambda _: in_work.put_nowait(None))
    while (task := await in_work.get()) is not None:
        yield await task
        room.release()
    await beginning


async def _read(lines: IO[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """The lines, read aside: a slow writer holds up neither the answers nor the interrupt key."""
    loop = asyncio.get_running_loop()
    handed: asyncio.Queue[tuple[int, bytes] | OSError | None] = asyncio.Queue()
    ahead = threading.Semaphore(SIDE_BY_SIDE)

    def read() -> None:
        last: OSError | None = None
        # The batch may have ended early, with its loop or its file closed under this thread.
        with contextlib.suppress(RuntimeError, ValueError):
            try:
                for numbered in _numbered(lines):
                    ahead.acquire()
                    loop.call_soon_threadsafe(handed.put_nowait, numbered)
            except OSError as error:
                last = error
            loop.call_soon_threadsafe(handed.put_nowait, last)

    # A daemon: it may stand in a read that never ends.
    threading.Thread(target=read, name="batch input", daemon=True).start()
    while isinstance(item := await handed.get(), tuple):
        yield item
        ahead.release()
    if item is not None:
        raise item


def _numbered(lines: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := lines.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        too_long = len(raw) > LONGEST_LINE_BYTES
        while too_long and not raw.endswith(b"\n") and (rest := lines.readline(1 << 20)):
            raw = rest
        yield number, _TOO_LONG if too_long else raw


_TOO_LONG = b"\x00too long"


async def _answer_line(number: int, raw: bytes, answer: Answer) -> tuple[str | None, str]:
    line: Mapping[str, Any] = {}
    try:
        line = _parse(raw)
        result = await answer(line)
        return result.get("status"), write_exact(result)
    except SuwenError as error:
        failed: SuwenError = error
    except RecursionError:
        failed = _line_error("json_too_deep", "JSON 嵌套过深", "nested too deeply")
    except Exception as error:
        # A defect with one line must not lose the others.
        log.error("a defect with line %d", number, exc_info=_stack(error))
        zh, en = "处理此行时程序出错。", "A defect of ours met this line."
        failed = SuwenError("defect", Bilingual(zh=zh, en=en))
    answered = error_line(line, failed)
    if answered["id"] is None:
        answered["line"] = number
    return str(answered["status"]), write_exact(answered)


def _stack(error: Exception) -> Exception | None:
    """The stack only where the operator wants it: its text may hold what the line held."""
    return error if os.environ.get("SUWEN_DEBUG") else None


def _parse(raw: bytes) -> Mapping[str, Any]:
    if raw == _TOO_LONG:
        megabytes = LONGEST_LINE_BYTES // 1024 // 1024
        raise _line_error("line_too_long", f"一行超过 {megabytes} MiB", f"over {megabytes} MiB")
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        zh, en = f"第 {error.start} 字节不是 UTF-8", f"not UTF-8 at byte {error.start}"
        raise _line_error("not_utf8", zh, en) from None
    if not text.strip():
        raise _line_error("line_empty", "空行", "empty")
    line = parse_json(text)
    if not isinstance(line, dict):
        raise _line_error("not_an_object", "应为 JSON 对象", "not a JSON object")
    _refuse_half_characters(text, line)
    return line


def _refuse_half_characters(text: str, line: dict[str, Any]) -> None:
    """Refuses half of a surrogate pair, which no file and no database can hold."""
    if "\\ud" not in text.lower():
        return
    try:
        write_exact(line).encode("utf-8")
    except UnicodeEncodeError:
        zh, en = (
            "含有不成对的代理字符（\\ud800–\\udfff）",
            "not text: it holds half a surrogate pair",
        )
        raise _line_error("json_half_character", zh, en) from None


def _line_error(code: str, zh: str, en: str) -> InputError:
    return InputError(code, Bilingual(zh=f"输入行有误：{zh}。", en=f"The input line is {en}."))
