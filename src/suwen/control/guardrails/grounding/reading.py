"""Reading one stretch of text: its terms, quantities, dates, sides, persons and denials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from suwen.clinical.analytes import analytes
from suwen.control.guardrails.grounding.vocabulary import (
    Mention,
    Term,
    TermKind,
    site_spotter,
)
from suwen.core.finding import Span
from suwen.language.dates import DateMention, TimeMention, find_dates, find_times
from suwen.language.frequencies import FrequencyMention, find_frequencies
from suwen.language.laterality import Side, SideMention, find_sides
from suwen.language.negation import Assertion, Scope, assertion_of, find_scopes
from suwen.language.persons import PersonMention, find_persons
from suwen.language.qualities import Quality, find_qualities
from suwen.language.quantities import (
    QuantityMention,
    Shape,
    find_identifiers,
    find_quantities,
)
from suwen.language.terms import TermSpotter
from suwen.language.units import unit_named
from suwen.language.width import fold
from suwen.language.words import content_words


@dataclass(frozen=True, slots=True)
class TermUse:
    """A term as a text uses it.

    Attributes:
        relation: relative or other patient whom it is about; ``None`` for the patient.
        sides: sides of the body that the text gives it.
        label: whether it only labels what follows ("Tobacco: never").
    """

    term: Term
    start: int
    end: int
    assertion: Assertion
    relation: str | None
    sides: frozenset[Side]
    label: bool = False


@dataclass(frozen=True, slots=True)
class ValueUse:
    """A quantity and what it belongs to.

    Attributes:
        owner: the analyte, drug or other term that it measures; ``None`` when none is near.
        reference: whether it is a limit of a reference interval.
    """

    quantity: QuantityMention
    owner: Term | None
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read of one stretch of text."""

    text: str
    folded: str
    terms: tuple[TermUse, ...]
    values: tuple[ValueUse, ...]
    dates: tuple[DateMention, ...]
    times: tuple[TimeMention, ...]
    frequencies: tuple[FrequencyMention, ...]
    sides: tuple[SideMention, ...]
    persons: tuple[PersonMention, ...]
    identifiers: tuple[Span, ...]
    scopes: tuple[Scope, ...]
    qualities: tuple[Quality, ...]
    words: frozenset[str]
    denied_words: frozenset[str]
    affirmed_words: frozenset[str]


CLAUSE_END = re.compile(
    r"(?a)[，；;。\n]|,(?!\d{3}\b)|(?<=[a-z])\.\s|\b(?:while|whereas|and\s+that)\b"
)
# Behind a link or a label something else is told, even after a mere comma.
NEW_MATTER = re.compile(
    r"(?a),\s*(?:此外|另|同时|且|并且)|,\s*[\u4e00-\u9fff]{2,10}:(?!\d)|"
    r"\b(?:while|whereas|and\s+that)\b|,\s*(?:and\s+|while\s+)?[a-z][a-z ]{2,30}:(?!\d)"
)
_SENTENCE_END = re.compile(r"(?a)[；;。\n!?]|(?<=[a-z])\.\s")
_REFERENCE = re.compile(
    r"(?a)参考|正常值|正常范围|\breference\b|\bref\b|\bnormal\s+range\b|\binterval\b"
)
_DOSE_DIMENSIONS = frozenset(
    {
        "mass",
        "volume",
        "dose form",
        "arbitrary amount",
        "equivalents",
        "dose by weight",
        "mass rate",
    }
)
# Units that measure an analyte only if they are of its usual kind (kg: weight, 次: nothing).
_OWN_DIMENSIONS = _DOSE_DIMENSIONS | frozenset(
    {"count", "frequency", "flow", "rate", "temperature", "length", "items", "energy"}
)
_SOLUTION_DIMENSIONS = frozenset(
    {"mass concentration", "fraction", "flow", "infusion by weight", "mass rate"}
)
_NEEDS_VALUE = re.compile(
    r"(?a)\s{0,2}(?:[::=]\s{0,2})?(?:[<>≤≥]\s?)?\d|\s{0,2}[::=]|\s?\(|为\s?\d|\+"
)
_LABEL = re.compile(r"(?a)\s?(?:use|history|status|史)?\s?[:：]")
# Clotting times: the only analytes that are measured in seconds.
_TIMED_ANALYTES = frozenset({"PT", "APTT"})
_DOSE_BEHIND = 12
_RIGHT_BEHIND = re.compile(r"(?a)[\s:：=]*(?:(?:is|was|of|at|about|为|约|是)\s*)?")
_RESULT = re.compile(r"(?a)\W*(?:(?:is|are|was|were|been)\s+)?(?:阴性|negative|[-–])\W*")
# In Chinese whoever it is about comes first; a person of a later clause is somebody else.
_CHINESE_CLAUSE = re.compile(r"[\u4e00-\u9fff].*,|,.*[\u4e00-\u9fff]", re.DOTALL)
_RELATIVE_BEFORE, _RELATIVE_BEHIND = 90, 36
_BACK_TO_PATIENT = re.compile(
    r"(?a)\bpatient\b|患者|本人|\bi(?:'m|'ve)?\b|\byou(?:'re|'ve)?\b|\bmy\s+own\b|\[(?:doctor|patient)\]"
)
_OWNING = (TermKind.ANALYTE, TermKind.DRUG, TermKind.RECORDED)


