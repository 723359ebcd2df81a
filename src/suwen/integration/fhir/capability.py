"""What our read-only FHIR endpoint says about itself, and how it says what did not go.

Source: HL7 FHIR R4 (4.0.1), CapabilityStatement, OperationOutcome, issue-type.
"""

from __future__ import annotations

from typing import Any, Final

from suwen.core.errors import SuwenError
from suwen.core.language import Language
from suwen.integration.fhir.asking import SEARCHABLE
from suwen.integration.fhir.composition import CANONICAL

#: Issue codes of R4 by our category of error; anything else is an ``exception``.
_ISSUES: Final = {
    "input": "invalid",
    "clinical_data": "invalid",
    "not_found": "not-found",
    "conflict": "conflict",
    "authentication": "login",
    "access": "forbidden",
    "privacy": "forbidden",
    "guardrail": "forbidden",
    "governance": "forbidden",
    "unavailable": "transient",
    "audit": "transient",
    "precondition": "business-rule",
}
_BY_CODE: Final = {
    "search_parameter_unknown": "not-supported",
    "format_not_supported": "not-supported",
    "method_not_allowed": "not-supported",
    "no_such_page": "not-found",
}
_AUDIT_PARAMETERS: Final = (
    ("_id", "token"),
    ("patient", "reference"),
    ("agent", "token"),
    ("subtype", "token"),
    ("outcome", "token"),
    ("date", "date"),
)


def capability_statement(base: str, hospital: str, version: str, date: str) -> dict[str, Any]:
    """The CapabilityStatement.

    Args:
        date: when this version's statement last changed, as a FHIR date.
    """
    resources = [_resource(name) for name in sorted(SEARCHABLE)]
    resources.append(_stated("AuditEvent", list(_AUDIT_PARAMETERS)))
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{CANONICAL}/CapabilityStatement/signed-records",
        "name": "SuwenSignedRecords",
        "title": "suwen: signed records, read-only",
        "status": "active",
        "date": date,
        "publisher": hospital,
        "kind": "instance",
        "software": {"name": "suwen", "version": version},
        "implementation": {"description": hospital, "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "What a person signed, read-only. Unknown search parameters are "
                "refused. AuditEvent is for the audit administrator.",
                "security": {
                    "cors": False,
                    "description": "A person's bearer token (POST /api/v1/token); records are "
                    "open within the care relationship, and each reading is audited.",
                },
                "resource": resources,
            }
        ],
    }


def operation_outcome(error: SuwenError, language: Language) -> dict[str, Any]:
    """An error as an OperationOutcome, with the platform's own code beside the standard's."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": _BY_CODE.get(error.code) or _ISSUES.get(error.category, "exception"),
        "details": {
            "coding": [{"system": f"{CANONICAL}/CodeSystem/error", "code": error.code}],
            "text": error.safe_message.in_language(language),
        },
    }
    if error.field:
        issue["expression"] = [error.field]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _resource(name: str) -> dict[str, Any]:
    known = SEARCHABLE[name]
    parameters = [("_id", "token"), ("_lastUpdated", "date")]
    parameters += [(own, "reference") for own in known.of_patient]
    if known.date is not None:
        parameters.append((known.date, "date"))
    if known.encounter:
        parameters.append(("encounter", "reference"))
    if known.statuses is not None:
        parameters.append(("status", "token"))
    return _stated(name, parameters)


def _stated(name: str, parameters: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "type": name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "readHistory": False,
        "searchParam": [{"name": own, "type": kind} for own, kind in parameters],
    }
