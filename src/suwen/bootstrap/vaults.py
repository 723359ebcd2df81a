"""The vault of a partition: what seals its patients' records."""

from __future__ import annotations

from pathlib import Path

from suwen.storage.keyring import KeyRing
from suwen.storage.vault import Vault


def open_vault(home: Path) -> Vault:
    """The vault of a state directory; its ring is made when it is not there.

    Raises:
        ConfigurationError: when the ring or its master key is damaged or missing.
        UnavailableError: ``key_service_unavailable``.
    """
    return Vault(KeyRing(home))
