"""The rest of an English address, once a street, a flat or a box of it was found.

From there words and numbers are read to both sides as long as they may belong to an address: on
the same line, behind a comma, and on following lines that hold nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from suwen.language.identifiers.countries import countries_in
from suwen.language.identifiers.data_files import word_set
from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.spans import KNOWN_NAME, IdentifierSpan, IdentifierType

_ANCHORS = frozenset({"english_address", "english_place_cues", "postcode"})
_TOKEN = re.compile(
    r"\d[\d/]*(?:-\d+)*[A-Za-z]?(?![\w.]\d)|[^\W\d_]+(?:[\u0300-\u036f'’-]+[^\W\d_]+)*"
)
_GAP = re.compile(r"[ ,.>?()#-]{0,4}(?:\n[ ,>?]{0,6}){0,2}[ ,(]{0,2}")
_AHEAD = 150
_BEFORE = 70
_MOST_TOKENS = 16
_PARTICLES = word_set("address particles")
_UNITS = word_set("address units")
_KINDS = word_set("street words before the name")
_STOPS = word_set("never in an address")
_HEADINGS = word_set("headings of records")


_OTHER_MATTER = re.compile(r"\s(?:for|as|and|is|in|last|please)\b|[?!]")


class _Token(NamedTuple):
    start: int
    end: int
    word: str


def grown_addresses(text: str, spans: Sequence[IdentifierSpan]) -> tuple[IdentifierSpan, ...]:
    """The findings, with addresses that have a number grown to both sides."""
    anchors = [
        span
        for span in spans
        if span.recogniser in _ANCHORS and any(c.isdigit() for c in text[span.start : span.end])
    ]
    if not anchors:
        return tuple(spans)
    places = tuple(countries_in(text))
    walls = [
        span
        for span in spans
        if span.type not in (IdentifierType.ADDRESS, IdentifierType.ORGANISATION)
        and (span.type is not IdentifierType.NAME or span.recogniser == KNOWN_NAME)
        and not _is_few_digits(text, span)
    ]
    found: list[IdentifierSpan] = list(spans)
    reached = 0
    for anchor in anchors:
        if anchor.end <= reached:
            continue
        start = _to_the_left(text, anchor.start, max(reached, _wall_before(walls, anchor.start)))
        end = _to_the_right(text, anchor, _wall_behind(walls, anchor.end, len(text)), places)
        reached = end
        if (start, end) != (anchor.start, anchor.end):
            found.append(replace(anchor, start=start, end=end))
    return tuple(found)


def _is_few_digits(text: str, span: IdentifierSpan) -> bool:
    """A group of digits that was taken for a short telephone number."""
    return span.type is IdentifierType.PHONE and span.score <= 0.5


def _wall_before(walls: Iterable[IdentifierSpan], at: int) -> int:
    return max((wall.end for wall in walls if wall.end <= at), default=0)


def _wall_behind(walls: Iterable[IdentifierSpan], at: int, length: int) -> int:
    return min((wall.start for wall in walls if wall.start >= at), default=length)


def _to_the_left(text: str, start: int, wall: int) -> int:
    """Where the address begins: at its first number or street word on the same line."""
    line = max(wall, text.rfind("\n", 0, start) + 1, start - _BEFORE)
    tokens = _tokens(text, line, start)
    begin = at = start
    lower = not any(c.isupper() for c in text[line : start + 30])
    for number, token in enumerate(reversed(tokens)):
        gap = text[token.end : at]
        if gap.strip(" ,.") or len(gap) > 3 or number > 7:
            break
        word = fold_latin(token.word)
        if word[0].isdigit():
            if len(word) <= 6:
                begin = token.start
        elif word == "and" or word == "corner":
            before = tokens[len(tokens) - number - 2] if number + 2 <= len(tokens) else None
            if word == "corner":
                begin = before.start if before and before.word.lower() == "the" else token.start
            elif before is None or not before.word[0].isupper():
                break
            elif _stands_first(text, before.start):
                begin = before.start
        elif word in _KINDS and not (lower and word in ("n", "r", "c", "via", "place")):
            begin = token.start
        elif not (
            token.word[0].isupper() or not token.word.isascii() or word in _PARTICLES | _UNITS
        ) and (not lower or word in _STOPS):
            break
        at = token.start
    return begin


def _stands_first(text: str, at: int) -> bool:
    """Whether a word stands behind one in small letters, a colon or nothing."""
    before = text[max(0, at - 3) : at].rstrip(" ")
    return not before or before[-1].islower() or before[-1] in ":\n,>"


def _to_the_right(
    text: str, anchor: IdentifierSpan, wall: int, places: Sequence[tuple[int, int]]
) -> int:
    """Where the address ends."""
    end = at = anchor.end
    lower = not any(c.isupper() for c in text[anchor.start : at + 60])
    tokens = _tokens(text, at, min(wall, at + _AHEAD))
    last = len(tokens)
    number = 0
    while number < min(last, _MOST_TOKENS):
        token = tokens[number]
        gap = text[at : token.start]
        if not _GAP.fullmatch(gap) or ("." in gap and not _abbreviated(text, at, gap)):
            break
        country = next((e for s, e in places if s <= token.start < e), None)
        if gap.count("\n") > 1 and country is None:
            break
        if "\n" in gap and not _line_belongs(text, token.start, wall, places, text[end:at]):
            break
        if country is not None and country <= wall:
            end = at = country
            while number < last and tokens[number].start < country:
                number += 1
            continue
        verdict = _belongs(token, text, lower, "," in gap or "\n" in gap)
        if verdict is None:
            break
        if verdict:
            end = token.end
        at = token.end
        number += 1
    if text[end : end + 1] == "." and text[end - 1 : end].isdigit() and end < len(text) - 1:
        end += text[end + 1 : end + 2] in (" ", "\n", ",")
    return end


def _abbreviated(text: str, at: int, gap: str) -> bool:
    """Whether the stop behind a word belongs to it: ``u. 94``, ``Apt. 3``, ``79. Recco``."""
    word = re.search(r"[\w]+$", text[max(0, at - 12) : at])
    if word is None or not gap.startswith("."):
        return False
    return (word.group().isdigit() and "\n" in gap) or (
        len(word.group()) <= 3 and not word.group().isdigit()
    )


def _belongs(token: _Token, text: str, lower: bool, behind_comma: bool) -> bool | None:
    """Whether a token is a part; ``False`` when only together with what follows."""
    word = token.word
    folded = fold_latin(word)
    if word[0].isdigit():
        return (
            None if len(word) > 10 or text[token.end : token.end + 2] in ("mg", "ml", "%") else True
        )
    if folded in _UNITS or folded == "nan":
        return folded == "nan"
    if folded in _PARTICLES and not word[0].isupper():
        return False
    if lower:
        if folded in _STOPS:
            return None
        return "word" not in kind_of(folded) or behind_comma
    if not (word[0].isupper() or not word.isascii()):
        return None
    if text[token.end : token.end + 1] == ":":
        return None
    if len(word) <= 3 and word.isupper():
        return True
    kind = kind_of(folded)
    if "none" in kind and not behind_comma and not {"given", "family"} & kind:
        return None
    if "word" in kind and not behind_comma and not {"given", "family"} & kind:
        return False if folded not in _STOPS else None
    return True


def _line_belongs(
    text: str, start: int, wall: int, places: Sequence[tuple[int, int]], before: str
) -> bool:
    """Whether a whole line can be a part of the address that stands above it."""
    stop = text.find("\n", start)
    stop = len(text) if stop < 0 else stop
    line = text[start : min(stop, wall)]
    line = _OTHER_MATTER.split(line, maxsplit=1)[0]
    if ":" in line or len(line) > 60 or not line.strip():
        return False
    if text[stop : stop + 3].strip(" \n>").startswith(",") and line.count(" ") < 4:
        return True
    words = [fold_latin(t.word) for t in _tokens(line, 0, len(line))]
    if not words or _HEADINGS.intersection(words):
        return False
    if any(s >= start and e <= stop for s, e in places):
        return True
    if any(w[0].isdigit() for w in words):
        return len(words) <= 8
    letters = [w for w in words if len(w) > 1]
    below = text[stop + 1 : min(wall, stop + 60)].split("\n", 1)[0]
    if len(words) <= 3 and any(s < stop + 1 + len(below) and e > stop + 1 for s, e in places):
        # A town above its country.
        return True
    if line.strip(" ,").isupper() and len(line.strip(" ,")) <= 3:
        return True
    return bool(letters) and any("word" not in kind_of(w) for w in letters)


def _tokens(text: str, start: int, end: int) -> list[_Token]:
    return [
        _Token(m.start(), m.end(), m.group()) for m in _TOKEN.finditer(text, start, max(start, end))
    ]
