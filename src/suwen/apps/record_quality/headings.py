"""Where the sections of a document begin, however a department writes its headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from suwen.appkit import Span
from suwen.apps.record_quality.documents import (
    DocumentKind,
    RequiredSection,
    bare,
    document_kinds,
)
from suwen.apps.record_quality.signing import signature_role
from suwen.clinical.document_sections import is_written_here, written_section

_NUMBERED = r"(?:[#*•·]+\s*)?(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．，,]\s*|[①-⑳]\s*)?\**"
_OPEN, _CLOSE = r"[【\[［〔<《]", r"[】\]］〕>》]"
BRACKETED = re.compile(
    rf"[ \t]*{_NUMBERED}{_OPEN}(?P<name>[^】\]］〕>》\n]{{1,40}}){_CLOSE}\**[ \t]*[:：]?[ \t]*"
)
BEFORE_COLON = re.compile(
    rf"[ \t]*{_NUMBERED}(?P<name>[^:：。；;\n]{{1,40}}?)[ \t]*\**[ \t]*[:：]\**[ \t]*"
)
_ALONE = re.compile(rf"[ \t]*{_NUMBERED}(?P<name>[^:：。；;，,\n]{{1,40}}?)[ \t]*\**(?=\n|$)")
_AT_START = (
    BRACKETED,
    BEFORE_COLON,
    re.compile(r"[ \t]*(?P<name>[A-Za-z][A-Za-z ']{1,36}?)[ \t]+[-–—]+[ \t]+"),
    _ALONE,
)
_BOUND = r"(?:(?<=[。；;.!?！？，,、】\])）\s])|^)"
_INLINE_NUMBER = r"(?:[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）、.．]\s*|[①-⑳]\s*)?"
_INLINE = (
    re.compile(r"[【\[［〔](?P<name>[^】\]］〕\n]{2,20})[】\]］〕][ \t]*[:：]?[ \t]*"),
    re.compile(
        rf"{_BOUND}[ \t]*{_INLINE_NUMBER}(?P<name>[一-鿿](?:[ \t\u3000]+[一-鿿]){{1,4}}|"
        r"[^:：。；;，,、.\s【】]{2,20}|[A-Za-z][A-Za-z'\-/ ]{1,36})[ \t]*[:：][ \t]*"
    ),
)
# Without any sign behind it: 手术者高适 助手韦庄, 主诉 咳嗽3天.
_GLUED = re.compile(rf"(?:^|(?<=[。；;\s\u3000])){_INLINE_NUMBER}(?P<name>[一-鿿]{{2,14}})")
_NO_CONTENT = re.compile(r"[后中的已与及和并等者内时需]")
_LEAST_GLUED = 3
_SHORTEST_BEHIND_A_COMMA = 3
_BRACKETS = re.compile(r"[（(\[][^）)\]]*[）)\]]")
_JOINED = re.compile(r"[及和与、/+＋&]|\band\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading with the sections that it opens; none for one that a table does not know."""

    ids: tuple[str, ...]
    text: str
    place: Span


def headings(text: str, kind: DocumentKind | None) -> Iterator[Heading]:
    """Headings that a table knows and places for signatures, in order, without overlap."""
    ours = is_written_here(text)
    for line in re.finditer(r"[^\n]+", text):
        first = _written(line, kind) if ours and kind is not None else None
        first = first or _at_start(text, line.start(), line.end(), kind)
        reached = line.start()
        if first is not None:
            yield first
            reached = first.place.end
        # Words before a colon within a line that the platform wrote are labels of its text.
        if ours or kind is None or not kind.sections:
            continue
        yield from _within(text, reached, line.end(), kind)


def sections_of(heading: str, kind: DocumentKind | None) -> tuple[str, ...]:
    """The sections that a heading opens: one, or those of each name that 及, / or "and" join."""
    # 住院费用（元） and Cost (CNY) are the heading without what stands in brackets, too.
    for wording in (heading, _BRACKETS.sub("", heading)):
        whole = _named(bare(wording), kind)
        if whole:
            return whole
    pieces = [bare(p) for p in _JOINED.split(_BRACKETS.sub("", heading)) if p.strip()]
    named = [_named(piece, kind) for piece in pieces]
    if len(pieces) < 2 or not all(named):
        return ()
    return tuple(dict.fromkeys(name for found in named for name in found))


