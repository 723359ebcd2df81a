"""What a person or service may see of the hospital's library."""

from __future__ import annotations

from collections.abc import Mapping

from suwen.core.identity import Principal, Role
from suwen.core.knowledge import ReaderScope

CLEARANCE: Mapping[Role, int] = {
    Role.SYSTEM_ADMINISTRATOR: 1,
    Role.SECURITY_ADMINISTRATOR: 1,
    Role.AUDIT_ADMINISTRATOR: 1,
    Role.SERVICE: 2,
    Role.RESEARCHER: 2,
    Role.PATIENT_SERVICES: 2,
    Role.NURSE: 3,
    Role.PHARMACIST: 3,
    Role.PHYSICIAN: 4,
    Role.QUALITY_OFFICER: 4,
    Role.COMPLIANCE_OFFICER: 4,
    Role.CHIEF_PHYSICIAN: 5,
}
"""Highest sensitivity that a role may read, of 1 (public) to 5; of several roles the highest."""

_OF_ALL_DEPARTMENTS = frozenset({Role.QUALITY_OFFICER, Role.COMPLIANCE_OFFICER})


def reader_scope(principal: Principal) -> ReaderScope:
    """What the principal may see of any collection; one without a role sees nothing."""
    return ReaderScope(
        principal=principal.id,
        departments=principal.departments,
        roles=principal.roles,
        clearance=max((CLEARANCE[role] for role in principal.roles), default=0),
        all_departments=bool(principal.roles & _OF_ALL_DEPARTMENTS),
    )
