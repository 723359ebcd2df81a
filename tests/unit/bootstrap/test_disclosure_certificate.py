"""The certificate of facts sheets: made once, kept closed, replaced by the hospital's own."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from suwen.bootstrap.accountability import certificate as certificates
from suwen.bootstrap.accountability.certificate import DisclosureCertificate
from suwen.core.errors import ConfigurationError, InputError


def own_pair(folder: Path, *more: str) -> tuple[bytes, bytes]:
    """A certificate and key as a hospital's authority would hand them out."""
    key, certificate = folder / "own.key", folder / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "30", "-subj", "/O=Own",
         "-keyout", key, "-out", certificate, *(more or ("-nodes",))],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate.read_bytes(), key.read_bytes()


def test_it_is_made_once_and_its_key_is_closed(state_folder: Path) -> None:
    made = DisclosureCertificate(state_folder, "示范医院").facts()
    again = DisclosureCertificate(state_folder, "Another name").facts()
    assert made == again and made.made_here and "示范医院" in made.subject
    folder = state_folder / "secrets" / "disclosure"
    key = folder / "key.pem"
    assert (key.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="secret_file_readable_by_others"):
        DisclosureCertificate(state_folder, "x").pair()


def test_the_hospital_takes_its_own_and_the_former_certificate_stays(
    state_folder: Path, tmp_path: Path
) -> None:
    kept = DisclosureCertificate(state_folder, "示范医院")
    former = kept.facts()
    certificate, key = own_pair(tmp_path, "-passout", "pass:geheim")
    with pytest.raises(InputError, match="certificate_wrong"):
        kept.replace(certificate, key, b"wrong")
    facts = kept.replace(certificate, key, b"geheim")
    assert facts.subject == "O=Own" and kept.facts() == facts
    folder = state_folder / "secrets" / "disclosure"
    assert (folder / f"{former.fingerprint}.pem").exists()
    assert b"ENCRYPTED" not in (folder / "key.pem").read_bytes()


def test_what_does_not_belong_together_is_refused(
    state_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = DisclosureCertificate(state_folder, "示范医院")
    before = kept.facts()
    certificate, key = own_pair(tmp_path)
    for one, other in ((certificate, kept.pair().key), (b"none", key), (certificate, b"none")):
        with pytest.raises(InputError, match="certificate_wrong"):
            kept.replace(one, other, None)
    assert kept.facts() == before
    monkeypatch.setattr(certificates, "VALID", timedelta(minutes=-1))
    (tmp_path / "home").mkdir()
    over = DisclosureCertificate(tmp_path / "home", "x").pair()
    with pytest.raises(InputError, match="certificate_wrong"):
        kept.replace(over.certificate, over.key, None)
