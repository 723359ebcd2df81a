"""In which encoding a file is written: declared, or proved by its bytes, or refused."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from suwen.core.errors import FileRefusedError
from suwen.integration.dropfolder.problems import refused

_CHUNK = 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
_FOREIGN = re.compile("[^\x00-\x7f]")
_CHINESE = re.compile("[\u3400-\u9fff\u3000-\u303f\uff00-\uffef\u2010-\u2026\u00b7]")
_HAN = re.compile("[\u3400-\u9fff]")
_FIRST_RARE = 0xD8
_TELLING = 8
"""So many characters beyond ASCII cannot be valid in both encodings by chance."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is to be decoded.

    Attributes:
        codec: Python's name of it, the byte order mark included.
        shown: what people call it.
        declared: whether the mapping says so; else the bytes do.
    """

    codec: str
    shown: str
    declared: bool


@dataclass
class _Reading:
    """A file as one encoding reads it."""

    decoder: codecs.IncrementalDecoder
    valid: bool = True
    foreign: int = 0
    chinese: int = 0
    han: int = 0
    common: int = 0

    def feed(self, chunk: bytes, *, final: bool) -> None:
        if not self.valid:
            return
        try:
            text = self.decoder.decode(chunk, final)
        except UnicodeDecodeError:
            self.valid = False
            return
        foreign = _FOREIGN.findall(text)
        if not foreign:
            return
        self.foreign += len(foreign)
        self.chinese += len(_CHINESE.findall(text))
        han = _HAN.findall(text)
        self.han += len(han)
        self.common += sum(1 for c in han if _is_common(c))

    @property
    def is_chinese(self) -> bool:
        """Whether nearly everything beyond ASCII is Chinese, and of that most is common."""
        if not self.valid or self.chinese < 0.9 * self.foreign:
            return False
        return self.common >= 0.7 * self.han


def find_encoding(path: Path, declared: str | None) -> Encoding:
    """The encoding of a text file.

    Args:
        declared: what the mapping says; ``None`` lets the bytes decide.

    Raises:
        FileRefusedError: ``encoding_unknown``, ``encoding_ambiguous``, ``encoding_contradicted``
            or ``encoding_not_as_declared``.
    """
    with path.open("rb") as file:
        first = file.read(4)
    for mark, codec, name in _MARKS:
        if first.startswith(mark):
            if declared not in (None, name):
                raise _contradicted(declared or "", name)
            return Encoding(codec, name, declared is not None)
    if declared is not None and declared not in ("utf-8", "gb18030"):
        return _as_declared(path, declared)
    utf8, gb = _read_both(path)
    if declared == "utf-8":
        if not utf8.valid:
            raise _not_as_declared(path, declared)
        return Encoding("utf-8", "utf-8", declared=True)
    if declared == "gb18030":
        if utf8.valid and utf8.foreign >= _TELLING:
            raise _contradicted(declared, "utf-8")
        if not gb.valid:
            raise _not_as_declared(path, declared)
        return Encoding("gb18030", "gb18030", declared=True)
    return _found(utf8, gb)


def _found(utf8: _Reading, gb: _Reading) -> Encoding:
    if utf8.valid:
        if 0 < utf8.foreign < _TELLING and gb.foreign and gb.is_chinese:
            raise refused(
                "encoding_ambiguous",
                "文件中的汉字太少，UTF-8 与 GB18030 都说得通；请在映射中声明 encoding。",
                "So few characters that UTF-8 and GB18030 both make sense: declare the encoding in "
                "the mapping.",
            )
        return Encoding("utf-8", "utf-8", declared=False)
    if gb.is_chinese:
        return Encoding("gb18030", "gb18030", declared=False)
    raise refused(
        "encoding_unknown",
        "无法确定文字编码（不是 UTF-8，按 GB18030 读出的也不是中文）；请在映射中声明 encoding。",
        "The encoding cannot be told (it is not UTF-8, and as GB18030 it is no Chinese): declare "
        "the encoding in the mapping.",
    )


def _read_both(path: Path) -> tuple[_Reading, _Reading]:
    readings = tuple(_Reading(codecs.getincrementaldecoder(n)()) for n in ("utf-8", "gb18030"))
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            for reading in readings:
                reading.feed(chunk, final=False)
    for reading in readings:
        reading.feed(b"", final=True)
    return readings[0], readings[1]


def _as_declared(path: Path, declared: str) -> Encoding:
    if _first_fault(path, declared) is not None:
        raise _not_as_declared(path, declared)
    return Encoding(declared, declared, declared=True)


def _first_fault(path: Path, encoding: str) -> int | None:
    """Line of the first byte that the encoding does not know; ``None`` where there is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                line += decoder.decode(chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + chunk[: max(0, error.start)].count(b"\n")
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return line
    return None


def _is_common(character: str) -> bool:
    """Whether a character is among the 3,755 common ones of GB 2312, as in any Chinese text."""
    encoded = character.encode("gb2312", "ignore")
    return bool(encoded) and encoded[0] < _FIRST_RARE


def _contradicted(declared: str, found: str) -> FileRefusedError:
    return refused(
        "encoding_contradicted",
        f"映射声明 {declared}，但文件显然是 {found}；请核对 encoding。",
        f"The mapping declares {declared} and the file is plainly {found}: check the encoding.",
    )


def _not_as_declared(path: Path, declared: str) -> FileRefusedError:
    return refused(
        "encoding_not_as_declared",
        f"不是所声明的编码 {declared}。",
        f"It is not {declared}, as the mapping declares.",
        row=_first_fault(path, declared),
    )
