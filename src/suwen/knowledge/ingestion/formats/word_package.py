"""Whether a DOCX may be opened at all: how far it unpacks, and what its XML declares."""

from __future__ import annotations

import io
import zipfile
import zlib

from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_MOST_ENTRIES = 5_000
_SMALL = 2**20
_CHUNK = 2**20
_ENCRYPTED = b"\xd0\xcf\x11\xe0"
_DECLARATIONS = tuple(
    word.encode(encoding)
    for word in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)


def check_package(content: bytes, limits: ReadLimits) -> None:
    """Unpacks every part once, in pieces, without keeping any.

    Raises:
        UnreadableFileError: ``password_protected``, ``damaged_file``, ``unpacks_too_large`` or
            ``xml_entities``.
    """
    if content.startswith(_ENCRYPTED):
        raise UnreadableFileError(RefusalCode.PASSWORD_PROTECTED)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
            if len(entries) > _MOST_ENTRIES:
                raise UnreadableFileError(RefusalCode.UNPACKS_TOO_LARGE)
            names = {entry.filename for entry in entries}
            if len(names) != len(entries) or "[Content_Types].xml" not in names:
                raise UnreadableFileError(RefusalCode.DAMAGED_FILE)
            allowed = min(limits.unpacked_bytes, max(_SMALL, limits.unpacked_ratio * len(content)))
            for entry in entries:
                if entry.flag_bits & 1:
                    raise UnreadableFileError(RefusalCode.PASSWORD_PROTECTED)
                allowed -= _unpacked(package, entry, allowed)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE) from None


def _unpacked(package: zipfile.ZipFile, entry: zipfile.ZipInfo, allowed: int) -> int:
    """Size of a part, counted while it is unpacked: what the directory says may be a lie."""
    size = 0
    before = b""
    is_xml = entry.filename.lower().endswith((".xml", ".rels"))
    with package.open(entry) as part:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > allowed:
                raise UnreadableFileError(RefusalCode.UNPACKS_TOO_LARGE)
            if is_xml and any(word in before + chunk for word in _DECLARATIONS):
                raise UnreadableFileError(RefusalCode.XML_ENTITIES)
            before = chunk[-32:]
    return size
