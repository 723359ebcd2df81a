"""The master key at an outside key service: a process of its own that alone holds it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from suwen.core.errors import ConfigurationError, UnavailableError
from suwen.storage import keyring
from suwen.storage.data_keys import Algorithm
from suwen.storage.encryption import FieldCipher
from suwen.storage.key_providers import MASTER_PREFIX, FileKeyProvider
from suwen.storage.keyring import KeyRing, Module
from suwen.storage.secret_files import secrets_folder, write_secret
from suwen.storage.transit_provider import TransitAddress, TransitProvider

TOKEN = "s.token-of-the-service"  # a stand-in's own
PLACE = "endpoint/general/x"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[TransitAddress]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.transit_service", TOKEN],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    token = tmp_path / "token"
    write_secret(token, TOKEN.encode())
    try:
        yield TransitAddress(f"http://127.0.0.1:{port}/v1/transit", "suwen", str(token))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _masters(home: Path) -> list[str]:
    return [file.name for file in secrets_folder(home).glob(f"{MASTER_PREFIX}*")]


def test_a_ring_moves_to_the_service_rotates_there_and_comes_back(
    tmp_path: Path, address: TransitAddress
) -> None:
    home = tmp_path / "home"
    ring = KeyRing(home)
    sealed = FieldCipher(ring).seal("before", PLACE)
    secret = ring.opened().current(Module.FIELDS).secret
    ring.rotate_master(TransitProvider(address))
    assert _masters(home) == []
    kept = (secrets_folder(home) / keyring.RING_FILE).read_text()
    assert '"provider": "transit"' in kept
    assert TOKEN not in kept
    assert secret.hex() not in kept
    keyring._opened.cache_clear()
    assert FieldCipher(KeyRing(home)).open(sealed, PLACE) == "before"
    KeyRing(home).rotate_master()
    keyring._opened.cache_clear()
    assert FieldCipher(KeyRing(home)).open(sealed, PLACE) == "before"
    KeyRing(home).rotate_modules([Module.FIELDS], Algorithm.SM4_GCM)
    later = FieldCipher(KeyRing(home)).seal("later", PLACE)
    KeyRing(home).rotate_master(FileKeyProvider.fresh(home, Algorithm.SM4_GCM))
    assert len(_masters(home)) == 1
    keyring._opened.cache_clear()
    cipher = FieldCipher(KeyRing(home))
    assert [cipher.open(one, PLACE) for one in (sealed, later)] == ["before", "later"]


def test_without_the_service_nothing_is_opened_and_nothing_is_lost(
    tmp_path: Path, address: TransitAddress
) -> None:
    home = tmp_path / "home"
    ring = KeyRing(home)
    sealed = FieldCipher(ring).seal("before", PLACE)
    ring.rotate_master(TransitProvider(address))
    # A process that has the keys goes on; one that starts now cannot.
    assert FieldCipher(KeyRing(home)).open(sealed, PLACE) == "before"
    write_secret(Path(address.token_file), b"another token")
    keyring._opened.cache_clear()
    with pytest.raises(UnavailableError) as caught:
        FieldCipher(KeyRing(home))
    assert caught.value.code == "key_service_unavailable"
    assert caught.value.detail == {"why": "403"}
    write_secret(Path(address.token_file), TOKEN.encode())
    assert FieldCipher(KeyRing(home)).open(sealed, PLACE) == "before"


def test_a_move_that_the_service_refuses_changes_nothing(
    tmp_path: Path, address: TransitAddress
) -> None:
    home = tmp_path / "home"
    ring = KeyRing(home)
    before = (secrets_folder(home) / keyring.RING_FILE).read_bytes()
    masters = _masters(home)
    write_secret(Path(address.token_file), b"another token")
    with pytest.raises(UnavailableError):
        ring.rotate_master(TransitProvider(address))
    assert (secrets_folder(home) / keyring.RING_FILE).read_bytes() == before
    assert _masters(home) == masters


def test_a_wrapped_key_is_bound_to_its_place(address: TransitAddress) -> None:
    provider = TransitProvider(address)
    wrapped = provider.wrap(b"k" * 32, "keyring/a/1")
    assert provider.unwrap(wrapped, "keyring/a/1") == b"k" * 32
    with pytest.raises(ConfigurationError):
        provider.unwrap(wrapped, "keyring/a/2")


@pytest.mark.parametrize("url", ["http://vault.example/v1/transit", "ftp://127.0.0.1/x", "https:"])
def test_the_service_is_reached_by_https_only(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        TransitProvider(TransitAddress(url, "k", "t"))
    assert caught.value.code == "key_service_address"
