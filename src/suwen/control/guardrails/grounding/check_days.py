"""Checks of calendar days and of what happened on them."""

from __future__ import annotations

import re
from decimal import Decimal

from suwen.control.guardrails.grounding.claimed_days import clause_of
from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact, FactDay
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.wordings import own_words
from suwen.core.document import UnsupportedReason
from suwen.language.dates import DateMention, month_names

_ROLES = (
    ("discharge", re.compile(r"(?a)出院|discharg")),
    ("admission", re.compile(r"(?a)入院|住院日期|admi(?:t|ssion)")),
    ("birth", re.compile(r"(?a)出生|\bborn\b|\bbirth|\bdob\b")),
    ("death", re.compile(r"(?a)死亡|\bdied\b|\bdeceased\b|\bdeath\b")),
)
_RELATIVE = re.compile(
    r"(?a)\b(?:yesterday|tomorrow|last\s+(?:night|week|month|year|spring|summer|fall|autumn|winter)|"
    r"next\s+(?:week|month|year)|this\s+(?:morning|afternoon|evening|week|month|year)|"
    r"(?:(?:last|next|this)\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|"
    r"昨天|昨日|前天|前日|明天|明日|后天|上周|上个?月|去年|下周|下个?月|今晨|昨晚|今晚"
)
_SAME_TIME = {
    "yesterday": ("yesterday", "last night"),
    "last night": ("last night", "yesterday", "this morning"),
    "昨天": ("昨天", "昨日"),
    "昨日": ("昨天", "昨日"),
    "明天": ("明天", "明日"),
    "明日": ("明天", "明日"),
}
_BEFORE, _AFTER = 24, 14
_FEWEST_WORDS, _MOST_OF_IT, _NEARLY = 3, 0.6, 0.75


def check_days(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """Every date of the statement, by its role where a word names one, else by its subject."""
    for mention in claims.reading.dates:
        role = _role_of(mention, claims)
        if role is not None and any(d.role == role for _, d in index.days):
            found = [(f, d) for f, d in index.days if d.role == role and mention.covers(d.day)]
        else:
            found = [(f, d) for f, d in index.days if mention.covers(d.day)]
            found = _of_subject(found, mention, claims, index)
        if found:
            fact, day = found[-1]
            outcome.holds(fact.evidence(day.path, day.text))
        elif not _is_written(mention, claims, index):
            outcome.fails(UnsupportedReason.DATE)
    if not index.has_record:
        for match in _RELATIVE.finditer(claims.reading.folded):
            if not _says_when(match.group(), index):
                outcome.fails(UnsupportedReason.DATE)
    if claims.reading.times and index.has_record:
        for time in claims.reading.times:
            if index.times and (time.hour % 24, time.minute) not in index.times:
                outcome.fails(UnsupportedReason.DATE)


def _role_of(mention: DateMention, claims: Claims) -> str | None:
    folded = claims.reading.folded
    before = folded[max(0, mention.start - _BEFORE) : mention.start]
    before = re.split(r"[，,；;。]", before)[-1]
    after = re.split(r"[，,；;。]", folded[mention.end : mention.end + _AFTER])[0]
    nearest: tuple[int, str] | None = None
    for role, pattern in _ROLES:
        for match in pattern.finditer(before):
            distance = len(before) - match.end()
            if nearest is None or distance < nearest[0]:
                nearest = (distance, role)
        match_after = pattern.search(after)
        if match_after and (nearest is None or match_after.start() < nearest[0]):
            nearest = (match_after.start(), role)
    return nearest[1] if nearest else None


def _says_when(wording: str, index: EvidenceIndex) -> bool:
    """Whether a day told by its distance or weekday is told in the evidence too."""
    plain = re.sub(r"\s+", " ", wording)
    last_word = plain.split(" ")[-1]
    if last_word.endswith("day") and last_word not in ("yesterday", "today"):
        return last_word in index.pool
    return any(said in index.pool for said in _SAME_TIME.get(plain, (plain,)))


def _of_subject(
    found: list[tuple[Fact, FactDay]], mention: DateMention, claims: Claims, index: EvidenceIndex
) -> list[tuple[Fact, FactDay]]:
    """Those of what the statement speaks of.

    Where a dated item of the record has most of what the clause says, the day must be that of an
    item that has nearly as much, not of one that merely shares a word.
    """
    if not claims.terms and not claims.values:
        return found
    chosen = [
        (fact, day)
        for fact, day in found
        if any(held.term.key in claims.terms for held in fact.terms)
        or fact.words & claims.reading.words
    ]
    low, high = clause_of(mention.start, claims.reading)
    words = set(own_words(claims.reading.folded[low:high]))
    held, shared = index.best_match(words)
    if not index.has_record or held is None or not held.days:
        return chosen
    if shared < max(_FEWEST_WORDS, _MOST_OF_IT * len(words)):
        return chosen
    return [c for c in chosen if len(c[0].words & words) > _NEARLY * shared]


def _is_written(mention: DateMention, claims: Claims, index: EvidenceIndex) -> bool:
    """Whether the evidence has the date in the same wording (without a year, in speech)."""
    written = claims.reading.folded[mention.start : mention.end]
    partial = mention.year is None or mention.month is None
    if (partial or not index.has_record) and len(written) > 3 and written in index.pool:
        return True
    if index.has_record:
        return False
    if mention.month is not None:
        return any(name in index.pool for name in month_names(mention.month))
    return mention.year is not None and bool(index.of_number(Decimal(mention.year)))
