"""The structure of a text as it was given: its headings, paragraphs and tables, nothing moved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from suwen.knowledge.ingestion.elements import BlockKind
from suwen.knowledge.ingestion.placed import PlacedBlock
from suwen.language.statements import find_headings

_MARKS = re.compile(r"\s{0,3}(#{1,6})\s+\S")
_CHAPTER = re.compile(r"\s*第[一二三四五六七八九十百\d]+([章篇节条])")
_NUMBERED = re.compile(r"\s*(\d{1,2}(?:\.\d{1,2}){1,4})[.、]?\s+\S")
_CHINESE_NUMBER = re.compile(
    r"\s*([一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）])"
)
_ENDS = re.compile(r"[。；;.!?！？，,：:]\s*$")
_LONGEST_HEADING = 40
_PIPE_ROW = re.compile(r"\s*\|.*\|\s*$")
_PIPE_RULE = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?\s*$")
_CHAPTER_LEVELS = {"篇": 1, "章": 1, "节": 2, "条": 3}
_PLAIN_LEVEL = 6


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def structure_of(text: str) -> tuple[PlacedBlock, ...]:
    """The blocks of a plain text, in order, holding all of it but white space."""
    lines = _lines(text)
    headings = {span.start for span in find_headings(text)}
    blocks: list[PlacedBlock] = []
    paragraph: list[_Line] = []
    table = 0
    at = 0
    while at < len(lines):
        line = lines[at]
        rows = _table_rows(lines, at)
        level = 0 if rows else _heading_level(line, headings, lines, at)
        if rows or level or line.blank:
            _close(blocks, paragraph)
            paragraph = []
        if rows:
            table += 1
            blocks.extend(_row_blocks(lines[at : at + rows], table))
            at += rows
            continue
        if level:
            blocks.append(PlacedBlock(BlockKind.HEADING, line.start, line.end, level))
        elif not line.blank:
            paragraph.append(line)
        at += 1
    _close(blocks, paragraph)
    return tuple(blocks)


def _lines(text: str) -> list[_Line]:
    lines = []
    at = 0
    for line in text.split("\n"):
        lines.append(_Line(at, at + len(line), line))
        at += len(line) + 1
    return lines


def _close(blocks: list[PlacedBlock], paragraph: list[_Line]) -> None:
    if paragraph:
        blocks.append(PlacedBlock(BlockKind.TEXT, paragraph[0].start, paragraph[-1].end))


def _heading_level(line: _Line, headings: set[int], lines: list[_Line], at: int) -> int:
    """Depth of a heading, 0 for any other line."""
    body = line.text.strip()
    if not body:
        return 0
    if marks := _MARKS.match(line.text):
        return len(marks[1])
    followed = any(not later.blank for later in lines[at + 1 : at + 4])
    if not followed:
        return 0
    if len(body) <= _LONGEST_HEADING and not _ENDS.search(body):
        if chapter := _CHAPTER.match(line.text):
            return _CHAPTER_LEVELS[chapter[1]]
        if number := _NUMBERED.match(line.text):
            return 2 + number[1].count(".")
        if _CHINESE_NUMBER.match(line.text):
            return 3 if body[0] in "(（" else 2
    indent = len(line.text) - len(line.text.lstrip())
    return _PLAIN_LEVEL if line.start + indent in headings else 0


def _table_rows(lines: list[_Line], at: int) -> int:
    """How many lines from here on are rows of one table; 0 where none begins."""
    if not _PIPE_ROW.match(lines[at].text):
        return _tabbed_rows(lines, at)
    rows = 0
    while at + rows < len(lines) and _PIPE_ROW.match(lines[at + rows].text):
        rows += 1
    return rows if rows >= 2 else 0


def _tabbed_rows(lines: list[_Line], at: int) -> int:
    tabs = lines[at].text.strip("\r").count("\t")
    if not tabs:
        return 0
    rows = 0
    while at + rows < len(lines) and lines[at + rows].text.strip("\r").count("\t") == tabs:
        rows += 1
    return rows if rows >= 3 or (rows == 2 and tabs >= 2) else 0


def _row_blocks(rows: list[_Line], table: int) -> list[PlacedBlock]:
    """The first row is the header; a rule of dashes below it belongs to it."""
    blocks = []
    ruled = len(rows) > 1 and bool(_PIPE_RULE.match(rows[1].text))
    header_end = rows[1].end if ruled else rows[0].end
    blocks.append(PlacedBlock(BlockKind.TABLE_HEADER, rows[0].start, header_end, table=table))
    blocks.extend(
        PlacedBlock(BlockKind.TABLE_ROW, row.start, row.end, table=table)
        for row in rows[2 if ruled else 1 :]
    )
    return blocks