def read_text(text: str, spotter: TermSpotter[Term]) -> Reading:
    """Reads one statement, turn or passage sentence."""
    folded = fold(text)
    identifiers = find_identifiers(folded)
    mentions = [
        m
        for m in spotter.find(folded)
        if not _is_doubtful(m, folded) and not any(i.start <= m.start < i.end for i in identifiers)
    ]
    scopes = find_scopes(folded)
    dates, frequencies = find_dates(folded), find_frequencies(folded)
    sides, persons = find_sides(folded), find_persons(folded)
    times = [t for t in find_times(folded) if not _inside(t.start, dates)]
    taken: list[Span] = [*identifiers]
    for marks in (mentions, dates, frequencies, times):
        taken.extend(Span(m.start, m.end) for m in marks)
    quantities = find_quantities(folded, taken)
    mentions = [_resolved(m, quantities) for m in mentions]
    sited = _with_sites(mentions, folded)
    clause_ends = [m.start() for m in CLAUSE_END.finditer(folded)]
    side_of = _bind_sides(sides, sited, clause_ends)
    uses = tuple(
        TermUse(
            term=term,
            start=mention.start,
            end=mention.end,
            assertion=_assertion(mention, scopes, folded),
            relation=_relation_at(mention.start, persons, folded),
            sides=frozenset(side_of.get((mention.start, term.key), ())),
            label=bool(_LABEL.match(folded, mention.end)),
        )
        for mention in sited
        for term in mention.meanings
    )
    return Reading(
        text=text,
        folded=folded,
        terms=uses,
        values=tuple(_bind_values(quantities, mentions, folded)),
        dates=tuple(dates),
        times=tuple(times),
        frequencies=tuple(frequencies),
        sides=tuple(sides),
        persons=tuple(persons),
        identifiers=tuple(identifiers),
        scopes=tuple(scopes),
        qualities=tuple(find_qualities(folded)),
        words=content_words(folded),
        denied_words=content_words(words_of_polarity(folded, scopes, quantities, denied=True)),
        affirmed_words=content_words(words_of_polarity(folded, scopes, quantities, denied=False)),
    )


def _resolved(mention: Mention, quantities: list[QuantityMention]) -> Mention:
    """Calcium is a medicine in milligrams and an analyte in mmol/L or without any dose."""
    kinds = {t.kind for t in mention.meanings}
    if not {TermKind.DRUG, TermKind.ANALYTE} <= kinds:
        return mention
    dosed = any(
        0 <= q.start - mention.end <= _DOSE_BEHIND
        and q.unit is not None
        and q.unit.dimension in _DOSE_DIMENSIONS
        for q in quantities
    )
    dropped = TermKind.ANALYTE if dosed else TermKind.DRUG
    return replace(mention, meanings=tuple(t for t in mention.meanings if t.kind is not dropped))


