"""Advice in a text that has an opposite: to use or to avoid, to raise or to lower, to start or to
stop, before or after, above or below; and what it is given on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from suwen.language import advice_patterns as patterns
from suwen.language.words import content_words

_NUMBER = re.compile(
    r"(?a)(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?:\s?(?:-|–|—|~|至|to)\s?(\d[\d,]*(?:\.\d+)?))?"
)
_NAME = re.compile(r"(?a)[a-z]{2,}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_OPPOSED = {
    frozenset(pair)
    for pair in (
        ("for", "against"),
        ("for", "caution"),
        ("for", "unneeded"),
        ("against", "caution"),
        ("go", "stop"),
        ("up", "down"),
        ("up", "not up"),
        ("down", "not down"),
        ("before", "after"),
        ("above", "below"),
    )
}
_DENIED = {"up": "not up", "down": "not down", "go": "stop", "stop": "go"}
_BOUNDS = ("below", "above", "below_behind", "above_behind")
_DENYING = frozenset({"against", "unneeded"})


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice, or one bound.

    Attributes:
        start: where it is worded; ``end`` is exclusive.
        scale: what is opposed: ``use``, ``course``, ``change``, ``order`` with its event or
            ``bound`` with its number.
        side: where on that scale.
        kind: ``use`` of what is given or used, ``act`` of anything else that is to be done, empty
            when it may be either.
        clause: where its clause begins and ends.
        words: content words of the clause, and ``sentence`` those of the whole text, without any
            advice itself.
        numbers: numbers of the clause; a range is one (``30–45``).
        names: what a clause in Chinese calls by Latin letters (ACEI).
    """

    start: int
    end: int
    scale: str
    side: str
    kind: str = ""
    clause: tuple[int, int] = (0, 0)
    words: frozenset[str] = frozenset()
    sentence: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def is_comparable(self, other: Advice) -> bool:
        """Whether both decide the same question: that a medicine is to be watched does not say
        whether it is to be used."""
        return self.scale == other.scale and {self.kind, other.kind} != {"use", "act"}

    def is_opposed(self, other: Advice) -> bool:
        """Whether one of them is what the other forbids or turns around."""
        return frozenset((self.side, other.side)) in _OPPOSED


def find_advice(folded: str) -> list[Advice]:
    """Advice and bounds of a sentence, in order.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    edges = [0, *(m.end() for m in patterns.CLAUSE_END.finditer(folded)), len(folded)]
    found = [
        replace(advice, clause=(begin, end))
        for begin, end in pairwise(edges)
        for advice in _of_clause(folded, begin, end)
    ]
    if not found:
        return []
    bare = without(folded, [(a.start, a.end) for a in found])
    return [_with_matter(advice, found, bare, folded) for advice in found]


def without(folded: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with a mark that is no word in place of each stretch."""
    for start, end in spans:
        folded = folded[:start] + "|" * (end - start) + folded[end:]
    return folded


def _with_matter(advice: Advice, found: Sequence[Advice], bare: str, folded: str) -> Advice:
    """The advice with what it is given on: its clause, up to the next advice of its scale."""
    begin, end = advice.clause
    alike = [a for a in found if a.clause == advice.clause and a.scale == advice.scale]
    low = max((a.end for a in alike if a.end <= advice.start), default=begin)
    high = min((a.start for a in alike if a.start >= advice.end), default=end)
    return replace(
        advice,
        words=content_words(bare[low:high]),
        sentence=content_words(bare),
        numbers=frozenset(
            "–".join(str(_value(digits).normalize()) for digits in m.groups() if digits)
            for m in _NUMBER.finditer(folded, begin, end)
        ),
        names=_names(bare[low:high]),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(_NAME.findall(text)) if _HAN.search(text) else frozenset()


def _of_clause(folded: str, begin: int, end: int) -> list[Advice]:
    text = folded[begin:end]
    bounds = list(_bounds(text))
    others = [
        a
        for a in (
            *_sided(text, patterns.COURSE, "course"),
            *_sided(text, patterns.CHANGE, "change"),
        )
        if not _overlaps(a, bounds)
    ]
    uses = _joined([u for u in _uses(text) if not _overlaps(u, bounds)], text)
    acted = [_acted(a, uses, text) for a in others]
    modal = [u for u in uses if u.kind == "act"]
    consumed = {u for _, u in acted if u is not None}
    consumed |= {u for b in bounds for u in modal if patterns.LINK.fullmatch(text, u.end, b.start)}
    kept = [u for u in uses if u not in consumed and u.side != "skipped"]
    found = [*bounds, *(a for a, _ in acted), *kept, *_orders(text)]
    return sorted(
        (replace(a, start=a.start + begin, end=a.end + begin) for a in found),
        key=lambda a: a.start,
    )


def _uses(text: str) -> Iterator[Advice]:
    for match in patterns.USE.finditer(text):
        side, *kinds = str(match.lastgroup).split("_")
        kind = kinds[-1] if kinds and kinds[-1] in ("use", "act") else ""
        yield Advice(match.start(), match.end(), "use", side, kind)


def _joined(uses: Sequence[Advice], text: str) -> list[Advice]:
    """Advice in several words ("should be avoided") is one; the graver word counts."""
    joined: list[Advice] = []
    for use in uses:
        last = joined[-1] if joined else None
        careful = last is not None and (last.side, use.side) == ("for", "caution")
        if last is None or not (careful or patterns.LINK.fullmatch(text, last.end, use.start)):
            joined.append(use)
            continue
        graver = use if last.side == "for" or use.side != "for" else last
        start = use.start if careful else last.start
        joined[-1] = replace(graver, start=start, end=use.end)
    return joined


def _acted(action: Advice, uses: Sequence[Advice], text: str) -> tuple[Advice, Advice | None]:
    """An action with the advice that rules it ("not to be stopped"), if any."""
    for use in uses:
        if use.end <= action.start and patterns.TO_ACTION.fullmatch(text, use.end, action.start):
            side = action.side
            if use.side in _DENYING:
                side = _DENIED[side]
            return replace(action, start=use.start, side=side), use
    return action, None


def _sided(text: str, pattern: re.Pattern[str], scale: str) -> Iterator[Advice]:
    for match in pattern.finditer(text):
        side = str(match.lastgroup)
        if patterns.DENIED.search(text, 0, match.start()):
            side = _DENIED[side]
        yield Advice(match.start(), match.end(), scale, side)


def _orders(text: str) -> Iterator[Advice]:
    for match in patterns.ORDER.finditer(text):
        event = match.group("event") or match.group("event_en")
        before = match.group("before") or match.group("before_en")
        event = patterns.SAME_EVENT.get(event, event)
        # The event itself stays part of the matter.
        start = match.end("event") if match.group("event") else match.start()
        end = match.end() if match.group("event") else match.start("event_en")
        yield Advice(start, end, f"order of {event}", "before" if before else "after")


def _bounds(text: str) -> Iterator[Advice]:
    for match in patterns.BOUND.finditer(text):
        number = _value(match.group("number") or match.group("worded") or match.group("counted"))
        group = next(g for g in _BOUNDS if match.group(g))
        side = group.partition("_")[0]
        yield Advice(*match.span(group), f"bound of {number.normalize()}", side)


def _overlaps(advice: Advice, others: Sequence[Advice]) -> bool:
    return any(o.start < advice.end and advice.start < o.end for o in others)


def _value(digits: str) -> Decimal:
    worded = patterns.NUMBER_WORDS.get(digits)
    return Decimal(digits.replace(",", "")) if worded is None else Decimal(worded)
