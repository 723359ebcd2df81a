"""Text that tries to give orders to a model: where it stands, and the text without it.

Clinical language gives orders all the time ("ignore the earlier dose", "instructions given to the
patient"), so a pattern must address the machine: its instructions, its role, its prompt, its
output, or the syntax of its turns.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from suwen.core.finding import Span
from suwen.language.instruction_patterns import COMPILED, NEEDED, InstructionKind
from suwen.language.needed_words import holds_needed, lowered, needed_words

REMOVED = "[removed: instruction-like text]"
"""What stands in a prompt where instruction-like text of a record stood."""


@dataclass(frozen=True, slots=True)
class InstructionLike:
    """One stretch of instruction-like text: code points, end exclusive, of the text as given."""

    kind: InstructionKind
    span: Span


# Characters that are not seen: zero-width, bidirectional control, tags, variation stuffing.
_HIDDEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad\u061c\u180e"
    "\U000e0000-\U000e007f]"
)
# Alone such a character is an artefact of copying; these forms of it carry a message: tag
# characters, an override of the direction of writing, a run of several.
_HIDDEN_MESSAGE = re.compile(
    "[\U000e0000-\U000e007f]+|[\u202d\u202e]|[\u200b-\u200f\u2060-\u2064\ufeff]{6,}"
)
_SPACED_APART = re.compile(r"(?:(?<=\s)|^)(?:[A-Za-z](?:[ .\-_*·]){1,2}){5,}[A-Za-z]\b")


def _from_base64(text: str) -> str:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")


def _from_base32(text: str) -> str:
    return base64.b32decode(text + "=" * (-len(text) % 8)).decode("utf-8")


def _from_hexadecimal(text: str) -> str:
    return bytes.fromhex(text.replace(":", " ")).decode("utf-8")


def _from_bits(text: str) -> str:
    return bytes(int(bits, 2) for bits in re.findall("[01]{8}", text)).decode("utf-8")


_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{16,}={0,2}(?![A-Za-z0-9+/=])")
_BASE32 = re.compile(r"(?<![A-Z2-7=])[A-Z2-7]{24,}={0,6}(?![A-Z2-7=])")
_HEXADECIMAL = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ :]?){12,}(?![0-9A-Fa-f])")
_BITS = re.compile(r"(?:[01]{8} ?){12,}")
_ENCODINGS: tuple[tuple[re.Pattern[str], Callable[[str], str], bool], ...] = (
    (_BASE64, _from_base64, False),
    (_BASE32, _from_base32, False),
    (_HEXADECIMAL, _from_hexadecimal, True),
    (_BITS, _from_bits, True),
)
_ROT13 = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM",
)
_ROT13_WORD = re.compile(r"\b(?:vtaber|qvfertneq|sbetrg|olcnff|bireevqr)\b", re.IGNORECASE)
_ROT13_NEEDED = needed_words(_ROT13_WORD.pattern)
_DIGITS = (tuple("0123456789"),)
_LEET = str.maketrans("013457@$", "oieastas")
_LEET_WORD = re.compile(r"\b(?=[a-z]*\d[a-z]*\d)[a-z\d]{5,}\b", re.IGNORECASE)
_KEPT_CHARACTERS = 30_000
_DIGIT = re.compile("[0-9]")
_LONG_WORD = re.compile("[A-Za-z0-9+/]{16}")
_LOOKALIKES = str.maketrans("аеорсухіјѕԁӏΑΒΕΗΙΚΜΝΟΡΤΧ", "aeopcyxijsdlABEHIKMNOPTX")


def find_instruction_like(text: str) -> tuple[InstructionLike, ...]:
    """All stretches of a text that address the machine, in reading order, not overlapping."""
    found = [
        InstructionLike(InstructionKind.HIDDEN_CHARACTERS, Span(*match.span()))
        for match in _HIDDEN_MESSAGE.finditer(text)
    ]
    seen, origin = _as_seen(text)
    words = lowered(seen)
    for number in NEEDED.may_match(words):
        kind, pattern = COMPILED[number]
        found.extend(
            InstructionLike(kind, _original(match.span(), origin))
            for match in pattern.finditer(seen)
        )
    found.extend(_spaced_apart(seen, origin))
    found.extend(_encoded(text))
    found.extend(_disguised(seen, origin))
    return _without_overlaps(found)


def neutralise(text: str) -> str:
    """The text with instruction-like stretches replaced and hidden characters removed.

    A stretch is removed up to the end of its sentence, so that the order's object goes with it.
    """
    parts: list[str] = []
    at = 0
    for hit in find_instruction_like(text):
        if hit.span.start < at:
            continue
        parts.append(text[at : hit.span.start])
        if hit.kind is InstructionKind.HIDDEN_CHARACTERS:
            at = hit.span.end
            continue
        parts.append(REMOVED)
        at = _end_of_sentence(text, hit.span.end)
    parts.append(text[at:])
    return _HIDDEN.sub("", "".join(parts))


def _as_seen(text: str) -> tuple[str, Sequence[int]]:
    """The text as a reader would take it, and the place in the original of each character.

    Hidden characters dropped, full-width and styled letters made plain, look-alikes made Latin.
    """
    if text.isascii():
        return text, range(len(text) + 1)
    parts = [_PLAIN[character] for character in text]
    seen = "".join(parts)
    if len(seen) == len(text) and "" not in parts:
        return seen, range(len(text) + 1)
    origin: list[int] = []
    for index, part in enumerate(parts):
        origin.extend([index] * len(part))
    origin.append(len(text))
    return seen, origin


class _PlainCharacters(dict[str, str]):
    """Each character as a reader would take it; what is not seen is nothing."""

    def __missing__(self, character: str) -> str:
        plain = ""
        if not _HIDDEN.match(character):
            plain = unicodedata.normalize("NFKC", character).translate(_LOOKALIKES)
        if len(self) < _KEPT_CHARACTERS:
            self[character] = plain
        return plain


_PLAIN = _PlainCharacters()


def _original(span: tuple[int, int], origin: Sequence[int]) -> Span:
    start, end = span
    return Span(origin[start], origin[end - 1] + 1 if end > start else origin[start])


def _spaced_apart(seen: str, origin: Sequence[int]) -> list[InstructionLike]:
    """Words whose letters stand apart (``i g n o r e  a l l ...``)."""
    hits = []
    for match in _SPACED_APART.finditer(seen):
        joined = re.sub(r"[^a-z]", "", match.group().lower())
        if re.search(r"ignore|disregard|forgetall|instruction|systemprompt|jailbreak", joined):
            hits.append(InstructionLike(InstructionKind.ENCODED, _original(match.span(), origin)))
    return hits


def _encoded(text: str) -> list[InstructionLike]:
    """Base64, base32, hexadecimal, bits or rot13 that hides instruction-like text."""
    hits = []
    digits = _DIGIT.search(text) is not None
    long_words = _LONG_WORD.search(text) is not None
    for pattern, decode, has_digits in _ENCODINGS:
        # Letters in hexadecimal or in bits have digits; the others are one long word.
        if not (digits if has_digits else long_words):
            continue
        for match in pattern.finditer(text):
            try:
                plain = decode(match.group())
            except ValueError:
                continue
            if _gives_orders(plain):
                span = Span(*match.span())
                hits.append(InstructionLike(InstructionKind.ENCODED, span))
    return hits


def _disguised(seen: str, origin: Sequence[int]) -> list[InstructionLike]:
    """Orders in letters turned by thirteen places, or with digits for letters."""
    hits: list[InstructionLike] = []
    words = lowered(seen)
    for disguise, shows, needed in (
        (_ROT13, _ROT13_WORD, _ROT13_NEEDED),
        (_LEET, _LEET_WORD, _DIGITS),
    ):
        if holds_needed(words, needed) and shows.search(seen):
            plain = seen.translate(disguise)
            for kind, pattern in COMPILED:
                if kind is InstructionKind.OVERRIDE:
                    hits.extend(
                        InstructionLike(InstructionKind.ENCODED, _original(match.span(), origin))
                        for match in pattern.finditer(plain)
                    )
    return hits


def _gives_orders(plain: str) -> bool:
    seen, _ = _as_seen(plain)
    return any(pattern.search(seen) for _, pattern in COMPILED)


def _without_overlaps(found: list[InstructionLike]) -> tuple[InstructionLike, ...]:
    kept: list[InstructionLike] = []
    for hit in sorted(found, key=lambda h: (h.span.start, -h.span.end)):
        if not kept or hit.span.start >= kept[-1].span.end:
            kept.append(hit)
        elif kept[-1].kind is InstructionKind.HIDDEN_CHARACTERS:
            kept[-1] = hit
    return tuple(kept)


def _end_of_sentence(text: str, start: int) -> int:
    match = re.compile(r"[。！？!?\n]|\.(?=\s|$)").search(text, start)
    return match.end() if match else len(text)
