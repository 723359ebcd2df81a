"""Where the device partition keeps what is its own: keys, audit file, notes of its process."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from suwen.bootstrap.settings import Settings
from suwen.core.identity import AppId

FOLDER: Final = "device"
"""Folder below the site's state directory."""

PUBLIC_KEYS: Final = "public_keys.json"
"""Name of the file of a partition's public keys: all that the other one holds of it."""


TRIAGE: Final = AppId("triage")
"""The application behind the patients' chat."""


def device_settings(settings: Settings) -> Settings:
    """The site's settings as the device partition has them: a state directory and an audit file of
    its own, so that no key is shared by accident."""
    anchor = settings.audit.anchor
    if anchor is not None and anchor != "syslog":
        file = Path(anchor)
        anchor = str(file.with_name(f"{file.stem}-{FOLDER}{file.suffix}"))
    audit = settings.audit.model_copy(update={"anchor": anchor})
    return settings.model_copy(update={"home": settings.home / FOLDER, "audit": audit})
