"""Signed records as SR and PDF: what dcmtk reads of them, and what nobody may make of a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydicom import dcmread

from suwen.core.draft import Decision, SignedRecord, SignOff
from suwen.core.errors import PreconditionError
from suwen.core.identity import DraftId, PrincipalId, SignedRecordId
from suwen.integration.dicom.documents import (
    SignedReport,
    encapsulated_pdf,
    person_name,
    structured_report,
)
from suwen.integration.dicom.header import Reading, read_header
from tests.support.peers.dcmtk import dcmtk

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "wang",
    "identifier": [
        {"value": "310101196002031234"},
        {"type": {"coding": [{"code": "MR"}]}, "system": "urn:x", "value": "P0000001"},
    ],
    "name": [{"use": "official", "family": "王", "given": ["小明"]}],
    "birthDate": "1960-02-03",
    "gender": "male",
}
CONTENT: dict[str, Any] = {
    "result": {
        "document": {
            "document_type": "discharge_summary",
            "language": "zh",
            "title": "出院记录",
            "sections": [
                {"id": "course", "code": "8648-8", "title": "住院经过", "text": "一行。\n二行。"},
                {"id": "own", "code": None, "title": "其他", "text": ""},
            ],
        }
    },
    "label": {"visible_zh": "【AI 生成】须经审核。", "visible_en": "[AI-generated]"},
}


def _sign_off(decision: Decision = Decision.ACCEPT) -> SignOff:
    return SignOff(
        draft=DraftId("d1"),
        version=2,
        content_hash="0" * 64,
        decision=decision,
        signer=PrincipalId("dr.lin"),
        signer_name="林医生",
        signer_role="physician",
        decided_at=AT,
    )


def _report(**change: Any) -> SignedReport:
    signed = SignedRecord(
        id=SignedRecordId("s1"),
        draft=DraftId("d1"),
        number=1,
        content=CONTENT,
        content_hash="0" * 64,
        sign_offs=(_sign_off(),),
        signed_at=AT,
    )
    made = SignedReport(
        signed=signed,
        patient=PATIENT,
        hospital="示范医院",
        zone=ZoneInfo("Asia/Shanghai"),
        issuer="HIS",
        code=("18842-5", "Discharge summary"),
    )
    return replace(made, **change)


def test_a_structured_report_says_what_was_signed_and_by_whom() -> None:
    made = structured_report(_report())
    report = dcmread(BytesIO(made.content))
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "VERIFIED")
    [observer] = report.VerifyingObserverSequence
    assert str(observer.VerifyingObserverName) == "=林医生"
    assert observer.VerificationDateTime == "20261122163000+0800"
    assert report.PatientID == "P0000001" and report.IssuerOfPatientID == "HIS"
    assert str(report.PatientName) == "=王^小明" and report.PatientBirthDate == "19600203"
    label, first, second = report.ContentSequence
    assert label.TextValue == "【AI 生成】须经审核。"
    assert first.ConceptNameCodeSequence[0].CodeValue == "8648-8"
    assert first.ContentSequence[0].TextValue == "一行。\r\n二行。"
    assert second.ContentSequence[0].TextValue == "未见记录"
    header = read_header(made.content, Reading(ZoneInfo("Asia/Shanghai")))
    assert header.modality == "SR" and header.document_codes == ("18842-5",)
    assert header.study_started == "2026-11-22T16:30:00+08:00"


def test_dcmtk_reads_the_report_and_the_pdf(tmp_path: Any) -> None:
    report, pdf = tmp_path / "sr.dcm", tmp_path / "pdf.dcm"
    report.write_bytes(structured_report(_report()).content)
    pdf.write_bytes(encapsulated_pdf(_report(), b"%PDF-1.7 odd\n").content)
    told = dcmtk("dsrdump", str(report))
    assert told.returncode == 0, told.stderr
    assert "Verified" in told.stdout or "VERIFIED" in told.stdout
    assert "住院经过" in told.stdout or "\\" in told.stdout
    out = tmp_path / "out.pdf"
    done = dcmtk("dcm2pdf", str(pdf), str(out))
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().startswith(b"%PDF-1.7 odd")


def test_a_pdf_keeps_its_length_and_says_that_it_shows_who_it_is() -> None:
    for pdf in (b"%PDF-odd!", b"%PDF-even!"):
        made = dcmread(BytesIO(encapsulated_pdf(_report(), pdf).content))
        assert made.EncapsulatedDocument[: made.EncapsulatedDocumentLength] == pdf
        assert len(made.EncapsulatedDocument) % 2 == 0
        assert made.BurnedInAnnotation == "YES" and made.DocumentTitle == "出院记录"


def test_the_same_record_is_the_same_object_and_an_amendment_names_the_former() -> None:
    assert structured_report(_report()).content == structured_report(_report()).content
    signed = replace(
        _report().signed, id=SignedRecordId("s2"), number=2, supersedes=SignedRecordId("s1")
    )
    amended = dcmread(BytesIO(structured_report(_report(signed=signed)).content))
    former = dcmread(BytesIO(structured_report(_report()).content))
    [study] = amended.PredecessorDocumentsSequence
    [instance] = study.ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert instance.ReferencedSOPInstanceUID == former.SOPInstanceUID != amended.SOPInstanceUID
    assert amended.StudyInstanceUID == former.StudyInstanceUID


def test_nothing_is_made_of_what_nobody_signed_or_of_nobody() -> None:
    rejected = replace(_report().signed, sign_offs=(_sign_off(Decision.REJECT),))
    for make in (structured_report, lambda r: encapsulated_pdf(r, b"%PDF")):
        with pytest.raises(PreconditionError, match="not_signed"):
            make(_report(signed=rejected))
        with pytest.raises(PreconditionError, match="patient_without_number"):
            make(_report(patient={**PATIENT, "identifier": []}))


@pytest.mark.parametrize(
    ("names", "written"),
    [
        ([{"family": "王", "given": ["小明"]}], "=王^小明"),
        ([{"text": "王小明"}], "=王小明"),
        ([{"family": "Smith", "given": ["Ann", "B"]}], "Smith^Ann B"),
        ([{"family": "a\\b=c"}], "abc"),
        ([], ""),
    ],
)
def test_names_are_written_as_recorded_and_never_transcribed(
    names: list[dict[str, Any]], written: str
) -> None:
    assert person_name({"name": names}) == written
