"""Fewer, better alerts: what says the same is shown once, what was answered asks no more.

Pure rules; nothing is ever dropped: a finding that no longer asks is still listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from suwen.clinical.prescription_review.findings import GRAVITY, ReviewFinding
from suwen.clinical.prescription_review.review_kinds import Action, Kind
from suwen.core.finding import Severity

_ASKING = {Action.INTERRUPT: 2, Action.INFORM: 1, Action.PASS: 0}
# One kind may say in other words what another says of the same lines.
_SAME_MATTER = {
    Kind.DUPLICATE: "together", Kind.INTERACTION: "together", Kind.COMPATIBILITY: "bottle",
    Kind.RENAL: "dose", Kind.DOSE: "dose", Kind.HEPATIC: "liver", Kind.AGE: "age",
    Kind.DISEASE: "disease", Kind.PREGNANCY: "pregnancy", Kind.LACTATION: "lactation",
    Kind.ALLERGY: "allergy",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownBefore:
    """Keys of findings that were overridden with a reason in this episode."""

    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Suppression:
    """The hospital's decision that a rule or one matter shall not ask for a while.

    Attributes:
        rule: rule id, or ``None``.
        key: key of one matter, or ``None``.
        until: instant after which it asks again.
    """

    until: datetime
    reason: str
    by: str
    rule: str | None = None
    key: str | None = None


def quietened(
    findings: Iterable[ReviewFinding], shown: ShownBefore | None
) -> tuple[ReviewFinding, ...]:
    """Findings gravest first; of those that say the same of the same lines only one asks."""
    ordered = list(findings)
    if len(ordered) < 2 and shown is None:
        return tuple(ordered)
    ordered.sort(key=_asking_then_grave)
    heads: dict[tuple[str, frozenset[int]], ReviewFinding] = {}
    changed = False
    for index, finding in enumerate(ordered):
        if finding.action is Action.PASS:
            break
        if shown is not None and finding.action is Action.INTERRUPT and finding.key in shown.keys:
            finding = ordered[index] = finding._replace(action=Action.INFORM)
            changed = True
        matter = _SAME_MATTER.get(finding.kind)
        if matter is None or not finding.lines_found:
            continue
        key = (matter, frozenset(map(id, finding.lines_found)))
        head = heads.setdefault(key, finding)
        if head is not finding:
            ordered[index] = finding._replace(action=Action.PASS, grouped_under=head.key)
            changed = True
    if changed:
        ordered.sort(key=_asking_then_grave)
    return tuple(ordered)


def _asking_then_grave(finding: ReviewFinding) -> int:
    return -8 * _ASKING[finding.action] - GRAVITY[finding.severity]


def grouped(findings: Sequence[ReviewFinding]) -> tuple[tuple[ReviewFinding, ...], ...]:
    """Findings by the one that speaks for them, in order."""
    groups: dict[str, list[ReviewFinding]] = {}
    for finding in findings:
        groups.setdefault(finding.grouped_under or finding.key, []).append(finding)
    return tuple(tuple(members) for members in groups.values())


def with_suppressions(
    findings: Sequence[ReviewFinding], suppressions: Sequence[Suppression], at: datetime
) -> tuple[ReviewFinding, ...]:
    """Findings of which the suppressed ones ask for nothing, and say who silenced them.

    A contraindicated finding is silenced by its own key only, never by its rule.
    """
    live = [entry for entry in suppressions if at < entry.until]
    return tuple(_suppressed(finding, live) for finding in findings)


def _suppressed(finding: ReviewFinding, live: Sequence[Suppression]) -> ReviewFinding:
    if finding.action is Action.PASS:
        return finding
    for entry in live:
        by_key = entry.key is not None and entry.key == finding.key
        by_rule = entry.rule is not None and entry.rule == finding.rule
        if by_key or (by_rule and finding.severity is not Severity.CONTRAINDICATED):
            return finding._replace(action=Action.PASS, suppressed_by=entry.by)
    return finding
