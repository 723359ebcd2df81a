from __future__ import annotations

from pathlib import Path

import pytest

from suwen.core.errors import ConfigurationError
from suwen.storage.encryption import KEY_FILE, FieldCipher, field_cipher

PLACE = "endpoint/general/ward"


def test_a_sealed_text_opens_at_its_place(tmp_path: Path) -> None:
    cipher = field_cipher(tmp_path)
    sealed = cipher.seal("密钥 sk-1", PLACE)
    assert b"sk-1" not in sealed
    assert field_cipher(tmp_path).open(sealed, PLACE) == "密钥 sk-1"


def test_the_same_text_is_never_sealed_alike(tmp_path: Path) -> None:
    cipher = field_cipher(tmp_path)
    assert cipher.seal("a", PLACE) != cipher.seal("a", PLACE)


def test_another_place_another_key_and_any_changed_byte_are_refused(tmp_path: Path) -> None:
    cipher = field_cipher(tmp_path / "one")
    sealed = cipher.seal("secret", PLACE)
    altered = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    attempts = [(cipher, one, PLACE) for one in [*altered, sealed[:-1], b""]]
    attempts.append((cipher, sealed, "endpoint/general/other"))
    attempts.append((field_cipher(tmp_path / "two"), sealed, PLACE))
    for opener, bytes_given, place in attempts:
        with pytest.raises(ConfigurationError) as caught:
            opener.open(bytes_given, place)
        assert caught.value.code == "field_not_readable"


def test_a_damaged_key_file_is_refused(tmp_path: Path) -> None:
    field_cipher(tmp_path)
    (tmp_path / "secrets" / KEY_FILE).write_bytes(b"short")
    with pytest.raises(ConfigurationError) as caught:
        field_cipher(tmp_path)
    assert caught.value.code == "field_key_malformed"


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        FieldCipher(b"k" * 16)
