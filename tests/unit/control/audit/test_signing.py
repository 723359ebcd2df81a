"""The installation's key: private to its owner, followed by every process, never forgotten."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from suwen.control.audit.signing import KeyFileSigner, key_id_of
from suwen.core.errors import ConfigurationError
from tests.support.audit_chains import BEGIN


def test_a_signature_is_known_by_its_key_and_by_no_other(tmp_path: Path) -> None:
    signer, other = KeyFileSigner(tmp_path / "a"), KeyFileSigner(tmp_path / "b")
    signature = signer.sign(b"payload")
    assert signer.verify(b"payload", signature, signer.key_id)
    assert not signer.verify(b"payloae", signature, signer.key_id)
    assert not signer.verify(b"payload", signature, other.key_id)
    assert not other.verify(b"payload", signature, signer.key_id)
    assert not signer.verify(b"payload", b"short", signer.key_id)


def test_the_key_survives_a_restart_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = KeyFileSigner(tmp_path)
    again = KeyFileSigner(tmp_path)
    assert again.key_id == first.key_id
    for name in ("signing_key.json", "public_keys.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_the_id_is_the_fingerprint_of_the_key(tmp_path: Path) -> None:
    signer = KeyFileSigner(tmp_path)
    assert signer.key_id == key_id_of(signer.public_keys()[signer.key_id])


def test_after_a_rotation_the_former_signatures_still_hold(tmp_path: Path) -> None:
    signer, elsewhere = KeyFileSigner(tmp_path), KeyFileSigner(tmp_path)
    former, signature = signer.key_id, signer.sign(b"before")
    private = (tmp_path / "signing_key.json").read_bytes()
    fresh = signer.rotate(BEGIN)
    assert fresh != former
    assert set(signer.public_keys()) == {former, fresh}
    assert [r.retired_at is None for r in signer.records()] == [False, True]
    assert signer.verify(b"before", signature, former)
    # Another process follows, and nobody can sign by the former key any more.
    assert elsewhere.key_id == fresh
    assert elsewhere.verify(b"after", signer.sign(b"after"), fresh)
    assert json.loads(private)["private_key"] not in (tmp_path / "signing_key.json").read_text()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    KeyFileSigner(tmp_path)
    (tmp_path / "signing_key.json").chmod(0o644)
    with pytest.raises(ConfigurationError) as refused:
        KeyFileSigner(tmp_path)
    assert refused.value.code == "secret_file_readable_by_others"


@pytest.mark.parametrize("name", ["signing_key.json", "public_keys.json"])
def test_a_damaged_key_file_is_refused_and_not_replaced(tmp_path: Path, name: str) -> None:
    KeyFileSigner(tmp_path)
    (tmp_path / name).write_text("{")
    with pytest.raises(ConfigurationError) as refused:
        KeyFileSigner(tmp_path)
    assert refused.value.code == "signing_key_damaged"
    assert (tmp_path / name).read_text() == "{"


def test_a_public_key_under_the_id_of_another_is_refused(tmp_path: Path) -> None:
    signer, other = KeyFileSigner(tmp_path / "a"), KeyFileSigner(tmp_path / "b")
    path = tmp_path / "a" / "public_keys.json"
    entries = json.loads(path.read_text())
    entries[0]["public_key"] = json.loads((tmp_path / "b" / "public_keys.json").read_text())[0][
        "public_key"
    ]
    path.write_text(json.dumps(entries))
    assert other.key_id != signer.key_id
    with pytest.raises(ConfigurationError):
        signer.public_keys()
