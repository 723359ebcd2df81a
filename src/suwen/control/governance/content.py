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
from suwen.core.inference import GenerationRequest

SHARED_RULES = ("suwen.clinical", "suwen.language")
"""Packages whose rules and tables every application may bind: a change there is a change."""

GUARDRAILS = ("suwen.control.guardrails", "suwen.control.privacy", "suwen.control.gateway")
"""Packages that stand between a record, a model and a reader."""


def release_hash(parts: Mapping[str, str]) -> ReleaseHash:
    """The hash that names a Release: SHA-256 over its parts in canonical form."""
    return ReleaseHash(content_hash(dict(parts)))


@cache
def platform_parts() -> Mapping[str, str]:
    """Hashes of what applications share: version, rules and tables, guardrails, decoding."""
    return {
        "platform": hashlib.sha256(version("suwen").encode()).hexdigest(),
        "shared_tables": hash_of_folders(*(files(package) for package in SHARED_RULES)),
        "guardrails": hash_of_folders(*(files(package) for package in GUARDRAILS)),
        "decoding": content_hash(decoding_settings()),
    }


def decoding_settings() -> dict[str, object]:
    """How a model is made to answer, unless a prompt asks for less: temperature, seed and stops."""
    request = GenerationRequest(messages=(), max_output_tokens=1)
    return {
        "temperature": request.temperature,
        "seed": request.seed,
        "stop": list(request.stop),
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
