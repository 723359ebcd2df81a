"""Audit events as FHIR R4 AuditEvent resources, for a hospital's own audit repository.

Source: HL7 FHIR R4 (4.0.1), AuditEvent; code systems audit-event-type, audit-event-outcome,
audit-event-action, v3-ActReason.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from suwen.core.audit import AuditEvent, AuditOutcome, canonical_json
from suwen.storage.audit import AuditStore
from suwen.storage.secret_files import sync_folder

_SUWEN: Final = "https://suwen.example/fhir"
_OUTCOMES: Final = {
    AuditOutcome.OPENED: "0",
    AuditOutcome.DONE: "0",
    AuditOutcome.REFUSED: "4",
    AuditOutcome.FAILED: "8",
}
# What the last part of an action's name does to its subject; anything else is executed.
_ACTIONS: Final = {
    "create": "C", "add": "C", "import": "C", "store": "C",
    "read": "R", "list": "R", "show": "R", "search": "R", "export": "R", "copy": "R",
    "verify": "R", "save": "U", "edit": "U", "amend": "U", "update": "U",
    "remove": "D", "delete": "D",
}  # fmt: skip
_PURPOSES: Final = {
    "treatment": "TREAT",
    "quality": "HQUALIMP",
    "operations": "HOPERAT",
    "research": "HRESCH",
}
# Subjects that are FHIR resources themselves; all others are named by identifier.
_RESOURCES: Final = frozenset({"Patient", "Encounter", "Composition", "Bundle", "Practitioner"})


def audit_event_resource(event: AuditEvent) -> dict[str, Any]:
    """The R4 AuditEvent of one event; chain position and hash stand in ``source`` and entities."""
    entry = event.entry
    verb = entry.action.rpartition(".")[2]
    resource: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"suwen-audit-{event.sequence}",
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "code": "rest",
            "display": "RESTful Operation",
        },
        "subtype": [{"system": f"{_SUWEN}/CodeSystem/audit-action", "code": entry.action}],
        "action": _ACTIONS.get(verb, "E"),
        "recorded": event.at.isoformat(),
        "outcome": _OUTCOMES[entry.outcome],
        "outcomeDesc": entry.outcome.value,
        "agent": [
            {
                "who": _identified("principal", entry.actor),
                "altId": entry.actor,
                "requestor": True,
                "policy": [f"{_SUWEN}/policy/channel/{entry.channel}"],
            }
        ],
        "source": {
            "site": "suwen",
            "observer": {"display": "suwen"},
            "type": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/security-source-type",
                    "code": "4",
                    "display": "Application Server",
                }
            ],
        },
        "entity": _entities(event),
    }
    purpose = _PURPOSES.get(entry.purpose or "")
    if purpose:
        system = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
        resource["purposeOfEvent"] = [{"coding": [{"system": system, "code": purpose}]}]
    return resource


async def export_fhir(store: AuditStore, target: Path) -> int:
    """Writes every event as one AuditEvent a line (NDJSON); answers how many.

    Raises:
        OSError: when the file cannot be written.
        UnavailableError: when the database does not answer.
    """
    temporary = target.with_name(f".{target.name}.writing")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    count = 0
    with temporary.open("w", encoding="utf-8") as stream:
        async for event in store.stream():
            line = json.dumps(audit_event_resource(event), ensure_ascii=False)
            stream.write(line + "\n")
            count += 1
    temporary.replace(target)
    sync_folder(target.parent)
    return count


def _entities(event: AuditEvent) -> list[dict[str, Any]]:
    entry = event.entry
    facts = canonical_json(dict(entry.detail)).decode()
    entities: list[dict[str, Any]] = [
        {
            "what": _identified("audit-sequence", str(event.sequence)),
            "name": "chain",
            "detail": [
                {"type": "hash", "valueString": event.hash},
                {"type": "previous_hash", "valueString": event.previous_hash},
                {"type": "detail", "valueString": facts},
            ],
        }
    ]
    if entry.subject:
        entities.append({"what": _referenced(entry.subject), "name": "subject"})
    if entry.patient:
        role = {
            "system": "http://terminology.hl7.org/CodeSystem/object-role",
            "code": "1",
            "display": "Patient",
        }
        reference = entry.patient if "/" in entry.patient else f"Patient/{entry.patient}"
        entities.append({"what": {"reference": reference}, "role": role, "name": "patient"})
    for name, value in (("app", entry.app), ("trace", entry.trace)):
        if value:
            entities.append({"what": _identified(name, value), "name": name})
    return entities


def _referenced(subject: str) -> dict[str, Any]:
    kind, _, rest = subject.partition("/")
    if kind in _RESOURCES and rest:
        return {"reference": subject}
    return _identified("subject", subject)


def _identified(system: str, value: str) -> dict[str, Any]:
    return {"identifier": {"system": f"{_SUWEN}/NamingSystem/{system}", "value": value}}
