"""What must be said beside a recommendation, and the red flags as findings.

| rule | notices |
|---|---|
| RF01 to RF60 | a red flag of ``clinical.red_flags``: the chat is diverted |
| TR-01 | the words do not yet point to one department |
"""

from __future__ import annotations

from collections.abc import Sequence

from suwen.appkit import Bilingual, Confidence, Finding, Rule, Severity, Source
from suwen.clinical.departments import DepartmentScore
from suwen.clinical.red_flags import RedFlag

CLEAR_FROM = 0.6
"""Least score, 0 to 1, of the first department from which nothing more is asked."""

_DESIGN = Source("suwen triage", "1", "departments")
NOT_CLEAR = Rule("TR-01", Severity.INFO, _DESIGN, Confidence.FROM_MEMORY)


def findings_of(flags: Sequence[RedFlag], ranked: Sequence[DepartmentScore]) -> tuple[Finding, ...]:
    """The findings of one turn: the red flags, or that the department is not clear yet."""
    if flags:
        return tuple(_flag(flag) for flag in flags)
    return (NOT_CLEAR.finding(_NOT_CLEAR),) if ranked[0].score < CLEAR_FROM else ()


def _flag(flag: RedFlag) -> Finding:
    rule = Rule(flag.rule.id, Severity.MAJOR, flag.rule.source, flag.rule.confidence)
    return rule.finding(flag.rule.name, suggestion=flag.rule.do_now)


_NOT_CLEAR = Bilingual(
    zh="目前的描述还不足以确定科室。", en="What was said does not point to one department yet."
)
