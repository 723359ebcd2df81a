"""Which numbers name a person across the hospital's systems, and what else is known of whom they
name: what patients of several systems are matched by, and never by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from suwen.core.record import Resource

_LONGEST: Final = 200


class MatchState(StrEnum):
    """What stands between two patients who share a number, or did."""

    LINKED = "linked"
    CONFLICT = "conflict"
    APART = "apart"
    GONE = "gone"


class Contradiction(StrEnum):
    """Why two patients who share a number are not made one by it."""

    SAME_SOURCE = "same_source"
    SEVERAL_PATIENTS = "several_patients"
    NUMBERS_DIFFER = "numbers_differ"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    SEX_DIFFERS = "sex_differs"


@dataclass(frozen=True, slots=True)
class PatientNumber:
    """A number of a patient.

    Attributes:
        numbering: the hospital's own name for the series, for example ``mrn``.
    """

    numbering: str
    value: str


@dataclass(frozen=True, slots=True)
class NumberedPatient:
    """A patient of one system as others are matched with.

    Attributes:
        source: what numbers the patient: a connection, or what several of them share.
        numbers: those in use, of the numberings that the connection declares.
        birth_date: only a whole day; ``None`` where it is not known to the day.
        sex: ``male`` or ``female``; ``None`` for anything else.
    """

    patient: str
    source: str
    numbers: frozenset[PatientNumber]
    birth_date: str | None
    sex: str | None


def numbered_patient(
    patient: Resource, numberings: Mapping[str, str], source: str
) -> NumberedPatient:
    """What others are matched with, of a Patient.

    Args:
        numberings: the hospital's name for a series, by the identifier's system as this source
            sends it, or by its assigning authority where it sends no system.
    """
    birth, sex = patient.get("birthDate"), patient.get("gender")
    return NumberedPatient(
        patient=str(patient["id"]),
        source=source,
        numbers=frozenset(
            PatientNumber(numbering, value)
            for identifier in patient.get("identifier") or ()
            if (numbering := _numbering(identifier, numberings))
            and (value := str(identifier.get("value") or "").strip())
            and len(value) <= _LONGEST
        ),
        birth_date=birth if isinstance(birth, str) and len(birth) == 10 else None,
        sex=sex if sex in ("male", "female") else None,
    )


def _numbering(identifier: Mapping[str, Any], numberings: Mapping[str, str]) -> str | None:
    if identifier.get("use") in ("old", "temp"):
        return None
    system = identifier.get("system")
    if system:
        return numberings.get(str(system))
    return numberings.get(str((identifier.get("assigner") or {}).get("display", "")))
