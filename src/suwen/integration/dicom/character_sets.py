"""Text of DICOM elements, decoded strictly by the Specific Character Set that the object states.

Source: DICOM PS3.3 section C.12.1.1.2 and PS3.5 section 6.1 (character repertoires, ISO 2022).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from suwen.integration.dicom import tags
from suwen.integration.dicom.problems import refused

_ONE: Final[Mapping[str, str]] = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 203": "iso8859-15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "tis-620",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "ISO 2022 IR 6": "ascii",
    "ISO 2022 IR 13": "shift_jis",
    "ISO 2022 IR 58": "gb2312",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 100": "latin-1",
    "ISO 2022 IR 101": "iso8859-2",
    "ISO 2022 IR 109": "iso8859-3",
    "ISO 2022 IR 110": "iso8859-4",
    "ISO 2022 IR 126": "iso8859-7",
    "ISO 2022 IR 127": "iso8859-6",
    "ISO 2022 IR 138": "iso8859-8",
    "ISO 2022 IR 144": "iso8859-5",
    "ISO 2022 IR 148": "iso8859-9",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 166": "tis-620",
}

_ESCAPES: Final[Mapping[bytes, tuple[str, bool]]] = {
    # Escape sequence: codec, and whether the codec itself wants to see the sequence.
    b"\x1b(B": ("ascii", False),
    b"\x1b-A": ("latin-1", False),
    b"\x1b-B": ("iso8859-2", False),
    b"\x1b-C": ("iso8859-3", False),
    b"\x1b-D": ("iso8859-4", False),
    b"\x1b-F": ("iso8859-7", False),
    b"\x1b-G": ("iso8859-6", False),
    b"\x1b-H": ("iso8859-8", False),
    b"\x1b-L": ("iso8859-5", False),
    b"\x1b-M": ("iso8859-9", False),
    b"\x1b-T": ("tis-620", False),
    b"\x1b)I": ("shift_jis", False),
    b"\x1b(J": ("shift_jis", False),
    b"\x1b$B": ("iso2022_jp", True),
    b"\x1b$(D": ("iso2022_jp_2", True),
    b"\x1b$)C": ("euc_kr", False),
    b"\x1b$)A": ("gb2312", False),
}
_SPLIT: Final = re.compile(b"(" + b"|".join(re.escape(e) for e in _ESCAPES) + b")")


def codecs_of(value: bytes | None, undeclared: str) -> tuple[str, ...]:
    """The codecs that (0008,0005) names, the initial one first.

    Args:
        value: of the attribute, ``None`` where it is absent.
        undeclared: codec for text of objects that name none.

    Raises:
        DicomObjectError: ``dicom_character_set``.
    """
    if value is None or not value.strip(b" \x00"):
        return (undeclared,)
    terms = [term.strip() for term in value.decode("ascii", errors="replace").split("\\")]
    terms = [term.rstrip("\x00") for term in terms]
    if any(term not in _ONE for term in terms):
        raise refused(
            "dicom_character_set",
            tags.SPECIFIC_CHARACTER_SET,
            "不是 DICOM 标准的字符集名称。",
            "Names a character set that the standard does not have.",
        )
    return tuple(_ONE[term] for term in terms)


def decoded(value: bytes, codecs: Sequence[str]) -> str | None:
    """The text, without padding; ``None`` when the bytes are not text of these character sets."""
    try:
        text = _extended(value, codecs[0]) if b"\x1b" in value else value.decode(codecs[0])
    except UnicodeDecodeError:
        return None
    text = text.strip(" \x00")
    return text if text.isprintable() else None


def _extended(value: bytes, initial: str) -> str:
    """Text with code extensions: each stretch by the set that its escape sequence calls in."""
    pieces = _SPLIT.split(value)
    text = pieces[0].decode(initial)
    for escape, stretch in zip(pieces[1::2], pieces[2::2], strict=True):
        codec, keeps = _ESCAPES[escape]
        text += (escape + stretch if keeps else stretch).decode(codec)
    return text
