"""What a statement claims: values, medicines, findings, days, persons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from suwen.control.guardrails.grounding.advised import conditions_affirmed
from suwen.control.guardrails.grounding.claimed_days import clause_of, dates_for
from suwen.control.guardrails.grounding.reading import Reading, TermUse, ValueUse, read_text
from suwen.control.guardrails.grounding.vocabulary import Term, TermKind
from suwen.language.attributions import find_attributions
from suwen.language.dates import DateMention
from suwen.language.frequencies import FrequencyMention
from suwen.language.terms import TermSpotter
from suwen.language.width import fold

_MOST = re.compile(
    r"(?:at most|up to|no more than|maximum(?: of)?|max\.?|不超过|最多|极量)[^,，;；]{0,14}$"
)
_LIST_NUMBER = re.compile(r"\s*(?:[-*•·]\s*)?[(（]?\d{1,2}(?:[)）、]|[.．:]\s*(?!\d))\s*")
_AGE = re.compile(r"(?a)years?[\s-]*old|year-old|yo\b|y/o|岁")
_AGE_BEFORE = re.compile(r"(?:\bage[ds]?|年龄|现年)\W{0,4}$")
_HEADING_LENGTH = 40
_ALLERGY = re.compile(r"(?a)过敏|allerg|不良反应|intoleran|adverse reaction|\breaction to\b")


_TREATMENT = re.compile(
    r"(?a)用药|带药|医嘱|服用|口服|静滴|静脉|肌注|皮下|吸入|予|使用|应用|开立|改用|续用|"
    r"\b(?:takes?|taking|given|gave|prescribed|ordered|started|treated|administered|continued|"
    r"received|discharged\s+on|by\s+mouth|oral(?:ly)?|intravenous(?:ly)?)\b"
)


@dataclass(frozen=True, slots=True)
class ValueClaim:
    """A quantity that is claimed, with the days that belong to it."""

    use: ValueUse
    dates: tuple[DateMention, ...]
    is_age: bool


@dataclass(frozen=True, slots=True)
class DrugClaim:
    """A medicine that is claimed, with the doses and frequencies written behind it."""

    use: TermUse
    doses: tuple[ValueUse, ...]
    frequencies: tuple[FrequencyMention, ...]
    dates: tuple[DateMention, ...]


@dataclass(frozen=True, slots=True)
class FindingClaim:
    """A finding or procedure that is claimed or denied."""

    use: TermUse
    dates: tuple[DateMention, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """All claims of one statement."""

    reading: Reading
    context: str
    values: tuple[ValueClaim, ...]
    drugs: tuple[DrugClaim, ...]
    findings: tuple[FindingClaim, ...]
    about_allergy: bool
    terms: frozenset[str] = field(default=frozenset())

    def is_treatment(self, claim: DrugClaim) -> bool:
        """Whether a medicine is told as given, in words of its own clause, beside an allergy."""
        low, high = clause_of(claim.use.start, self.reading)
        clause = self.reading.folded[low:high]
        given = claim.doses or claim.frequencies or _TREATMENT.search(clause)
        return bool(given) and not _ALLERGY.search(clause)


def read_claims(
    text: str, context: str, spotter: TermSpotter[Term], *, advised: bool = False
) -> Claims:
    """The claims of a statement.

    Args:
        context: what stands before it.
        advised: whether the evidence gives advice; advice against something then denies none of
            the findings beside it.
    """
    reading = read_text(_without_frame(text), spotter)
    if advised:
        reading = conditions_affirmed(reading)
    folded_context = fold(context[-400:])
    drug_uses = [u for u in reading.terms if u.term.kind is TermKind.DRUG]
    values = [
        ValueClaim(
            use,
            dates_for(use.quantity.start, use.owner.kind if use.owner else None, reading),
            _is_age(use, reading),
        )
        for use in reading.values
        if not _is_pronoun(use)
    ]
    return Claims(
        reading=reading,
        context=folded_context,
        values=tuple(v for v in values if not _is_dose(v.use, drug_uses)),
        drugs=tuple(_drug_claim(use, drug_uses, reading) for use in drug_uses),
        findings=tuple(
            FindingClaim(use, dates_for(use.start, use.term.kind, reading))
            for use in reading.terms
            if use.term.kind in (TermKind.FINDING, TermKind.PROCEDURE)
        ),
        about_allergy=bool(_ALLERGY.search(reading.folded) or _ALLERGY.search(_heading(context))),
        terms=frozenset(u.term.key for u in reading.terms),
    )


def _without_frame(text: str) -> str:
    """The text with blanks for its list number and for words that only introduce or link."""
    number = _LIST_NUMBER.match(text)
    if number:
        text = " " * number.end() + text[number.end() :]
    for span in find_attributions(fold(text)):
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def _heading(context: str) -> str:
    """The heading that a statement stands under: the last line of what stands before it."""
    lines = [line for line in fold(context).split("\n") if line.strip()]
    return lines[-1] if lines and len(lines[-1]) <= _HEADING_LENGTH else ""


def _is_pronoun(use: ValueUse) -> bool:
    """The words "one" and "two" count as numbers only with a unit."""
    quantity = use.quantity
    return quantity.in_words and quantity.unit is None and use.owner is None


def _is_age(use: ValueUse, reading: Reading) -> bool:
    quantity = use.quantity
    if quantity.unit is None:
        before = reading.folded[max(0, quantity.start - 12) : quantity.start]
        return bool(_AGE_BEFORE.search(before)) and use.owner is None
    if quantity.unit.dimension != "time":
        return False
    written = reading.folded[quantity.start : quantity.end + 5]
    before = reading.folded[max(0, quantity.start - 12) : quantity.start]
    return bool(_AGE.search(written) or _AGE_BEFORE.search(before))


def _is_dose(use: ValueUse, drug_uses: list[TermUse]) -> bool:
    return use.owner is not None and use.owner.kind is TermKind.DRUG and bool(drug_uses)


def _drug_claim(use: TermUse, drug_uses: list[TermUse], reading: Reading) -> DrugClaim:
    following = [u.start for u in drug_uses if u.start > use.start]
    limit = min(following, default=len(reading.folded))
    doses = tuple(
        v
        for v in reading.values
        if v.owner is not None
        and v.owner.key == use.term.key
        and (use.start < v.quantity.start < limit or v.quantity.end <= use.start)
    )
    own = [
        f
        for f in reading.frequencies
        if use.end <= f.start < limit
        and f.per_day is not None
        and not _MOST.search(reading.folded[: f.start])
    ]
    break_at = re.search(r"[；;。]", reading.folded[use.end : limit])
    if break_at:
        own = [f for f in own if f.start < use.end + break_at.start()]
    return DrugClaim(use, doses, tuple(own), dates_for(use.start, use.term.kind, reading))


def is_small_count(use: ValueUse) -> bool:
    """Whether a number is a bare small count or a place in a row."""
    quantity = use.quantity
    return quantity.ordinal or (
        quantity.unit is None
        and len(quantity.numbers) == 1
        and quantity.numbers[0].value < Decimal(2)
    )
