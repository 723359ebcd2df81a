"""Headers: the files of others are read or refused in place; each check has its twin."""

from __future__ import annotations

import struct
import zlib
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.integration.dicom.elements import DEFLATED
from suwen.integration.dicom.header import InstanceHeader, Reading, read_header, shown_name
from suwen.integration.dicom.problems import DicomObjectError
from tests.support.dicom_objects import bundled_files, ct_object, sample_files, uid

READING = Reading(ZoneInfo("Asia/Shanghai"))
GOOD = ct_object(1, study=1)
# Files of others that are refused, and where; everything else of theirs is read.
REFUSED = {
    "OT-PAL-8-face.dcm": ("dicom_not_a_file", None),
    "bad_sequence.dcm": ("dicom_uid_malformed", "(0008,0018) SOPInstanceUID"),
    "emri_small_jpeg_2k_lossless_too_short.dcm": ("dicom_truncated", "(7FE0,0010) PixelData"),
}


def _read(content: bytes) -> InstanceHeader:
    return read_header(content, READING)


def test_every_sample_is_read_or_refused_with_its_attribute() -> None:
    files = sample_files()
    assert len(files) == 30
    found = {}
    for file in files:
        try:
            header = _read(file.read_bytes())
        except DicomObjectError as error:
            found[file.name] = (error.code, error.field)
        else:
            assert header.modality and header.study_uid and header.series_uid, file.name
            assert header.unreadable == (), file.name
    assert found == REFUSED


def test_every_file_of_the_library_is_read_or_refused_in_place() -> None:
    read = refused = 0
    for file in bundled_files():
        try:
            _read(file.read_bytes())
            read += 1
        except DicomObjectError as error:
            assert error.field is not None or error.code in ("dicom_not_a_file", "dicom_deflate")
            refused += 1
    assert read >= 60 and read + refused == len(bundled_files())


def test_names_are_read_in_the_character_sets_of_the_standard() -> None:
    names = {
        file.name: shown_name(_read(file.read_bytes()).patient_name)
        for file in bundled_files()
        if file.name in ("chrH31.dcm", "chrI2.dcm", "chrX1.dcm", "chrX2.dcm", "chrGreek.dcm")
    }
    assert names == {
        "chrGreek.dcm": "Διονυσιος",
        "chrH31.dcm": "山田 太郎",
        "chrI2.dcm": "洪 吉洞",
        "chrX1.dcm": "王 小東",
        "chrX2.dcm": "王 小东",
    }


def test_what_a_header_says() -> None:
    header = _read(GOOD)
    assert header.sop_instance_uid == uid(1, 1, 1) and header.patient_number == "P0000001"
    assert (
        header.patient_name == "Wang^Xiaoming=王^小明"
        and shown_name(header.patient_name) == "王 小明"
    )
    assert header.patient_birth_date == date(1960, 2, 3) and header.patient_sex == "M"
    assert header.study_started == "2026-03-15T10:15:00+08:00"
    assert (header.rows, header.columns, header.pixels, header.frames) == (16, 16, True, None)
    assert header.burned_in is None and header.unreadable == ()


