"""How ``record_quality`` does on the strange records: ``python -m … second`` tells its misses."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suwen.apps.record_quality.app import APP

CASES = Path(__file__).parent / "cases.jsonl"
FAMILIES: Mapping[str, frozenset[str]] = {
    "time_limit": frozenset({"time", "missing"}),
    "missing_section": frozenset({"missing"}),
    "missing_field": frozenset({"missing"}),
    "missing_signature": frozenset({"signature"}),
    "copy_forward": frozenset({"copy_forward"}),
    "abbreviation": frozenset({"abbreviation"}),
}
_CONTRADICTION = frozenset({"contradiction", "time"})
BY_DOCUMENT = frozenset({"copy_forward", "missing_section", "missing_field", "missing_signature"})
"""Kinds that are found by naming the document."""

READ = ("first", "second", "fourth_read")
"""Parts that whoever writes rules has read."""

NOT_IN_THE_STAYS = (
    "front_page",
    "consent",
    "anaesthesia",
    "safety_check",
    "handover",
    "transfer_out",
    "chief_round",
    "preoperative_discussion",
)
"""Papers that the set's stays do not hold: a finding that they are absent is not judged."""


@dataclass
class Judged:
    """What was planted, found and told, by kind."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: int = 0
    false: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the planted defects that a finding points at."""
        return self.found.total() / self.planted.total()

    @property
    def precision(self) -> float:
        """Share of the judged findings that point at a planted defect."""
        return self.right / (self.right + self.false.total())


def cases(half: str) -> Iterator[dict[str, Any]]:
    """The stays of one half."""
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["half"] == half:
            yield case


def judged(half: str) -> Judged:
    """The half put to the application's rules."""
    told = Judged()
    for case in cases(half):
        request = APP.parse(case["request"])
        findings = APP.output(APP.core(request, None, ()).draft)["findings"]
        _judge(case, [f for f in findings if f["kind"] != "unchecked"], told)
    return told


def _judge(case: Mapping[str, Any], findings: list[dict[str, Any]], told: Judged) -> None:
    texts = {one["id"]: one["text"] for one in case["request"]["documents"]}
    answered: set[int] = set()
    for defect in case["defects"]:
        told.planted[defect["kind"]] += 1
        hits = [n for n, f in enumerate(findings) if _answers(f, defect, texts)]
        answered.update(hits)
        if hits:
            told.found[defect["kind"]] += 1
        else:
            told.missed.append(f"{case['id']} {defect['kind']}: {defect['quote']} {defect['note']}")
    for number, finding in enumerate(findings):
        if number in answered:
            told.right += 1
        elif not _of_other_papers(finding):
            told.false[finding["rule"]] += 1
            place = finding["document_id"]
            told.wrong.append(f"{case['id']} {place} {finding['rule']}: {finding['message_zh']}")


def _answers(
    finding: Mapping[str, Any], defect: Mapping[str, Any], texts: Mapping[str, str]
) -> bool:
    kind = finding["kind"]
    if kind not in FAMILIES.get(defect["kind"], _CONTRADICTION):
        return False
    if defect["document_id"] is None:
        # A whole document that is missing.
        return finding["document_id"] is None and not _of_other_papers(finding)
    if defect["quote"] is None or defect["kind"] in BY_DOCUMENT:
        return bool(finding["document_id"] == defect["document_id"])
    places = [defect, *([defect["counterpart"]] if defect.get("counterpart") else [])]
    return any(_meets(finding, place, texts) for place in places)


def _meets(finding: Mapping[str, Any], place: Mapping[str, Any], texts: Mapping[str, str]) -> bool:
    document, span = place["document_id"], finding["span"]
    if finding["document_id"] != document:
        return False
    if place["quote"] is None:
        return True
    start = texts[document].index(place["quote"])
    return bool(span) and span["start"] < start + len(place["quote"]) and start < span["end"]


def _of_other_papers(finding: Mapping[str, Any]) -> bool:
    absent = finding.get("absent") or ()
    return finding["rule"] == "RQ-M01" and any(
        part in str(name) for name in absent for part in NOT_IN_THE_STAYS
    )


def main(half: str) -> None:
    """Tells the figures of a half; what was missed and wrong of those that were read."""
    told = judged(half)
    lines = [
        f"recall {told.recall:.3f} of {told.planted.total()}, precision {told.precision:.3f}",
        *(f"  {kind}: {told.found[kind]} of {n}" for kind, n in sorted(told.planted.items())),
        f"  false by rule: {dict(told.false.most_common())}",
    ]
    if half in READ:
        lines += ["missed:", *told.missed, "false:", *told.wrong]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
