"""Text normalised for matching without moving a single offset."""

from __future__ import annotations

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES = {ord(c): " " for c in "\u00a0\u2002\u2003\u2009\u200b\u202f\u3000\ufeff\t"}
_SIGNS = {
    ord("\u2212"): "-",
    ord("\u2010"): "-",
    ord("\u2011"): "-",
    ord("\u2019"): "'",
    ord("\u2018"): "'",
    ord("\u201c"): '"',
    ord("\u201d"): '"',
    ord("\u03bc"): "\u00b5",
    ord("\u223c"): "~",
}
_TABLE: dict[int, int | str | None] = {**_FULL_WIDTH, **_SPACES, **_SIGNS}


def normalise_newlines(text: str) -> str:
    """The text that offsets count in: CRLF and lone CR become LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def fold(text: str) -> str:
    """The text in half width and lower case, each character still at its own offset.

    Source: Unicode, Halfwidth and Fullwidth Forms (U+FF00 to U+FFEF).
    """
    narrow = text.translate(_TABLE)
    lowered = narrow.lower()
    if len(lowered) == len(narrow):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in narrow)
