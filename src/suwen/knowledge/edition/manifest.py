"""The signed list of an edition: what is in it, and by whom and when it was made."""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from suwen.core.audit import canonical_json
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import EditionInfo
from suwen.knowledge.edition.refusals import (
    edition_damaged,
    edition_newer_format,
    edition_unsigned,
)
from suwen.knowledge.edition.signing import Signer, Verifier, signed_payload
from suwen.storage.secret_files import sync_folder

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SIGNATURES: Final = "signatures.json"
_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of an edition."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EditionContent:
    """What an edition is; its hash is the hash of this, so that equal contents are one edition.

    Attributes:
        analysis: which reading of text the terms come from.
        dimensions: length of a vector; 0 in a lexical edition.
    """

    collection: str
    analysis: str
    documents: int
    passages: int
    terms: int
    vectors: int
    embedding: str | None
    dimensions: int
    files: tuple[FileEntry, ...]

    def as_json(self) -> dict[str, Any]:
        """The form that is hashed."""
        return {
            "format": FORMAT,
            "collection": self.collection,
            "analysis": self.analysis,
            "documents": self.documents,
            "passages": self.passages,
            "terms": self.terms,
            "vectors": self.vectors,
            "embedding": self.embedding,
            "dimensions": self.dimensions,
            "files": [[entry.name, entry.size, entry.sha256] for entry in self.files],
        }

    @property
    def hash(self) -> str:
        """The edition's name: SHA-256 of the canonical form, hexadecimal."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """Who made an edition, when, and after which.

    Attributes:
        number: counts the collection's editions from 1.
    """

    number: int
    at: datetime
    by: PrincipalId
    previous: str | None


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest as it lies in the folder: the very bytes that are signed."""

    raw: bytes
    content: EditionContent
    build: BuildFacts

    @property
    def info(self) -> EditionInfo:
        """The edition as the rest of the platform names it."""
        return EditionInfo(
            collection=self.content.collection,
            hash=self.content.hash,
            number=self.build.number,
            built_at=self.build.at,
            built_by=self.build.by,
            documents=self.content.documents,
            passages=self.content.passages,
            vectors=self.content.vectors,
            embedding=self.content.embedding,
            previous=self.build.previous,
        )


def make_manifest(content: EditionContent, build: BuildFacts) -> SignedManifest:
    """The manifest of a finished set of files."""
    raw = canonical_json(
        {
            "content": content.as_json(),
            "build": {
                "number": build.number,
                "at": build.at.isoformat(),
                "by": build.by,
                "previous": build.previous,
            },
        }
    )
    return SignedManifest(raw, content, build)


def parse_manifest(raw: bytes) -> SignedManifest:
    """Reads a manifest; says nothing about its signature.

    Raises:
        KnowledgeError: ``edition_damaged`` or ``edition_format_unknown``.
    """
    try:
        both = orjson.loads(raw)
        content, build = both["content"], both["build"]
        if content["format"] != FORMAT:
            raise edition_newer_format(int(content["format"]))
        facts = {name: content[name] for name in EditionContent.__slots__ if name != "files"}
        files = tuple(FileEntry(*entry) for entry in content["files"])
        made = BuildFacts(
            int(build["number"]),
            datetime.fromisoformat(build["at"]),
            PrincipalId(build["by"]),
            build["previous"],
        )
        return SignedManifest(raw, EditionContent(**facts, files=files), made)
    except (ValueError, KeyError, TypeError) as error:
        raise edition_damaged(MANIFEST) from error


def sign_manifest(manifest: SignedManifest, signer: Signer) -> dict[str, str]:
    """One entry of the list of signatures."""
    signature = signer.sign(signed_payload("manifest", manifest.raw))
    return {"key_id": signer.key_id, "signature": b64encode(signature).decode()}


def write_signed(folder: Path, manifest: SignedManifest, signatures: list[dict[str, str]]) -> None:
    """Writes manifest and signatures durably into a folder that nobody reads yet."""
    for name, data in ((MANIFEST, manifest.raw), (SIGNATURES, canonical_json(signatures))):
        with (folder / name).open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    sync_folder(folder)


def read_signed(folder: Path, verify: Verifier) -> tuple[SignedManifest, list[dict[str, str]]]:
    """The manifest of an edition, once a key that counts is found to have signed it.

    Raises:
        KnowledgeError: ``edition_unsigned``, ``edition_damaged`` or ``edition_format_unknown``.
    """
    raw = _read(folder / MANIFEST)
    signatures = read_signatures(_read(folder / SIGNATURES))
    check_signatures(raw, signatures, verify)
    return parse_manifest(raw), signatures


def check_signatures(raw: bytes, signatures: list[dict[str, str]], verify: Verifier) -> None:
    """Refuses a manifest that no key which counts has signed.

    Raises:
        KnowledgeError: ``edition_unsigned``.
    """
    payload = signed_payload("manifest", raw)
    for entry in signatures:
        if verify(payload, b64decode(entry["signature"]), entry["key_id"]):
            return
    raise edition_unsigned()


def read_signatures(raw: bytes) -> list[dict[str, str]]:
    """The list of signatures.

    Raises:
        KnowledgeError: ``edition_unsigned`` when it cannot be read.
    """
    try:
        entries: list[Mapping[str, str]] = orjson.loads(raw)
        found = [{"key_id": str(e["key_id"]), "signature": str(e["signature"])} for e in entries]
        for entry in found:
            b64decode(entry["signature"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise edition_unsigned() from error
    return found


def file_entry(path: Path) -> FileEntry:
    """Size and SHA-256 of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileEntry(path.name, path.stat().st_size, digest)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise edition_damaged(path.name)
        return path.read_bytes()
    except OSError as error:
        raise edition_damaged(path.name) from error
