"""Where a clinical text falls into statements, with exact offsets."""

from __future__ import annotations

import re

from suwen.core.finding import Span
from suwen.language.word_lists import word_list

_ABBREVIATIONS = word_list("abbreviations_with_full_stop")
_CLOSING = "\"'”’」』）)]】》"
_OPENING = {"(": ")", "（": "）", "[": "]", "【": "】", "《": "》", "「": "」"}
_BREAKS = frozenset("。！？!?；;.…")
_LIST_NUMBER = re.compile(
    r"\s*(?:[-*•·●▪–]\s*)?(?:[(（]?\d{1,2}[.)）、．]|[(（][a-z一二三四五六七八九十]+[)）]|"
    r"[①-⑳]|[一二三四五六七八九十]{1,3}、)\s*",
    re.I,
)
_BULLET = re.compile(r"\s*(?:[-*•·●▪–]+|#+)\s+")
_WORD_BEFORE = re.compile(r"[A-Za-z][A-Za-z.]*$")
_HEADING_WORDS = 9
_HEADING_LENGTH = 60
_NO_HEADING = re.compile(r"[。；;.!?！？，,]|\d")


def is_heading(line: str) -> bool:
    """Whether a line only names what follows it and states nothing itself."""
    body = line.strip()
    if not body or len(body) > _HEADING_LENGTH:
        return False
    if body[0] in "【#" and (body.endswith("】") or body.startswith("#")):
        return True
    if body[-1] in ":：":
        return not any(c in body[:-1] for c in "。；;,，") and len(body.split()) <= _HEADING_WORDS
    letters = [c for c in body if c.isascii() and c.isalpha()]
    return (
        len(letters) > 3
        and all(c.isupper() for c in letters)
        and not any(c.isdigit() for c in body)
        and body[-1] not in ".!?。"
        and all(c.isascii() for c in body)
    )


def find_statements(text: str) -> tuple[Span, ...]:
    """The statements of a text in order; headings and blank lines are left out.

    Args:
        text: with LF line ends; offsets count its code points.
    """
    found: list[Span] = []
    for start, end, heading in _lines(text):
        if not heading:
            found.extend(_split_line(text, start, end))
    return tuple(found)


def find_headings(text: str) -> tuple[Span, ...]:
    """The headings of a text in order, with the same offsets as its statements."""
    return tuple(_trimmed(text, start, end) for start, end, heading in _lines(text) if heading)


def _lines(text: str) -> list[tuple[int, int, bool]]:
    """Start, end and whether it is a heading, of every line."""
    lines = text.split("\n")
    found: list[tuple[int, int, bool]] = []
    start = 0
    for number, line in enumerate(lines):
        alone = number == 0 or not lines[number - 1].strip()
        followed = number + 1 < len(lines) and (number == 0 or bool(lines[number + 1].strip()))
        heading = is_heading(line) or (alone and followed and _is_title(line))
        found.append((start, start + len(line), heading))
        start += len(line) + 1
    return found


def _is_title(line: str) -> bool:
    """A short line without punctuation or numbers that stands over the lines below it."""
    body = line.strip()
    if not body or _NO_HEADING.search(body) or ":" in body or "：" in body:
        return False
    return len(body.split()) <= 6 and len(body) <= (40 if body.isascii() else 16)


def _split_line(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    begin = start
    body_start = _body_start(text, start, end)
    closers: list[str] = []
    position = body_start
    while position < end:
        char = text[position]
        if char in _OPENING and _closes_later(text, position, end):
            closers.append(_OPENING[char])
        elif closers and char == closers[-1]:
            closers.pop()
        elif char in _BREAKS and not closers and _breaks_here(text, position, body_start, end):
            stop = position + 1
            while stop < end and (text[stop] in _CLOSING or text[stop] in "。！？!?.…"):
                stop += 1
            _append(spans, _trimmed(text, begin, stop))
            begin = stop
            body_start = _body_start(text, begin, end)
            position = max(body_start, stop)
            continue
        position += 1
    _append(spans, _trimmed(text, begin, end))
    return spans


def _append(spans: list[Span], span: Span) -> None:
    if span.end > span.start:
        spans.append(span)


def _closes_later(text: str, position: int, end: int) -> bool:
    """A bracket that is never closed must not swallow the rest of the line."""
    return text.find(_OPENING[text[position]], position + 1, min(end, position + 160)) >= 0


def _body_start(text: str, start: int, end: int) -> int:
    match = _LIST_NUMBER.match(text, start, end) or _BULLET.match(text, start, end)
    return match.end() if match else start


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _breaks_here(text: str, position: int, begin: int, end: int) -> bool:
    char = text[position]
    if char not in ".;?!":
        return True
    following = text[position + 1] if position + 1 < end else ""
    if char != ".":
        return not following or not following.isalnum() or not following.isascii()
    if not following:
        return True
    if following not in _CLOSING and not following.isspace():
        return not following.isascii() and not following.isdigit()
    before = text[begin:position]
    word = _WORD_BEFORE.search(before)
    ahead = text[position + 1 : end].lstrip()
    if word and _is_abbreviation(word.group(), ahead):
        return False
    if before.strip().isdigit() and len(before.strip()) <= 2:
        return False
    if not ahead:
        return True
    return not (ahead[0].islower() and ahead[0].isascii()) or before.endswith(" ")


def _is_abbreviation(word: str, ahead: str) -> bool:
    lowered = word.lower()
    if lowered in {"no", "nos"}:
        return ahead[:1].isdigit()
    if lowered in {"a.m", "p.m", "etc", "q.d", "b.i.d", "t.i.d", "q.i.d", "p.r.n", "h.s", "u.s"}:
        return not ahead[:1].isupper()
    if lowered in {
        "min",
        "max",
        "temp",
        "resp",
        "al",
        "est",
        "ca",
        "mar",
        "dec",
        "cap",
        "wt",
        "ht",
    }:
        return not ahead[:1].isupper() and not (ahead[:1] and not ahead[:1].isascii())
    if len(word) == 1:
        return word.isupper() and ahead[:1].isupper() and word not in "IC"
    return lowered in _ABBREVIATIONS
