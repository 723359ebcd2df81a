"""Where a paragraph may be cut: at the ends of sentences, within one only when it is endless."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass

from suwen.core.finding import Span
from suwen.language.statements import find_headings, find_statements

WORD_WEIGHT = 1.75
"""An English word takes as much of a passage as this many Chinese characters."""

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_WORD = re.compile(r"[^\W\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
_ENDS_SENTENCE = re.compile(r"[。！？!?；;.:：…]['\"”’」』）)\]】》]*\s*$")
_NEW_ITEM = re.compile(
    r"\s*(?:[-*•·●▪–#|【]|[(（]?\d{1,3}[.)）、．]|[(（][a-z一二三四五六七八九十]+[)）]|[①-⑳]|"
    r"[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百\d]+[章节条篇])"
)
_CLAUSE_END = re.compile(r"[;；。!?！？]\s*|(?<!\d)[,，、]\s*|[,，、](?!\d)\s*|\n")
_SPACE = re.compile(r"\s+")
# A longer line is looked at in stretches, so that one endless line does not take for ever.
_STRETCH = 6_000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its weight in Chinese characters; ``ends_paragraph``: nothing follows it."""

    start: int
    end: int
    weight: float
    ends_paragraph: bool = False


def weight(text: str) -> float:
    """How much of a passage a text takes: Chinese characters, words counted as 1.75 of them."""
    return len(_HAN.findall(text)) + WORD_WEIGHT * len(_WORD.findall(text))


def sentences_of(text: str, start: int, end: int, longest: float) -> list[Sentence]:
    """The sentences of a paragraph in order; together they hold all of it but white space.

    Args:
        longest: weight beyond which a sentence is cut at its clauses.
    """
    found: list[Sentence] = []
    for begin, stop in _stretches(text, start, end):
        flowing = _without_soft_breaks(text[begin:stop])
        for span in _whole(flowing):
            piece = Span(begin + span.start, begin + span.end)
            mass = weight(text[piece.start : piece.end])
            if mass > longest:
                found.extend(_clauses(text, piece, longest))
            else:
                found.append(Sentence(piece.start, piece.end, mass))
    if found:
        last = found[-1]
        found[-1] = Sentence(last.start, last.end, last.weight, ends_paragraph=True)
    return found


def _stretches(text: str, start: int, end: int) -> list[tuple[int, int]]:
    stretches = []
    while end - start > _STRETCH:
        window = text[start : start + _STRETCH]
        cut = max(window.rfind("\n"), window.rfind("。"), window.rfind(". "), _STRETCH // 2)
        stretches.append((start, start + cut + 1))
        start += cut + 1
    stretches.append((start, end))
    return stretches


def _without_soft_breaks(text: str) -> str:
    """The text with line breaks inside a sentence made spaces; no character moves."""
    lines = text.split("\n")
    widest = max(len(line) for line in lines)
    parts = [lines[0]]
    for before, line in itertools.pairwise(lines):
        wrapped = (
            bool(before.strip())
            and bool(line.strip())
            and len(before.rstrip()) >= 0.6 * widest
            and len(before.strip()) > 15
            and not _ENDS_SENTENCE.search(before)
            and not _NEW_ITEM.match(line)
        )
        parts.append((" " if wrapped else "\n") + line)
    return "".join(parts)


def _whole(flowing: str) -> list[Span]:
    """Statements and headings, and whatever stands between them, as spans without gaps."""
    spans = sorted((*find_statements(flowing), *find_headings(flowing)), key=lambda s: s.start)
    whole: list[Span] = []
    at = 0
    for span in spans:
        if span.start < at:
            continue
        _append_filled(whole, flowing, at, span.start)
        whole.append(span)
        at = span.end
    _append_filled(whole, flowing, at, len(flowing))
    return whole


def _append_filled(whole: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        whole.append(Span(start, end))


def _clauses(text: str, sentence: Span, longest: float) -> list[Sentence]:
    """An endless sentence in pieces: at clauses, else at spaces, else where the measure is full."""
    body = text[sentence.start : sentence.end]
    for border in (_CLAUSE_END, _SPACE):
        pieces = _gathered(body, [m.end() for m in border.finditer(body)], longest)
        if all(weight(body[a:b]) <= longest for a, b in pieces):
            break
    else:
        step = max(1, math.floor(longest * 0.8))
        pieces = [(a, min(a + step, len(body))) for a in range(0, len(body), step)]
    spans: list[Span] = []
    for a, b in pieces:
        _append_filled(spans, body, a, b)
    return [
        Sentence(sentence.start + s.start, sentence.start + s.end, weight(body[s.start : s.end]))
        for s in spans
    ]


def _gathered(body: str, borders: list[int], longest: float) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    start, end, mass = 0, 0, 0.0
    for border in [*borders, len(body)]:
        if border <= end:
            continue
        added = weight(body[end:border])
        if end > start and mass + added > longest * 0.8:
            pieces.append((start, end))
            start, mass = end, 0.0
        end = border
        mass += added
    pieces.append((start, len(body)))
    return pieces
