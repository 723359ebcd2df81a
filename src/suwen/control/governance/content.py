"""Content hashes of the platform's own parts, which belong to every Release."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from suwen.core.audit import content_hash
from suwen.core.identity import ReleaseHash

SHARED_RULES = ("suwen.clinical", "suwen.language")
"""Packages whose rules and tables every application may bind: a change there is a change."""


def release_hash(parts: Mapping[str, str]) -> ReleaseHash:
    """The hash that names a Release: SHA-256 over its parts in canonical form."""
    return ReleaseHash(content_hash(dict(parts)))


@cache
def platform_parts() -> Mapping[str, str]:
    """Hashes of what applications share: the platform's version, rules and tables."""
    return {
        "platform": hashlib.sha256(version("suwen").encode()).hexdigest(),
        "tables": hash_of_folders(*(files(package) for package in SHARED_RULES)),
    }


def hash_of_folders(*folders: Traversable) -> str:
    """SHA-256 over every file of the folders: relative name and content, in the order of names."""
    digest = hashlib.sha256()
    for folder in folders:
        for name, entry in sorted(_entries(folder, folder.name)):
            content = entry.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _entries(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{prefix}/{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                found.extend(_entries(entry, name))
        elif not entry.name.endswith(".pyc"):
            found.append((name, entry))
    return found
