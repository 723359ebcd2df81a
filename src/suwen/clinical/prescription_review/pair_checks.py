"""What speaks against lines taken together: interactions, compatibility, duplicates, sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.findings import ReviewFinding, action_of
from suwen.clinical.prescription_review.lines import ReviewLine, contents_daily
from suwen.clinical.prescription_review.review_kinds import Action, Kind
from suwen.clinical.prescription_review.usage import INTO_A_VEIN
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

_NEVER_TWICE_BUT = frozenset({"fluid", "tcm_piece", "insulin", "contrast", "vitamin"})


def interactions(lines: Sequence[ReviewLine], rules: CompiledRules) -> Iterator[ReviewFinding]:
    """Rows on two lines together, of which at least one is ordered now."""
    first_seen = second_seen = 0
    for index, line in enumerate(lines):
        compiled = line.compiled
        if compiled is None:
            continue
        hits = compiled.first & second_seen | compiled.second & first_seen
        if hits:
            yield from _with_earlier(lines, index, rules)
        first_seen |= compiled.first
        second_seen |= compiled.second


def _with_earlier(
    lines: Sequence[ReviewLine], index: int, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    line = lines[index]
    mine = line.compiled
    if mine is None:
        return
    for other in lines[:index]:
        theirs = other.compiled
        if theirs is None or (line.current and other.current):
            continue
        if mine.medicine is theirs.medicine:
            continue
        hits = mine.first & theirs.second | mine.second & theirs.first
        while hits:
            bit = hits & -hits
            hits ^= bit
            row = rules.interactions[bit.bit_length() - 1]
            if _given_so(row, other, line):
                yield _pair(row, other, line)


def _given_so(row: RuleRow, one: ReviewLine, two: ReviewLine) -> bool:
    routes = row.text("routes")
    if routes == "iv":
        return one.route in INTO_A_VEIN and two.route in INTO_A_VEIN
    return not (one.local or two.local)


def _pair(row: RuleRow, one: ReviewLine, two: ReviewLine) -> ReviewFinding:
    severity = Severity(row.text("severity"))
    interrupts = row.text("interrupts") == "yes"
    action = action_of(severity, interrupts=interrupts)
    return ReviewFinding(row, Kind(row.text("kind")), severity, action, (one, two))


def duplicates(
    lines: Sequence[ReviewLine], age: float | None, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """Lines of one class, or with the same substance."""
    once = twice = first = second = 0
    for line in lines:
        if line.compiled is not None and not line.local:
            one = line.compiled.duplicates_one
            twice |= once & one
            once |= one
            first |= line.compiled.duplicates_a
            second |= line.compiled.duplicates_b
    found = twice | (first & second)
    while found:
        bit = found & -found
        found ^= bit
        row = rules.duplicates[bit.bit_length() - 1]
        youngest = row.number("min_age_y")
        if youngest is None or (age is not None and age >= youngest):
            yield from _of_one_class(lines, row, bit)
    yield from _same_substance(lines, rules)


def _of_one_class(lines: Sequence[ReviewLine], row: RuleRow, bit: int) -> Iterator[ReviewFinding]:
    members: dict[str, ReviewLine] = {}
    sides = set()
    for line in lines:
        compiled = line.compiled
        if compiled is None or line.local:
            continue
        if compiled.duplicates_one & bit:
            members.setdefault(compiled.medicine.id, line)
        if compiled.duplicates_a & bit:
            members.setdefault(compiled.medicine.id, line)
            sides.add("a")
        if compiled.duplicates_b & bit:
            members.setdefault(compiled.medicine.id, line)
            sides.add("b")
    concerned = tuple(members.values())
    paired = "+" in row.text("classes")
    if paired and len(sides) < 2:
        return
    if len(concerned) < int(row.text("count")) or all(line.current for line in concerned):
        return
    if row.id == "N02A" and _slow_and_quick(concerned):
        return
    severity = Severity(row.text("severity"))
    action = action_of(severity, interrupts=row.text("interrupts") == "yes")
    yield ReviewFinding(row, Kind(row.text("kind")), severity, action, concerned)


def _same_substance(lines: Sequence[ReviewLine], rules: CompiledRules) -> Iterator[ReviewFinding]:
    count = 0
    seen: set[str] = set()
    for line in lines:
        if line.compiled is not None:
            seen |= line.compiled.medicine.substances
            count += len(line.compiled.medicine.substances)
    if count == len(seen):
        return
    holders: dict[str, list[ReviewLine]] = defaultdict(list)
    for line in lines:
        medicine = line.medicine
        if medicine is None or line.local or medicine.classes & _NEVER_TWICE_BUT:
            continue
        for substance in medicine.substances:
            holders[substance].append(line)
    for substance, holding in holders.items():
        if len(holding) < 2 or all(line.current for line in holding):
            continue
        if len({line.group for line in holding}) > 1 and "unknown" not in {
            h.group for h in holding
        }:
            continue
        if not _slow_and_quick(holding):
            yield _twice(substance, holding, rules)
        yield from _sum(substance, holding, rules)


def _slow_and_quick(holding: Sequence[ReviewLine]) -> bool:
    """Whether it is an opioid in a slow form with the quick one for pain that breaks through."""
    opioid = all(line.compiled is not None and "@opioid" in line.compiled.names for line in holding)
    return opioid and len({"modified" in line.release for line in holding}) == 2


def _twice(substance: str, holding: Sequence[ReviewLine], rules: CompiledRules) -> ReviewFinding:
    known = rules.book.medicines.get(substance)
    title = known.title if known is not None else Bilingual(substance, substance)
    row = rules.statements["DUP-SUBSTANCE"]
    return ReviewFinding(
        row, Kind.DUPLICATE, Severity.MODERATE, Action.INFORM, tuple(holding), title
    )


def _sum(
    substance: str, holding: Sequence[ReviewLine], rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """The whole of a day's amount over all lines that hold the substance, against its limit."""
    total = sum(contents_daily(line).get(substance, 0.0) for line in holding)
    if not total:
        return
    group = holding[0].group
    for limit in rules.limits_of_substance(substance):
        plain = limit.min_age is None and limit.max_age is None and not limit.per_kg
        if plain and limit.daily and total > limit.daily * 1.0005 and limit.unit == "mg":
            if limit.route not in ("any", group):
                continue
            if limit.form == "modified":
                continue
            severity = Severity.MAJOR if total >= 2 * limit.daily else Severity.MODERATE
            detail = Bilingual(
                f"合计每日{total:g} mg，超过上限{limit.daily:g} mg",
                f"together {total:g} mg a day, above the limit of {limit.daily:g} mg",
            )
            yield ReviewFinding(
                limit.row, Kind.DOSE, severity,
                action_of(severity, interrupts=severity is Severity.MAJOR),
                tuple(holding), detail,
            )  # fmt: skip
            return
