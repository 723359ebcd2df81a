"""The parser: segments, fields, repetitions, components, sub-components, escapes, endings."""

from __future__ import annotations

import time

import pytest

from suwen.integration.hl7v2.delimiters import STANDARD, Delimiters
from suwen.integration.hl7v2.message import read_message, with_segment_ends
from suwen.integration.hl7v2.refusal import MessageRefusedError

HEADER = "MSH|^~\\&|A|B|C|D|20240531||ADT^A01|1|P|2.5.1"


def test_fields_are_numbered_as_in_the_standard() -> None:
    msh = read_message(HEADER).header
    assert (msh.text(1), msh.text(2), msh.text(3)) == ("|", "^~\\&", "A")
    assert (msh.text(9), msh.text(9, 2), msh.text(12)) == ("ADT", "A01", "2.5.1")
    assert (msh.text(40), msh.text(9, 7), msh.raw(99)) == ("", "", "")


def test_components_sub_components_and_repetitions() -> None:
    found = read_message(f"{HEADER}\rPID|1||A^^^H&1.2&ISO^MR~B^^^K||X&Y^Z")
    pid = found.first("PID")
    assert pid is not None
    assert (pid.text(3), pid.text(3, 4), pid.text(3, 4, 2)) == ("A", "H", "1.2")
    assert pid.repetitions(3) == [["A", "", "", "H&1.2&ISO", "MR"], ["B", "", "", "K"]]
    assert (pid.text(5), pid.text(5, 1, 2), pid.text(5, 2)) == ("X", "Y", "Z")
    assert pid.where(3, 4) == "PID-3.4"


def test_null_is_no_value_and_known_as_such() -> None:
    pid = read_message(f'{HEADER}\rPID|1||""||""^x').first("PID")
    assert pid is not None
    assert not pid.has(3)
    assert pid.is_null(3)
    assert pid.text(3) == ""
    assert (pid.text(5), pid.text(5, 2)) == ("", "x")
    assert pid.repetitions(3) == []


def test_the_second_segment_of_a_name_is_told_apart() -> None:
    found = read_message(f"{HEADER}\rOBX|1\rOBX|2")
    assert [s.where(5) for s in found.all("OBX")] == ["OBX-5", "OBX[2]-5"]
    assert [s.where() for s in found.segments()] == ["MSH", "OBX", "OBX[2]"]
    assert (found.count("OBX"), found.count("ZZZ"), found.first("ZZZ")) == (2, 0, None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("\\X41\\\\X42\\", "AB"),
        ("\\XE4B8AD\\", "中"),
        ("\\H\\bold\\N\\", "bold"),
        ("a\\.br\\b\\.sp2\\c", "a\nb\n\nc"),
        ("C:\\temp", "C:\\temp"),
        ("\\Zunknown\\", "\\Zunknown\\"),
        ("\\XZZ\\", "\\XZZ\\"),
        ("\\C2842\\", "\\C2842\\"),
        ("tail\\", "tail\\"),
    ],
)
def test_escapes(written: str, meant: str) -> None:
    assert STANDARD.unescape(written) == meant


def test_escaping_is_undone_by_unescaping() -> None:
    text = "a|b^c&d~e\\f\nnext"
    assert STANDARD.unescape(STANDARD.escaped(text)) == text


def test_hexadecimal_is_read_in_the_message_s_character_set() -> None:
    marks = Delimiters("|", "^", "~", "\\", "&", "gb18030")
    assert marks.unescape("\\XD6D0\\") == "中"


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_every_ending_of_segments(ending: str) -> None:
    found = read_message(ending.join([HEADER, "EVN|A01", "PID|1", ""]))
    assert [line[:3] for line in found.lines] == ["MSH", "EVN", "PID"]


def test_a_line_feed_inside_a_field_stays() -> None:
    found = read_message(f"{HEADER}\rNTE|1||first\nsecond line\rPID|1\nEVN|A01")
    assert [line[:3] for line in found.lines] == ["MSH", "NTE", "PID", "EVN"]
    note = found.first("NTE")
    assert note is not None
    assert note.text(3) == "first\nsecond line"


def test_edited_text_gets_its_endings_back() -> None:
    assert with_segment_ends(f"{HEADER}\nNTE|1||a\nb\nPID|1\n") == f"{HEADER}\rNTE|1||a\nb\rPID|1\r"


def test_blank_lines_marks_and_control_characters_are_passed_over() -> None:
    found = read_message(f"\x0b\ufeff\r\n{HEADER}\r\r\rPID|1||A\x0bB\x1c\r\n")
    pid = found.first("PID")
    assert pid is not None
    assert pid.text(3) == "A B"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "MSH"),
        ("EVN|A01", "EVN"),
        ("FHS|^~\\&", "FHS"),
        ("MSH", "MSH-1"),
        ("MSHA", "MSH-1"),
        ("MSH|", "MSH-2"),
        ("MSH|^~\\^|A", "MSH-2"),
        ("MSH|^~\\\\&|A", "MSH-2"),
        ("MSH|ab~\\|A", "MSH-2"),
        (f"{HEADER}\rpid|1", "segment 2"),
        (f"{HEADER}\rPID^1", "PID"),
        (f"{HEADER}\rPID|1||\0", "PID-3"),
        (f"{HEADER}\r{HEADER}", "MSH[2]"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(MessageRefusedError) as refused:
        read_message(text)
    assert (refused.value.where, refused.value.acknowledgement) == (place, "AR")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\r" + "\n" * 2_000_000,
        f"{HEADER}\rNTE|1||" + "\n" * 2_000_000 + "x\r",
        f"{HEADER}\rNTE|1||" + "\\" * 2_000_001,
        f"{HEADER}\rNTE|1||" + "a\x0b" * 1_000_000,
        f"{HEADER}\r" + "NTE|1\r" * 40_000,
    ],
)
def test_hostile_texts_take_no_longer_than_their_length(text: str) -> None:
    begun = time.process_time()
    found = read_message(text)
    for segment in found.all("NTE")[:10]:
        segment.text(3)
    assert time.process_time() - begun < 5


def test_fewer_encoding_characters_get_the_usual_ones() -> None:
    found = read_message("MSH|^~|A|B\rPID|1||a&b^c")
    pid = found.first("PID")
    assert pid is not None
    assert pid.text(3, 1, 2) == "b"
