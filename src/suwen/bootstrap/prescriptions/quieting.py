"""Fewer, better alerts over what a review found: nothing is dropped, some of it asks no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from suwen.core.cards import matter_of
from suwen.core.finding import Severity
from suwen.storage.prescription_types import FindingRow

_ASKING: Final = {"pass": 0, "inform": 1, "interrupt": 2}
_GRAVITY: Final = {
    Severity.CONTRAINDICATED.value: 4,
    Severity.MAJOR.value: 3,
    Severity.MODERATE.value: 2,
    Severity.MINOR.value: 1,
    Severity.INFO.value: 0,
}
EPISODE: Final = "episode"
SUPPRESSED: Final = "suppressed"


@dataclass(frozen=True, slots=True)
class Quiet:
    """What asks no more.

    Attributes:
        matters: overridden with a reason before, in the same encounter of the patient.
        rules: suppressed for a while by two people; the names of who proposed it.
    """

    matters: AbstractSet[str] = frozenset()
    rules: Mapping[str, str] = field(default_factory=dict)


def quietened(result: Mapping[str, Any], quiet: Quiet) -> dict[str, Any]:
    """The result of a review in which each finding names its matter, and what it asks now.

    What was overridden before informs; a suppressed rule asks for nothing, but a contraindicated
    finding is never silenced by its rule.
    """
    findings = [_asking_now(finding, quiet) for finding in result["findings"]]
    findings.sort(key=_rank, reverse=True)
    decision = max((f["action"] for f in findings), key=_ASKING.__getitem__, default="pass")
    return {**result, "decision": decision, "findings": findings}


def urgency_of(result: Mapping[str, Any]) -> int:
    """How soon it should be looked at: by what it asks, then by the gravest finding."""
    gravest = max((_GRAVITY[f["severity"]] for f in result["findings"]), default=0)
    return 10 * _ASKING[result["decision"]] + gravest


def rows_of(result: Mapping[str, Any]) -> tuple[FindingRow, ...]:
    """The findings as statistics keep them; what another one says more gravely counts once."""
    return tuple(
        FindingRow(
            rule=f["rule"],
            matter=f["matter"],
            kind=f["kind"],
            severity=f["severity"],
            category="" if f["grouped_under"] else f["category"],
            asked=f["action"],
        )
        for f in result["findings"]
    )


def asking(findings: Sequence[Mapping[str, Any]], action: str = "interrupt") -> frozenset[str]:
    """Matters that ask for this."""
    return frozenset(f["matter"] for f in findings if f["action"] == action)


def _asking_now(finding: Mapping[str, Any], quiet: Quiet) -> dict[str, Any]:
    matter = matter_of(finding["key"])
    asks, why = finding["action"], None
    if asks == "interrupt" and matter in quiet.matters:
        asks, why = "inform", EPISODE
    contraindicated = finding["severity"] == Severity.CONTRAINDICATED.value
    if asks != "pass" and finding["rule"] in quiet.rules and not contraindicated:
        asks, why = "pass", SUPPRESSED
    said = {**finding, "matter": matter, "action": asks}
    return (
        said if why is None else {**said, "quiet": why, "quiet_by": quiet.rules.get(said["rule"])}
    )


def _rank(finding: Mapping[str, Any]) -> int:
    return 8 * _ASKING[finding["action"]] + _GRAVITY[finding["severity"]]
