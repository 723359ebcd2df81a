"""Which addresses and keys are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.core.errors import ConfigurationError
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.inference.client import OpenAiModel
from suwen.inference.connection import TimeLimits, open_session


def endpoint(url: str = "http://127.0.0.1:8000/v1", key: str | None = None) -> Endpoint:
    return Endpoint("e", url, "m", Partition.GENERAL, 5, frozenset(), 100, key=key)


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.7:8000/v1", "https://llm.hospital.example/v1", "http://[::1]:8000/v1"],
)
def test_an_address_of_the_hospital_is_accepted(url: str) -> None:
    assert OpenAiModel(endpoint(url, key="sk-123")).endpoint.url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://h/v1",
        "file:///etc/passwd",
        "h:8000/v1",
        "http:///v1",
        "http://user:secret@h/v1",
        "http://h/v1?key=1",
        "http://h/v1#a",
        "http://h:99999/v1",
        "http://[::1/v1",
    ],
)
def test_any_other_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        OpenAiModel(endpoint(url))
    assert raised.value.code == "endpoint_url_invalid"
    assert "secret" not in f"{raised.value} {raised.value.detail} {raised.value.safe_message}"


@pytest.mark.parametrize("key", ["", "a\r\nX-Evil: 1", "a b", "密钥"])
def test_a_key_that_would_break_the_header_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        OpenAiModel(endpoint(key=key))
    assert raised.value.code == "endpoint_key_invalid"
    assert not key or key not in f"{raised.value} {raised.value.detail} {endpoint(key=key)!r}"


@pytest.mark.parametrize("text", [None, "not a certificate"])
async def test_a_ca_file_that_is_none_is_refused(tmp_path: Path, text: str | None) -> None:
    ca_file = tmp_path / "ca.pem"
    if text is not None:
        ca_file.write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        open_session(endpoint(), TimeLimits.of(endpoint()), ca_file)
    assert raised.value.code == "endpoint_ca_unreadable"