def words_of_polarity(
    folded: str, scopes: Sequence[Scope], quantities: Sequence[QuantityMention], *, denied: bool
) -> str:
    """The text with what its negations deny, or without it; triggers belong to neither.

    Neither holds what is called negative ("negative margins", "negative headaches"): it may be
    the result of a test or a denial.
    """
    if not scopes and (denied or not quantities):
        return "" if denied else folded
    kept = bytearray(b"\x00" if denied else b"\x01") * len(folded)
    for scope in scopes:
        if scope.assertion is not Assertion.NEGATED:
            continue
        result = _is_result(scope, folded)
        forward = scope.trigger[1] <= scope.start
        if not result or (forward and not denied):
            kept[scope.start : scope.end] = (b"\x01" if denied else b"\x00") * (
                scope.end - scope.start
            )
    for start, end in (*(s.trigger for s in scopes), *((q.start, q.end) for q in quantities)):
        kept[start:end] = b"\x00" * (end - start)
    return "".join(c if keep else "|" for c, keep in zip(folded, kept, strict=True))


def _is_result(scope: Scope, folded: str) -> bool:
    """Whether the trigger is the result of a test (阴性, negative) and denies no wording."""
    return _RESULT.fullmatch(folded, *scope.trigger) is not None


def _assertion(mention: Mention, scopes: list[Scope], folded: str) -> Assertion:
    """A term that labels what follows ("Tobacco: never") asserts nothing by itself."""
    assertion = assertion_of(mention.start, mention.end, scopes)
    if assertion is Assertion.AFFIRMED and _LABEL.match(folded, mention.end):
        return Assertion.UNCERTAIN
    return assertion


def _inside(position: int, spans: Sequence[DateMention]) -> bool:
    return any(s.start <= position < s.end for s in spans)


def _is_doubtful(mention: Mention, folded: str) -> bool:
    """Whether a short analyte name (K, Na, 钾) stands there without a value behind it."""
    if all(t.kind is not TermKind.ANALYTE for t in mention.meanings):
        return False
    length = mention.end - mention.start
    if length > 2 or (length == 2 and not mention.surface.isascii()):
        return False
    if not mention.surface.isascii() and _stands_apart(mention, folded):
        return False
    return _NEEDS_VALUE.match(folded, mention.end) is None


def _stands_apart(mention: Mention, folded: str) -> bool:
    """Whether no Chinese character stands right before or behind a mention."""
    around = (
        folded[max(0, mention.start - 1) : mention.start] + folded[mention.end : mention.end + 1]
    )
    return not any("\u4e00" <= c <= "\u9fff" for c in around)


def _with_sites(mentions: list[Mention], folded: str) -> list[Mention]:
    """The mentions and the body sites inside longer ones."""
    known = {(m.start, m.end) for m in mentions}
    extra = [
        m
        for m in site_spotter().find(folded)
        if (m.start, m.end) not in known
        and any(o.start <= m.start and m.end <= o.end and _carries_site(o) for o in mentions)
    ]
    return sorted([*mentions, *extra], key=lambda m: (m.start, m.end))


def _carries_site(mention: Mention) -> bool:
    return any(t.kind in (TermKind.FINDING, TermKind.PROCEDURE) for t in mention.meanings)


def _clause_bounds(position: int, ends: list[int]) -> tuple[int, int]:
    before = max((e for e in ends if e < position), default=-1)
    after = min((e for e in ends if e >= position), default=10**9)
    return before, after


def _bind_sides(
    sides: list[SideMention], mentions: list[Mention], ends: list[int]
) -> dict[tuple[int, str], set[Side]]:
    bound: dict[tuple[int, str], set[Side]] = {}
    anatomical = [
        (m, t)
        for m in mentions
        for t in m.meanings
        if t.kind in (TermKind.SITE, TermKind.FINDING, TermKind.PROCEDURE, TermKind.RECORDED)
    ]
    for side in sides:
        low, high = _clause_bounds(side.start, ends)
        near = [(m, t) for m, t in anatomical if low < m.start < high]
        ahead = [(m, t) for m, t in near if m.start >= side.end - 1]
        chosen = ahead or near
        if not chosen:
            continue
        sites = [c for c in chosen if c[1].kind is TermKind.SITE] or chosen
        key = (lambda c: c[0].start) if ahead else (lambda c: -c[0].start)
        nearest = min(sites, key=key)
        first = min(chosen, key=key)
        for mention, term in {nearest, first}:
            bound.setdefault((mention.start, term.key), set()).add(side.side)
    return bound


