"""Whose a study is, by its identifier; what is not sure waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from suwen.core.record import Resource
from suwen.storage.imaging import Candidate, StoredInstance

_SEX: Final = {"M": "male", "F": "female", "O": "other"}


@dataclass(frozen=True, slots=True)
class IdentifierRules:
    """Which identifier of a patient (0010,0020) is.

    Attributes:
        default_system: identifier system of numbers without an issuer; ``None`` when that is not
            declared, and a study then needs number, birth date and sex to agree.
        systems: identifier system by issuer, (0010,0021).
    """

    default_system: str | None = None
    systems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """The patient, or why a person must decide; exactly one of the two is there."""

    patient: str | None
    reason: str | None


def study_number(instances: Sequence[StoredInstance]) -> tuple[str | None, str | None] | None:
    """Number and issuer that all objects of a study state; ``None`` when they contradict."""
    stated = {(one.patient_number, one.patient_issuer) for one in instances}
    return next(iter(stated)) if len(stated) == 1 else None


def match(
    instances: Sequence[StoredInstance], candidates: Sequence[Candidate], rules: IdentifierRules
) -> Match:
    """Whose study this is.

    Args:
        instances: of one study, at least one.
        candidates: patients who have the number as their record number, in any system.
    """
    stated = study_number(instances)
    if stated is None:
        return Match(None, "study_of_several_patients")
    number, issuer = stated
    if number is None:
        return Match(None, "patient_id_missing")
    system = rules.default_system if issuer is None else rules.systems.get(issuer)
    same_kind = [c.patient for c in candidates if c.synthetic == instances[0].synthetic]
    having = [p for p in same_kind if _has(p, number, system, issuer)]
    if len(having) != 1:
        return Match(None, "patient_ambiguous" if having else "patient_unknown")
    facts = instances[0].header
    contradiction = _contradiction(having[0], facts)
    if contradiction is not None:
        return Match(None, contradiction)
    if system is None and issuer is None and not _agrees(having[0], facts):
        return Match(None, "patient_system_undeclared")
    return Match(str(having[0]["id"]), None)


def _has(patient: Resource, number: str, system: str | None, issuer: str | None) -> bool:
    """Whether the number is this patient's, in the system that is meant."""
    for identifier in patient.get("identifier") or ():
        if identifier.get("value") != number:
            continue
        if system is not None:
            if identifier.get("system") == system:
                return True
        elif issuer is None or issuer in (
            identifier.get("system"),
            (identifier.get("assigner") or {}).get("display"),
        ):
            return True
    return False


def _contradiction(patient: Resource, facts: Mapping[str, Any]) -> str | None:
    born, stated = patient.get("birthDate"), facts.get("patient_birth_date")
    if born and stated and not str(stated).startswith(str(born)):
        return "birth_date_differs"
    gender, sex = patient.get("gender"), _SEX.get(str(facts.get("patient_sex")))
    if gender in ("male", "female") and sex in ("male", "female") and gender != sex:
        return "sex_differs"
    return None


def _agrees(patient: Resource, facts: Mapping[str, Any]) -> bool:
    """Whether birth date and sex are both stated on both sides and the same."""
    return (
        patient.get("birthDate") is not None
        and patient.get("birthDate") == facts.get("patient_birth_date")
        and patient.get("gender") is not None
        and patient.get("gender") == _SEX.get(str(facts.get("patient_sex")))
    )
