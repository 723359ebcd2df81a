"""Abbreviations that are not allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.book import Abbreviation, Book
from suwen.apps.record_quality.checks.unknown_abbreviations import is_chinese
from suwen.apps.record_quality.findings import Defect
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Stay

_SENTENCE = re.compile(r"[^。；;\n]+")


def abbreviation_defects(stay: Stay, book: Book) -> Iterator[Defect]:
    """Each abbreviation once in a document, the longest where two overlap.

    Source: the lists of ``tables/abbreviations.toml``, each with its own.
    """
    for paper in stay.papers:
        taken: list[tuple[int, int]] = []
        told: set[str] = set()
        found = sorted(_found(paper, book), key=lambda f: (f[1][0], f[1][0] - f[1][1]))
        for row, place in found:
            word = paper.text[place[0] : place[1]]
            if any(a < place[1] and place[0] < b for a, b in taken):
                continue
            taken.append(place)
            if word not in told:
                told.add(word)
                yield _defect(paper, row, Span(*place), word)


def _found(paper: Paper, book: Book) -> Iterator[tuple[Abbreviation, tuple[int, int]]]:
    chinese = is_chinese(paper)
    for row in book.abbreviations:
        if chinese and row.not_in_chinese:
            continue
        for match in row.find.finditer(paper.text):
            start, end = match.span()
            start += len(match.group()) - len(match.group().lstrip())
            if paper.text[start:end] in book.allowed or not _in_context(row, paper, start):
                continue
            if row.only_in_diagnoses and not _is_diagnosis(paper, start):
                continue
            yield row, (start, end)


def _is_diagnosis(paper: Paper, position: int) -> bool:
    return any(p.body.start <= position < p.body.end for p in paper.parts_of(*DIAGNOSES))


def _in_context(row: Abbreviation, paper: Paper, position: int) -> bool:
    if row.context is None and row.not_in is None:
        return True
    sentence = next(
        (m.group() for m in _SENTENCE.finditer(paper.text) if m.start() <= position < m.end()), ""
    )
    if row.not_in is not None and row.not_in.search(sentence):
        return False
    return row.context is None or row.context.search(sentence) is not None


def _defect(paper: Paper, row: Abbreviation, span: Span, word: str) -> Defect:
    return Defect(
        row.rule,
        Bilingual(
            zh=f"不应使用缩写“{word}”，请写：{row.instead.zh}。",
            en=f"“{word}” is not an allowed abbreviation; write: {row.instead.en}.",
        ),
        document=paper,
        span=span,
        suggestion=row.instead,
    )
