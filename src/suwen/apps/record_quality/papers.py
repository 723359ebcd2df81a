"""A document of a stay with its sections where they stand in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from suwen.appkit import Span
from suwen.apps.record_quality.documents import DocumentKind, bare
from suwen.apps.record_quality.headings import (
    BEFORE_COLON,
    BRACKETED,
    headings,
    without_brackets,
)
from suwen.apps.record_quality.signing import signature_role
from suwen.clinical.document_sections import is_written_here
from suwen.language.dates import DateMention, find_dates
from suwen.language.width import fold

DIAGNOSES = (
    "diagnosis",
    "admission-diagnosis",
    "discharge-diagnosis",
    "other-diagnoses",
    "death-diagnosis",
    "before",
    "during",
    "present",
)
"""Sections in which a document states diagnoses."""

_LONGEST_HEADING = 40
_NOTHING = re.compile(r"[\s_＿—–\-.。/／\\…·:：（）()*]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A headed part of a document; ``also``: further sections that one heading names."""

    id: str
    heading: str
    head: Span
    body: Span
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """One document as it was handed in.

    Attributes:
        kind: ``None`` when its type is not known.
        written_at: aware; ``None`` where a record does not tell.
        signed_by: ``None`` when the request names nobody.
        signed: whether a record's document is marked as signed; ``None`` when it does not tell.
        author: who wrote it by the record; ``None`` when it does not tell.
        author_ids: id of the author's Practitioner, else the staff numbers that the record states.
    """

    id: str
    type_name: str
    kind: DocumentKind | None
    text: str = field(repr=False)
    written_at: datetime | None
    author_role: str | None = None
    signed_by: str | None = None
    signed: bool | None = None
    author: str | None = None
    author_ids: tuple[str, ...] = ()

    @cached_property
    def folded(self) -> str:
        """The text for matching, offsets unchanged."""
        return fold(self.text)

    @cached_property
    def dates(self) -> tuple[DateMention, ...]:
        """The calendar dates that it names, in order."""
        return tuple(find_dates(self.folded))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its headed parts in order of their place."""
        return tuple(_parts(self.text, self.kind))

    def parts_of(self, *ids: str) -> Iterator[Part]:
        """Parts of these ids in order of their place."""
        places = self._places
        numbers = {number for name in ids for number in places.get(name, ())}
        return (self.parts[number] for number in sorted(numbers))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """By id, which of the parts it is or is named by."""
        found: dict[str, list[int]] = {}
        for number, part in enumerate(self.parts):
            for name in (part.id, *part.also):
                found.setdefault(name, []).append(number)
        return found

    def body(self, part: Part) -> str:
        """The text of a part without what surrounds it."""
        return self.text[part.body.start : part.body.end]

    def quote(self, span: Span) -> str:
        """What stands in a span."""
        return self.text[span.start : span.end]

    @cached_property
    def strangers(self) -> tuple[int, ...]:
        """Where headings begin that no table knows.

        In a document that the platform wrote, what stands before a colon within a section is a
        label of its text and no heading.
        """
        patterns = (BRACKETED,) if is_written_here(self.text) else (BRACKETED, BEFORE_COLON)
        known = [part.head for part in self.parts]
        found = []
        for line in re.finditer(r"[^\n]+", self.text):
            if any(h.start <= line.start() < h.end for h in known) or _is_time_line(line.group()):
                continue
            for pattern in patterns:
                match = pattern.match(self.text, line.start(), line.end())
                if match is not None and _is_stranger(match.group("name").strip()):
                    found.append(match.start("name"))
                    break
        return tuple(found)

    @cached_property
    def prose(self) -> Span:
        """From the first to the last character that is neither title, time nor signature."""
        lines = [m.span() for m in re.finditer(r"[^\n]+", self.text)]
        kept = [place for place in lines if not self._is_frame(place, lines)]
        if not kept:
            return Span(0, 0)
        return trimmed(self.text, kept[0][0], kept[-1][1])

    def _is_frame(self, place: tuple[int, int], lines: list[tuple[int, int]]) -> bool:
        line = self.text[place[0] : place[1]].strip()
        if _is_signature_line(line) or _is_time_line(line) or not line:
            return True
        return place == lines[0] and is_title(line, self)


def is_title(line: str, paper: Paper) -> bool:
    """Whether a line only names the document, perhaps with its date and time."""
    wordings = [paper.type_name]
    if paper.kind is not None:
        wordings.extend((paper.kind.title.zh, paper.kind.title.en))
    plain = bare(re.sub(r"[\d/年月日时分]+", "", line))
    known = any(plain.endswith(bare(w)) or plain.startswith(bare(w)) for w in wordings if w)
    return (known and len(line) < _LONGEST_HEADING + 24 and not re.search(r"[。，,；;]", line)) or (
        not re.search(r"[。，,；;:：.]", line) and len(line) <= _LONGEST_HEADING
    )


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def is_empty(body: str) -> bool:
    """Whether nothing stands behind a heading: blanks, dashes and lines to write on are nothing."""
    return _NOTHING.fullmatch(body) is not None


def _is_time_line(line: str) -> bool:
    return (
        bool(line)
        and re.fullmatch(r"[\d\s:：/.\-年月日时分点TZ+]+|(?:记录|书写)?时间[:：].{4,30}", line)
        is not None
    )


def _is_signature_line(line: str) -> bool:
    name = re.split(r"[:：]", line, maxsplit=1)[0].strip().lower()
    return len(name) <= _LONGEST_HEADING and signature_role(name) is not None


# Headings that many documents have besides what the norm asks for.
_COMMON = re.compile(
    r"(?:执行|落实)情况.*|(?:第?[一二三]|手术)?助手?|assistants?|参加人员|主持人|记录者|记录人|地点|科室|科别|病区|床号|住院号|病案号|登记号|职业|民族|籍贯|"
    r"住址|联系人|病史陈述者|可靠程度|记录日期|记录时间|入院时间|入院日期|系统回顾|修正诊断|补充诊断|补记|附|备注|"
    r"implementation|executed|participants|present|recorder|place|ward|bed|note|notes|remarks|"
    r"address|occupation|informant|review of systems|reviewofsystems|addendum"
)
_LONGEST_STRANGER = 14
_MOST_WORDS = 5


def _is_stranger(heading: str) -> bool:
    """Whether words before a colon look like a heading that no table knows."""
    heading = without_brackets(heading)
    if re.search(r"[\d，,、。]", heading) or signature_role(heading) is not None:
        return False
    if _COMMON.fullmatch(bare(heading)):
        return False
    if heading.isascii():
        return heading[:1].isupper() and len(heading.split()) <= _MOST_WORDS
    return 2 <= len(heading) <= _LONGEST_STRANGER


def _parts(text: str, kind: DocumentKind | None) -> Iterator[Part]:
    heads = list(headings(text, kind))
    for number, head in enumerate(heads):
        ends = heads[number + 1].place.start if number + 1 < len(heads) else len(text)
        body = trimmed(text, head.place.end, max(head.place.end, ends))
        yield Part(head.ids[0], head.text, head.place, body, head.ids[1:])
