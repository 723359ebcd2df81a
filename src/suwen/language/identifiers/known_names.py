"""Names known for an encounter, wherever they stand in a text: one pass of an automaton."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import ahocorasick

from suwen.language.identifiers.cn_names import surname_length
from suwen.language.identifiers.scanning import Found, ScannedText
from suwen.language.identifiers.spans import KNOWN_NAME, IdentifierSpan, IdentifierType

_TITLES = (
    "先生",
    "女士",
    "小姐",
    "老师",
    "主任",
    "医生",
    "大夫",
    "教授",
    "护士",
    "阿姨",
    "大爷",
    "大妈",
    "奶奶",
    "爷爷",
    "某某",
    "某",
)
_PARTICLES = frozenset(
    ("van", "der", "de", "von", "la", "al", "bin", "di", "da", "dr", "mr", "ms", "mrs", "prof")
)


@lru_cache(maxsize=256)
def _automaton(names: tuple[str, ...]) -> ahocorasick.Automaton | None:
    automaton = ahocorasick.Automaton()
    for name in names:
        for form in _forms(name):
            automaton.add_word(form, len(form))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def _forms(name: str) -> Iterator[str]:
    """How a known name may be written: whole, its parts, with a title, without the dots."""
    plain = " ".join(ScannedText(name).text.split())
    if len(plain) < 2:
        return
    yield plain.lower()
    if any("\u4e00" <= c <= "\u9fff" for c in plain):
        yield from _chinese_forms(plain)
        return
    parts = [p.strip(",.") for p in plain.replace(",", " ").split()]
    if len(parts) > 1:
        yield " ".join(reversed(parts)).lower()
        yield f"{parts[-1]}, {' '.join(parts[:-1])}".lower()
        for part in parts:
            if len(part) > 2 and part.lower() not in _PARTICLES:
                yield part.lower()


def _chinese_forms(plain: str) -> Iterator[str]:
    yield plain.replace(" ", "")
    if any(c in "·•・" for c in plain):
        parts = [p for p in plain.replace("•", "·").replace("・", "·").split("·") if len(p) > 1]
        yield "·".join(parts)
        yield "".join(parts)
        yield from (p for p in parts if len(p) > 2)
        return
    spaced = " ".join(plain.replace(" ", ""))
    yield spaced
    family = surname_length(plain)
    if family:
        yield from (plain[:family] + title for title in _TITLES)
        if len(plain) - family >= 2:
            yield plain[family:]


def find_known_names(scanned: ScannedText, names: tuple[str, ...]) -> Iterator[IdentifierSpan]:
    """The known names in a text; a Latin one counts only where it stands as a word."""
    if not names:
        return
    automaton = _automaton(names)
    if automaton is None:
        return
    text = scanned.text
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    for start, end, score in _places(automaton, lowered):
        yield IdentifierSpan(start, end, IdentifierType.NAME, KNOWN_NAME, score)


def _places(automaton: ahocorasick.Automaton, lowered: str) -> Iterator[Found]:
    for last, length in automaton.iter(lowered):
        start, end = last - length + 1, last + 1
        if _latin(lowered[start]) and start and _latin(lowered[start - 1]):
            continue
        if _latin(lowered[last]) and end < len(lowered) and _latin(lowered[end]):
            continue
        yield start, end, 1.0


def _latin(char: str) -> bool:
    return char.isalnum() and not "\u4e00" <= char <= "\u9fff"
