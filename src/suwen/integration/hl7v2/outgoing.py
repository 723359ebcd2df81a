"""What was signed, as HL7 v2: a document (MDM^T02) or a report (ORU^R01).

Source: HL7 v2.5.1, 9.5.2 (MDM^T02), 9.6.1 (TXA), 7.3.1 (ORU^R01), 7.4.2 (OBX).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from suwen.core.draft import Decision, SignedRecord, SignOff
from suwen.core.record import Resource
from suwen.integration.hl7v2.delimiters import STANDARD
from suwen.integration.hl7v2.times import hl7_time

_SIGNING = (Decision.ACCEPT, Decision.AMEND, Decision.COSIGN)
_SEX = {"male": "M", "female": "F", "other": "O", "unknown": "U"}
#: LOINC document types. Source: LOINC document ontology.
_DOCUMENT_CODES: Mapping[str, tuple[str, str]] = {
    "discharge_summary": ("18842-5", "Discharge summary"),
    "admission_record": ("34117-2", "History and physical note"),
    "outpatient_note": ("34131-3", "Outpatient Progress note"),
}
_CHARACTER_SETS = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000", "ascii": "ASCII"}


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """What is needed to state a signed record in HL7 v2.

    Attributes:
        patient: the Patient as recorded; identifiers, name, sex and birth date leave with it.
        pdf: the printed form, sent besides the text; ``None`` sends the text alone.
        parties: sending application and facility, receiving application and facility.
        kind: ``MDM`` or ``ORU``.
        codec: in which the message leaves; MSH-18 says so.
    """

    signed: SignedRecord = field(repr=False)
    patient: Resource = field(repr=False)
    encounter: Resource | None = field(repr=False)
    parties: tuple[str, str, str, str]
    kind: str = "MDM"
    codec: str = "utf-8"
    processing: str = "P"
    pdf: bytes | None = field(default=None, repr=False)


def signed_message(source: SignedMessage, at: datetime) -> str:
    """The message; its MSH-10 follows from the signed record, so that it is the same each time."""
    document = source.signed.content["result"]["document"]
    code, name = _DOCUMENT_CODES.get(document["document_type"], ("", document["document_type"]))
    service = "^".join([code, _text(name), "LN"]) if code else _text(name)
    event = "MDM^T02^MDM_T02" if source.kind == "MDM" else "ORU^R01^ORU_R01"
    if source.kind == "MDM" and source.signed.supersedes:
        event = "MDM^T10^MDM_T02"
    lines = [_header(source, event, at)]
    if source.kind == "MDM":
        lines.append(f"EVN||{hl7_time(at)}")
    lines += [_patient(source.patient), _visit(source.encounter)]
    lines.append(_txa(source, service) if source.kind == "MDM" else _obr(source, service))
    lines += _content(source, document, service)
    return "\r".join(lines) + "\r"


def control_id(record: SignedRecord) -> str:
    """MSH-10 of a signed record: within the 20 characters of the older versions."""
    return "S" + blake2b(str(record.id).encode(), digest_size=9).hexdigest()


def _header(source: SignedMessage, event: str, at: datetime) -> str:
    parties = [_text(name) for name in source.parties]
    fields = [
        "MSH",
        "^~\\&",
        *parties,
        hl7_time(at),
        "",
        event,
        control_id(source.signed),
        source.processing,
        "2.5.1",
        *([""] * 5),
        _CHARACTER_SETS.get(source.codec, source.codec),
    ]
    return "|".join(fields)


def _patient(patient: Resource) -> str:
    numbers = []
    for one in patient.get("identifier", ()):
        kind = next((c["code"] for c in (one.get("type") or {}).get("coding", ())), "")
        if kind in ("SS", "DL", "AN"):
            # A national or insurance number is not needed to know the patient by.
            continue
        system = str(one.get("system", ""))
        oid = f"&{system.removeprefix('urn:oid:')}&ISO" if system.startswith("urn:oid:") else ""
        assigner = _text((one.get("assigner") or {}).get("display", "")) + oid
        numbers.append(f"{_text(one['value'])}^^^{assigner}^{_text(kind)}".rstrip("^"))
    names = [_name(one) for one in patient.get("name", ()) if one.get("use") != "old"]
    birth = str(patient.get("birthDate", "")).replace("-", "")
    sex = _SEX.get(str(patient.get("gender")), "")
    fields = ["PID", "1", "", "~".join(numbers), "", "~".join(names[:1]), "", birth, sex]
    return "|".join(fields).rstrip("|")


def _name(name: Mapping[str, Any]) -> str:
    family, given = str(name.get("family", "")), [str(one) for one in name.get("given", ())]
    if not family and not given:
        # A name that is only known whole stays whole.
        family = str(name.get("text", ""))
    parts = [family, given[0] if given else "", " ".join(given[1:])]
    return "^".join(_text(part) for part in parts).rstrip("^")


def _visit(encounter: Resource | None) -> str:
    kinds = {"IMP": "I", "AMB": "O", "EMER": "E", "PRENC": "P"}
    body = encounter or {}
    kind = kinds.get(str((body.get("class") or {}).get("code")), "U" if not body else "N")
    numbers = [one for one in body.get("identifier", ()) if one.get("value")]
    number = _text(numbers[0]["value"]) if numbers else ""
    return "|".join(["PV1", "1", kind, *([""] * 16), number]).rstrip("|")


def _signers(record: SignedRecord) -> list[SignOff]:
    return [one for one in record.sign_offs if one.decision in _SIGNING]


def _person(one: SignOff) -> str:
    return f"{_text(one.signer)}^{_text(one.signer_name)}"


def _txa(source: SignedMessage, service: str) -> str:
    record = source.signed
    signers = _signers(record)
    signed_at = hl7_time(record.signed_at)
    fields = [""] * 24
    fields[0], fields[1], fields[2], fields[3] = "TXA", "1", service, "TX"
    fields[4] = fields[6] = signed_at
    if signers:
        fields[9] = _person(signers[0])
        fields[22] = f"{_person(signers[-1])}{'^' * 13}{signed_at}"
    fields[12] = f"{_text(str(record.id))}^SUWEN"
    if record.supersedes:
        fields[13] = f"{_text(str(record.supersedes))}^SUWEN"
    fields[17], fields[19] = "LA", "AV"
    return "|".join(fields).rstrip("|")


def _obr(source: SignedMessage, service: str) -> str:
    record = source.signed
    fields = [""] * 33
    fields[0], fields[1], fields[4] = "OBR", "1", service
    fields[3] = f"{_text(str(record.draft))}^SUWEN"
    fields[7] = fields[22] = hl7_time(record.signed_at)
    fields[25] = "C" if record.supersedes else "F"
    signers = _signers(record)
    if signers:
        fields[32] = f"{_text(signers[0].signer)}&{_text(signers[0].signer_name)}"
    return "|".join(fields).rstrip("|")


def _content(source: SignedMessage, document: Mapping[str, Any], service: str) -> list[str]:
    """The text, one OBX for each section, with the visible label first; then the printed form."""
    status = "C" if source.signed.supersedes else "F"
    when = hl7_time(source.signed.signed_at)
    texts = [(service, _label(source.signed, str(document["language"])))]
    for section in document["sections"]:
        text = str(section.get("text") or "")
        if text.strip():
            code = section.get("code")
            title = _text(section["title"])
            texts.append((f"{code}^{title}^LN" if code else f"^{title}", text))
    lines = [
        _obx(number, "FT", name, _text(text), status, when)
        for number, (name, text) in enumerate(texts, start=1)
    ]
    if source.pdf is not None:
        data = base64.b64encode(source.pdf).decode()
        value = f"^AP^PDF^Base64^{data}"
        lines.append(_obx(len(lines) + 1, "ED", service, value, status, when))
    return lines


def _label(record: SignedRecord, language: str) -> str:
    """The visible statement that the text was drafted by a machine."""
    return str(record.content["label"]["visible_zh" if language == "zh" else "visible_en"])


def _obx(number: int, kind: str, name: str, value: str, status: str, when: str) -> str:
    fields = [""] * 15
    fields[0], fields[1], fields[2], fields[3] = "OBX", str(number), kind, name
    fields[4], fields[5], fields[11], fields[14] = str(number), value, status, when
    return "|".join(fields)


def _text(value: str) -> str:
    return STANDARD.escaped(str(value))
