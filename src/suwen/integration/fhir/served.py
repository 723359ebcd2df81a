"""A signed record as the resources that other systems read, each with an address of its own.

All of them carry the number of the signed record, so that one leads to the other. Whoever signed,
the device and the hospital are contained; patient and encounter are those of the record.

Source: HL7 FHIR R4 (4.0.1), Composition, DocumentReference, Provenance, DetectedIssue,
GuidanceResponse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from suwen.integration.fhir.composition import (
    CANONICAL,
    RECORD_SYSTEM,
    SignedDocument,
    signed_bundle,
)
from suwen.integration.fhir.leaving import check_resource_leaving

GUIDED_DOCUMENT: Final = f"{CANONICAL}/StructureDefinition/guided-document"
TRACE_SYSTEM: Final = f"{CANONICAL}/NamingSystem/trace"
RULE_SYSTEM: Final = f"{CANONICAL}/CodeSystem/rule"
#: Findings of severity ``info`` are remarks, no issues.
_SEVERITIES: Final = {
    "contraindicated": "high",
    "major": "high",
    "moderate": "moderate",
    "minor": "low",
}


@dataclass(frozen=True, slots=True)
class ServedDocument:
    """A signed document and what its resources need besides.

    Attributes:
        app: the application that drafted it.
        superseded: whether a later signature took its place.
        base: our FHIR base address, for links to the document itself.
    """

    source: SignedDocument
    app: str
    trace: str
    drafted_at: datetime
    superseded: bool
    base: str

    @property
    def id(self) -> str:
        """Number of the signed record, which its resources carry."""
        return str(self.source.signed.id)


def served(document: ServedDocument, resource_type: str) -> list[dict[str, Any]]:
    """The resources of one type that a signed record gives, valid R4; may be none.

    Raises:
        PreconditionError: ``not_signed``.
        IntegrationError: ``fhir_invalid`` when one would not be valid R4.
    """
    bundle = signed_bundle(document.source)
    if resource_type == "Bundle":
        return [{**bundle, "id": document.id}]
    found = list(_WRITERS[resource_type](document, _Pieces(document, bundle)))
    for resource in found:
        check_resource_leaving(resource)
    return found


class _Pieces:
    """The resources of the document Bundle, and references to them from outside of it."""

    def __init__(self, document: ServedDocument, bundle: Mapping[str, Any]) -> None:
        self._document = document
        self.by_url: dict[str, dict[str, Any]] = {
            entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]
        }
        self._local = {url: self._address(r) for url, r in self.by_url.items()}

    def of_type(self, resource_type: str) -> dict[str, Any]:
        """The first resource of a type."""
        return next(r for r in self.by_url.values() if r["resourceType"] == resource_type)

    def standing_alone(self, resource: Mapping[str, Any], identity: str) -> dict[str, Any]:
        """A resource of the Bundle with an id of its own and what it names contained."""
        body = self._moved({**resource, "id": identity})
        return self.with_contained(body)

    def with_contained(self, body: dict[str, Any]) -> dict[str, Any]:
        """The resource and whatever of the Bundle it refers to inside itself."""
        named = {r for r in _literal_references(body) if r.startswith("#")}
        contained = [
            {**self._moved(resource), "id": self._local[url][1:]}
            for url, resource in self.by_url.items()
            if self._local[url] in named
        ]
        ordered = {"resourceType": body["resourceType"], "id": body["id"]}
        if contained:
            ordered["contained"] = contained
        return {**ordered, **{k: v for k, v in body.items() if k not in ordered}}

    def reference(self, resource_type: str) -> dict[str, str]:
        """A reference to the first resource of a type."""
        for url, resource in self.by_url.items():
            if resource["resourceType"] == resource_type:
                return {"reference": self._local[url]}
        raise AssertionError(f"every signed document has a {resource_type}")

    @property
    def encounter(self) -> dict[str, str] | None:
        """A reference to the encounter, where the document is about one."""
        has = any(r["resourceType"] == "Encounter" for r in self.by_url.values())
        return self.reference("Encounter") if has else None

    def _address(self, resource: Mapping[str, Any]) -> str:
        kind, source = resource["resourceType"], self._document.source
        if kind == "Patient":
            return f"Patient/{source.patient['id']}"
        if kind == "Encounter" and source.encounter is not None:
            return f"Encounter/{source.encounter['id']}"
        if kind in ("Composition", "Provenance"):
            return f"{kind}/{self._document.id}"
        return f"#{kind.lower()}-{str(resource['id'])[:8]}"

    def _moved(self, value: Any) -> Any:
        """A copy with references into the Bundle turned outwards."""
        if isinstance(value, Mapping):
            copy = {key: self._moved(item) for key, item in value.items()}
            reference = copy.get("reference")
            if isinstance(reference, str) and reference in self._local:
                copy["reference"] = self._local[reference]
            return copy
        if isinstance(value, list | tuple):
            return [self._moved(item) for item in value]
        return value


def _composition(document: ServedDocument, pieces: _Pieces) -> Iterator[dict[str, Any]]:
    yield pieces.standing_alone(pieces.of_type("Composition"), document.id)


def _provenance(document: ServedDocument, pieces: _Pieces) -> Iterator[dict[str, Any]]:
    body = pieces.standing_alone(pieces.of_type("Provenance"), document.id)
    body["target"] = [
        {"reference": f"{kind}/{document.id}"} for kind in ("Composition", "DocumentReference")
    ]
    yield body


def _document_reference(document: ServedDocument, pieces: _Pieces) -> Iterator[dict[str, Any]]:
    composition = pieces.standing_alone(pieces.of_type("Composition"), document.id)
    signed = document.source.signed
    body: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": document.id,
        "meta": composition["meta"],
        "extension": composition["extension"],
        "masterIdentifier": composition["identifier"],
        "status": "superseded" if document.superseded else "current",
        "docStatus": composition["status"],
        "type": composition["type"],
        "subject": composition["subject"],
        "date": signed.signed_at.isoformat(),
        "author": composition["author"],
        "authenticator": composition["author"][0],
        "custodian": composition["custodian"],
        "description": composition["title"],
        "content": [
            {
                "attachment": {
                    "contentType": "application/fhir+json",
                    "language": composition["language"],
                    "url": f"{document.base}/Bundle/{document.id}",
                    "title": composition["title"],
                    "creation": signed.signed_at.isoformat(),
                }
            }
        ],
    }
    if pieces.encounter is not None:
        body["context"] = {"encounter": [pieces.encounter]}
    if signed.supersedes:
        replaced = {"reference": f"DocumentReference/{signed.supersedes}"}
        body["relatesTo"] = [{"code": "replaces", "target": replaced}]
    yield pieces.with_contained(body)


def _detected_issues(document: ServedDocument, pieces: _Pieces) -> Iterator[dict[str, Any]]:
    content = document.source.signed.content
    language = content["result"]["document"]["language"]
    for number, finding in enumerate(content["result"].get("findings") or (), start=1):
        severity = _SEVERITIES.get(str(finding.get("severity")))
        if severity is None:
            continue
        body: dict[str, Any] = {
            "resourceType": "DetectedIssue",
            "id": f"{document.id}-{number}",
            "identifier": [{"system": RECORD_SYSTEM, "value": f"{document.id}#{number}"}],
            "status": "final",
            "code": {"coding": [{"system": RULE_SYSTEM, "code": str(finding["rule"])}]},
            "severity": severity,
            "patient": pieces.reference("Patient"),
            "identifiedDateTime": document.drafted_at.isoformat(),
            "author": pieces.reference("Device"),
            "detail": str(finding[f"message_{language}"]),
        }
        implicated = _record_references(finding)
        if implicated:
            body["implicated"] = [{"reference": reference} for reference in implicated]
        yield pieces.with_contained(body)


def _guidance_response(document: ServedDocument, pieces: _Pieces) -> Iterator[dict[str, Any]]:
    composition = pieces.of_type("Composition")
    body: dict[str, Any] = {
        "resourceType": "GuidanceResponse",
        "id": document.id,
        "meta": composition["meta"],
        "extension": [
            {
                "url": GUIDED_DOCUMENT,
                "valueReference": {"reference": f"Composition/{document.id}"},
            }
        ],
        "requestIdentifier": {"system": TRACE_SYSTEM, "value": document.trace},
        "identifier": [{"system": RECORD_SYSTEM, "value": document.id}],
        "moduleCanonical": f"{CANONICAL}/PlanDefinition/{document.app}"
        f"|{document.source.release[:16]}",
        "status": "success",
        "subject": pieces.reference("Patient"),
        "occurrenceDateTime": document.drafted_at.isoformat(),
        "performer": pieces.reference("Device"),
    }
    if pieces.encounter is not None:
        body["encounter"] = pieces.encounter
    yield pieces.with_contained(body)


_WRITERS: Final[Mapping[str, Callable[[ServedDocument, _Pieces], Iterator[dict[str, Any]]]]] = {
    "Composition": _composition,
    "DocumentReference": _document_reference,
    "Provenance": _provenance,
    "DetectedIssue": _detected_issues,
    "GuidanceResponse": _guidance_response,
}

SERVED_TYPES: Final = ("Bundle", *_WRITERS)


def _record_references(finding: Mapping[str, Any]) -> list[str]:
    """``Type/id`` of what a finding rests on in the record."""
    found = [
        str(e["reference"]).split("#")[0]
        for e in finding.get("evidence") or ()
        if e.get("kind") == "record"
    ]
    return list(dict.fromkeys(reference for reference in found if "/" in reference))


def _literal_references(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            reference = item.get("reference")
            if isinstance(reference, str):
                yield reference
            pending.extend(item.values())
        elif isinstance(item, list | tuple):
            pending.extend(item)
