"""A claim file: everything about one decision in one archive that anybody can check.

The archive holds files, a manifest with the SHA-256 and the size of each, and a signature over the
manifest's bytes. Whoever checks it needs nothing of the installation but the id of its key.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from suwen.core.audit import canonical_json
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.ports import SignatureProvider

FORMAT: Final = "suwen-claim-file-1"
MANIFEST: Final = "MANIFEST.json"
SIGNATURE: Final = "MANIFEST.sig"
_SAME_DAY: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_MOST_FILES: Final = 10_000
_MOST_BYTES: Final = 1 << 30

_UNREADABLE: Final = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    RuntimeError,
    OSError,
    zlib.error,
)
"""What reading a file raises that is no archive of ours, or no longer."""

Verify = Callable[[bytes, bytes, str], bool]
"""Whether a signature over a payload is by the key of that id."""


class ClaimGround(StrEnum):
    """For what a claim file is made."""

    PATIENT_CLAIM = "patient_claim"
    COURT_ORDER = "court_order"
    REGULATOR = "regulator"
    INSURER = "insurer"
    INTERNAL_REVIEW = "internal_review"


class ClaimFault(StrEnum):
    """What is wrong with a claim file."""

    SIGNATURE = "signature"
    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class ClaimReport:
    """What a check found.

    Attributes:
        facts: of the manifest, as far as it can be trusted: only with ``ok``.
        fault: ``None`` when it is whole; ``file`` names the file at fault.
    """

    ok: bool
    files: int
    key_id: str
    facts: Mapping[str, Any]
    fault: ClaimFault | None = None
    file: str | None = None


def pack(files: Mapping[str, bytes], facts: Mapping[str, Any], signer: SignatureProvider) -> bytes:
    """The archive with its signed manifest; the same input gives the same files.

    Args:
        files: content by name; a name has no leading slash and no ``..``.
        facts: what the manifest says besides, JSON-ready: of what, for what ground, when, by whom.
    """
    listed = [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(files.items())
    ]
    key_id = signer.key_id
    manifest = canonical_json({"format": FORMAT, **facts, "key_id": key_id, "files": listed})
    signature = {
        "algorithm": "Ed25519",
        "key_id": key_id,
        "signature": b64encode(signer.sign(manifest)).decode(),
    }
    return _archived({MANIFEST: manifest, SIGNATURE: canonical_json(signature), **files})


def check(path: Path, verify: Verify) -> ClaimReport:
    """Whether an archive is whole and as it was signed.

    Args:
        verify: knows the keys that are trusted; false for one that it does not know.

    Raises:
        InputError: ``not_a_claim_file``.
    """
    with path.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                report = _checked(archive, verify)
                again = _archived({name: archive.read(name) for name in archive.namelist()})
        except _UNREADABLE as error:
            raise _no_claim_file() from error
        stream.seek(0)
        same = stream.read() == again
    if report.ok and not same:
        return _faulty(report, ClaimFault.CONTAINER, path.name)
    return report


def read_file(path: Path, name: str) -> bytes:
    """One file of an archive that was checked.

    Raises:
        InputError: ``not_a_claim_file`` when it is not there.
    """
    with path.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                return archive.read(name)
        except _UNREADABLE as error:
            raise _no_claim_file() from error


def _archived(files: Mapping[str, bytes]) -> bytes:
    """The archive of some files in their order: stored as they are, so that the same files make
    the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _SAME_DAY)
            entry.create_system = _UNIX
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def _checked(archive: zipfile.ZipFile, verify: Verify) -> ClaimReport:
    _check_size(archive)
    manifest = archive.read(MANIFEST)
    facts = json.loads(manifest)
    if facts["format"] != FORMAT:
        raise ValueError("format")
    signed = json.loads(archive.read(SIGNATURE))
    key_id, listed = str(facts["key_id"]), facts["files"]
    report = ClaimReport(True, len(listed), key_id, facts)
    signature = b64decode(signed["signature"], validate=True)
    if signed["key_id"] != key_id or not verify(manifest, signature, key_id):
        return _faulty(report, ClaimFault.SIGNATURE, MANIFEST)
    names = [name for name in archive.namelist() if name not in (MANIFEST, SIGNATURE)]
    known = {one["name"] for one in listed}
    for name in names:
        if name not in known or names.count(name) > 1:
            return _faulty(report, ClaimFault.ADDED, name)
    for one in listed:
        fault = _fault_of(archive, one, names)
        if fault is not None:
            return _faulty(report, fault, one["name"])
    return report


def _fault_of(
    archive: zipfile.ZipFile, one: Mapping[str, Any], names: list[str]
) -> ClaimFault | None:
    if one["name"] not in names:
        return ClaimFault.MISSING
    try:
        content = archive.read(one["name"])
    except _UNREADABLE:
        return ClaimFault.CHANGED
    same = hashlib.sha256(content).hexdigest() == one["sha256"]
    return None if same else ClaimFault.CHANGED


def _check_size(archive: zipfile.ZipFile) -> None:
    """An archive that would grow without bound is none of ours."""
    entries = archive.infolist()
    if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise ValueError("size")


def _faulty(report: ClaimReport, fault: ClaimFault, file: str) -> ClaimReport:
    return ClaimReport(False, report.files, report.key_id, report.facts, fault, file)


def _no_claim_file() -> InputError:
    return InputError(
        "not_a_claim_file",
        Bilingual(
            "该文件不是举证文件，或其目录已损坏。",
            "The file is no claim file, or its list of files is damaged.",
        ),
        field="file",
    )
