"""Inputs that fuzzing found, each of which once broke something."""

from __future__ import annotations

import pytest

from tests.support.hl7_fuzz import one_input

FOUND = [
    # A place that was no segment's name.
    b"MSuM\xb0",
    # A header that ends before its separator once bytes beyond ASCII are left out.
    b"MSH\xb3P",
    # Two SCH, of which the first got no patient.
    b"MSH|^~\\&|||||20240531||SIU^S12|M5|P|2.5.1\rSCH|A1\rSCH|A2\rPID|1||M\r",
    b"MSH|^~\\&|||||20240531||SIU^S12|M5|P|2.5.1\rPID|1||M\rSCH|A1\r",
    # A year before the zones, whose offset has seconds.
    b"MSH|^~\\&|||||20240531||SIU^S12|M5|P|2.5.1\rSCH|A1||||||||||^^^022406100900\rPID|1||M\r",
]


@pytest.mark.parametrize("data", FOUND)
def test_found_inputs_stay_mended(data: bytes) -> None:
    one_input(data)
