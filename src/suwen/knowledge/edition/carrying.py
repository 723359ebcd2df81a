"""An edition as one signed file, for a site without a network.

Layout: magic, length of the header, the header (JSON: manifest, signatures, originals), length of
its signatures, the signatures (JSON), then one zlib stream with every file of the edition in the
order of the manifest and after them the originals in the order of the header, each behind its
length. The signatures are checked before anything of the stream is read, and every file against
its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import tempfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from suwen.core.audit import canonical_json
from suwen.core.faults import fault_point
from suwen.core.knowledge import EditionInfo
from suwen.knowledge.edition.manifest import (
    MANIFEST,
    SIGNATURES,
    SignedManifest,
    check_signatures,
    parse_manifest,
    read_signatures,
    sign_manifest,
    write_signed,
)
from suwen.knowledge.edition.opened import Edition, verify_edition
from suwen.knowledge.edition.placing import UNFINISHED, put_in_place
from suwen.knowledge.edition.refusals import (
    edition_damaged,
    edition_foreign,
    edition_unsigned,
    not_an_edition_file,
)
from suwen.knowledge.edition.signing import Signer, Verifier, signed_payload
from suwen.storage.secret_files import sync_folder

MAGIC: Final = b"SUWEN-EDITION-1\n"
_CHUNK = 1 << 20
_LONGEST_HEADER = 64 << 20
_LARGEST_ORIGINAL = 1 << 30
_LEVEL = 1

Originals = Mapping[str, Callable[[], bytes]]
"""Original files by their SHA-256, each read when its turn comes."""


@dataclass(frozen=True, slots=True)
class CarriedEdition:
    """An edition that was installed from a file.

    Attributes:
        signed_by: ids of the keys by which the edition was signed where it comes from.
        known: whether it was here already.
    """

    info: EditionInfo
    folder: Path
    signed_by: tuple[str, ...]
    exported_at: datetime
    known: bool


def export_edition(
    edition: Edition, target: Path, signer: Signer, at: datetime, originals: Originals | None = None
) -> None:
    """Writes an edition as one file, durably and at once: it is whole or not there.

    Args:
        originals: files as they were imported, where pages are to be shown from them.

    Raises:
        KnowledgeError: ``edition_damaged`` when an original is not what its name says.
    """
    originals = originals or {}
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    header = canonical_json(
        {
            "manifest": b64encode(edition.manifest.raw).decode(),
            "signatures": read_signatures((edition.folder / SIGNATURES).read_bytes()),
            "originals": list(originals),
            "exported_at": at.isoformat(),
        }
    )
    signature = signer.sign(signed_payload("file", header))
    vouched = canonical_json(
        [{"key_id": signer.key_id, "signature": b64encode(signature).decode()}]
    )
    try:
        with temporary.open("wb") as stream:
            stream.write(MAGIC)
            for part in (header, vouched):
                stream.write(struct.pack(">I", len(part)) + part)
            packer = zlib.compressobj(_LEVEL)
            for piece in _pieces(edition, originals):
                stream.write(packer.compress(piece))
            stream.write(packer.flush())
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def install_edition(
    source: Path,
    folder: Path,
    verify: Verifier,
    signer: Signer,
    take_original: Callable[[str, bytes], None] | None = None,
) -> CarriedEdition:
    """Takes an edition out of a file into the folder of its collection's editions.

    This installation signs it too, so that it is opened later without the foreign key.

    Args:
        folder: named by the collection.
        verify: knows the keys of the sites whose editions are taken.
        take_original: gets SHA-256 and content of each original in the file, after its check.

    Raises:
        KnowledgeError: ``not_an_edition_file``, ``edition_unsigned``, ``edition_damaged``,
            ``edition_of_another_collection`` or ``edition_format_unknown``; nothing is installed.
    """
    with source.open("rb") as stream:
        header = _read_header(stream, verify)
        content = header.manifest.content
        if content.collection != folder.name:
            raise edition_foreign(content.collection)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = (folder / content.hash).is_dir()
        work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
        try:
            _unpack(stream, header, work, take_original)
            own = sign_manifest(header.manifest, signer)
            write_signed(work, header.manifest, [*header.signatures, own])
            place = put_in_place(work, folder / content.hash, verify)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    verify_edition(place, verify)
    return CarriedEdition(
        header.manifest.info,
        place,
        tuple(entry["key_id"] for entry in header.signatures),
        header.exported_at,
        known,
    )


def carried_collection(source: Path) -> str:
    """Of which collection a file says that it is; nothing of it was verified.

    Raises:
        KnowledgeError: ``not_an_edition_file``, ``edition_damaged``, ``edition_format_unknown``.
    """
    with source.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise not_an_edition_file()
        try:
            header = orjson.loads(_read_part(stream))
            raw = b64decode(header["manifest"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            raise not_an_edition_file() from error
    return parse_manifest(raw).content.collection


@dataclass(frozen=True, slots=True)
class _Header:
    manifest: SignedManifest
    signatures: list[dict[str, str]]
    originals: list[str]
    exported_at: datetime


def _read_header(stream: BinaryIO, verify: Verifier) -> _Header:
    if stream.read(len(MAGIC)) != MAGIC:
        raise not_an_edition_file()
    raw, vouched = _read_part(stream), _read_part(stream)
    payload = signed_payload("file", raw)
    entries = read_signatures(vouched)
    if not any(verify(payload, b64decode(e["signature"]), e["key_id"]) for e in entries):
        raise edition_unsigned()
    try:
        header = orjson.loads(raw)
        manifest = b64decode(header["manifest"], validate=True)
        signatures = read_signatures(orjson.dumps(header["signatures"]))
        originals = [str(name) for name in header["originals"]]
        exported_at = datetime.fromisoformat(header["exported_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise not_an_edition_file() from error
    check_signatures(manifest, signatures, verify)
    return _Header(parse_manifest(manifest), signatures, originals, exported_at)


def _read_part(stream: BinaryIO) -> bytes:
    length = stream.read(4)
    size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
    part = stream.read(size) if size <= _LONGEST_HEADER else b""
    if not part or len(part) != size:
        raise not_an_edition_file()
    return part


def _unpack(
    stream: BinaryIO,
    header: _Header,
    work: Path,
    take_original: Callable[[str, bytes], None] | None,
) -> None:
    unpacked = _Unpacker(stream)
    for entry in header.manifest.content.files:
        # A name with a path in it would write outside the folder.
        if Path(entry.name).name != entry.name or entry.name in {MANIFEST, SIGNATURES, "", ".."}:
            raise edition_damaged("name")
        digest = hashlib.sha256()
        with (work / entry.name).open("wb") as target:
            for piece in unpacked.take(entry.size):
                digest.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        if digest.hexdigest() != entry.sha256:
            raise edition_damaged(entry.name)
        fault_point("knowledge.inside_build")
    for name in header.originals:
        size = struct.unpack(">Q", b"".join(unpacked.take(8)))[0]
        if size > _LARGEST_ORIGINAL:
            raise edition_damaged("original")
        content = b"".join(unpacked.take(size))
        if hashlib.sha256(content).hexdigest() != name:
            raise edition_damaged("original")
        if take_original is not None:
            take_original(name, content)
    unpacked.end()


class _Unpacker:
    """Hands out exactly as many bytes of a zlib stream as the signed list says."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._unpacker = zlib.decompressobj()
        self._ready = b""

    def take(self, size: int) -> Iterable[bytes]:
        """The next bytes.

        Raises:
            KnowledgeError: ``edition_damaged`` when the stream ends before.
        """
        while size:
            if not self._ready:
                self._ready = self._more()
            piece, self._ready = self._ready[:size], self._ready[size:]
            size -= len(piece)
            yield piece

    def end(self) -> None:
        """Refuses a file that goes on behind its end."""
        if self._ready or self._unpacker.unconsumed_tail:
            raise edition_damaged("end")
        while not self._unpacker.eof:
            if self._more(at_end=True):
                raise edition_damaged("end")
        if self._unpacker.unused_data or self._stream.read(1):
            raise edition_damaged("end")

    def _more(self, at_end: bool = False) -> bytes:
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._stream.read(_CHUNK)
            if not packed:
                raise edition_damaged("end")
            try:
                piece = self._unpacker.decompress(packed, _CHUNK)
            except zlib.error as error:
                raise edition_damaged("stream") from error
            if piece:
                return piece
        if at_end:
            return b""
        raise edition_damaged("end")


def _pieces(edition: Edition, originals: Originals) -> Iterable[bytes]:
    for entry in edition.manifest.content.files:
        with (edition.folder / entry.name).open("rb") as stream:
            while piece := stream.read(_CHUNK):
                yield piece
    for name, read in originals.items():
        content = read()
        if hashlib.sha256(content).hexdigest() != name:
            raise edition_damaged("original")
        yield struct.pack(">Q", len(content))
        yield content