def _relation_at(position: int, persons: list[PersonMention], folded: str) -> str | None:
    """The relative whom a term is about: named shortly before it, or right behind it."""
    best: PersonMention | None = None
    for person in persons:
        behind = person.start < position
        if not behind and person.start - position > _RELATIVE_BEHIND:
            continue
        if behind and position - person.end > _RELATIVE_BEFORE:
            continue
        between = folded[min(person.end, position) : max(person.start, position)]
        if not behind and _CHINESE_CLAUSE.search(between):
            continue
        if not _SENTENCE_END.search(between) and not _BACK_TO_PATIENT.search(between):
            best = person
    return best.relation if best else None


def _bind_values(
    quantities: list[QuantityMention], mentions: list[Mention], folded: str
) -> list[ValueUse]:
    owners = [(m, t) for m in mentions for t in m.meanings if t.kind in _OWNING]
    bound: list[ValueUse] = []
    previous_end = 0
    for quantity in quantities:
        gap = folded[max(previous_end, quantity.start - 24) : quantity.start]
        reference = bool(_REFERENCE.search(gap)) or _limit_in_brackets(quantity, bound, folded)
        bound.append(ValueUse(quantity, _owner(quantity, owners, folded), reference))
        previous_end = quantity.end
    return bound


def _limit_in_brackets(quantity: QuantityMention, earlier: list[ValueUse], folded: str) -> bool:
    """A range in brackets right behind a value is its reference interval."""
    if quantity.shape is not Shape.RANGE or not earlier or earlier[-1].reference:
        return False
    between = folded[earlier[-1].quantity.end : quantity.start].strip()
    return between in {"(", "[", "（"}


def _owner(
    quantity: QuantityMention, owners: list[tuple[Mention, Term]], folded: str
) -> Term | None:
    fitting = [o for o in owners if _may_own(o[1], quantity)]
    for mention, term in reversed(owners):
        if mention.end <= quantity.start and _RIGHT_BEHIND.fullmatch(
            folded, mention.end, quantity.start
        ):
            return term if _is_measured(term, quantity) else None
    before = [o for o in fitting if o[0].end <= quantity.start]
    for mention, term in reversed(before):
        between = folded[mention.end : quantity.start]
        if not _SENTENCE_END.search(between) and not NEW_MATTER.search(between):
            return term
    after = [o for o in fitting if o[0].start >= quantity.end]
    for mention, term in after[:1]:
        between = folded[quantity.end : mention.start]
        if not CLAUSE_END.search(between) and len(between) <= 30:
            return term
    return None


def _is_measured(term: Term, quantity: QuantityMention) -> bool:
    """A value right behind a name is that name's, whatever its unit; a duration never is."""
    timed = quantity.unit is not None and quantity.unit.dimension == "time"
    return _may_own(term, quantity) or (term.kind is TermKind.ANALYTE and not timed)


def _may_own(term: Term, quantity: QuantityMention) -> bool:
    """Whether a quantity of this unit can be the term's: doses are medicines', mmol/L never."""
    dimension = quantity.unit.dimension if quantity.unit else None
    if dimension is None:
        return True
    if dimension == "time":
        return (
            term.key in _TIMED_ANALYTES and quantity.unit is not None and quantity.unit.code == "s"
        )
    if term.kind is TermKind.DRUG:
        return dimension in _DOSE_DIMENSIONS or dimension in _SOLUTION_DIMENSIONS
    if dimension in _OWN_DIMENSIONS and term.kind is TermKind.ANALYTE:
        analyte = analytes().get(term.key)
        usual = unit_named(analyte.unit) if analyte else None
        return usual is not None and usual.dimension == dimension
    return True