def without_brackets(heading: str) -> str:
    """A heading without what it says in brackets."""
    return _BRACKETS.sub("", heading).strip()


def _named(plain: str, kind: DocumentKind | None) -> tuple[str, ...]:
    # Most wordings are no heading at all: one look instead of one for each section.
    if not plain or _openings(kind).fullmatch(plain) is None:
        return ()
    known = (s.id for s in _sections(kind) if s.headings.fullmatch(plain))
    return tuple(dict.fromkeys(known))


def _written(line: re.Match[str], kind: DocumentKind) -> Heading | None:
    name = written_section(line.group(), kind.id)
    if name is None:
        return None
    return Heading((name,), line.group().strip(), Span(line.start(), line.end()))


def _at_start(text: str, start: int, end: int, kind: DocumentKind | None) -> Heading | None:
    for pattern in _AT_START:
        match = pattern.match(text, start, end)
        if match is None:
            continue
        heading = match.group("name").strip()
        role = signature_role(heading)
        # A line that says no more than "signature" closes a document; whose it is heads one.
        if role == "author" and pattern is _ALONE:
            role = None
        ids = sections_of(heading, kind) or ((f"signature:{role}",) if role else ())
        if ids:
            return Heading(ids, heading, Span(match.start(), match.end()))
    return None


def _within(text: str, start: int, end: int, kind: DocumentKind) -> Iterator[Heading]:
    """Headings inside a line, each behind the one before."""
    found = [h for pattern in _INLINE for h in _marked(pattern, text, start, end, kind)]
    found.extend(_glued(text, start, end, kind))
    reached = start
    # At one place the heading with a sign behind it is the better reading.
    for heading in sorted(found, key=lambda h: (h.place.start, -h.place.end)):
        if heading.place.start >= reached:
            yield heading
            reached = heading.place.end


def _marked(
    pattern: re.Pattern[str], text: str, start: int, end: int, kind: DocumentKind
) -> Iterator[Heading]:
    """Headings in brackets or before a colon."""
    at = start
    while match := pattern.search(text, at, end):
        heading = match.group("name").strip()
        ids = sections_of(heading, kind)
        before = text[max(match.start("name") - 1, 0)]
        short = before in "，,、" and len(bare(heading)) < _SHORTEST_BEHIND_A_COMMA
        # "Surgical history:" is no "history:".
        behind = text[: match.start("name")].rstrip()[-1:]
        torn = heading[0].islower() and before.isspace() and behind not in ".,;:"
        if ids and not short and not torn:
            yield Heading(ids, heading, Span(match.start(), match.end()))
            at = match.end()
        else:
            at = match.start("name") + 1


def _glued(text: str, start: int, end: int, kind: DocumentKind) -> Iterator[Heading]:
    """Chinese headings with a blank or nothing behind them."""
    opening = _openings(kind)
    for match in _GLUED.finditer(text, start, end):
        run, begin = match.group("name"), match.start("name")
        if opening.match(run) is None:
            continue
        # Two characters head a line of their own content: 主诉 咳嗽3天.
        is_first = not text[text.rfind("\n", 0, begin) + 1 : match.start()].strip()
        for length in range(len(run), 1, -1):
            ids = _named(run[:length], kind)
            rest = text[begin + length : begin + length + 1]
            apart = rest.isspace()
            least = 2 if apart and is_first else _LEAST_GLUED
            if not ids or length < least or rest == "" or _NO_CONTENT.match(rest):
                continue
            yield Heading(ids, run[:length], Span(match.start(), begin + length + apart))
            break


@cache
def _openings(kind: DocumentKind | None) -> re.Pattern[str]:
    return re.compile("|".join(dict.fromkeys(s.headings.pattern for s in _sections(kind))))


def _sections(kind: DocumentKind | None) -> Iterable[RequiredSection]:
    """The sections that are looked for: the document's own, else those of any document."""
    if kind is not None and kind.sections:
        return kind.sections
    return _every_section()


@cache
def _every_section() -> tuple[RequiredSection, ...]:
    return tuple(s for kind in document_kinds().values() for s in kind.sections)
