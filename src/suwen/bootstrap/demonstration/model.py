"""What the demonstration hospital hands over: resources, staff and the cases worth showing."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.bootstrap.demonstration.fhir_values import Resource


@dataclass(frozen=True)
class StaffMember:
    """A person of the demonstration hospital who may sign in.

    Attributes:
        id: the account's id, equal to the id of the Practitioner resource where there is one.
        username: sign-in name, for example ``dr.lin``.
        roles: values of ``suwen.core.identity.Role``.
        department_code: code of the department or office the person belongs to.
    """

    id: str
    username: str
    name_zh: str
    name_en: str
    roles: tuple[str, ...]
    department_code: str
    title_zh: str
    title_en: str


@dataclass(frozen=True)
class ShowCase:
    """A planted situation that is worth showing, and where it stands in the records.

    Attributes:
        encounter_id: id of the encounter in which it happens; ``None`` when it is about the
            patient as a whole.
    """

    id: str
    patient_id: str
    encounter_id: str | None
    title_zh: str
    title_en: str
    explanation_zh: str
    explanation_en: str


@dataclass(frozen=True)
class DemonstrationHospital:
    """A whole synthetic hospital.

    Attributes:
        bundles: R4 Bundles of type ``collection``: first the hospital itself (organizations,
            practitioners, roles, wards and beds), then one per patient. A reference points into
            its own bundle or into the first.
    """

    bundles: tuple[Resource, ...]
    staff: tuple[StaffMember, ...]
    show_cases: tuple[ShowCase, ...]
