"""Secrets that follow from the installation's own key, so that none of them is stored."""

from __future__ import annotations

from pathlib import Path

from suwen.storage.keyring import KeyRing, Module


def derived_secret(home: Path, purpose: str) -> bytes:
    """32 bytes that only this installation can make, another for every purpose.

    Source: RFC 5869 (HKDF with SHA-256).
    """
    return KeyRing(home).opened().current(Module.DERIVED).derived(purpose)
