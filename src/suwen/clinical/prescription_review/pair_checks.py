"""What speaks against lines taken together: interactions, compatibility, duplicates, sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.findings import ReviewFinding
from suwen.clinical.prescription_review.lines import ReviewLine, contents_daily
from suwen.clinical.prescription_review.review_kinds import Action, Kind, action_of
from suwen.clinical.prescription_review.usage import INTO_A_VEIN
from suwen.core.finding import Severity
from suwen.core.language import Bilingual


class Together(NamedTuple):
    """What the masks of all lines say at once: which kinds of pairs there can be at all."""

    interact: bool
    duplicates: int
    shared: bool


def pair_findings(
    lines: Sequence[ReviewLine], together: Together, age: float | None, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """What speaks against lines taken together, where the masks say that anything can."""
    if together.interact:
        yield from _interactions(lines, rules)
    found = together.duplicates
    while found:
        bit = found & -found
        found ^= bit
        row = rules.duplicates[bit.bit_length() - 1]
        youngest = row.number("min_age_y")
        if youngest is None or (age is not None and age >= youngest):
            yield from _of_one_class(lines, row, bit)
    if together.shared:
        yield from _same_substance(lines, rules)


def _interactions(lines: Sequence[ReviewLine], rules: CompiledRules) -> Iterator[ReviewFinding]:
    """Rows on two lines together, of which at least one is ordered now."""
    for index, line in enumerate(lines):
        mine = line.compiled
        if mine is None:
            continue
        first, second = mine.first, mine.second
        for other in lines[:index]:
            theirs = other.compiled
            if theirs is None or theirs.medicine is mine.medicine:
                continue
            hits = first & theirs.second | second & theirs.first
            if hits and not (line.current and other.current):
                yield from _of_pair(hits, other, line, rules)


def _of_pair(
    hits: int, one: ReviewLine, two: ReviewLine, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    while hits:
        bit = hits & -hits
        hits ^= bit
        rule = rules.interactions[bit.bit_length() - 1]
        if rule.into_a_vein:
            speaks = one.route in INTO_A_VEIN and two.route in INTO_A_VEIN
        else:
            speaks = not (one.local or two.local)
        if speaks:
            yield ReviewFinding(rule.row, rule.kind, rule.severity, rule.action, (one, two))


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
    holders: dict[str, list[ReviewLine]] = defaultdict(list)
    for line in lines:
        if line.compiled is None or line.local:
            continue
        for substance in line.compiled.counted:
            holders[substance].append(line)
    shared: dict[tuple[str, ...], tuple[list[str], list[ReviewLine]]] = {}
    for substance, holding in sorted(holders.items()):
        if len(holding) < 2 or all(line.current for line in holding):
            continue
        if len({line.group for line in holding}) > 1 and "unknown" not in {
            h.group for h in holding
        }:
            continue
        if not _slow_and_quick(holding):
            same = tuple(line.order.reference for line in holding)
            shared.setdefault(same, ([], holding))[0].append(substance)
        yield from _sum(substance, holding, rules)
    for substances, holding in shared.values():
        yield _twice(substances, holding, rules)


def _slow_and_quick(holding: Sequence[ReviewLine]) -> bool:
    """Whether it is an opioid in a slow form with the quick one for pain that breaks through."""
    opioid = all(line.compiled is not None and "@opioid" in line.compiled.names for line in holding)
    return opioid and len({"modified" in line.release for line in holding}) == 2


def _twice(
    substances: Sequence[str], holding: Sequence[ReviewLine], rules: CompiledRules
) -> ReviewFinding:
    """One finding for all that the same lines share; a combination is told by its contents."""
    combined = {
        line.compiled.medicine.id
        for line in holding
        if line.compiled is not None and len(line.compiled.counted) > 1
    }
    told = [name for name in substances if name not in combined] or list(substances)
    known = [rules.book.medicines.get(name) for name in told]
    titles = [
        one.title if one is not None else Bilingual(name, name)
        for name, one in zip(told, known, strict=True)
    ]
    detail = Bilingual("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))
    row = rules.statements["DUP-SUBSTANCE"]
    return ReviewFinding(
        row, Kind.DUPLICATE, Severity.MODERATE, Action.INFORM, tuple(holding), detail
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
