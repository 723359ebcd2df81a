"""What was signed, as DICOM: a structured report or an encapsulated PDF for the PACS.

Only a signed record can be made into either; identity comes from the record as it stands, names
are not transcribed, and a UID made of the signed record's id keeps a repeated delivery one object.

Source: DICOM PS3.3 A.35.1 (Basic Text SR), A.45.1 (Encapsulated PDF), C.17.2 (SR document
general), C.17.3 (content); PS3.5 section 6.2 (person names).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from suwen.core.draft import Decision, SignedRecord, SignOff
from suwen.core.errors import PreconditionError
from suwen.core.language import Bilingual, Language
from suwen.core.record import Resource
from suwen.integration.dicom.peer import Outgoing
from suwen.integration.dicom.sop_classes import BASIC_TEXT_SR, ENCAPSULATED_PDF

_SIGNING: Final = (Decision.ACCEPT, Decision.AMEND, Decision.COSIGN)
_SEX: Final = {"male": "M", "female": "F", "other": "O"}
_OURS: Final = "99SUWEN"
_LONGEST_LO: Final = 64
_LONGEST_MEANING: Final = 64
_TITLE: Final = ("document", "Signed clinical document")
_LABEL: Final = ("ai-label", "Label of AI-generated content")
_TEXT: Final = ("text", "Text")
_NOT_RECORDED: Final = Bilingual("未见记录", "Not recorded")


@dataclass(frozen=True, slots=True)
class SignedReport:
    """What is needed to state a signed record in DICOM.

    Attributes:
        patient: the Patient as recorded, with the record number that the PACS knows.
        issuer: what (0010,0021) says of that number, where the site has declared it.
        code: LOINC code and meaning of the kind of document, where it has one.
        study_uid: the study that the document is filed under; ``None`` makes one of its own.
        zone: time zone of the times that are written.
    """

    signed: SignedRecord
    patient: Resource = field(repr=False)
    hospital: str
    zone: ZoneInfo
    issuer: str | None = None
    code: tuple[str, str] | None = None
    study_uid: str | None = None
    accession_number: str | None = None


def structured_report(source: SignedReport) -> Outgoing:
    """The signed text as a Basic Text SR: complete, verified, each section a container.

    Raises:
        PreconditionError: ``not_signed``, ``patient_without_number``.
    """
    report = _common(source, BASIC_TEXT_SR, "SR")
    signers = _signers(source.signed)
    document = source.signed.content["result"]["document"]
    language = Language(document["language"])
    at = source.signed.signed_at.astimezone(source.zone)
    report.CompletionFlag = "COMPLETE"
    report.VerificationFlag = "VERIFIED"
    report.ContentDate, report.ContentTime = _date(at), _time(at)
    report.VerifyingObserverSequence = [_observer(s, source) for s in signers]
    report.ReferencedPerformedProcedureStepSequence = []
    report.PerformedProcedureCodeSequence = []
    if source.signed.supersedes is not None:
        report.PredecessorDocumentsSequence = [_predecessor(source, report)]
    report.ValueType = "CONTAINER"
    report.ContinuityOfContent = "SEPARATE"
    report.ConceptNameCodeSequence = [_title(source)]
    label = source.signed.content["label"]
    visible = str(label["visible_zh" if language is Language.ZH else "visible_en"])
    report.ContentSequence = [
        _text(_code(_OURS, *_LABEL), visible),
        *(_section(s, language) for s in document["sections"]),
    ]
    return _written(report)


def encapsulated_pdf(source: SignedReport, pdf: bytes) -> Outgoing:
    """The printed document as an Encapsulated PDF.

    Args:
        pdf: the PDF of exactly this signed record.

    Raises:
        PreconditionError: ``not_signed``, ``patient_without_number``.
    """
    report = _common(source, ENCAPSULATED_PDF, "DOC")
    at = source.signed.signed_at.astimezone(source.zone)
    _signers(source.signed)
    report.ConversionType = "WSD"
    report.ContentDate, report.ContentTime = _date(at), _time(at)
    report.AcquisitionDateTime = f"{_date(at)}{_time(at)}"
    report.BurnedInAnnotation = "YES"
    report.VerificationFlag = "VERIFIED"
    report.DocumentTitle = str(source.signed.content["result"]["document"]["title"])
    report.ConceptNameCodeSequence = [_title(source)]
    report.MIMETypeOfEncapsulatedDocument = "application/pdf"
    report.EncapsulatedDocumentLength = len(pdf)
    report.EncapsulatedDocument = pdf + b"\x00" * (len(pdf) % 2)
    return _written(report)


def derived_uid(*parts: str) -> str:
    """The same UID for the same parts, under the root of PS3.5 B.2."""
    digest = hashlib.sha256("/".join(("suwen", *parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _common(source: SignedReport, sop_class: str, modality: str) -> Dataset:
    signed, patient = source.signed, source.patient
    at = signed.signed_at.astimezone(source.zone)
    report = Dataset()
    report.SpecificCharacterSet = "ISO_IR 192"
    report.TimezoneOffsetFromUTC = f"{at:%z}"
    report.SOPClassUID = UID(sop_class)
    report.SOPInstanceUID = derived_uid("instance", str(signed.id), sop_class)
    report.InstanceCreationDate, report.InstanceCreationTime = _date(at), _time(at)
    report.StudyInstanceUID = source.study_uid or derived_uid("study", str(signed.draft))
    report.SeriesInstanceUID = derived_uid("series", str(signed.draft), sop_class)
    report.StudyDate, report.StudyTime = _date(at), _time(at)
    report.SeriesDate, report.SeriesTime = _date(at), _time(at)
    report.AccessionNumber = source.accession_number or ""
    report.Modality = modality
    report.Manufacturer = "suwen"
    report.ManufacturerModelName = "suwen"
    report.InstitutionName = source.hospital[:_LONGEST_LO]
    report.ReferringPhysicianName = ""
    report.SeriesDescription = str(signed.content["result"]["document"]["title"])[:_LONGEST_LO]
    report.PatientName = person_name(patient)
    report.PatientID = _number(patient)
    if source.issuer is not None:
        report.IssuerOfPatientID = source.issuer
    report.PatientBirthDate = _birth_date(patient)
    report.PatientSex = _SEX.get(str(patient.get("gender")), "")
    report.StudyID = ""
    report.SeriesNumber = 1
    report.InstanceNumber = signed.number
    return report


def person_name(patient: Resource) -> str:
    """The recorded name as DICOM writes it; Chinese names as the ideographic group alone.

    A transcription that nobody recorded is not made up: the alphabetic group stays empty.
    """
    names = [n for n in patient.get("name") or () if n.get("use") not in ("old", "maiden")]
    order = {"official": 0, "usual": 1}
    if not names:
        return ""
    name = min(names, key=lambda n: order.get(str(n.get("use")), 2))
    family, given = str(name.get("family") or ""), " ".join(name.get("given") or ())
    written = "^".join(part for part in (family, given)).rstrip("^") or str(name.get("text") or "")
    written = "".join(c for c in written if c not in "\\=" and c.isprintable())
    return written if written.isascii() else f"={written}"


def _number(patient: Resource) -> str:
    """The record number, else the first identifier.

    Raises:
        PreconditionError: ``patient_without_number``.
    """
    identifiers = [i for i in patient.get("identifier") or () if i.get("value")]
    marked = [
        i
        for i in identifiers
        if any(c.get("code") == "MR" for c in (i.get("type") or {}).get("coding") or ())
    ]
    found = [*marked, *identifiers]
    if not found or len(str(found[0]["value"])) > _LONGEST_LO:
        raise PreconditionError(
            "patient_without_number",
            Bilingual(
                zh="该患者没有可用的病案号，无法写入 PACS。",
                en="The patient has no record number that a PACS could file the document under.",
            ),
        )
    return str(found[0]["value"])


def _birth_date(patient: Resource) -> str:
    """The day of birth; empty where only a year or month is known."""
    text = str(patient.get("birthDate") or "")
    return text.replace("-", "") if len(text) == 10 else ""


def _signers(signed: SignedRecord) -> Sequence[SignOff]:
    found = [s for s in signed.sign_offs if s.decision in _SIGNING]
    if not found:
        raise PreconditionError(
            "not_signed",
            Bilingual(
                zh="只有已签署的文书才能写入 PACS。", en="Only a signed document goes to the PACS."
            ),
        )
    return found


def _observer(sign_off: SignOff, source: SignedReport) -> Dataset:
    at = sign_off.decided_at.astimezone(source.zone)
    observer = Dataset()
    name = sign_off.signer_name
    observer.VerifyingObserverName = name if name.isascii() else f"={name}"
    observer.VerifyingObserverIdentificationCodeSequence = []
    observer.VerifyingOrganization = source.hospital[:_LONGEST_LO]
    observer.VerificationDateTime = f"{_date(at)}{_time(at)}{at:%z}"
    return observer


def _predecessor(source: SignedReport, report: Dataset) -> Dataset:
    instance = Dataset()
    instance.ReferencedSOPClassUID = report.SOPClassUID
    instance.ReferencedSOPInstanceUID = derived_uid(
        "instance", str(source.signed.supersedes), str(report.SOPClassUID)
    )
    series = Dataset()
    series.SeriesInstanceUID = report.SeriesInstanceUID
    series.ReferencedSOPSequence = [instance]
    study = Dataset()
    study.StudyInstanceUID = report.StudyInstanceUID
    study.ReferencedSeriesSequence = [series]
    return study


def _section(section: Mapping[str, Any], language: Language) -> Dataset:
    container = Dataset()
    container.RelationshipType = "CONTAINS"
    container.ValueType = "CONTAINER"
    container.ContinuityOfContent = "SEPARATE"
    title = str(section["title"])
    code = section["code"]
    name = _code("LN", str(code), title) if code else _code(_OURS, str(section["id"]), title)
    container.ConceptNameCodeSequence = [name]
    text = str(section["text"]).strip() or _NOT_RECORDED.in_language(language)
    container.ContentSequence = [_text(_code(_OURS, *_TEXT), text)]
    return container


def _text(name: Dataset, text: str) -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "TEXT"
    item.ConceptNameCodeSequence = [name]
    item.TextValue = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return item


def _title(source: SignedReport) -> Dataset:
    return _code("LN", *source.code) if source.code else _code(_OURS, *_TITLE)


def _code(scheme: str, value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue = value[:16]
    code.CodingSchemeDesignator = scheme
    code.CodeMeaning = meaning[:_LONGEST_MEANING]
    return code


def _date(at: datetime) -> str:
    return f"{at:%Y%m%d}"


def _time(at: datetime) -> str:
    return f"{at:%H%M%S}"


def _written(report: Dataset) -> Outgoing:
    report.file_meta = FileMetaDataset()
    report.file_meta.MediaStorageSOPClassUID = report.SOPClassUID
    report.file_meta.MediaStorageSOPInstanceUID = report.SOPInstanceUID
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    report.preamble = b"\x00" * 128
    out = BytesIO()
    report.save_as(out, enforce_file_format=True)
    return Outgoing(
        str(report.SOPInstanceUID),
        str(report.SOPClassUID),
        str(ExplicitVRLittleEndian),
        out.getvalue(),
    )
