"""In which encoding a text file is written; a guess is never made."""

from __future__ import annotations

import re

from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.I)
# What a page may declare besides UTF-8 and GB18030; anything else is not tried.
_KNOWN = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "iso-8859-1": "cp1252",
    "windows-1252": "cp1252",
    "us-ascii": "ascii",
}
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_CHINESE = re.compile("[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")
_HAN = re.compile("[\u3400-\u9fff]")
_FIRST_RARE = 0xD8
_SAMPLE = 5_000
_NOT_ASCII = re.compile("[^\x00-\x7f]")


def decode(content: bytes) -> str:
    """The text of a file in UTF-8, GB18030 or UTF-16 with a byte order mark.

    Raises:
        UnreadableFileError: ``unknown_encoding``.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _checked(content[len(mark) :], encoding)
    try:
        return _without_controls(content.decode("utf-8"))
    except UnicodeDecodeError:
        text = _checked(content, "gb18030")
    # Almost any bytes are valid GB18030: what is not mostly Chinese then is another encoding.
    foreign = len(_NOT_ASCII.findall(text))
    if len(_CHINESE.findall(text)) < 0.9 * foreign or not _common(text):
        raise UnreadableFileError(RefusalCode.UNKNOWN_ENCODING)
    return text


def decode_page(content: bytes) -> str:
    """The text of an HTML file, by its own declaration where it makes one.

    Raises:
        UnreadableFileError: ``unknown_encoding``.
    """
    declared = _DECLARED.search(content[:4096])
    name = declared[1].decode("ascii").lower() if declared else ""
    if content.startswith(tuple(mark for mark, _ in _BYTE_ORDER_MARKS)) or name not in _KNOWN:
        return decode(content)
    try:
        return _checked(content, _KNOWN[name])
    except UnreadableFileError:
        return decode(content)


def _common(text: str) -> bool:
    """Whether most Chinese characters are among the 3,755 common ones, as in any Chinese text."""
    sample = _HAN.findall(text)[:_SAMPLE]
    lead = [(c.encode("gb2312", "ignore") or b"\xff")[0] for c in sample]
    return len([byte for byte in lead if byte < _FIRST_RARE]) >= 0.7 * len(sample)


def _checked(content: bytes, encoding: str) -> str:
    try:
        return _without_controls(content.decode(encoding))
    except UnicodeDecodeError:
        raise UnreadableFileError(RefusalCode.UNKNOWN_ENCODING) from None


def _without_controls(text: str) -> str:
    """The text, unless it is full of what no text holds: then the bytes are no text at all."""
    if len(_CONTROLS.findall(text)) > max(2, len(text) // 500):
        raise UnreadableFileError(RefusalCode.UNKNOWN_ENCODING)
    return text
