"""From bytes or a file to units of FHIR JSON; a damaged unit is refused whole."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from suwen.core.errors import InputError
from suwen.core.record import Resource
from suwen.integration.fhir.at_once import read_at_once
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.problems import refused

#: Largest unit after decompression, in bytes.
MAX_UNIT_BYTES = 512 * 1024 * 1024
_SUFFIXES = (".json", ".json.gz", ".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
_LINE_SUFFIXES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
_MAX_NUMBER_CHARACTERS = 64
_MAX_EXPONENT = 100
_EXPONENT = re.compile(r"[eE]([+-]?\d+)$")


@dataclass(frozen=True, slots=True)
class Unit:
    """One readable unit: a file, a Bundle, or one line of NDJSON.

    Attributes:
        name: file name, with the line for NDJSON.
        resources: its resources, references resolved, in the order of the source.
    """

    name: str
    resources: Sequence[Resource] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefusedUnit:
    """A unit that cannot be taken, and exactly why."""

    name: str
    error: InputError


def unit_files(path: Path) -> list[Path]:
    """FHIR files at a path: the file itself, or all in a folder and below, in order of name.

    Raises:
        InputError: ``file_not_found`` or ``no_fhir_file``.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise refused(
            "file_not_found", "", "找不到该文件或文件夹。", "There is no such file or folder."
        )
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.name.endswith(_SUFFIXES))
    if not files:
        raise refused(
            "no_fhir_file",
            "",
            "文件夹中没有 .json、.ndjson 或其 .gz 文件。",
            "The folder holds no .json, .ndjson or .gz file of these.",
        )
    return files


def read_units(source: Path | bytes, name: str | None = None) -> Iterator[Unit | RefusedUnit]:
    """Reads every unit of a file or of bytes; each is whole or refused.

    Args:
        name: what to call the source in reports; the file's name by default.
    """
    label = name or (source.name if isinstance(source, Path) else "input")
    try:
        text = _text_of(source)
        lines = label.endswith(_LINE_SUFFIXES) or _looks_like_lines(text)
    except InputError as error:
        yield RefusedUnit(label, error)
        return
    if not lines:
        yield _unit(label, text)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _unit(f"{label}:{number}", line)


def parse_json(text: str) -> Any:
    """JSON with exact numbers; duplicate keys, NaN and absurd numbers are refused.

    Raises:
        InputError: ``json_malformed``, ``json_duplicate_key``, ``json_number``,
            ``json_too_deep``.
    """
    try:
        return json.loads(
            text,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_no_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise refused(
            "json_malformed",
            "",
            f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 列附近有误，请重新导出。",
            f"This is not valid JSON: see line {error.lineno}, column {error.colno}; export again.",
            line=error.lineno,
            column=error.colno,
        ) from None
    except RecursionError:
        raise refused(
            "json_too_deep", "", "JSON 嵌套过深。", "The JSON is nested too deeply."
        ) from None


def read_checked(text: str) -> list[Resource]:
    """All resources of one unit of JSON text: as ``read_resources`` of ``parse_json``.

    What is right, which is nearly everything, is taken by a reader without paths; where that one
    doubts, the exact reader takes or refuses it.

    Raises:
        InputError: as ``parse_json`` and ``read_resources``.
    """
    found = read_at_once(text)
    return read_resources(parse_json(text)) if found is None else found


def _unit(name: str, text: str) -> Unit | RefusedUnit:
    try:
        return Unit(name, read_checked(text))
    except InputError as error:
        return RefusedUnit(name, error)


def _text_of(source: Path | bytes) -> str:
    if isinstance(source, Path):
        try:
            size = source.stat().st_size
            raw = source.read_bytes() if size <= MAX_UNIT_BYTES else None
        except FileNotFoundError:
            raise refused(
                "file_not_found", "", "找不到该文件。", "There is no such file."
            ) from None
        except (OSError, IsADirectoryError):
            raise refused(
                "file_unreadable",
                "",
                "文件无法读取，请检查权限。",
                "The file cannot be read; check its rights.",
            ) from None
    else:
        raw = source
    if raw is None or len(raw) > MAX_UNIT_BYTES:
        raise _too_large()
    if raw[:2] == b"\x1f\x8b":
        raw = _decompressed(raw)
    return _decoded(raw)


def _decompressed(raw: bytes) -> bytes:
    pieces: list[bytes] = []
    total = 0
    rest = raw
    try:
        while rest:
            engine = zlib.decompressobj(wbits=31)
            piece = engine.decompress(rest, MAX_UNIT_BYTES - total + 1)
            total += len(piece)
            if total > MAX_UNIT_BYTES:
                raise _too_large()
            pieces.append(piece)
            if not engine.eof:
                raise refused(
                    "gzip_truncated",
                    "",
                    "压缩文件不完整（被截断），请重新传输。",
                    "The compressed file ends too early; transfer it again.",
                )
            rest = engine.unused_data.lstrip(b"\x00")
    except zlib.error:
        raise refused(
            "gzip_damaged",
            "",
            "压缩文件已损坏，请重新传输。",
            "The compressed file is damaged; transfer it again.",
        ) from None
    return b"".join(pieces)


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(
            "encoding_not_utf8",
            "",
            f"不是 UTF-8 编码（第 {error.start} 字节）。FHIR 只用 UTF-8，请转换编码。",
            f"Not UTF-8 at byte {error.start}; FHIR is always UTF-8, convert the file.",
            byte=error.start,
        ) from None
    head = text.lstrip()[:1]
    if not head:
        raise refused("file_empty", "", "内容为空。", "There is nothing in it.")
    if head == "<":
        raise refused(
            "fhir_xml", "", "这是 XML，请导出为 FHIR JSON。", "This is XML; export FHIR as JSON."
        )
    return text


def _looks_like_lines(text: str) -> bool:
    """Whether a second JSON value follows the first one on a line of its own."""
    start = len(text) - len(text.lstrip())
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (json.JSONDecodeError, RecursionError, ValueError):
        return False
    rest = text[end:]
    return bool(rest.strip()) and "\n" in rest[: len(rest) - len(rest.lstrip())]


def _number(text: str) -> Decimal:
    exponent = _EXPONENT.search(text)
    if len(text) > _MAX_NUMBER_CHARACTERS or (
        exponent and (len(exponent[1]) > 4 or abs(int(exponent[1])) > _MAX_EXPONENT)
    ):
        raise _bad_number()
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > _MAX_NUMBER_CHARACTERS:
        raise _bad_number()
    return int(text)


def _no_constant(_text: str) -> NoReturn:
    raise _bad_number()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise refused(
            "json_duplicate_key",
            "",
            "同一对象内有重复的键，无法判断以哪个为准。",
            "An object holds the same key twice; which one counts cannot be known.",
        )
    return found


def _bad_number() -> InputError:
    return refused(
        "json_number",
        "",
        "含有无法作为临床数值的数字（NaN、Infinity 或位数过长）。",
        "It holds a number that cannot be a clinical value (NaN, Infinity or far too long).",
    )


def _too_large() -> InputError:
    return refused(
        "unit_too_large",
        "",
        f"超过单个文件上限 {MAX_UNIT_BYTES // 1024 // 1024} MiB，请按患者拆分。",
        f"Larger than {MAX_UNIT_BYTES // 1024 // 1024} MiB; split it by patient.",
    )
