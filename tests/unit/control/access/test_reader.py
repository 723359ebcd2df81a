"""What each role may see of the library."""

from __future__ import annotations

import pytest

from suwen.control.access.reader import CLEARANCE, reader_scope
from suwen.core.identity import Role, batch_principal
from suwen.core.knowledge import Rights
from tests.support.applications import person


def test_every_role_has_a_clearance_within_the_range() -> None:
    assert set(CLEARANCE) == set(Role)
    assert set(CLEARANCE.values()) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("role", "highest"),
    [
        (Role.SYSTEM_ADMINISTRATOR, 1),
        (Role.RESEARCHER, 2),
        (Role.NURSE, 3),
        (Role.PHYSICIAN, 4),
        (Role.CHIEF_PHYSICIAN, 5),
    ],
)
def test_a_role_reads_up_to_its_clearance(role: Role, highest: int) -> None:
    scope = reader_scope(person("p", role))
    readable = [level for level in range(1, 6) if scope.may_read(Rights(sensitivity=level))]
    assert readable == list(range(1, highest + 1))


def test_of_several_roles_the_highest_counts() -> None:
    assert reader_scope(person("p", Role.RESEARCHER, Role.PHYSICIAN)).clearance == 4


@pytest.mark.parametrize("role", list(Role))
def test_only_the_offices_of_quality_and_compliance_read_every_departments(role: Role) -> None:
    scope = reader_scope(person("p", role))
    elsewhere = Rights(departments=frozenset({"a-department-of-nobody"}), sensitivity=1)
    offices = {Role.QUALITY_OFFICER, Role.COMPLIANCE_OFFICER}
    assert scope.may_read(elsewhere) is (role in offices)


def test_a_department_opens_its_own_documents_and_no_others() -> None:
    scope = reader_scope(person("p", Role.NURSE))
    (own,) = scope.departments
    assert scope.may_read(Rights(departments=frozenset({own, "icu"})))
    assert not scope.may_read(Rights(departments=frozenset({"icu"})))


def test_the_service_of_batch_commands_reads_what_all_staff_may() -> None:
    scope = reader_scope(batch_principal("root"))
    assert scope.may_read(Rights())
    assert not scope.may_read(Rights(sensitivity=3))
    assert not scope.may_read(Rights(departments=frozenset({"icu"})))
