"""What was signed, as an R4 document: Bundle of Composition, Provenance and who they name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from suwen.core.draft import Decision, SignedRecord, SignOff
from suwen.core.errors import PreconditionError
from suwen.core.language import Bilingual, Language
from suwen.core.record import Resource
from suwen.integration.fhir.leaving import check_leaving

CANONICAL = "https://suwen.example/fhir"
LABEL_SYSTEM = f"{CANONICAL}/CodeSystem/ai-label"
LABEL_EXTENSION = f"{CANONICAL}/StructureDefinition/ai-label"
RECORD_SYSTEM = f"{CANONICAL}/NamingSystem/signed-record"
ACCOUNT_SYSTEM = f"{CANONICAL}/NamingSystem/account"
HASH_EXTENSION = f"{CANONICAL}/StructureDefinition/signed-content"
_LOINC = "http://loinc.org"
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_SIGNATURE = "urn:iso-astm:E1762-95:2013"
_NAMESPACE = uuid.UUID("5f0c1f0e-6d3b-5a61-9d0e-6b0c35d0a3a1")

#: LOINC document types. Source: LOINC document ontology.
DOCUMENT_CODES: Mapping[str, tuple[str, str]] = {
    "discharge_summary": ("18842-5", "Discharge summary"),
    "admission_record": ("34117-2", "History and physical note"),
    "outpatient_note": ("34131-3", "Outpatient Progress note"),
}
_SIGNING = (Decision.ACCEPT, Decision.AMEND, Decision.COSIGN)
_NOT_RECORDED = Bilingual("未见记录", "Not recorded")


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """What is needed to state a signed record in FHIR.

    Attributes:
        patient: the Patient as recorded; only identity, name, sex and birth date leave with the
            document.
        encounter: the Encounter as recorded, where the document is about one.
        hospital: name of the custodian.
        release: hash of the Release that drafted the document.
    """

    signed: SignedRecord
    patient: Resource = field(repr=False)
    encounter: Resource | None = field(repr=False)
    hospital: str
    release: str


def signed_bundle(source: SignedDocument) -> dict[str, Any]:
    """The signed record as a Bundle of type document, validated as R4.

    Raises:
        PreconditionError: ``not_signed`` when nobody signed it.
        IntegrationError: ``fhir_invalid`` when it would not be valid R4.
    """
    signers = [s for s in source.signed.sign_offs if s.decision in _SIGNING]
    if not signers:
        raise PreconditionError(
            "not_signed",
            Bilingual(
                zh="只有已签署的文书可以导出为 FHIR。",
                en="Only a signed document leaves as FHIR.",
            ),
        )
    parts = _Parts(source, signers)
    resources = [
        _composition(parts),
        _provenance(parts),
        parts.patient(),
        *parts.practitioners(),
        parts.organization(),
        parts.device(),
    ]
    encounter = parts.encounter()
    if encounter is not None:
        resources.append(encounter)
    bundle = {
        "resourceType": "Bundle",
        "id": parts.uuid("bundle"),
        "meta": {"tag": [_label_tag(parts.label)]},
        "identifier": {"system": RECORD_SYSTEM, "value": str(source.signed.id)},
        "type": "document",
        "timestamp": source.signed.signed_at.isoformat(),
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources],
    }
    check_leaving(bundle)
    return bundle


class _Parts:
    """The pieces that Composition and Provenance share."""

    def __init__(self, source: SignedDocument, signers: Sequence[SignOff]) -> None:
        self.source = source
        self.signed = source.signed
        self.signers = signers
        self.document: Mapping[str, Any] = source.signed.content["result"]["document"]
        self.label: Mapping[str, Any] = source.signed.content["label"]
        self.language = Language(self.document["language"])

    def uuid(self, part: str) -> str:
        """The same id for the same part of the same signed record, every time it leaves."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.signed.id}/{part}"))

    def reference(self, part: str, kind: str, display: str | None = None) -> dict[str, str]:
        """A reference to a resource of the Bundle."""
        body = {"reference": f"urn:uuid:{self.uuid(part)}", "type": kind}
        if display:
            body["display"] = display
        return body

    def signer(self, sign_off: SignOff) -> dict[str, str]:
        """A reference to the one who signed."""
        return self.reference(f"person/{sign_off.signer}", "Practitioner", sign_off.signer_name)

    def patient(self) -> dict[str, Any]:
        """Identity, name, sex and birth date of the patient."""
        kept = ("identifier", "name", "gender", "birthDate")
        body = {name: self.source.patient[name] for name in kept if name in self.source.patient}
        if "identifier" in body:
            body["identifier"] = _record_numbers(body["identifier"])
        return {"resourceType": "Patient", "id": self.uuid("patient"), **body}

    def encounter(self) -> dict[str, Any] | None:
        """Status, class and period of the encounter."""
        found = self.source.encounter
        if found is None:
            return None
        kept = ("identifier", "status", "class", "serviceType", "period")
        return {
            "resourceType": "Encounter",
            "id": self.uuid("encounter"),
            **{name: found[name] for name in kept if name in found},
            "subject": self.reference("patient", "Patient"),
        }

    def practitioners(self) -> list[dict[str, Any]]:
        """Everyone who signed, once each."""
        by_account = {s.signer: s for s in self.signers}
        return [
            {
                "resourceType": "Practitioner",
                "id": self.uuid(f"person/{s.signer}"),
                "identifier": [{"system": ACCOUNT_SYSTEM, "value": s.signer}],
                "name": [{"text": s.signer_name}],
            }
            for s in by_account.values()
        ]

    def organization(self) -> dict[str, Any]:
        """The hospital that keeps the document."""
        return {
            "resourceType": "Organization",
            "id": self.uuid("hospital"),
            "name": self.source.hospital,
        }

    def device(self) -> dict[str, Any]:
        """The system that drafted it, with the exact Release."""
        return {
            "resourceType": "Device",
            "id": self.uuid("device"),
            "deviceName": [{"name": "suwen", "type": "model-name"}],
            "version": [{"value": self.source.release}],
            "note": [{"text": _visible(self)}],
        }


