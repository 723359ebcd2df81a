"""Texts in disguise, made plain: encodings, turned letters, digits for letters, hidden characters.

A disguise only counts where undoing it gives words: what is decoded must be text, and what was
turned must hold more common words than before.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_HIDDEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad\u061c\u180e]"
)
_TAGS = re.compile("[\U000e0020-\U000e007e]{6,}")
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁӏвнкмтАВЕНІКМОРСТХΑΒΕΗΙΚΜΝΟΡΤΧαορν", "aeopcyxijsdlbhkmtABEHIKMOPCTXABEHIKMNOPTXaopv"
)
# What a reader takes for a plain letter: full width, mathematical, circled, Cyrillic, marked.
_ODD = re.compile(
    "[\uff21-\uff3a\uff41-\uff5a\u2100-\u214f\u2460-\u24ff\u0300-\u036f\u00c0-\u024f"
    "\u0370-\u058f\u1d00-\u1eff\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff]"
)
_ROT13 = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM",
)
_LEET = str.maketrans("0134578@$!", "oieastbasi")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_BASE32 = re.compile(r"[A-Z2-7]{24,}={0,6}")
_HEXADECIMAL = re.compile(r"(?:\\x|0x)?(?:[0-9A-Fa-f]{2}(?:[ :,-]|\\x| ?0x)?){12,}")
_BITS = re.compile(r"(?:[01]{8}[ ,]?){8,}")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9.+_-]){8,}")
_ASCII85 = re.compile(r"<~[!-uz\s]{20,}~>|[!-~]{60,}")
_CODEPOINTS = re.compile(r"(?:\\u[0-9A-Fa-f]{4}){6,}|(?:&#\d{2,6};){6,}")
_SPACED = re.compile(r"(?:\b[A-Za-z](?:[ .\-_*·|]{1,2})){5,}[A-Za-z]\b")
_SPACED_ZH = re.compile(r"(?:[\u4e00-\u9fff][ .\-_*·|~，,、/]{1,2}){5,}[\u4e00-\u9fff]")
_LONG = re.compile(r"[A-Za-z0-9+/%\\&#;!-~]{16}|[01]{8} |[0-9A-Fa-f]{2} [0-9A-Fa-f]{2} ")
_WORD = re.compile(r"[a-z]{2,}")
_DIGIT_IN_WORD = re.compile(
    r"[A-Za-z][013457@$!8][A-Za-z013457]|\b[013457@$][A-Za-z]{2}|\b\d[a-z]\d"
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the to and of a in is you that it for "
        "on with as are this be your how do not all "
        "can i my me what any or no from an ignore "
        "instructions previous rules patient patients make without drug medical doctor show "
        "tell give write help explain system prompt reveal poison kill hack "
        "steal somebody someone consent records ",
    )
)
_LEAST_COMMON = 3


@dataclass(frozen=True, slots=True)
class Disguise:
    """A text made plain.

    Attributes:
        kind: which disguise it had.
        plain: the text below it.
        start, end: where it stands in the text as given, end exclusive.
    """

    kind: str
    plain: str
    start: int
    end: int


def disguises(text: str) -> Iterator[Disguise]:
    """Every reading of a text, or of a part of it, that its disguises hide; none for plain text."""
    yield from _hidden(text)
    if _LONG.search(text):
        yield from _encoded(text)
    yield from _apart(text)
    yield from _turned(text)


def _hidden(text: str) -> Iterator[Disguise]:
    if text.isascii():
        return
    for match in _TAGS.finditer(text):
        plain = "".join(chr(ord(character) - 0xE0000) for character in match.group())
        yield Disguise("tags", plain, match.start(), match.end())
    if not _ODD.search(text) and not _HIDDEN.search(text):
        return
    plain = unicodedata.normalize("NFKC", _HIDDEN.sub("", text)).translate(_LOOKALIKES)
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    if plain != text:
        yield Disguise("lookalikes", plain, 0, len(text))


def _encoded(text: str) -> Iterator[Disguise]:
    for kind, pattern, decode in _ENCODINGS:
        for match in pattern.finditer(text):
            try:
                plain = decode(match.group())
            except (ValueError, binascii.Error, OverflowError):
                continue
            if plain != match.group() and _is_text(plain):
                yield Disguise(kind, plain, match.start(), match.end())


def _apart(text: str) -> Iterator[Disguise]:
    for pattern in (_SPACED, _SPACED_ZH):
        for match in pattern.finditer(text):
            joined = re.sub(r"[ .\-_*·|~，,、/]{2,}", "\0", match.group())
            joined = re.sub(r"[ .\-_*·|~，,、/]", "", joined).replace("\0", " ")
            plain = text[: match.start()] + joined + text[match.end() :]
            yield Disguise("apart", plain, match.start(), match.end())


def _turned(text: str) -> Iterator[Disguise]:
    if not re.search("[A-Za-z]", text):
        return
    now = _common_words(text)
    if _DIGIT_IN_WORD.search(text):
        plain = text.translate(_LEET)
        if _common_words(plain) > now:
            yield Disguise("leet", plain, 0, len(text))
    if now >= _LEAST_COMMON and now * 6 > len(text.split()):
        return
    for kind, plain in (("rot13", text.translate(_ROT13)), ("reversed", text[::-1])):
        if _common_words(plain) >= max(_LEAST_COMMON, now + 2):
            yield Disguise(kind, plain, 0, len(text))


def _common_words(text: str) -> int:
    return sum(word in _COMMON for word in _WORD.findall(text.lower()))


def _is_text(plain: str) -> bool:
    letters = sum(c.isalpha() or c in " .,!?'\"-:;，。？！" for c in plain)
    return len(plain) >= 6 and letters >= 0.85 * len(plain)


def _from_base64(text: str) -> str:
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")


def _from_base32(text: str) -> str:
    plain = text.rstrip("=")
    return base64.b32decode(plain + "=" * (-len(plain) % 8)).decode("utf-8")


def _from_hexadecimal(text: str) -> str:
    return bytes.fromhex(re.sub(r"\\x|0x|[ :,-]", "", text)).decode("utf-8")


def _from_bits(text: str) -> str:
    return bytes(int(bits, 2) for bits in re.findall("[01]{8}", text)).decode("utf-8")


def _from_ascii85(text: str) -> str:
    if text.startswith("<~"):
        return base64.a85decode(text, adobe=True).decode("utf-8")
    return base64.b85decode(text).decode("utf-8")


def _from_codepoints(text: str) -> str:
    numbers = re.findall(r"\\u([0-9A-Fa-f]{4})", text)
    if numbers:
        return "".join(chr(int(number, 16)) for number in numbers)
    return "".join(chr(int(number)) for number in re.findall(r"&#(\d+);", text))


_ENCODINGS: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("base64", _BASE64, _from_base64),
    ("base32", _BASE32, _from_base32),
    ("hexadecimal", _HEXADECIMAL, _from_hexadecimal),
    ("bits", _BITS, _from_bits),
    ("percent", _PERCENT, unquote),
    ("ascii85", _ASCII85, _from_ascii85),
    ("codepoints", _CODEPOINTS, _from_codepoints),
)
