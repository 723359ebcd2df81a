"""From bytes to text: by MSH-18, by the channel, never by guessing."""

from __future__ import annotations

import pytest

from suwen.integration.hl7v2.character_sets import codec_of, decode
from suwen.integration.hl7v2.refusal import MessageRefusedError


def frame(declared: str, codec: str, facility: str = "") -> bytes:
    header = f"MSH|^~\\&|HIS|{facility}|||20240531||ADT^A01|1|P|2.5.1||||||{declared}"
    return f"{header}\rPID|1||P1||王".encode(codec)


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("GBK", "gb18030"),
        ("GB18030~ASCII", "gb18030"),
        ("BIG-5", "big5"),
    ],
)
def test_msh_18_counts(declared: str, codec: str) -> None:
    text, used = decode(frame(declared, codec), "ascii")
    assert (used, text[-1]) == (codec, "王")


def test_a_second_byte_like_a_separator_does_not_shift_msh_18() -> None:
    # The second bytes of these characters in GB18030 are "|" and "^".
    tricky = b"\xb1\x7c\xb1\x5e".decode("gb18030")
    assert decode(frame("GB 18030-2000", "gb18030", tricky))[1] == "gb18030"


def test_the_channel_counts_where_msh_18_is_empty_or_lies() -> None:
    assert decode(frame("", "gb18030"), "gb18030")[0].endswith("王")
    assert decode(frame("ASCII", "gb18030"), "gb18030", trust_header=False)[0].endswith("王")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (frame("ASCII", "utf-8"), "PID-5"),
        (frame("UNICODE UTF-8", "gb18030"), "PID-5"),
        (frame("EBCDIC", "utf-8"), "MSH-18"),
        (frame("", "gb18030", "王"), "MSH-4"),
        (b"\xff\xfe\x00", "MSH-18"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(data: bytes, place: str) -> None:
    with pytest.raises(MessageRefusedError) as refused:
        decode(data)
    assert (refused.value.where, refused.value.acknowledgement) == (place, "AR")


def test_names_of_sets() -> None:
    assert [codec_of(n) for n in ("8859/1", "ISO 8859-1", "ISO IR192", "EBCDIC", "")] == [
        "iso8859-1",
        "iso8859-1",
        "utf-8",
        None,
        None,
    ]
