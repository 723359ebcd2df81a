"""The medicine of which a sentence of a passage speaks without naming one."""

from __future__ import annotations

from suwen.control.guardrails.grounding.vocabulary import Term, TermKind
from suwen.core.finding import Span
from suwen.language.medicine_names import names_other_medicine
from suwen.language.statements import find_headings, find_statements
from suwen.language.terms import TermSpotter
from suwen.language.width import fold, normalise_newlines


def carried_subjects(text: str, spotter: TermSpotter[Term]) -> list[str | None]:
    """For each statement of a passage the medicine that it is under, if it names none itself.

    That is the one named last before it, in a sentence or heading that names no other, or else
    the only one of the whole passage. What looks like a medicine that no table knows, or points
    to another one, ends this.
    """
    clean = normalise_newlines(text)
    statements = set(find_statements(clean))
    pieces = sorted({*statements, *find_headings(clean)}, key=_start)
    named = [_named(clean[p.start : p.end], spotter) for p in pieces]
    every = frozenset[str | None]().union(*named)
    subject = next(iter(every)) if len(every) == 1 else None
    found: list[str | None] = []
    for piece, own in zip(pieces, named, strict=True):
        if own:
            subject = next(iter(own)) if len(own) == 1 else None
        if piece in statements:
            found.append(None if own else subject)
    return found


def _named(text: str, spotter: TermSpotter[Term]) -> frozenset[str | None]:
    """The medicines that a piece names; ``None`` stands for one that no table knows."""
    folded = fold(text)
    mentions = [m for m in spotter.find(folded) if any(t.kind is TermKind.DRUG for t in m.meanings)]
    keys: set[str | None] = {t.key for m in mentions for t in m.meanings if t.kind is TermKind.DRUG}
    for mention in mentions:
        folded = (
            folded[: mention.start] + " " * (mention.end - mention.start) + folded[mention.end :]
        )
    if names_other_medicine(folded):
        keys.add(None)
    return frozenset(keys)


def _start(span: Span) -> int:
    return span.start
