"""Checks of what a text calls a value: low, high or normal against the value's own interval."""

from __future__ import annotations

import re
from decimal import Decimal

from suwen.control.guardrails.grounding.claims import Claims, ValueClaim
from suwen.control.guardrails.grounding.facts import Fact, FactValue
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.core.document import UnsupportedReason

_NOT = r"(?P<not>不|未见?|无|\bnot\s+|\bno\s+longer\s+)?"
_LOW = re.compile(
    "(?a)"
    + _NOT
    + r"(?:偏低|降低|减低|低于|低(?=[（(，,。]|$)|↓|\blow\b(?!\s+density)|\bbelow\b|\bdecreased\b)"
)
_HIGH = re.compile(
    "(?a)"
    + _NOT
    + r"(?:偏高|升高|增高|高于|(?<!身)高(?=[（(，,。]|$)|↑|\bhigh\b(?!\s+density)|\babove\b|"
    r"\belevated\b|\bincreased\b)"
)
_NORMAL = re.compile(
    r"(?a)(?P<not>不|(?<=[a-z])ab|\bnot\s+|\bab)?(?:正常(?!值|范围)|normal\b(?!\s+range)|\bwithin\b)"
)
_REACH = 60


def check_flag(
    claim: ValueClaim, claims: Claims, found: tuple[Fact, FactValue], outcome: Outcome
) -> None:
    """A written "low", "high" or "normal" must agree with the interval of the value's fact."""
    fact, value = found
    if len(value.values) != 1:
        return
    low, high = _limits(fact, value)
    behind = _behind(claim, claims)
    number = value.values[0]
    for pattern, limit, is_so in (
        (_LOW, low, low is not None and number < low),
        (_HIGH, high, high is not None and number > high),
    ):
        match = pattern.search(behind)
        if match and limit is not None and is_so is (match.group("not") is not None):
            outcome.fails(UnsupportedReason.NEGATION)
            return
    match = _NORMAL.search(behind)
    if match and (low is not None or high is not None):
        inside = (low is None or number >= low) and (high is None or number <= high)
        if inside is (match.group("not") is not None):
            outcome.fails(UnsupportedReason.NEGATION)


def _limits(fact: Fact, value: FactValue) -> tuple[Decimal | None, Decimal | None]:
    """Lower and upper limit that the fact states in the value's own unit."""
    low: Decimal | None = None
    high: Decimal | None = None
    for held in fact.values:
        same = held.unit is None or value.unit is None or held.unit.code == value.unit.code
        if held.limit and same and len(held.values) == 1:
            if ".low." in held.path:
                low = held.values[0]
            elif ".high." in held.path:
                high = held.values[0]
    return low, high


def _behind(claim: ValueClaim, claims: Claims) -> str:
    """What stands between this value and the next one."""
    start = claim.use.quantity.end
    following = [
        c.use.quantity.start
        for c in claims.values
        if c.use.quantity.start > start and not c.use.reference
    ]
    return claims.reading.folded[start : min([*following, start + _REACH])]
