"""MLLP frames out of any pieces, and what is no frame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suwen.integration.hl7v2.framing import FrameFault, FrameReader, framed

BODY = st.binary(max_size=60).map(lambda b: bytes(x for x in b if x not in (0x0B, 0x1C)))


def test_faults_are_told() -> None:
    reader = FrameReader(100)
    assert reader.feed(b"noise\x0babc\x0bdef\x1c\r") == [b"def"]
    assert reader.faults == [FrameFault.OUTSIDE, FrameFault.UNFINISHED]
    assert not reader.unfinished


def test_a_frame_that_is_too_large_is_not_kept() -> None:
    reader = FrameReader(10)
    assert reader.feed(b"\x0b" + b"x" * 11) == []
    assert reader.faults == [FrameFault.TOO_LARGE]


def test_a_missing_return_after_the_end_is_forgiven() -> None:
    reader = FrameReader(100)
    assert reader.feed(b"\x0ba\x1c\x0bb\x1c") == [b"a", b"b"]
    assert reader.feed(b"\r\x0bc\x1c\r") == [b"c"]
    assert reader.faults == []


@given(st.lists(BODY, max_size=6), st.lists(st.integers(1, 9), min_size=1, max_size=60))
def test_frames_come_whole_out_of_any_pieces(bodies: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(framed(body) for body in bodies)
    reader = FrameReader(1000)
    found: list[bytes] = []
    position = turn = 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        found += reader.feed(stream[position : position + size])
        position += size
        turn += 1
    assert found == bodies
    assert reader.faults == []


@given(st.binary(max_size=400))
def test_any_bytes_give_frames_without_marks_and_never_more_than_allowed(data: bytes) -> None:
    reader = FrameReader(50)
    for frame in reader.feed(data):
        assert b"\x0b" not in frame
        assert b"\x1c" not in frame
        assert len(frame) <= 50
