"""What is kept of drawn pictures, and what becomes of one that takes too long."""

from __future__ import annotations

import pytest

from suwen.bootstrap.drawing_process import KeptPictures, drawn_apart
from suwen.core import data_class


def test_what_was_not_asked_for_longest_makes_room() -> None:
    kept: KeptPictures[str, bytes] = KeptPictures(len, most_bytes=20)
    kept.keep("first", b"x" * 10, 4)
    kept.keep("second", b"y" * 10, 4)
    assert kept.known("first") == b"x" * 10
    kept.keep("third", b"z" * 10, 4)
    assert kept.known("second") is None
    assert kept.known("first") is not None


def test_a_picture_that_two_drew_counts_once() -> None:
    kept: KeptPictures[str, bytes] = KeptPictures(len, most_bytes=20)
    for _ in range(5):
        kept.keep("first", b"x" * 10, 4)
    kept.keep("second", b"y" * 10, 4)
    assert kept.known("first") is not None


def test_what_is_above_the_ceiling_of_caches_is_drawn_anew_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: KeptPictures[str, bytes] = KeptPictures(len)
    kept.keep("special", b"x", 5)
    assert kept.known("special") is None
    monkeypatch.setattr(data_class, "may_pass", lambda *_: True)
    kept.keep("special", b"x", 5)
    assert kept.known("special") == b"x"


async def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        await drawn_apart("suwen.perception.page_images", {}, b"", longest_s=0.001)