def _composition(parts: _Parts) -> dict[str, Any]:
    signed, document = parts.signed, parts.document
    kind = str(document["document_type"])
    code = DOCUMENT_CODES.get(kind)
    concept: dict[str, Any] = {"text": document["title"]}
    if code is not None:
        concept["coding"] = [{"system": _LOINC, "code": code[0], "display": code[1]}]
    body: dict[str, Any] = {
        "resourceType": "Composition",
        "id": parts.uuid("composition"),
        "meta": {"tag": [_label_tag(parts.label)]},
        "language": "zh-CN" if parts.language is Language.ZH else "en",
        "text": _narrative(_visible(parts) + "\n" + document["title"]),
        "extension": [_label_extension(parts)],
        "identifier": {"system": RECORD_SYSTEM, "value": str(signed.id)},
        "status": "amended" if signed.supersedes else "final",
        "type": concept,
        "subject": parts.reference("patient", "Patient"),
        "date": signed.signed_at.isoformat(),
        "author": [
            *_once(parts.signer(s) for s in parts.signers),
            parts.reference("device", "Device", "suwen"),
        ],
        "title": document["title"],
        "attester": [
            {
                "mode": "professional" if s.decision is Decision.COSIGN else "legal",
                "time": s.decided_at.isoformat(),
                "party": parts.signer(s),
            }
            for s in parts.signers
        ],
        "custodian": parts.reference("hospital", "Organization", parts.source.hospital),
        "section": [_section(s, parts.language) for s in document["sections"]],
    }
    if parts.source.encounter is not None:
        body["encounter"] = parts.reference("encounter", "Encounter")
    if signed.supersedes:
        body["relatesTo"] = [
            {
                "code": "replaces",
                "targetIdentifier": {"system": RECORD_SYSTEM, "value": str(signed.supersedes)},
            }
        ]
    return body


def _section(section: Mapping[str, Any], language: Language) -> dict[str, Any]:
    body: dict[str, Any] = {"title": section["title"]}
    if section["code"]:
        body["code"] = {"coding": [{"system": _LOINC, "code": section["code"]}]}
    text = section["text"].strip()
    body["text"] = _narrative(text or _NOT_RECORDED.in_language(language))
    if not text:
        body["emptyReason"] = {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
                    "code": "unavailable",
                }
            ],
            "text": _NOT_RECORDED.in_language(language),
        }
    return body


