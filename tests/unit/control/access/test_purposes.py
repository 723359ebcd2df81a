"""Why somebody acts follows from their roles."""

from __future__ import annotations

import pytest

from suwen.control.access.purposes import purpose_of
from suwen.core.errors import AccessError
from suwen.core.identity import Purpose, Role


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_purpose(role: Role) -> None:
    assert isinstance(purpose_of({role}, None), Purpose)


def test_a_person_with_two_roles_chooses() -> None:
    roles = {Role.PHYSICIAN, Role.QUALITY_OFFICER}
    assert purpose_of(roles, None) is Purpose.TREATMENT
    assert purpose_of(roles, Purpose.QUALITY) is Purpose.QUALITY
    with pytest.raises(AccessError):
        purpose_of(roles, Purpose.RESEARCH)
