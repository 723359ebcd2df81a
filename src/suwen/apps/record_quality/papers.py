"""A document of a stay with its sections where they stand in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property

from suwen.appkit import Span
from suwen.apps.record_quality.documents import (
    DocumentKind,
    RequiredSection,
    bare,
    document_kinds,
)
from suwen.clinical.document_sections import is_written_here, written_section
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
_NUMBERED = r"(?:[#*•·]+\s*)?(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]\s*)?\**"
_HEADINGS = (
    re.compile(
        rf"[ \t]*{_NUMBERED}[【\[［〔<《](?P<name>[^】\]］〕>》\n]{{1,40}})"
        r"[】\]］〕>》]\**[ \t]*[:：]?[ \t]*"
    ),
    re.compile(rf"[ \t]*{_NUMBERED}(?P<name>[^:：。；;\n]{{1,40}}?)[ \t]*\**[ \t]*[:：]\**[ \t]*"),
    re.compile(r"[ \t]*(?P<name>[A-Za-z][A-Za-z ']{1,36}?)[ \t]+[-–—]+[ \t]+"),
    re.compile(rf"[ \t]*{_NUMBERED}(?P<name>[^:：。；;，,\n]{{1,40}}?)[ \t]*\**(?=\n|$)"),
)
_INLINE = re.compile(
    r"(?<=[。；;.!?！？\s])[ \t]*(?P<name>[^:：。；;，,.\s]{2,20}|"
    r"[A-Z][A-Za-z' ]{2,36})[ \t]*[:：][ \t]*"
)
_SIGNATURE = re.compile(
    r"(?:(?:经治|住院|主治|主任|副主任|记录|值班|书写|会诊|麻醉|手术|报告)?(?:医师|医生|护士|者|"
    r"人)|审签|"
    r"上级医师)\s*签[名字]|^签[名字]|记录者|记录医师|^医师$|"
    r"^(?:electronically\s+)?signed(?:\s+by)?|signature|"
    r"^author$|^physician$|^written by$|^recorded by$"
)
_PATIENT_SIGNS = re.compile(
    r"(?:患者|病人|患方|委托人|家属|被授权人|授权委托人|法定代理人|监护人)[^:：]{0,12}签[名字]|"
    r"(?:patient|relative|guardian|representative|next of kin)\S*[^:：]{0,16}signature|"
    r"signature of (?:the )?(?:patient|relative|guardian|representative)|"
    r"signed by (?:the )?(?:patient|relative|guardian)|^patient signed|^patient signs"
)
_SURGEON_SIGNS = re.compile(
    r"(?:术者|手术者|手术医师|主刀(?:医师)?|手术医生)[^:：]{0,6}签[名字]|"
    r"(?:operating\s+)?surgeon\S*[^:：]{0,16}signature|"
    r"signature of (?:the )?(?:operating )?surgeon|"
    r"signed by (?:the )?(?:operating )?surgeon|^surgeon signed"
)
_NOTHING = re.compile(r"[\s_＿—–\-.。/／\\…·:：（）()*]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A headed part of a document; ``id`` is ``None`` for a heading that no table knows."""

    id: str | None
    heading: str
    head: Span
    body: Span


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
    def parts(self) -> tuple[Part, ...]:
        """Its headed parts in order of their place."""
        return tuple(_parts(self.text, self.kind))

    def parts_of(self, *ids: str) -> Iterator[Part]:
        """Parts of these ids."""
        return (part for part in self.parts if part.id in ids)

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
        patterns = _HEADINGS[:1] if is_written_here(self.text) else _HEADINGS[:2]
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


def signature_role(name: str) -> str | None:
    """Whose signature a heading asks for: ``author``, ``patient`` or ``surgeon``, else ``None``."""
    folded = re.sub(r"\s+", " ", fold(name).strip(" 【】[]*#-_()（）"))
    compact = folded if folded.isascii() else folded.replace(" ", "")
    if _PATIENT_SIGNS.search(compact):
        return "patient"
    if _SURGEON_SIGNS.search(compact):
        return "surgeon"
    return "author" if _SIGNATURE.search(compact) else None


