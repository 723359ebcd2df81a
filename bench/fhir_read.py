"""Reading a page of FHIR R4 with our checks against fhir.resources, and against parsing alone.

The same bytes for all, rounds interleaved, CPU time of this process. The page is a search set of
the twelve resource types that a record is made of, as an EMR sends it; a transaction Bundle with
``urn:uuid`` references is read besides, because references then have to be resolved.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable

import orjson
from fhir.resources.R4B.bundle import Bundle

from suwen.integration.fhir.reading import read_checked

ROUNDS = 7
RESOURCES = 204


def resources(reference: Callable[[str, int], str], count: int) -> list[dict[str, object]]:
    """Resources of twelve types, as a hospital writes them."""
    made: list[dict[str, object]] = []
    patient = {"reference": reference("Patient", 0), "display": "Test Patient"}
    stay = {"reference": reference("Encounter", 1)}
    loinc, sct = "http://loinc.org", "http://snomed.info/sct"

    def concept(system: str, code: str, display: str) -> dict[str, object]:
        coding = {"system": system, "code": code, "display": display}
        return {"coding": [coding], "text": display}

    def category(code: str) -> list[dict[str, object]]:
        return [concept("http://terminology.hl7.org/CodeSystem/observation-category", code, code)]

    for n in range(count):
        at = f"2024-05-{n % 28 + 1:02d}T08:{n % 60:02d}:00+08:00"
        meta = {"versionId": "3", "lastUpdated": f"2024-05-{n % 28 + 1:02d}T01:02:03.456Z"}
        linked = {"subject": patient, "encounter": stay}
        forms: list[dict[str, object]] = [
            {
                "resourceType": "Patient",
                "identifier": [{"system": "urn:oid:1.2.156.1", "value": f"MR{n:06d}"}],
                "name": [{"use": "official", "family": "Test", "given": ["Patient"]}],
                "gender": "female",
                "birthDate": "1951-07-09",
            },
            {
                "resourceType": "Encounter",
                "status": "in-progress",
                "class": {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                    "code": "IMP",
                },
                "subject": patient,
                "period": {"start": at},
            },
            {
                "resourceType": "Condition",
                "clinicalStatus": concept(
                    "http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"
                ),
                "code": concept(sct, "38341003", "Hypertension"),
                **linked,
                "onsetDateTime": "2019-03",
                "recordedDate": at,
            },
            *[
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "category": category("laboratory"),
                    "code": concept(loinc, "2823-3", "Potassium"),
                    **linked,
                    "effectiveDateTime": at,
                    "issued": at,
                    "valueQuantity": {
                        "value": 4.10,
                        "unit": "mmol/L",
                        "system": "http://unitsofmeasure.org",
                        "code": "mmol/L",
                    },
                    "referenceRange": [
                        {
                            "low": {"value": 3.5, "unit": "mmol/L"},
                            "high": {"value": 5.3, "unit": "mmol/L"},
                        }
                    ],
                }
                for _ in range(5)
            ],
            {
                "resourceType": "MedicationRequest",
                "status": "active",
                "intent": "order",
                "medicationCodeableConcept": concept(
                    "http://www.nlm.nih.gov/research/umls/rxnorm", "197361", "Amlodipine 5 MG"
                ),
                **linked,
                "authoredOn": at,
                "dosageInstruction": [
                    {"text": "5 mg qd", "doseAndRate": [{"doseQuantity": {"value": 5}}]}
                ],
            },
            {
                "resourceType": "AllergyIntolerance",
                "criticality": "high",
                "code": concept(sct, "91936005", "Allergy to penicillin"),
                "patient": patient,
                "recordedDate": at,
            },
            {
                "resourceType": "Procedure",
                "status": "completed",
                "code": concept(sct, "80146002", "Appendectomy"),
                **linked,
                "performedDateTime": at,
            },
            {
                "resourceType": "DiagnosticReport",
                "status": "final",
                "code": concept(loinc, "24323-8", "Comprehensive metabolic panel"),
                **linked,
                "effectiveDateTime": at,
                "issued": at,
                "result": [{"reference": reference("Observation", 3)}],
            },
            {
                "resourceType": "ServiceRequest",
                "status": "active",
                "intent": "order",
                "code": concept(sct, "113091000", "MRI"),
                **linked,
                "authoredOn": at,
            },
            {
                "resourceType": "Immunization",
                "status": "completed",
                "vaccineCode": concept("http://hl7.org/fhir/sid/cvx", "140", "Influenza"),
                "patient": patient,
                "occurrenceDateTime": at,
            },
            {
                "resourceType": "ImagingStudy",
                "status": "available",
                "subject": patient,
                "started": at,
                "modality": [
                    {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"}
                ],
            },
            {
                "resourceType": "DocumentReference",
                "status": "current",
                "type": concept(loinc, "18842-5", "Discharge summary"),
                "subject": patient,
                "date": at,
                "content": [{"attachment": {"contentType": "text/plain", "data": "dGV4dA=="}}],
            },
        ]
        body = forms[n % len(forms)]
        made.append({"resourceType": body["resourceType"], "id": f"r{n}", "meta": meta, **body})
    return made


def page(*, trailing_zeros: bool) -> str:
    """A search set as servers write it, without spaces.

    Args:
        trailing_zeros: whether laboratory values keep a last digit that is 0 (4.10), which a float
            would lose.
    """
    found = resources(lambda kind, n: f"{kind}/r{n}", RESOURCES)
    entries = [
        {"fullUrl": f"https://emr.example/fhir/{r['resourceType']}/{r['id']}", "resource": r}
        for r in found
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
    text = json.dumps(bundle, separators=(",", ":"))
    return text.replace('"value":4.1,', '"value":4.10,') if trailing_zeros else text


def transaction() -> str:
    def uuid(n: int) -> str:
        return f"urn:uuid:00000000-0000-4000-8000-{n:012d}"

    found = resources(lambda _kind, n: uuid(n), RESOURCES)
    entries = [
        {
            "fullUrl": uuid(n),
            "resource": r,
            "request": {"method": "POST", "url": str(r["resourceType"])},
        }
        for n, r in enumerate(found)
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return json.dumps(bundle, separators=(",", ":"))


def per_second(work: Callable[[], object], at_least_s: float) -> float:
    """Resources per second of CPU."""
    times, began = 0, time.process_time()
    while (took := time.process_time() - began) < at_least_s:
        work()
        times += 1
    return times * RESOURCES / took


def compare(text: str, rounds: int = ROUNDS) -> dict[str, float]:
    """Median rates of all readers, taken in turns."""
    raw = text.encode()
    assert len(read_checked(text)) == RESOURCES
    works: dict[str, tuple[Callable[[], object], float]] = {
        "ours": (lambda: read_checked(raw.decode()), 0.4),
        "fhir.resources": (lambda: Bundle.model_validate_json(raw), 0.8),
        "json": (lambda: json.loads(raw), 0.2),
        "orjson": (lambda: orjson.loads(raw), 0.2),
    }
    for work, _ in works.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, seconds) in works.items():
            gc.collect()
            found[name].append(per_second(work, seconds))
    return {name: statistics.median(rates) for name, rates in found.items()}


def row(name: str, unit: str, value: float, peer: str, peer_value: float, aim: str) -> object:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "peer": peer,
        "peer_value": peer_value,
        "ratio": value / peer_value,
        "aim": aim,
    }


def main() -> None:
    unit = "resources/cpu-s"
    rows = []
    for name, text in (
        ("page", page(trailing_zeros=False)),
        ("page with values such as 4.10", page(trailing_zeros=True)),
        ("transaction, references resolved", transaction()),
    ):
        rates = compare(text)
        peer, aim = rates["fhir.resources"], ">= 25" if name.startswith("page") else ""
        rows.append(row(f"{name}: read, checked", unit, rates["ours"], "fhir.resources", peer, aim))
        if name == "page":
            rows.append(
                row(
                    f"{name}: read, checked",
                    unit,
                    rates["ours"],
                    "orjson",
                    rates["orjson"],
                    ">= 0.7",
                )
            )
            rows.append(
                row(f"{name}: read, checked", unit, rates["ours"], "json", rates["json"], "")
            )
    print(json.dumps({"bench": "fhir_read", "measured": time.strftime("%F"), "rows": rows}))


if __name__ == "__main__":
    main()
