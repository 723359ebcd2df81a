"""Checks of quantities: the right number, unit, analyte and day, in one and the same fact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from suwen.clinical.derived import body_mass_index
from suwen.control.guardrails.grounding.check_flags import check_flag
from suwen.control.guardrails.grounding.claimed_days import clause_of
from suwen.control.guardrails.grounding.claims import Claims, ValueClaim, is_small_count
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact, FactValue
from suwen.control.guardrails.grounding.numbers_match import Agreement, agreement
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.vocabulary import TermKind
from suwen.control.guardrails.grounding.wordings import own_words
from suwen.core.document import UnsupportedReason
from suwen.core.finding import Evidence, EvidenceKind
from suwen.language.dates import DateMention
from suwen.language.quantities import Number, QuantityMention
from suwen.language.units import unit_named

_SAME_OWNER = {
    "BP": ("BP", "SBP", "DBP"),
    "SBP": ("SBP", "BP"),
    "DBP": ("DBP", "BP"),
    "GLU": ("GLU", "PPG"),
    "TNTHS": ("TNTHS", "TROPONIN"),
    "TNIHS": ("TNIHS", "TROPONIN"),
    "TROPONIN": ("TROPONIN", "TNTHS", "TNIHS"),
    "CRP": ("CRP", "HSCRP"),
    "TCO2": ("TCO2", "HCO3"),
}
# How people speak of what they do not call by its name.
_LAY_NAMES = {
    "LVEF": ("pumping function", "pump function", "squeez"),
    "GLU": ("sugar",),
    "WEIGHT": ("weigh", "pounds"),
    "HEIGHT": ("tall", " feet "),
    "TEMP": ("fever", "degrees"),
}
_COUNTS = frozenset({"count", "items", "dose form", "packs", "frequency"})
# A statement is anchored in the item that holds most of its words, by a clear margin.
_ANCHOR_SHARE, _ANCHOR_MARGIN = 0.5, 3
_Found = tuple[Fact, FactValue]


def check_values(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """Every quantity of the statement that is neither a dose nor an age."""
    last: list[_Found] = []
    for claim in claims.values:
        if claim.is_age and index.has_record:
            continue
        if claim.use.reference:
            _check_limits(claim, last, index, outcome)
            continue
        owner = claim.use.owner
        scored = owner is not None and owner.key == "PAIN" and not index.has_record
        if owner is not None and owner.kind is not TermKind.DRUG and not scored:
            found = _check_owned(claim, claims, index, outcome)
            if found:
                last = found
                check_flag(claim, claims, found[0], outcome)
        elif not is_small_count(claim.use):
            _check_loose(claim, claims, index, outcome)


def states_unit(fact: Fact, value: FactValue, quantity: QuantityMention) -> bool:
    """Whether a bare number may stand for a stated quantity: in a text, or as a mere count.

    A count in a coded item ("frequency": 1) is no "1 g" and no "1 hour".
    """
    if quantity.unit is None or value.unit is not None or fact.category == "text":
        return True
    return quantity.unit.dimension in _COUNTS


def on_days(fact: Fact, dates: Sequence[DateMention]) -> bool:
    """Whether a fact carries one of the stated days; no stated day asks nothing."""
    if not dates:
        return True
    return any(date.covers(day.day) for date in dates for day in fact.days)


def _owned_values(key: str, index: EvidenceIndex) -> list[_Found]:
    return [found for k in _SAME_OWNER.get(key, (key,)) for found in index.of_owner(k)]


def _check_owned(
    claim: ValueClaim, claims: Claims, index: EvidenceIndex, outcome: Outcome
) -> list[_Found]:
    """A value of a named analyte; returns the facts that it rests on."""
    quantity = claim.use.quantity
    owner = claim.use.owner
    assert owner is not None  # noqa: S101 - the caller has seen it
    held = _owned_values(owner.key, index)
    complete, other_unit = _matching(quantity.numbers, claim, held)
    dated = [m for m in complete if on_days(m[0][0], claim.dates)]
    if dated:
        best = dated[-1]
        outcome.holds(*(fact.evidence(value.path, value.quote) for fact, value in best))
        return list(best)
    if complete:
        outcome.fails(UnsupportedReason.DATE)
        return []
    if owner.key == "BMI" and _is_calculated_bmi(claim, index, outcome):
        return []
    if other_unit:
        outcome.fails(UnsupportedReason.UNIT)
        return []
    loose = _unowned(claim, index)
    if loose:
        outcome.holds(*(fact.evidence(value.path, value.quote) for fact, value in loose[:1]))
        return []
    calculable = owner.key == "BMI" and index.of_owner("HEIGHT") and index.of_owner("WEIGHT")
    outcome.fails(UnsupportedReason.NUMBER if calculable else _why_not(claim, held, index))
    return []


def _matching(
    numbers: Sequence[Number], claim: ValueClaim, held: Iterable[_Found]
) -> tuple[list[list[_Found]], bool]:
    """Facts that hold all the stated numbers, and whether only a unit stood in the way."""
    quantity = claim.use.quantity
    by_fact: dict[int, list[_Found]] = {}
    for fact, value in held:
        if not value.limit:
            by_fact.setdefault(id(fact), []).append((fact, value))
    complete: list[list[_Found]] = []
    other_unit = False
    for values in by_fact.values():
        chosen: list[_Found] = []
        for number in numbers:
            for fact, value in values:
                result = agreement(number, quantity.unit, value, quantity.comparator)
                if result is Agreement.EQUAL:
                    chosen.append((fact, value))
                    break
                other_unit = other_unit or result is Agreement.OTHER_UNIT
        if len(chosen) == len(numbers):
            complete.append(chosen)
    return complete, other_unit


def _unowned(claim: ValueClaim, index: EvidenceIndex) -> list[_Found]:
    """The number in a text that does not say what it measures (speech, short notes)."""
    quantity = claim.use.quantity
    owner = claim.use.owner
    found: list[_Found] = []
    if owner is not None and not _is_spoken_of(owner.key, index):
        return found
    for number in quantity.numbers:
        here = [
            (fact, value)
            for said in number.values
            for fact, value in index.of_number(said)
            if fact.category == "text"
            and value.owner is None
            and agreement(number, quantity.unit, value) is Agreement.EQUAL
            and (fact.kind is EvidenceKind.DIALOGUE or owner is None or _names(fact, owner.key))
        ]
        if not here:
            return []
        found.extend(here[:1])
    return found


def _is_spoken_of(key: str, index: EvidenceIndex) -> bool:
    """Whether the evidence names the analyte at all, in its own words or in lay ones."""
    if any(index.of_term(k) for k in _SAME_OWNER.get(key, (key,))):
        return True
    return any(wording in index.pool for wording in _LAY_NAMES.get(key, ()))


def _names(fact: Fact, key: str) -> bool:
    return any(held.term.key == key for held in fact.terms)


def _why_not(claim: ValueClaim, held: Sequence[_Found], index: EvidenceIndex) -> UnsupportedReason:
    """Whether the number is wrong, or right but another analyte's."""
    quantity = claim.use.quantity
    own = {id(value) for _, value in held}
    elsewhere = [
        fact
        for number in quantity.numbers
        for said in number.values
        for fact, value in index.of_number(said)
        if value.owner is not None
        and id(value) not in own
        and not value.limit
        and agreement(number, quantity.unit, value) is Agreement.EQUAL
        and (quantity.unit is None or value.unit is not None)
    ]
    if elsewhere and any(on_days(fact, claim.dates) for fact in elsewhere):
        return UnsupportedReason.ANALYTE
    return UnsupportedReason.NUMBER if held else UnsupportedReason.ANALYTE