@pytest.mark.parametrize(
    ("change", "code", "tag"),
    [
        ({"SOPClassUID": None}, "dicom_missing", "(0008,0016)"),
        ({"SOPInstanceUID": None}, "dicom_missing", "(0008,0018)"),
        ({"StudyInstanceUID": None}, "dicom_missing", "(0020,000D)"),
        ({"SeriesInstanceUID": ""}, "dicom_missing", "(0020,000E)"),
        ({"Modality": None}, "dicom_missing", "(0008,0060)"),
        ({"Modality": "ct scan"}, "dicom_value_malformed", "(0008,0060)"),
        ({"SpecificCharacterSet": "KLINGON"}, "dicom_character_set", "(0008,0005)"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning:pydicom", "ignore::UserWarning")
def test_what_must_be_there_refuses_with_its_tag(
    change: dict[str, str | None], code: str, tag: str
) -> None:
    made = ct_object(1, study=2, **{**change})
    with pytest.raises(DicomObjectError) as refused:
        _read(made)
    assert refused.value.code == code and (refused.value.field or "").startswith(tag)
    assert "Wang" not in str(refused.value.safe_message) and "P0000001" not in str(refused.value)


def _patched(old: bytes, new: bytes) -> bytes:
    assert GOOD.count(old) >= 1 and len(old) == len(new)
    return GOOD.replace(old, new)


def test_a_uid_that_is_none_is_refused() -> None:
    uid_bytes = uid(1).encode() + b"\x00" * (len(uid(1)) % 2)
    bad = uid_bytes.replace(b"1.2.826", b"1.2.X26")
    with pytest.raises(DicomObjectError, match="dicom_uid_malformed"):
        _read(
            _patched(
                b"\x20\x00\x0d\x00UI" + struct.pack("<H", len(bad)) + uid_bytes,
                b"\x20\x00\x0d\x00UI" + struct.pack("<H", len(bad)) + bad,
            )
        )


def test_identity_that_is_no_text_refuses_and_description_is_left_out() -> None:
    name = "王^小明".encode()
    with pytest.raises(DicomObjectError) as refused:
        _read(_patched(name, b"\xff" * len(name)))
    assert refused.value.field == "(0010,0010) PatientName"
    description = "胸部CT平扫".encode()
    header = _read(_patched(description, b"\xff" * len(description)))
    assert header.study_description is None
    assert header.unreadable == ("(0008,1030) StudyDescription",)


def test_text_of_a_sender_that_states_no_character_set_is_read_as_declared() -> None:
    made = ct_object(
        1,
        study=3,
        SpecificCharacterSet=None,
        PatientName="Wang^Xiaoming",
        StudyDescription="chest",
        SeriesDescription="lung",
    )
    gb = made.replace(b"Wang^Xiaoming ", "=王^小明      ".encode("gb18030"))
    with pytest.raises(DicomObjectError, match="dicom_text_undecodable"):
        _read(gb)
    header = read_header(gb, Reading(ZoneInfo("Asia/Shanghai"), "gb18030"))
    assert shown_name(header.patient_name) == "王 小明"


def test_an_attribute_that_is_there_twice_is_refused() -> None:
    element = b"\x10\x00\x20\x00LO\x08\x00P0000001"
    assert GOOD.count(element) == 1
    with pytest.raises(DicomObjectError) as refused:
        _read(GOOD.replace(element, element + element.replace(b"P0000001", b"P0000009")))
    assert (refused.value.code, refused.value.field) == (
        "dicom_duplicate",
        "(0010,0020) PatientID",
    )


def test_no_cut_image_passes_for_an_image() -> None:
    whole = 0
    for end in range(0, len(GOOD), 7):
        try:
            header = _read(GOOD[:end])
        except DicomObjectError:
            continue
        # Cut between two elements before the image began: an object that says it has none.
        assert header.rows is None and not header.pixels
        whole += 1
    assert whole < 3 and _read(GOOD).pixels


def test_a_bomb_of_nested_sequences_is_refused() -> None:
    level = b"\x40\x00\x75\xa3SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    inner = b"\x08\x00\x15\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    content = GOOD + level + inner * 5000
    with pytest.raises(DicomObjectError, match="dicom_too_deep"):
        _read(content)


def test_a_deflated_bomb_stops_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from suwen.integration.dicom import elements

    start = GOOD.index(b"\x08\x00\x05\x00CS")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(GOOD[start:] + b"\x00" * 8_000_000) + packer.flush()
    syntax = b"1.2.840.10008.1.2.1\x00"
    element = b"\x02\x00\x10\x00UI\x14\x00" + syntax
    other = b"\x02\x00\x10\x00UI\x16\x00" + DEFLATED.encode()
    assert GOOD.count(element) == 1
    content = GOOD[:start].replace(element, other) + packed
    monkeypatch.setattr(elements, "LARGEST_INFLATED", 4_000_000)
    with pytest.raises(DicomObjectError, match="dicom_deflate"):
        _read(content)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_change_of_bytes_crashes_the_reader(data: st.DataObject) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            piece = data.draw(st.binary(max_size=12))
            content[at : at + data.draw(st.integers(0, 12))] = piece
    try:
        header = _read(bytes(content))
    except DicomObjectError as error:
        assert "Wang" not in str(error.safe_message)
    else:
        assert header.sop_instance_uid and header.study_uid


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_at_all_crash_the_reader(tail: bytes) -> None:
    for content in (tail, b"\x00" * 128 + b"DICM" + tail, GOOD[:400] + tail):
        with pytest.raises(DicomObjectError):
            _read(content)
