"""A care relationship comes from the department or from taking part, never for a service."""

from __future__ import annotations

import pytest

from suwen.control.access.care import RECENT, counted_since, has_care_relationship
from suwen.core.identity import Principal, batch_principal
from tests.support.applications import NOW, person


@pytest.mark.parametrize(
    ("principal", "departments", "participants", "expected"),
    [
        (person(), {"cardiology"}, set(), True),
        (person(), {"surgery"}, set(), False),
        (person(), {"surgery"}, {"dr.lin"}, True),
        (person(departments=[]), {"cardiology"}, set(), False),
        (person(), set(), set(), False),
        (batch_principal(None), {"cardiology"}, {"batch"}, False),
    ],
)
def test_who_cares_for_a_patient(
    principal: Principal, departments: set[str], participants: set[str], expected: bool
) -> None:
    assert has_care_relationship(principal, departments, participants) is expected


def test_an_encounter_counts_for_30_days() -> None:
    assert RECENT.days == 30
    assert NOW - counted_since(NOW) == RECENT