def _check_limits(
    claim: ValueClaim, last: Sequence[_Found], index: EvidenceIndex, outcome: Outcome
) -> None:
    """Limits of a reference interval: the record's own, else the table's."""
    quantity = claim.use.quantity
    facts = {id(f): f for f, _ in last}
    stated = [v for f in facts.values() for v in f.values if v.limit]
    if not last and claim.use.owner is not None:
        stated = [v for _, v in _owned_values(claim.use.owner.key, index) if v.limit]
    missing = [
        n
        for n in quantity.numbers
        if not any(agreement(n, quantity.unit, v) is Agreement.EQUAL for v in stated)
    ]
    if not missing:
        outcome.holds(*(f.evidence() for f in facts.values()))
        return
    rule = _table_interval(claim, index)
    if rule is not None:
        outcome.holds(rule)
    else:
        outcome.fails(UnsupportedReason.NUMBER)


def _table_interval(claim: ValueClaim, index: EvidenceIndex) -> Evidence | None:
    owner = claim.use.owner
    if owner is None:
        return None
    quantity = claim.use.quantity
    for interval in index.laboratory.intervals_of(owner.key):
        limits = [x for x in (interval.low, interval.high) if x is not None]
        unit = unit_named(interval.unit)
        held = [FactValue((x,), unit, owner.key, str(x)) for x in limits]
        if all(
            any(agreement(n, quantity.unit, v) is Agreement.EQUAL for v in held)
            for n in quantity.numbers
        ):
            reference = f"reference_interval.{interval.analyte}"
            return Evidence(EvidenceKind.RULE, reference, interval.source.title)
    return None


