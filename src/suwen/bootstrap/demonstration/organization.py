"""The hospital itself as FHIR: organizations, practitioners, their roles, wards and beds."""

from __future__ import annotations

from datetime import datetime

from suwen.bootstrap.demonstration.fhir_values import (
    CANONICAL,
    DEPARTMENT_SYSTEM,
    Resource,
    bundle,
    coding,
    concept,
    hl7_concept,
    meta,
    reference,
)
from suwen.bootstrap.demonstration.model import StaffMember
from suwen.bootstrap.demonstration.staff_list import (
    DEPARTMENTS,
    HOSPITAL_EN,
    HOSPITAL_ID,
    HOSPITAL_ZH,
    STAFF,
    Department,
)

STAFF_SYSTEM = f"{CANONICAL}/NamingSystem/staff-number"


def hospital_bundle(now: datetime) -> Resource:
    """The bundle that all patients' bundles point into."""
    resources: list[Resource] = [_hospital()]
    resources.extend(_department(department) for department in DEPARTMENTS)
    for number, member in enumerate(STAFF, start=1):
        resources.append(_practitioner(member, number))
        resources.append(_practitioner_role(member))
    for department in DEPARTMENTS:
        if department.beds:
            resources.append(_ward(department))
            resources.extend(_bed(department, number + 1) for number in range(department.beds))
    return bundle("demo-bundle-hospital", now, resources)


def ward_id(department_code: str) -> str:
    """The id of a department's ward."""
    return f"demo-ward-{department_code}"


def bed_id(department_code: str, number: int) -> str:
    """The id of a bed; beds are numbered from 1."""
    return f"demo-bed-{department_code}-{number:02d}"


def bed_name(number: int, language: str) -> str:
    """How a bed is called on the ward."""
    return f"{number:02d}床" if language == "zh" else f"Bed {number:02d}"


def _hospital() -> Resource:
    return {
        "resourceType": "Organization",
        "id": HOSPITAL_ID,
        "meta": meta(),
        "identifier": [{"system": f"{CANONICAL}/NamingSystem/organization", "value": "DEMO-H"}],
        "active": True,
        "type": [hl7_concept("organization-type", "prov", "Healthcare Provider")],
        "name": HOSPITAL_ZH,
        "alias": [HOSPITAL_EN],
    }


def _department(department: Department) -> Resource:
    return {
        "resourceType": "Organization",
        "id": department.id,
        "meta": meta(),
        "identifier": [{"system": DEPARTMENT_SYSTEM, "value": department.code}],
        "active": True,
        "type": [hl7_concept("organization-type", "dept", "Hospital Department")],
        "name": department.zh,
        "alias": [department.en],
        "partOf": reference(f"Organization/{HOSPITAL_ID}", HOSPITAL_ZH),
    }


def _practitioner(member: StaffMember, number: int) -> Resource:
    family, _, given = member.name_en.partition(" ")
    english: Resource = {"use": "usual", "text": member.name_en}
    if "·" in member.name_zh:
        english |= {"family": given, "given": [family]}
    else:
        english |= {"family": family, "given": [given]}
    return {
        "resourceType": "Practitioner",
        "id": member.id,
        "meta": meta(),
        "identifier": [{"system": STAFF_SYSTEM, "value": f"DEMO-S{number:03d}"}],
        "active": True,
        "name": [{"use": "official", "text": member.name_zh}, english],
    }


def _practitioner_role(member: StaffMember) -> Resource:
    department = next(item for item in DEPARTMENTS if item.code == member.department_code)
    return {
        "resourceType": "PractitionerRole",
        "id": f"{member.id}-role",
        "meta": meta(),
        "active": True,
        "practitioner": reference(f"Practitioner/{member.id}", member.name_zh),
        "organization": reference(f"Organization/{department.id}", department.zh),
        "code": [
            concept(
                member.title_zh,
                *(coding(f"{CANONICAL}/CodeSystem/staff-role", role) for role in member.roles),
            )
        ],
        "specialty": [
            concept(department.zh, coding(DEPARTMENT_SYSTEM, department.code, department.zh))
        ],
    }


def _ward(department: Department) -> Resource:
    return {
        "resourceType": "Location",
        "id": ward_id(department.code),
        "meta": meta(),
        "status": "active",
        "name": f"{department.zh}病区",
        "alias": [f"{department.en} ward"],
        "mode": "instance",
        "physicalType": hl7_concept("location-physical-type", "wa", "Ward"),
        "managingOrganization": reference(f"Organization/{department.id}", department.zh),
    }


def _bed(department: Department, number: int) -> Resource:
    return {
        "resourceType": "Location",
        "id": bed_id(department.code, number),
        "meta": meta(),
        "status": "active",
        "name": bed_name(number, "zh"),
        "alias": [bed_name(number, "en")],
        "mode": "instance",
        "physicalType": hl7_concept("location-physical-type", "bd", "Bed"),
        "managingOrganization": reference(f"Organization/{department.id}", department.zh),
        "partOf": reference(f"Location/{ward_id(department.code)}", f"{department.zh}病区"),
    }
