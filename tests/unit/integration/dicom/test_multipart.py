"""Bodies of DICOMweb: what was joined comes apart again, what is cut is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.errors import IntegrationError
from suwen.integration.dicom.multipart import joined, parts_of


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5))
def test_what_was_joined_comes_apart_the_same(parts: list[bytes]) -> None:
    kind, body = joined(parts)
    assert list(parts_of(kind, body)) == parts


@given(st.data())
def test_a_cut_body_is_refused(data: st.DataObject) -> None:
    kind, body = joined([b"first", b"second"])
    cut = data.draw(st.integers(0, len(body) - 5))
    with pytest.raises(IntegrationError, match="dicomweb_answer_malformed"):
        list(parts_of(kind, body[:cut]))


@pytest.mark.parametrize(
    "kind", ["", "text/html", "multipart/related", "multipart/form-data; boundary=x"]
)
def test_another_kind_of_answer_is_refused(kind: str) -> None:
    with pytest.raises(IntegrationError, match="dicomweb_answer_malformed"):
        list(parts_of(kind, b"--x\r\n\r\nbody\r\n--x--"))


def test_a_quoted_boundary_and_a_preamble_are_read() -> None:
    body = b"preamble\r\n--b b\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--b b--\r\n"
    assert list(parts_of('multipart/related; type="application/dicom"; boundary="b b"', body)) == [
        b"DICM"
    ]
