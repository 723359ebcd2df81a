from __future__ import annotations

import os
from pathlib import Path

import pytest

from suwen.core.errors import ConfigurationError
from suwen.storage.data_keys import Algorithm, named_key
from suwen.storage.derived_secrets import derived_secret
from suwen.storage.encryption import FieldCipher, field_cipher
from suwen.storage.keyring import LEGACY_FILE, RING_FILE, KeyRing, Module
from suwen.storage.secret_files import secrets_folder, write_secret

PLACE = "endpoint/general/ward"


def test_a_sealed_text_opens_at_its_place(tmp_path: Path) -> None:
    cipher = field_cipher(tmp_path)
    sealed = cipher.seal("密钥 sk-1", PLACE)
    assert b"sk-1" not in sealed
    assert field_cipher(tmp_path).open(sealed, PLACE) == "密钥 sk-1"


def test_the_same_text_is_never_sealed_alike(tmp_path: Path) -> None:
    cipher = field_cipher(tmp_path)
    assert cipher.seal("a", PLACE) != cipher.seal("a", PLACE)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_another_place_another_key_and_any_changed_byte_are_refused(
    tmp_path: Path, algorithm: Algorithm
) -> None:
    cipher = FieldCipher(KeyRing(tmp_path / "one", algorithm))
    sealed = cipher.seal("secret", PLACE)
    assert cipher.open(sealed, PLACE) == "secret"
    altered = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    attempts = [(cipher, one, PLACE) for one in [*altered, sealed[:-1], b""]]
    attempts.append((cipher, sealed, "endpoint/general/other"))
    attempts.append((field_cipher(tmp_path / "two"), sealed, PLACE))
    attempts.append((field_cipher(tmp_path / "one", Module.IMAGING), sealed, PLACE))
    for opener, bytes_given, place in attempts:
        with pytest.raises(ConfigurationError) as caught:
            opener.open(bytes_given, place)
        assert caught.value.code == "field_not_readable"


def test_what_is_sealed_names_its_key_and_method(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    sealed = FieldCipher(ring).seal("a", PLACE)
    assert named_key(sealed) == ring.opened().current(Module.FIELDS).id
    ring.rotate_modules([Module.FIELDS], Algorithm.SM4_GCM)
    later = FieldCipher(ring).seal("a", PLACE)
    assert later[0] != sealed[0]
    assert named_key(later) != named_key(sealed)
    assert [field_cipher(tmp_path).open(one, PLACE) for one in (sealed, later)] == ["a", "a"]
    assert [FieldCipher(ring).is_current(one) for one in (sealed, later)] == [False, True]


def test_an_older_installation_is_opened_and_its_key_goes_into_the_ring(tmp_path: Path) -> None:
    secret = os.urandom(32)
    write_secret(secrets_folder(tmp_path) / LEGACY_FILE, secret)
    before = FieldCipher(secret).seal("older", PLACE)
    assert field_cipher(tmp_path).open(before, PLACE) == "older"
    assert not (secrets_folder(tmp_path) / LEGACY_FILE).exists()
    # Source: RFC 5869; as that installation made them.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    assert derived_secret(tmp_path, "launch/x") == HKDF(
        SHA256(), 32, None, b"suwen launch/x"
    ).derive(secret)
    KeyRing(tmp_path).rotate_master()
    assert field_cipher(tmp_path, Module.IMAGING).open(before, PLACE) == "older"


def test_a_key_file_of_another_installation_is_not_taken_for_the_own_one(tmp_path: Path) -> None:
    field_cipher(tmp_path)
    write_secret(secrets_folder(tmp_path) / LEGACY_FILE, os.urandom(32))
    with pytest.raises(ConfigurationError) as caught:
        field_cipher(tmp_path)
    assert caught.value.code == "keyring_damaged"


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [
        (RING_FILE, b"{}", "keyring_damaged"),
        (RING_FILE, b"short", "keyring_damaged"),
        ("master", b"short", "field_key_malformed"),
        ("master", bytes(range(32)), "field_not_readable"),
        ("master", None, "master_key_missing"),
    ],
)
def test_damaged_key_files_are_refused(
    tmp_path: Path, file: str, content: bytes | None, code: str
) -> None:
    field_cipher(tmp_path)
    folder = secrets_folder(tmp_path)
    target = next(folder.glob("master_key-*")) if file == "master" else folder / file
    if content is None:
        target.unlink()
    else:
        write_secret(target, content)
    (folder / RING_FILE).touch()
    with pytest.raises(ConfigurationError) as caught:
        field_cipher(tmp_path)
    assert caught.value.code == code


@pytest.mark.parametrize("which", [RING_FILE, "master_key-*"])
def test_key_files_that_others_may_read_are_refused(tmp_path: Path, which: str) -> None:
    field_cipher(tmp_path)
    folder = secrets_folder(tmp_path)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    next(folder.glob(which)).chmod(0o640)
    (folder / RING_FILE).touch()
    with pytest.raises(ConfigurationError) as caught:
        field_cipher(tmp_path)
    assert caught.value.code == "secret_file_readable_by_others"


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        FieldCipher(b"k" * 16)
