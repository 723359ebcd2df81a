"""How the answers of a review are held against the labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .model import SEVERITIES, Labelled

# What is said beside the findings that count: a remark, or that something could not be checked.
UNCOUNTED = ("info", "minor")


@dataclass(frozen=True)
class Score:
    """Counts over some prescriptions; a rate over nothing is 1.0 (or 0.0 for alerts).

    Attributes:
        expected: Findings that the labels ask for.
        found: Of these, the ones that were made with at least the least severity.
        false: Findings of moderate severity or more that nobody asked for or tolerates.
        wrong_decision: Prescriptions that had to be interrupted and were not, or the reverse.
        clean: Prescriptions without a planted error.
        clean_interrupted: Of these, the interrupted ones.
    """

    expected: int
    found: int
    false: int
    wrong_decision: int
    clean: int
    clean_interrupted: int

    @property
    def recall(self) -> float:
        """Share of the expected findings that were made."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """Share of the right ones among the right and the false ones."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def interruptions_per_clean(self) -> float:
        """Interrupted share of the clean prescriptions."""
        return self.clean_interrupted / self.clean if self.clean else 0.0


def names_drug(names: Mapping[str, str], told: Iterable[str]) -> bool:
    """Whether one of the drugs told is this one, by any of its names."""
    own = {name.casefold() for name in names.values()}
    return any(
        one == name or (len(one) > 1 and one in name) or (len(name) > 1 and name in one)
        for one in (text.casefold() for text in told)
        for name in own
    )


def answers(expected: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    """Whether the finding is the expected one: kind, every drug, severity at least the least."""
    return (
        finding["kind"] in expected["kinds"]
        and all(names_drug(names, finding["drugs"]) for names in expected["drugs"])
        and SEVERITIES.index(finding["severity"]) >= SEVERITIES.index(expected["minimal_severity"])
    )


def false_findings(labelled: Labelled, findings: Iterable[Mapping[str, Any]]) -> int:
    """Findings that count and that no label asks for or tolerates."""
    asked = {kind for one in labelled.expected for kind in one["kinds"]}
    return sum(
        finding["severity"] not in UNCOUNTED
        and finding["kind"] not in (*asked, *labelled.tolerated, "unchecked")
        for finding in findings
    )


def score(pairs: Iterable[tuple[Labelled, Mapping[str, Any]]]) -> Score:
    """Scores prescriptions with the ``result`` that the review gave for each."""
    expected = found = false = wrong = clean = interrupted = 0
    for labelled, result in pairs:
        findings = result["findings"]
        stopped = result["decision"] == "interrupt"
        expected += len(labelled.expected)
        found += sum(any(answers(one, made) for made in findings) for one in labelled.expected)
        false += false_findings(labelled, findings)
        wrong += labelled.must_interrupt is not None and labelled.must_interrupt != stopped
        clean += not labelled.planted
        interrupted += not labelled.planted and stopped
    return Score(expected, found, false, wrong, clean, interrupted)
