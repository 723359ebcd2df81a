"""The judged cases, and the records that they describe in short."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from suwen.core.cards import CardCase, DraftOrder, Held, Hook, KnownDraft
from suwen.core.draft import DraftStatus
from suwen.core.identity import DraftId
from suwen.core.record import CodedItem, MedicationItem, PatientRecord
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import read_record

NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
TYPES = (
    "AllergyIntolerance",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "ServiceRequest",
)
SUBJECT = {"reference": "Patient/p1"}
STAY = "Encounter/e1"
_FOLDER = Path(__file__).parent


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of one file."""
    lines = (_FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def ids(case: Mapping[str, Any]) -> str:
    return str(case["id"])


def instant(hours_ago: float) -> str:
    return (NOW - timedelta(hours=hours_ago)).isoformat()


def _days(text: str) -> str:
    return (NOW + timedelta(days=float(text.rstrip("d")))).isoformat()


def concept(text: str | None, code: str | None = None, system: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if text is not None:
        found["text"] = text
    if code is not None:
        found["coding"] = [{"code": code, **({"system": system} if system else {})}]
    return found


def allergy(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """An AllergyIntolerance; a status that is not given is active and confirmed."""
    resource: dict[str, Any] = {
        "resourceType": "AllergyIntolerance",
        "id": f"a{number}",
        "patient": SUBJECT,
    }
    if given.get("text") is not None or given.get("coded"):
        resource["code"] = concept(given["text"], given.get("code"), given.get("system"))
    clinical = given.get("clinical", "active")
    if clinical is not None and given.get("verification") != "entered-in-error":
        resource["clinicalStatus"] = {"coding": [{"code": clinical}]}
    resource["verificationStatus"] = {"coding": [{"code": given.get("verification", "confirmed")}]}
    for name in ("type", "criticality"):
        if name in given:
            resource[name] = given[name]
    if "category" in given:
        resource["category"] = [given["category"]]
    if "reaction" in given:
        resource["reaction"] = [{"manifestation": [{"text": given["reaction"]}]}]
    return resource


def _step(given: Mapping[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = {}
    rate: dict[str, Any] = {}
    for name, element in (("dose", "doseQuantity"), ("rate", "rateQuantity")):
        if name in given:
            value, unit = given[name]
            rate[element] = {"value": Decimal(value), **({"unit": unit} if unit else {})}
    if "dose_range" in given:
        low, high = given["dose_range"]
        rate["doseRange"] = {
            "low": {"value": Decimal(low[0]), "unit": low[1]},
            "high": {"value": Decimal(high[0]), "unit": high[1]},
        }
    if rate:
        step["doseAndRate"] = [rate]
    if "route" in given:
        step["route"] = {"text": given["route"]}
    if "timing" in given:
        step["timing"] = {"code": {"text": given["timing"]}}
    if "repeat" in given:
        frequency, period, unit = given["repeat"]
        repeat = {"frequency": frequency, "period": period, "periodUnit": unit}
        step["timing"] = {"repeat": {k: v for k, v in repeat.items() if v is not None}}
    if "event" in given:
        step["timing"] = {"event": [_days(given["event"])]}
    if "as_needed" in given:
        step["asNeededBoolean"] = given["as_needed"]
    if "dosage_text" in given:
        step["text"] = given["dosage_text"]
    return step


def medication(identity: str, given: Mapping[str, Any], status: str = "active") -> dict[str, Any]:
    """A MedicationRequest or MedicationStatement."""
    kind = given.get("type", "MedicationRequest")
    resource: dict[str, Any] = {
        "resourceType": kind,
        "id": given.get("id", identity),
        "status": given.get("status", status),
        "subject": SUBJECT,
        "medicationCodeableConcept": concept(given["text"], given.get("code"), given.get("system")),
    }
    steps = [s for s in (_step(given), _step(given.get("then", {}))) if s]
    if kind == "MedicationRequest":
        resource["intent"] = given.get("intent", "order")
        resource["authoredOn"] = instant(48)
    if "end" in given:
        timing = {"repeat": {"boundsPeriod": {"end": _days(given["end"])}}}
        steps = [{**(steps[0] if steps else {}), "timing": timing}]
    if steps:
        resource["dosageInstruction" if kind == "MedicationRequest" else "dosage"] = steps
    if "category" in given:
        resource["category"] = [{"coding": [{"code": given["category"]}]}]
    if "prior" in given:
        resource["priorPrescription"] = {"reference": given["prior"]}
    return resource


def patient(age_y: int | None = 60) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": "Patient", "id": "p1", "gender": "male"}
    if age_y is not None:
        resource["birthDate"] = f"{NOW.year - age_y}-01-15"
    return resource


def record_of(resources: list[dict[str, Any]], age_y: int | None = 60) -> PatientRecord:
    entries = [{"resource": r} for r in [patient(age_y), *resources]]
    read = read_resources({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return read_record(read)


def drafted(resources: list[dict[str, Any]]) -> tuple[DraftOrder, ...]:
    """Draft orders, all of them selected."""
    record = record_of(resources)
    typed: dict[str, MedicationItem | CodedItem] = {
        item.reference: item for item in (*record.medications, *record.service_requests)
    }
    found = []
    for resource in resources:
        reference = f"{resource['resourceType']}/{resource['id']}"
        item = typed.get(reference)
        found.append(DraftOrder(reference, True, item, item.resource if item else resource))
    return tuple(found)


def case_of(
    hook: Hook,
    resources: list[dict[str, Any]],
    orders: tuple[DraftOrder, ...] = (),
    *,
    age_y: int | None = 60,
    not_read: tuple[str, ...] = (),
    drafts: tuple[KnownDraft, ...] | None = (),
    encounter: str | None = None,
) -> CardCase:
    return CardCase(
        hook=hook,
        now=NOW,
        zone=ZONE,
        record=record_of(resources, age_y),
        held={kind: Held.REQUEST for kind in TYPES if kind not in not_read},
        encounter=encounter,
        orders=orders,
        drafts=drafts,
    )


def stay(given: Mapping[str, Any]) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": given.get("status", "in-progress"),
        "class": {"code": given.get("class", "IMP")},
        "subject": SUBJECT,
    }
    period = {}
    if given.get("admitted_h") is not None:
        period["start"] = instant(given["admitted_h"])
    if "discharged_h" in given:
        period["end"] = instant(given["discharged_h"])
    if period:
        resource["period"] = period
    return resource


def chart(given: Mapping[str, Any]) -> tuple[list[dict[str, Any]], tuple[KnownDraft, ...]]:
    """The resources and the drafts of a chart case."""
    resources: list[dict[str, Any]] = []
    if "stay" in given:
        resources.append(stay(given["stay"]))
    no_entries = [{"text": "无已知过敏", "code": "716186003"}]
    for number, entry in enumerate(given.get("allergies", no_entries)):
        resources.append(allergy(number, entry))
    for number, note in enumerate(given.get("notes", ())):
        resources.append(
            {
                "resourceType": "DocumentReference",
                "id": f"n{number}",
                "status": "current",
                "docStatus": "final" if note["signed"] else "preliminary",
                "type": concept("文书", note["code"], "http://loinc.org"),
                "subject": SUBJECT,
                "date": instant(note["h"]),
                "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
            }
        )
    for number, report in enumerate(given.get("reports", ())):
        resources.append(
            {
                "resourceType": "DiagnosticReport",
                "id": f"r{number}",
                "status": report["status"],
                "code": {"text": report["text"]},
                "subject": SUBJECT,
                "issued": instant(report["h"]),
                **(
                    {"basedOn": [{"reference": report["based_on"]}]} if "based_on" in report else {}
                ),
            }
        )
    for number, request in enumerate(given.get("requests", ())):
        resources.append(
            {
                "resourceType": "ServiceRequest",
                "id": request.get("id", f"s{number}"),
                "status": request["status"],
                "intent": "order",
                "code": {"text": request["text"]},
                "subject": SUBJECT,
                "authoredOn": instant(request["h"]),
                **(
                    {"encounter": {"reference": request["encounter"]}}
                    if "encounter" in request
                    else {}
                ),
            }
        )
    for number, entry in enumerate(given.get("medications", ())):
        resources.append(medication(f"m{number}", entry))
    drafts = tuple(
        KnownDraft(
            DraftId(f"d{number}"),
            entry["type"],
            DraftStatus(entry["status"]),
            NOW - timedelta(hours=entry.get("h", 1)),
        )
        for number, entry in enumerate(given.get("drafts", ()))
    )
    return resources, drafts


def result(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """A laboratory result of one hour ago unless said otherwise."""
    code = given.get("loinc")
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": given.get("status", "final"),
        "category": [{"coding": [{"code": given.get("category", "laboratory")}]}],
        "code": concept(given.get("text", code), code, "http://loinc.org"),
        "subject": SUBJECT,
    }
    if "day" in given:
        local = NOW.astimezone(ZONE) - timedelta(days=int(given["day"]))
        resource["effectiveDateTime"] = local.date().isoformat()
    elif given.get("hours", 1) is not None:
        resource["effectiveDateTime"] = instant(float(given.get("hours", 1)))
    try:
        quantity: dict[str, Any] = {"value": Decimal(given["value"])}
    except ArithmeticError:
        resource["valueString"] = given["value"]
    else:
        if given["unit"] is not None:
            quantity["unit"] = given["unit"]
        if "comparator" in given:
            quantity["comparator"] = given["comparator"]
        resource["valueQuantity"] = quantity
    if "flag" in given:
        resource["interpretation"] = [{"coding": [{"code": given["flag"]}]}]
    return resource
