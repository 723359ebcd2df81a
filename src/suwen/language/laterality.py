"""Left, right and both: where a text names a side of the body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """A side of the body."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class SideMention:
    """A side where it stands in the text."""

    start: int
    end: int
    side: Side


_ENGLISH = re.compile(
    r"(?a)\b(?:(?P<both>bilateral(?:ly)?|both\s+sides)|(?P<left>left(?:-sided|ward)?)|"
    r"(?P<right>right(?:-sided)?)|(?P<left2>l[ul]q|lle|lue|lul|lll)|"
    r"(?P<right2>r[ul]q|rle|rue|rul|rml|rll))\b"
)
_LETTER = re.compile(
    r"(?a)(?<![\w/])(?P<side>[lr])(?=\s+(?:knee|hip|shoulder|ankle|wrist|elbow|foot|hand|leg|arm|eye|ear|"
    r"breast|lung|kidney|flank|side|thigh|calf|temple)\b)"
)
_NOT_A_SIDE_AFTER_RIGHT = re.compile(
    r"(?a)\s*(?:[?.,]|$|now\b|away\b|after\b|before\b|there\b|here\b|when\b|then\b|on\b|back\b|at\b(?!\s+\d)|"
    r"okay\b|so\b|and\s+(?:then|so|you|i|we)\b|but\b|well\b|yeah\b|i\b|you\b|we\b|it\b|he\b|she\b|"
    r"around\b|about\b|kind\b|because\b|do\b|is\b(?!\s+(?:worse|more|greater|swollen))|was\b|the\b|"
    r"that\b|this\b|handed\b|-handed\b|off\b|up\b|down\b|to\s+the\s+point|direction\b|thing\b|as\b|in\s+the\b)"
)
_NOT_A_SIDE_BEFORE_RIGHT = re.compile(
    r"(?a)(?:\ball|that's|that\s+is|thats|you're|i'm|is\s+that|looks|sounds|feel|just|be|quite|not|"
    r"\bdo|\bgo|yes|exactly|um|okay|oh|he's|she's)\s+$"
)
_NOT_A_SIDE_AFTER_LEFT = re.compile(
    r"(?a)\s+(?:over|for|off|out|work|home|school|the\s+(?:hospital|office|clinic|house|room|er|job)|him|her|"
    r"me|us|it|my|his|in\s+(?:him|her|the\s+bottle)|untreated|alone|against|behind|before|after|early)\b|"
    r"\s+ventric|\s+atri|\s+main\b|\s+heart\b|\s+bundle|\s+anterior\s+descending|\s+axis"
)
_CHINESE = re.compile(r"(?a)(?P<both>双侧|双|两侧|左右两侧)|(?P<left>左)|(?P<right>右)")
_NOT_A_SIDE_CHINESE = re.compile(
    r"(?a)左右(?!两侧)|左氧|左甲|左乙|左旋|左炔|左西|左布|左卡|右美|右旋|右佐|左室|左心|左房|右室|右心|右房|双胍|双氯|双嘧|双氢|"
    r"双相|双歧|双黄|双膦|双重|双联|左前降支|左主干|左束支|右束支|右冠|左回旋"
)


def find_sides(folded: str) -> list[SideMention]:
    """Sides of the body in order; "right now", "left the hospital", 左氧氟沙星 are none.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    found: list[SideMention] = []
    for match in _ENGLISH.finditer(folded):
        side = _english_side(match)
        if side is not None and _is_side(folded, match, side):
            found.append(SideMention(match.start(), match.end(), side))
    for match in _LETTER.finditer(folded):
        side = Side.LEFT if match.group("side") == "l" else Side.RIGHT
        found.append(SideMention(match.start(), match.end(), side))
    masked = [m.span() for m in _NOT_A_SIDE_CHINESE.finditer(folded)]
    for match in _CHINESE.finditer(folded):
        if not any(a <= match.start() < b for a, b in masked):
            found.append(SideMention(match.start(), match.end(), _group_side(match)))
    return sorted(found, key=lambda s: s.start)


def _group_side(match: re.Match[str]) -> Side:
    return next(Side(name) for name in ("both", "left", "right") if match.group(name))


def _english_side(match: re.Match[str]) -> Side | None:
    name = match.lastgroup
    return Side(name.removesuffix("2")) if name else None


def _is_side(folded: str, match: re.Match[str], side: Side) -> bool:
    if match.group() == "right":
        if _NOT_A_SIDE_AFTER_RIGHT.match(folded, match.end()):
            return bool(
                re.search(r"\b(?:my|the|your|his|her|on|or|left|to)\s+$", folded[: match.start()])
            )
        return not _NOT_A_SIDE_BEFORE_RIGHT.search(
            folded[max(0, match.start() - 16) : match.start()]
        )
    if match.group() == "left":
        return not _NOT_A_SIDE_AFTER_LEFT.match(folded, match.end())
    return True
