"""Secrets that follow from the installation's own key, so that none of them is stored."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from suwen.storage.encryption import KEY_FILE, field_cipher
from suwen.storage.secret_files import read_secret, secrets_folder


def derived_secret(home: Path, purpose: str) -> bytes:
    """32 bytes that only this installation can make, another for every purpose.

    Source: RFC 5869 (HKDF with SHA-256).
    """
    field_cipher(home)
    key = read_secret(secrets_folder(home) / KEY_FILE)
    return HKDF(SHA256(), 32, None, f"suwen {purpose}".encode()).derive(key)
