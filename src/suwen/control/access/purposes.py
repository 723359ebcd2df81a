"""Why somebody may act, by role."""

from __future__ import annotations

from collections.abc import Mapping, Set

from suwen.core.errors import AccessError
from suwen.core.identity import Purpose, Role
from suwen.core.language import Bilingual

_PURPOSES: Mapping[Role, Purpose] = {
    Role.PHYSICIAN: Purpose.TREATMENT,
    Role.CHIEF_PHYSICIAN: Purpose.TREATMENT,
    Role.NURSE: Purpose.TREATMENT,
    Role.PHARMACIST: Purpose.TREATMENT,
    Role.QUALITY_OFFICER: Purpose.QUALITY,
    Role.RESEARCHER: Purpose.RESEARCH,
    Role.COMPLIANCE_OFFICER: Purpose.OPERATIONS,
    Role.PATIENT_SERVICES: Purpose.OPERATIONS,
    Role.SYSTEM_ADMINISTRATOR: Purpose.OPERATIONS,
    Role.SECURITY_ADMINISTRATOR: Purpose.OPERATIONS,
    Role.AUDIT_ADMINISTRATOR: Purpose.OPERATIONS,
    Role.SERVICE: Purpose.EVALUATION,
}
_FIRST = (Purpose.TREATMENT, Purpose.QUALITY, Purpose.RESEARCH, Purpose.OPERATIONS)


def purpose_of(roles: Set[Role], wanted: Purpose | None) -> Purpose:
    """The purpose that somebody acts for: the wanted one, else the first that their roles have.

    Raises:
        AccessError: ``purpose_not_permitted`` when no role has the wanted one.
    """
    permitted = {_PURPOSES[role] for role in roles}
    if wanted is not None:
        if wanted not in permitted:
            raise AccessError(
                "purpose_not_permitted",
                Bilingual(
                    zh="您的角色不能以此用途访问。", en="Your role does not act for this purpose."
                ),
                field="purpose",
            )
        return wanted
    return next((p for p in _FIRST if p in permitted), Purpose.OPERATIONS)