# Headings that many documents have besides what the norm asks for.
_COMMON = re.compile(
    r"(?:执行|落实)情况.*|参加人员|主持人|记录者|记录人|地点|科室|科别|病区|床号|住院号|病案号|登记号|职业|民族|籍贯|"
    r"住址|联系人|病史陈述者|可靠程度|记录日期|记录时间|入院时间|入院日期|系统回顾|修正诊断|补充诊断|补记|附|备注|"
    r"implementation|executed|participants|present|recorder|place|ward|bed|note|notes|remarks|"
    r"address|occupation|informant|review of systems|reviewofsystems|addendum"
)
_BRACKETS = re.compile(r"[（(\[][^）)\]]*[）)\]]")
_LONGEST_STRANGER = 14
_MOST_WORDS = 5


def _is_stranger(heading: str) -> bool:
    """Whether words before a colon look like a heading that no table knows."""
    heading = _BRACKETS.sub("", heading).strip()
    if re.search(r"[\d，,、。]", heading) or signature_role(heading) is not None:
        return False
    if _COMMON.fullmatch(bare(heading)):
        return False
    if heading.isascii():
        return heading[:1].isupper() and len(heading.split()) <= _MOST_WORDS
    return 2 <= len(heading) <= _LONGEST_STRANGER


def _parts(text: str, kind: DocumentKind | None) -> Iterator[Part]:
    heads = list(_heads(text, kind))
    for index, (name, heading, span) in enumerate(heads):
        ends = heads[index + 1][2].start if index + 1 < len(heads) else len(text)
        yield Part(name, heading, span, trimmed(text, span.end, max(span.end, ends)))


def _heads(text: str, kind: DocumentKind | None) -> Iterator[tuple[str | None, str, Span]]:
    """Headings that a table knows and places for signatures, in order, without overlap."""
    reached, ours = 0, is_written_here(text)
    for line in re.finditer(r"[^\n]+", text):
        written = written_section(line.group(), kind.id) if ours and kind is not None else None
        found = (
            (written, line.group().strip(), Span(line.start(), line.end()))
            if written is not None
            else _at_line_start(text, line.start(), line.end(), kind)
        )
        if found is not None:
            yield found
            reached = found[2].end
        # Words before a colon within a line that the platform wrote are labels of its text.
        if ours or kind is None or not kind.sections:
            continue
        for inline in _INLINE.finditer(text, max(reached, line.start()), line.end()):
            heading = inline.group("name").strip()
            known = _known(heading, kind)
            if known is not None:
                yield known, heading, Span(inline.start(), inline.end())


def _at_line_start(
    text: str, start: int, end: int, kind: DocumentKind | None
) -> tuple[str | None, str, Span] | None:
    for pattern in _HEADINGS:
        match = pattern.match(text, start, end)
        if match is None:
            continue
        heading = match.group("name").strip()
        role = signature_role(heading)
        # A line that says no more than "signature" closes a document; whose it is heads one.
        if role == "author" and pattern is _HEADINGS[-1]:
            role = None
        known = _known(heading, kind) or (role and f"signature:{role}")
        if known is not None:
            return known, heading, Span(match.start(), match.end())
    return None


def _known(heading: str, kind: DocumentKind | None) -> str | None:
    # 住院费用（元） and Cost (CNY) are the heading without what stands in brackets, too.
    wordings = {bare(heading), bare(_BRACKETS.sub("", heading))}
    for section in _sections(kind):
        if any(section.headings.fullmatch(plain) for plain in wordings if plain):
            return section.id
    return None


def _sections(kind: DocumentKind | None) -> Iterable[RequiredSection]:
    """The sections that are looked for: the document's own, else those of any document."""
    if kind is not None and kind.sections:
        return kind.sections
    return _every_section()


@cache
def _every_section() -> tuple[RequiredSection, ...]:
    return tuple(s for kind in document_kinds().values() for s in kind.sections)
