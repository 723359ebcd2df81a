"""The deterministic findings, each with its source. They inform the physician and block nothing.

| rule | what it notices |
|---|---|
| RW-M01 | an order of a substance or class that an allergy names |
| RW-M02 | metformin while eGFR is below 30 |
| RW-L01 | a critical value that no later note mentions |
| RW-L02 | a note that calls an abnormal result normal |
| RW-L03 | a flag that contradicts the interval stated with it |
| RW-N01 | a note copied forward |
| RW-N02 | a note without a signature |
| RW-C01 | a diagnosis or procedure that the recorded sex cannot have |
| RW-C02 | left and right that contradict |
| RW-S01 | mandatory content that the record cannot fill |
| RW-S02 | content that a physician must write |
"""

from __future__ import annotations

from suwen.apps.record_writer.checks.contradictions import (
    missing_findings,
    sex_findings,
    side_findings,
)
from suwen.apps.record_writer.checks.medicines import allergy_findings, renal_findings
from suwen.apps.record_writer.checks.notes import copied_findings, unsigned_findings
from suwen.apps.record_writer.checks.results import (
    critical_findings,
    flag_findings,
    note_findings,
)
from suwen.apps.record_writer.visit import Visit
from suwen.core.document import Document
from suwen.core.finding import Finding, Severity

_GRAVEST_FIRST = list(Severity)


def findings_of(visit: Visit, document: Document) -> tuple[Finding, ...]:
    """What the rules noticed in the record and in the document, gravest first."""
    found = [
        *allergy_findings(visit),
        *renal_findings(visit),
        *critical_findings(visit),
        *note_findings(visit),
        *flag_findings(visit),
        *copied_findings(visit),
        *unsigned_findings(visit),
        *sex_findings(visit),
        *side_findings(visit),
        *missing_findings(visit, document),
    ]
    return tuple(sorted(found, key=lambda f: _GRAVEST_FIRST.index(f.severity)))
