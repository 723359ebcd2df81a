"""Which of the days that a statement names belong to which of its claims."""

from __future__ import annotations

import re

from suwen.control.guardrails.grounding.reading import CLAUSE_END, NEW_MATTER, Reading
from suwen.control.guardrails.grounding.vocabulary import TermKind
from suwen.control.guardrails.grounding.wordings import own_words
from suwen.language.dates import DateMention

# What may stand in a clause before a day that opens it.
_OPENING = re.compile(r"(?a)\W*(?:[^\W\d]{1,12}\s*[:：])?\W*(?:于|在|on|at|as\s+of|by)?\W*")
_COMING_OR_GOING = re.compile(
    r"(?a)入院|出院|住院日期|出生|死亡|admi(?:t|ssion)|discharg|\bborn\b|\bbirth|\bdied\b|\bdeath\b"
)
# Between a claim and a later day: what shows that the day belongs to a sentence of its own.
_VERB = re.compile(r"(?a)\b(?:was|were|is|are|has|had)\b")
_MEASURED = (TermKind.ANALYTE, TermKind.RECORDED)


def dates_for(position: int, kind: TermKind | None, reading: Reading) -> tuple[DateMention, ...]:
    """The days of what stands at a place.

    Those of its clause; else the day that opens an earlier clause and holds for what follows
    ("2026-11-12 K 3.2, Na 139"); else the day that closes a later one and holds for what is
    listed before it ("furosemide, 40 mg, once daily, ordered 2026-11-04"). A day that tells when
    something of another sort happened holds for that alone.
    """
    if not reading.dates:
        return ()
    low, high = clause_of(position, reading)
    own = tuple(d for d in reading.dates if low <= d.start < high)
    if own:
        return own
    before = [d for d in reading.dates if d.start < position]
    if before and _opens_for(before[-1], kind, reading):
        return (before[-1],)
    after = next((d for d in reading.dates if d.start > position), None)
    if after is not None and _closes_for(position, kind, after, reading):
        return (after,)
    return ()


def clause_of(position: int, reading: Reading) -> tuple[int, int]:
    """Where the clause around a place begins and ends."""
    low, high = 0, len(reading.folded)
    for match in CLAUSE_END.finditer(reading.folded):
        if match.start() < position:
            low = match.end()
        else:
            high = match.start()
            break
    return low, high


def _opens_for(day: DateMention, kind: TermKind | None, reading: Reading) -> bool:
    low, high = clause_of(day.start, reading)
    if not _OPENING.fullmatch(reading.folded, low, day.start):
        return False
    following = _kinds(day.end, high, reading)
    if not following:
        return not reading.folded[day.end : high].strip(" :：")
    return _same_sort(kind, following)


def _closes_for(position: int, kind: TermKind | None, day: DateMention, reading: Reading) -> bool:
    low, high = clause_of(day.start, reading)
    if _kinds(day.end, high, reading) or _COMING_OR_GOING.search(reading.folded, low, high):
        return False
    named = _kinds(low, day.start, reading)
    if not named and own_words(reading.folded[low : day.start] + reading.folded[day.end : high]):
        return False
    if any(p.search(reading.folded, position, low) for p in (NEW_MATTER, _VERB)):
        return False
    between = _kinds(position + 1, day.start, reading)
    return not between or _same_sort(kind, between)


def _kinds(start: int, end: int, reading: Reading) -> set[TermKind]:
    """The sorts of terms that begin in a stretch; sites belong to what they are sites of."""
    return {
        use.term.kind
        for use in reading.terms
        if start <= use.start < end and use.term.kind is not TermKind.SITE
    }


def _same_sort(kind: TermKind | None, others: set[TermKind]) -> bool:
    if kind in _MEASURED:
        return others <= set(_MEASURED)
    return others == {kind}
