"""A study as FHIR states it: one ImagingStudy of all objects that are kept of it.

Source: FHIR R4 ImagingStudy; its mapping to DICOM (section 8.16.5).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from suwen.storage.imaging import StoredInstance
from suwen.storage.record_import import IMPORTED, SYNTHETIC, StoredResource

_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"


def imaging_study(
    instances: Sequence[StoredInstance], patient: str, *, status: str = "available"
) -> dict[str, Any]:
    """The ImagingStudy of a linked study.

    Args:
        instances: all kept objects of one study, at least one.
        patient: id of the patient whose study it is.
        status: ``available``, or ``entered-in-error`` once it turned out to be another's.
    """
    first = instances[0]
    by_series: dict[str, list[StoredInstance]] = defaultdict(list)
    for one in instances:
        by_series[one.series_uid].append(one)
    body: dict[str, Any] = {
        "resourceType": "ImagingStudy",
        "id": resource_id(first.study_uid, patient),
        "meta": {"source": f"urn:suwen:{first.connection}"},
        "identifier": _identifiers(first),
        "status": status,
        "subject": {"reference": f"Patient/{patient}"},
        "started": _first(instances, "study_started"),
        "modality": [_modality(code) for code in modalities(instances)],
        "description": _first(instances, "study_description"),
        "numberOfSeries": len(by_series),
        "numberOfInstances": len(instances),
        "series": [_series(uid, by_series[uid]) for uid in _ordered(by_series)],
    }
    return {name: value for name, value in body.items() if value is not None}


def stored_study(instances: Sequence[StoredInstance], body: dict[str, Any]) -> StoredResource:
    """The ImagingStudy as the record store takes it."""
    return StoredResource(
        type="ImagingStudy",
        id=body["id"],
        patient_id=body["subject"]["reference"].removeprefix("Patient/"),
        encounter_id=None,
        department=None,
        at=_instant(body.get("started")),
        origin=SYNTHETIC if instances[0].synthetic else IMPORTED,
        body=body,
    )


def resource_id(study_uid: str, patient: str) -> str:
    """Id of the ImagingStudy of this study for this patient: the same whenever it is made."""
    digest = hashlib.sha256(f"{study_uid}|{patient}".encode()).hexdigest()
    return f"dicom-{digest[:40]}"


def modalities(instances: Sequence[StoredInstance]) -> tuple[str, ...]:
    """Modalities of the study, in the order of their codes."""
    return tuple(sorted({str(one.header["modality"]) for one in instances}))


def _identifiers(first: StoredInstance) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"system": "urn:dicom:uid", "value": f"urn:oid:{first.study_uid}"}
    ]
    accession = first.header.get("accession_number")
    if accession:
        coding = {"system": _IDENTIFIER_TYPE, "code": "ACSN"}
        found.append({"type": {"coding": [coding]}, "value": accession})
    return found


def _series(uid: str, instances: Sequence[StoredInstance]) -> dict[str, Any]:
    body_part = _first(instances, "body_part")
    body = {
        "uid": uid,
        "number": _number(instances),
        "modality": _modality(str(instances[0].header["modality"])),
        "description": _first(instances, "series_description"),
        "numberOfInstances": len(instances),
        "bodySite": {"display": body_part} if body_part else None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _ordered(series: dict[str, list[StoredInstance]]) -> list[str]:
    def place(uid: str) -> tuple[bool, int, str]:
        number = _number(series[uid])
        return (number is None, number or 0, uid)

    return sorted(series, key=place)


def _number(instances: Sequence[StoredInstance]) -> int | None:
    """The series' number, where it is one that FHIR's unsignedInt can state."""
    number = _first(instances, "series_number")
    return number if isinstance(number, int) and 0 <= number < 2**31 else None


def _first(instances: Sequence[StoredInstance], name: str) -> Any:
    """What the first object says that says it; the objects are in the order of their UIDs."""
    return next((one.header[name] for one in instances if one.header.get(name)), None)


def _modality(code: str) -> dict[str, str]:
    return {"system": _DICOM, "code": code}


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    if "T" in text:
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(f"{text}T00:00:00+00:00")
