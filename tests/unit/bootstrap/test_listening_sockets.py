"""What cannot be listened on is said, whatever the system says to it."""

from __future__ import annotations

import pytest

from suwen.bootstrap.listening_sockets import listen_on
from suwen.core.errors import ConflictError


@pytest.mark.parametrize(
    ("host", "why"),
    [("::1", "Address family"), ("no..such.host", "not known"), ("é" * 70, "encoding of hostname")],
)
def test_an_address_that_is_none_is_refused(host: str, why: str) -> None:
    with pytest.raises(ConflictError) as refused:
        listen_on(host, 0)
    assert refused.value.code == "port_taken"
    assert why in refused.value.safe_message.en


def test_a_port_that_is_taken_is_refused_and_a_free_one_is_given() -> None:
    with listen_on("127.0.0.1", 0) as first:
        with pytest.raises(ConflictError) as refused:
            listen_on("127.0.0.1", first.getsockname()[1])
        assert refused.value.code == "port_taken"
