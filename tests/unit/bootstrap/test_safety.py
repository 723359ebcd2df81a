"""Demonstration accounts on this machine only, and never beside real records."""

from __future__ import annotations

import pytest

from suwen.bootstrap.safety import is_loopback, refuse_unsafe_demonstration
from suwen.core.errors import ConfigurationError

HERE = ("127.0.0.1", "127.5.6.7", "::1", "localhost")
ELSEWHERE = (
    "0.0.0.0",
    "::",
    "",
    "10.0.0.7",
    "192.168.1.2",
    "hospital.example",
    "localhost.evil",
    "0x7f.1",
    "127.1",
    "127.0.0.1.evil",
    "2130706433",
)


@pytest.mark.parametrize("host", HERE)
def test_this_machine_alone(host: str) -> None:
    assert is_loopback(host)
    refuse_unsafe_demonstration(host=host, has_real_records=False)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ConfigurationError) as caught:
        refuse_unsafe_demonstration(host=host, has_real_records=False)
    assert (caught.value.code, caught.value.field) == ("demonstration_not_on_loopback", "web.host")


def test_real_records_are_refused_on_any_address() -> None:
    with pytest.raises(ConfigurationError) as caught:
        refuse_unsafe_demonstration(host="127.0.0.1", has_real_records=True)
    assert caught.value.code == "demonstration_beside_real_records"
