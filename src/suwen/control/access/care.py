"""Does somebody take part in a patient's care: the relationship that opens a record."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from suwen.core.identity import Principal

RECENT = timedelta(days=30)
"""How long after the end of an encounter its department may still read the record."""


def counted_since(now: datetime) -> datetime:
    """Encounters that ended at this instant or later, or did not end, still count."""
    return now - RECENT


def has_care_relationship(
    principal: Principal, departments: Set[str], participants: Set[str]
) -> bool:
    """Whether the person's department treats the patient, or they took part themselves; for a
    program with a key of its own, whether a department that it works for treats the patient.

    Args:
        departments: codes of departments with an encounter that counts.
        participants: accounts of those who took part in one.

    Returns:
        Never true for a service without such a key.
    """
    if principal.client is not None:
        return bool(principal.departments & departments)
    return principal.is_person and (
        bool(principal.departments & departments) or principal.id in participants
    )
