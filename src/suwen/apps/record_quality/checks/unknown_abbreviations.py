"""Abbreviations in a Chinese record that no list knows and nothing explains."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.book import Book
from suwen.apps.record_quality.findings import Defect
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.clinical.analytes import analytes

_TABLE = Path(__file__).parents[1] / "tables" / "permitted_abbreviations.toml"
# Capitals alone: what holds digits, small letters or a hyphen names a gene, a lead, a number.
_CAPITALS = re.compile(r"(?<![A-Za-z0-9\-_./+^])[A-Z]{2,6}(?![A-Za-z0-9\-_./^])")
_EXPLAINED_BEHIND = re.compile(
    r"\s?(?:[（(][^）)\n]{0,24}[\u4e00-\u9fff]{2}|[，,]?\s?即[\u4e00-\u9fff])"
)
_EXPLAINED_BEFORE = re.compile(r"[\u4e00-\u9fffA-Za-z）)]\s?[（(“\"][^）)\n，,；;。]{0,12}$")
# Initials of a Chinese word in small letters: no vowel, at the border of Chinese or of a stop.
_INITIALS = re.compile(
    r"(?<![A-Za-z0-9\-_./+^%\s])[bcdfghjklmnpqrstvwxyz]{3,6}(?=[\u4e00-\u9fff，。；、,;（(]|$)"
)
_SMALL_AND_KNOWN = frozenset(
    {"bpm", "rpm", "mcg", "pcr", "ppm", "ctnt", "hrs", "sth", "kcl", "vps"}
)
_ROMAN = re.compile(r"[IVX]+")
# Names and numbers: 编号 ABC, 某某 AB 型.
_NAMES = re.compile(r"(?:号|编码|代码|姓名|品牌|型号|批号|床)\s?[:：]?\s?$")


def unknown_abbreviations(stay: Stay, book: Book) -> Iterator[Defect]:
    """Each of them once in a stay; English documents are not judged.

    Source: 病历书写基本规范 2010, article 4 (common abbreviations only); 处方管理办法 2007,
    article 6 (nobody makes up abbreviations).
    """
    papers = [paper for paper in stay.papers if is_chinese(paper)]
    explained = {word for paper in papers for word, _ in _explained(paper)}
    explained |= {word for word, said in ambiguous().items() if _is_said(papers, said)}
    told: set[str] = set()
    for paper in papers:
        for match in _words(paper):
            word = match.group()
            if word in told or word in explained or word in book.allowed:
                continue
            if word in permitted() and (word not in ambiguous() or _is_a_value(paper, match)):
                continue
            if (
                _ROMAN.fullmatch(word)
                or _NAMES.search(paper.text[: match.start()][-6:])
                or _is_name(paper, word)
            ):
                continue
            if any(row.find.match(paper.text, match.start()) for row in book.abbreviations):
                # A list of its own tells it, or allows it in these words around.
                continue
            told.add(word)
            yield Defect(
                "RQ-A05",
                Bilingual(
                    zh=f"缩写“{word}”不通用或有多种含义，文中也未说明，请写全称。",
                    en=f"The abbreviation “{word}” is not in common use or has several meanings, "
                    "and nothing explains it; write it in full.",
                ),
                document=paper,
                span=Span(match.start(), match.end()),
            )


def is_chinese(paper: Paper) -> bool:
    """Whether a document is written in Chinese."""
    return re.search(r"[\u4e00-\u9fff]{2}", paper.text) is not None


@cache
def permitted() -> frozenset[str]:
    """Every abbreviation that a ward uses without explaining it, in capitals.

    Source: ``tables/permitted_abbreviations.toml`` (from memory); the laboratory's own names.
    """
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    listed = {word for words in table["words"].values() for word in words.split()}
    measured = {name for one in analytes().values() for name in one.names if name.isupper()}
    return frozenset(listed | measured)


def _words(paper: Paper) -> Iterator[re.Match[str]]:
    yield from _CAPITALS.finditer(paper.text)
    for match in _INITIALS.finditer(paper.text):
        if match.group() not in _SMALL_AND_KNOWN and match.group().upper() not in permitted():
            yield match


@cache
def ambiguous() -> Mapping[str, re.Pattern[str]]:
    """Abbreviations of several meanings, with the words that make one of them clear.

    Source: ``tables/permitted_abbreviations.toml`` (from memory).
    """
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {word: re.compile(said) for word, said in table["ambiguous"].items()}


def _is_said(papers: list[Paper], said: re.Pattern[str]) -> bool:
    return any(said.search(paper.folded) for paper in papers)


def _is_a_value(paper: Paper, match: re.Match[str]) -> bool:
    """Whether a number stands behind, as behind the name of what is measured."""
    return re.match(r"\s?[:：]?\s?[\d<>≤≥]", paper.text[match.end() :]) is not None


def _explained(paper: Paper) -> Iterator[tuple[str, int]]:
    for match in _CAPITALS.finditer(paper.text):
        before = paper.text[max(0, match.start() - 16) : match.start()]
        if _EXPLAINED_BEHIND.match(paper.text, match.end()) or _is_in_brackets(
            before, paper.text[match.end() : match.end() + 1]
        ):
            yield match.group(), match.start()


def _is_in_brackets(before: str, behind: str) -> bool:
    return behind in ("）", ")", "，", ",") and _EXPLAINED_BEFORE.search(before) is not None


def _is_name(paper: Paper, word: str) -> bool:
    """Whether it is how the document signs or names a person."""
    return word in (paper.signed_by or "")
