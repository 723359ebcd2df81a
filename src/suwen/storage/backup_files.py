"""The small files that a backup carries: secrets of both partitions and the settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from suwen.storage.secret_files import secrets_folder, write_secret

_SETTINGS_FILE: Final = "suwen.toml"
# The embedded server of the new site gets passwords of its own.
_PASSWORDS: Final = "database_"


def small_files(home: Path) -> Iterator[tuple[str, Path]]:
    """Each file with its name below the state directory."""
    for place in ("secrets", "device/secrets"):
        folder = home / place
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if file.is_file() and not name.startswith((_PASSWORDS, ".")):
                yield f"{place}/{name}", file
    if (home / _SETTINGS_FILE).is_file():
        yield _SETTINGS_FILE, home / _SETTINGS_FILE


def put_small_file(home: Path, name: str, content: bytes) -> None:
    """Puts one back where it belongs, durably and for its owner alone."""
    target = home / name
    secrets_folder(home)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secret(target, content)