def _provenance(parts: _Parts) -> dict[str, Any]:
    signed = parts.signed
    return {
        "resourceType": "Provenance",
        "id": parts.uuid("provenance"),
        "meta": {"tag": [_label_tag(parts.label)]},
        "target": [parts.reference("composition", "Composition")],
        "recorded": signed.signed_at.isoformat(),
        "activity": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion",
                    "code": "LA",
                    "display": "legally authenticated",
                }
            ]
        },
        "agent": [
            {
                "type": _coded(_PARTICIPANT, "assembler"),
                "who": parts.reference("device", "Device", "suwen"),
            },
            *(
                {
                    "type": _coded(
                        _PARTICIPANT, "verifier" if s.decision is Decision.COSIGN else "legal"
                    ),
                    "who": parts.signer(s),
                }
                for s in parts.signers
            ),
        ],
        "entity": [
            {"role": "source", "what": {"reference": reference}}
            for reference in _sources(parts.document)
        ],
        "signature": [_signature(parts, s) for s in parts.signers if s.signature],
    }


def _signature(parts: _Parts, sign_off: SignOff) -> dict[str, Any]:
    """The signature over the canonical decision, and what it covers."""
    code = "1.2.840.10065.1.12.1.5" if sign_off.decision is Decision.COSIGN else None
    return {
        "extension": [
            {
                "url": HASH_EXTENSION,
                "extension": [
                    {"url": "contentHash", "valueString": sign_off.content_hash},
                    {"url": "version", "valueInteger": sign_off.version},
                    {"url": "keyId", "valueString": sign_off.key_id or "unknown"},
                ],
            }
        ],
        "type": [{"system": _SIGNATURE, "code": code or "1.2.840.10065.1.12.1.1"}],
        "when": sign_off.decided_at.isoformat(),
        "who": parts.signer(sign_off),
        "targetFormat": "application/json",
        "sigFormat": "application/octet-stream",
        "data": sign_off.signature,
    }


def _sources(document: Mapping[str, Any]) -> list[str]:
    """``Type/id`` of every item of the record that a statement or field rests on."""
    evidence = [
        e
        for section in document["sections"]
        for holder in (*section["statements"], *section["fields"])
        for e in holder["evidence"]
        if e["kind"] == "record"
    ]
    return list(dict.fromkeys(e["reference"].split("#")[0] for e in evidence))


def _label_tag(label: Mapping[str, Any]) -> dict[str, str]:
    return {"system": LABEL_SYSTEM, "code": str(label["attribute"]), "display": "AI-generated"}


def _label_extension(parts: _Parts) -> dict[str, Any]:
    """The embedded label: attribute, provider, content number, visible wording."""
    label = parts.label
    return {
        "url": LABEL_EXTENSION,
        "extension": [
            {"url": "attribute", "valueCode": str(label["attribute"])},
            {"url": "provider", "valueString": f"{label['provider']} / {label['system']}"},
            {"url": "contentId", "valueString": str(label["content_id"])},
            {"url": "visible", "valueString": _visible(parts)},
        ],
    }


def _visible(parts: _Parts) -> str:
    return str(parts.label["visible_zh" if parts.language is Language.ZH else "visible_en"])


def _record_numbers(identifiers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The medical record number where one is marked, else the first: no identity numbers leave."""
    marked = [
        i
        for i in identifiers
        if any(c.get("code") == "MR" for c in (i.get("type") or {}).get("coding") or ())
    ]
    return list(marked or identifiers[:1])


def _narrative(text: str) -> dict[str, str]:
    lines = "<br/>".join(escape(_clean(line)) for line in text.split("\n"))
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'
    return {"status": "generated", "div": div}


def _clean(line: str) -> str:
    """The line without characters that XHTML cannot hold."""
    return "".join(c for c in line if c == "\t" or (c >= " " and not "\ud800" <= c <= "\udfff"))


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _once(references: Any) -> list[dict[str, str]]:
    return list({r["reference"]: r for r in references}.values())
