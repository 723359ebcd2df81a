"""Objects that leave: nothing of the patient in the header, nothing that may show one in pixels."""

from __future__ import annotations

import warnings
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR, keyword_for_tag

from suwen.integration.dicom.confidentiality import Clearance, Deidentifier, profile
from suwen.integration.dicom.problems import DicomObjectError
from tests.support.dicom_objects import ct_object, sample_files, uid

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
CLEANER = Deidentifier(b"k" * 32)
CHECKED = Clearance(pixels_checked=True)
_TEXTS = {"LO", "SH", "ST", "LT", "UT", "UC", "PN", "AE", "CS", "DA", "TM", "DT", "AS", "IS", "DS"}
MARK = "Zhangsan7"


def _cleaned(content: bytes, clearance: Clearance = CHECKED) -> Dataset:
    return dcmread(BytesIO(CLEANER.cleaned(content, clearance)))


def test_the_patient_is_gone_and_the_image_is_the_same() -> None:
    original = ct_object(1, study=31, InstitutionName="示范医院", OperatorsName="Li^Si")
    before, after = dcmread(BytesIO(original)), _cleaned(original, Clearance())
    content = CLEANER.cleaned(original)
    for told in ("P0000001", "Xiaoming", "王", "A00031", "19600203", "20260315", "Li^Si", "示范"):
        assert told.encode() not in content, told
    assert after.PixelData == before.PixelData and after.Rows == before.Rows
    assert (after.Modality, after.BodyPartExamined) == ("CT", "CHEST")
    assert (after.WindowCenter, after.RescaleIntercept) == (40, -1024)
    assert after.PatientIdentityRemoved == "YES"
    assert after.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert after.PatientName == "" and after.PatientID == "Anonymous"
    assert "SeriesDescription" not in after and "PatientAge" not in after


def test_uids_are_new_the_same_every_time_and_fit_together() -> None:
    one, other = (_cleaned(ct_object(n, study=32)) for n in (1, 2))
    assert one.StudyInstanceUID == other.StudyInstanceUID != uid(32)
    assert one.SeriesInstanceUID == other.SeriesInstanceUID
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.SOPInstanceUID == one.file_meta.MediaStorageSOPInstanceUID
    assert one.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert one.StudyInstanceUID == CLEANER.uid(uid(32))
    assert Deidentifier(b"j" * 32).uid(uid(32)) != CLEANER.uid(uid(32))
    assert len(CLEANER.uid(uid(32))) <= 64


def test_references_to_other_images_are_mapped_with_them() -> None:
    reference = Dataset()
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    reference.ReferencedSOPInstanceUID = uid(33, 1, 9)
    after = _cleaned(ct_object(1, study=33, ReferencedImageSequence=[reference]))
    [kept] = after.ReferencedImageSequence
    assert kept.ReferencedSOPInstanceUID == CLEANER.uid(uid(33, 1, 9))
    assert kept.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_private_attributes_overlays_and_what_nobody_knows_are_removed() -> None:
    made = dcmread(BytesIO(ct_object(1, study=34)))
    made.private_block(0x0029, "VENDOR", create=True).add_new(0x01, "LO", MARK)
    made.add_new(0x60003000, "OW", MARK.encode() + b"1")
    made.add_new(0x50003000, "OW", MARK.encode() + b"1")
    made.add_new(0x00089999, "LO", MARK)
    out = BytesIO()
    made.save_as(out, enforce_file_format=True)
    assert MARK.encode() in out.getvalue()
    content = CLEANER.cleaned(out.getvalue())
    assert MARK.encode() not in content
    assert not [
        e
        for e in dcmread(BytesIO(content))
        if e.tag.is_private or (e.tag.group >= 0x6000 and e.tag.group != 0x7FE0)
    ]


def _text_tags() -> list[int]:
    return sorted(t for t in profile() if dictionary_VR(t) in _TEXTS and t >> 16 > 2)


def test_the_table_is_the_profile() -> None:
    table = profile()
    assert len(table) == 617 and set(table.values()) == {"X", "Z", "D", "U"}
    assert table[0x00100010] == "Z" and table[0x00100020] == "D" and table[0x0020000D] == "U"
    assert all(keyword_for_tag(tag) for tag in table)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(_text_tags()), min_size=1, max_size=40, unique=True), st.booleans())
def test_no_text_of_an_attribute_of_the_profile_survives(tags: list[int], nested: bool) -> None:
    made = dcmread(BytesIO(ct_object(1, study=35)))
    target = Dataset() if nested else made
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for tag in tags:
            vr = dictionary_VR(tag)
            value = {"DA": "20261122", "TM": "131313", "DT": "20261122131313", "AS": "077Y"}.get(
                vr, MARK
            )
            if vr in ("IS", "DS"):
                value = "7777777"
            if tag not in (0x00080020,):
                target.add_new(tag, vr, value)
        if nested:
            made.ProcedureCodeSequence = [target]
        out = BytesIO()
        made.save_as(out, enforce_file_format=True)
    content = CLEANER.cleaned(out.getvalue())
    for told in (MARK, "20261122", "131313", "077Y", "7777777"):
        assert told.encode() not in content


@pytest.mark.parametrize(
    ("burned_in", "modality", "clearance", "leaves"),
    [
        ("YES", "CT", CHECKED, False),
        ("YES", "US", CHECKED, False),
        ("NO", "US", Clearance(), True),
        (None, "CT", Clearance(), True),
        (None, "US", Clearance(), False),
        (None, "SC", Clearance(), False),
        (None, "US", CHECKED, True),
    ],
)
def test_what_may_show_a_name_leaves_only_when_somebody_looked(
    burned_in: str | None, modality: str, clearance: Clearance, leaves: bool
) -> None:
    values = {"Modality": modality, **({"BurnedInAnnotation": burned_in} if burned_in else {})}
    content = ct_object(1, study=36, **values)
    if leaves:
        assert CLEANER.cleaned(content, clearance)
        return
    with pytest.raises(DicomObjectError) as refused:
        CLEANER.cleaned(content, clearance)
    assert refused.value.code == "dicom_burned_in"
    assert refused.value.field == "(0028,0301) BurnedInAnnotation"


@pytest.mark.parametrize(
    ("sop_class", "tag"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.11", "(0040,A730)"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "(0042,0011)"),
    ],
)
def test_reports_and_documents_never_leave_without_identity(sop_class: str, tag: str) -> None:
    with pytest.raises(DicomObjectError) as refused:
        CLEANER.cleaned(ct_object(1, study=37, SOPClassUID=sop_class), CHECKED)
    assert refused.value.code == "dicom_text_inside" and (refused.value.field or "").startswith(tag)


def test_every_sample_leaves_clean_or_not_at_all() -> None:
    left = 0
    for file in sample_files():
        content = file.read_bytes()
        try:
            after = _cleaned(content)
        except DicomObjectError as error:
            assert error.code in ("dicom_unreadable", "dicom_burned_in"), file.name
            continue
        left += 1
        before = dcmread(BytesIO(content))
        assert after.get("PixelData") == before.get("PixelData"), file.name
        name = str(before.get("PatientName", ""))
        if len(name) > 4:
            rest = CLEANER.cleaned(content, CHECKED).split(b"\xe0\x7f\x10\x00")[0]
            assert name.encode() not in rest, file.name
    assert left >= 25
