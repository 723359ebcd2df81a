"""Findings that overlap become findings side by side; what any of them covers stays covered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from suwen.language.identifiers.spans import KNOWN_NAME, IdentifierSpan, IdentifierType


def resolve(text: str, found: Iterable[IdentifierSpan]) -> tuple[IdentifierSpan, ...]:
    """The findings in order, none overlapping.

    The longer finding wins, of equal ones the surer; what a loser covers beside the winner stays
    a finding of its own, unless it is only blanks and punctuation.
    """
    kept: list[IdentifierSpan] = []
    reached = -1
    every = tuple(found)
    known: dict[int, int] = {}
    for span in every:
        if span.recogniser == KNOWN_NAME:
            known[span.start] = max(span.end, known.get(span.start, 0))
    for span in sorted(every, key=lambda s: (s.start, -s.end, -s.score)):
        border = known.get(span.start, span.end)
        if span.type is IdentifierType.NAME and border < span.end and text[border] not in " -":
            # A guess that runs on behind a name that is known; another word may be a part of it.
            continue
        if span.start >= reached:
            kept.append(span)
            reached = span.end
            continue
        if span.end <= reached:
            kept[-1] = _surer_of_equal(kept[-1], span)
            continue
        last = kept[-1]
        if (span.end - span.start, span.score) > (last.end - last.start, last.score):
            if any(c.isalnum() for c in text[last.start : span.start]):
                kept[-1] = replace(last, end=span.start)
            else:
                kept.pop()
            kept.append(span)
        elif any(c.isalnum() for c in text[reached : span.end]):
            kept.append(replace(span, start=reached))
        reached = max(reached, span.end)
    return tuple(kept)


def _surer_of_equal(held: IdentifierSpan, other: IdentifierSpan) -> IdentifierSpan:
    same_place = (held.start, held.end) == (other.start, other.end)
    return other if same_place and other.score > held.score else held
