"""Routes and forms that rows forbid, and potassium that nothing on the sheet dilutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.findings import ReviewFinding
from suwen.clinical.prescription_review.lines import ReviewLine
from suwen.clinical.prescription_review.review_kinds import Kind, action_of
from suwen.clinical.prescription_review.usage import INTO_A_VEIN
from suwen.core.finding import Severity

_POTASSIUM_INTO_A_VEIN: Final = "RT-kcl-vein"
_POTASSIUM_PUSHED: Final = "RT-kcl-push"


def route_findings(
    line: ReviewLine, lines: Sequence[ReviewLine], rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """What rows have against the route of one line.

    Potassium "iv", where no fluid is ordered into a vein beside it, is a push of the concentrate:
    nothing is there that could dilute it.
    """
    for row in line.forbidden:
        said = row
        if row.id == _POTASSIUM_INTO_A_VEIN and not any(map(_dilutes, lines)):
            said = rules.book.row("routes", _POTASSIUM_PUSHED) or row
            said = said if said.enabled else row
        severity = Severity(said.text("severity"))
        yield ReviewFinding(said, Kind.FORM, severity, action_of(severity), (line,))


def _dilutes(line: ReviewLine) -> bool:
    medicine = line.medicine
    return medicine is not None and "fluid" in medicine.classes and line.route in INTO_A_VEIN
