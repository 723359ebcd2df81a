"""Findings that overlap become findings side by side; what any of them covers stays covered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from suwen.language.identifiers.spans import IdentifierSpan


def resolve(text: str, found: Iterable[IdentifierSpan]) -> tuple[IdentifierSpan, ...]:
    """The findings in order, none overlapping.

    The longer finding wins, of equal ones the surer; what a loser covers beside the winner stays
    a finding of its own, unless it is only blanks and punctuation.
    """
    kept: list[IdentifierSpan] = []
    reached = -1
    for span in sorted(found, key=lambda s: (s.start, -s.end, -s.score)):
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