def _is_calculated_bmi(claim: ValueClaim, index: EvidenceIndex, outcome: Outcome) -> bool:
    """A body mass index that follows from a height and a weight of the same day."""
    number = claim.use.quantity.numbers[0]
    for height_fact, height in index.of_owner("HEIGHT"):
        for weight_fact, weight in index.of_owner("WEIGHT"):
            days = {d.day for d in height_fact.days} & {d.day for d in weight_fact.days}
            if not days or height.unit is None or weight.unit is None:
                continue
            if height.unit.code != "cm" or weight.unit.code != "kg":
                continue
            derived = body_mass_index(weight.values[0], height.values[0])
            held = FactValue((derived.value,), unit_named("kg/m2"), "BMI", str(derived.value))
            if agreement(number, claim.use.quantity.unit, held) is Agreement.EQUAL:
                outcome.holds(
                    Evidence(EvidenceKind.CALCULATION, derived.formula, str(derived.value)),
                    height_fact.evidence(height.path, height.quote),
                    weight_fact.evidence(weight.path, weight.quote),
                )
                return True
    return False


def _check_loose(claim: ValueClaim, claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """A quantity that names no analyte: it must stand in a fact that shares the subject."""
    quantity = claim.use.quantity
    for number in quantity.numbers:
        found, other_unit = _places_of(number, claim, index)
        chosen = _nearest_subject(found, claim, claims, index)
        if chosen is not None:
            outcome.holds(chosen[0].evidence(chosen[1].path, chosen[1].quote))
        elif not _by_interval(number, claim, index, outcome):
            outcome.fails(UnsupportedReason.UNIT if other_unit else UnsupportedReason.NUMBER)


def _places_of(
    number: Number, claim: ValueClaim, index: EvidenceIndex
) -> tuple[list[_Found], bool]:
    """Where the number stands in a fitting unit, and whether it stands in another unit."""
    quantity = claim.use.quantity
    found: list[_Found] = []
    other_unit = False
    for said in number.values[:2]:
        for fact, value in index.of_number(said):
            result = agreement(number, quantity.unit, value, quantity.comparator)
            other_unit = other_unit or result is Agreement.OTHER_UNIT
            if result is Agreement.EQUAL and not value.limit and states_unit(fact, value, quantity):
                found.append((fact, value))
    return found, other_unit


def _nearest_subject(
    found: Sequence[_Found], claim: ValueClaim, claims: Claims, index: EvidenceIndex
) -> _Found | None:
    """The place that shares most with the statement, if that is enough to be the same matter.

    In a record, a statement whose words all stand together in one item speaks of that item:
    its number must stand there too and not in any other that merely shares a word.
    """
    if not found:
        return None
    words = _words_around(claim, claims)
    ranked = max(found, key=lambda f: (len(f[0].words & words), on_days(f[0], claim.dates)))
    shares = len(ranked[0].words & words) or any(
        held.term.key in claims.terms for held in ranked[0].terms
    )
    if not index.has_record:
        return ranked
    if not shares:
        return ranked if not claims.terms and not words else None
    anchor, shared = index.best_match(words)
    if (
        anchor is not None
        and anchor.category != "text"
        and shared >= _ANCHOR_SHARE * len(words)
        and shared >= _ANCHOR_MARGIN + len(ranked[0].words & words)
    ):
        return None
    return ranked


def _words_around(claim: ValueClaim, claims: Claims) -> set[str]:
    """The own words of the number's clause; of the whole statement where it names no term."""
    low, high = clause_of(claim.use.quantity.start, claims.reading)
    own = any(low <= use.start < high for use in claims.reading.terms)
    return set(own_words(claims.reading.folded[low:high] if own else claims.reading.folded))


def _by_interval(number: Number, claim: ValueClaim, index: EvidenceIndex, outcome: Outcome) -> bool:
    """Days between two recorded days of one fact (a stay, a course of treatment)."""
    unit = claim.use.quantity.unit
    if unit is None or unit.code != "d" or not index.has_record:
        return False
    for fact in index.facts:
        if fact.category != "encounter":
            continue
        starts = [d for d in fact.days if d.role == "admission" and d.precision == "day"]
        ends = [d for d in fact.days if d.role == "discharge" and d.precision == "day"]
        for start in starts:
            for end in ends:
                if Decimal(max(1, (end.day - start.day).days)) == number.value:
                    outcome.holds(
                        Evidence(EvidenceKind.CALCULATION, "length_of_stay", str(number.value)),
                        fact.evidence(start.path, start.text),
                        fact.evidence(end.path, end.text),
                    )
                    return True
    return False
