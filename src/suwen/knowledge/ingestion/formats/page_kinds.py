"""Which kind of file something is: its extension says it, its content must agree."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath

from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError


class FileKind(StrEnum):
    """The formats that are read."""

    PDF = "pdf"
    DOCX = "docx"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    LINES = "jsonl"
    CSV = "csv"


_EXTENSIONS = {
    ".pdf": FileKind.PDF,
    ".docx": FileKind.DOCX,
    ".html": FileKind.HTML,
    ".htm": FileKind.HTML,
    ".xhtml": FileKind.HTML,
    ".md": FileKind.MARKDOWN,
    ".markdown": FileKind.MARKDOWN,
    ".txt": FileKind.TEXT,
    ".text": FileKind.TEXT,
    ".png": FileKind.PNG,
    ".jpg": FileKind.JPEG,
    ".jpeg": FileKind.JPEG,
    ".tif": FileKind.TIFF,
    ".tiff": FileKind.TIFF,
    ".jsonl": FileKind.LINES,
    ".ndjson": FileKind.LINES,
    ".csv": FileKind.CSV,
}
MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.HTML: "text/html",
    FileKind.MARKDOWN: "text/markdown",
    FileKind.TEXT: "text/plain",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.TIFF: "image/tiff",
    FileKind.LINES: "application/x-ndjson",
    FileKind.CSV: "text/csv",
}
PAGED = frozenset({FileKind.PDF, FileKind.PNG, FileKind.JPEG, FileKind.TIFF})
"""Kinds whose pages are shown from the original."""
STREAMED = frozenset({FileKind.LINES, FileKind.CSV})
"""Kinds that hold many documents, one a line."""
_SIGNATURES: tuple[tuple[bytes, FileKind | None], ...] = (
    (b"%PDF-", FileKind.PDF),
    (b"PK\x03\x04", FileKind.DOCX),
    (b"\xd0\xcf\x11\xe0", FileKind.DOCX),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"II*\x00", FileKind.TIFF),
    (b"MM\x00*", FileKind.TIFF),
    (b"GIF8", None),
    (b"\x7fELF", None),
    (b"\x1f\x8b", None),
    (b"Rar!", None),
    (b"7z\xbc\xaf", None),
    (b"SQLite format 3\x00", None),
)
_BINARY = frozenset({FileKind.PDF, FileKind.DOCX, FileKind.PNG, FileKind.JPEG, FileKind.TIFF})
# A PDF may begin with some bytes of another kind; readers look into the first kilobyte.
_HEAD = 1024


def kind_of(name: str, head: bytes) -> FileKind:
    """The kind of a file.

    Args:
        head: its first bytes, a kilobyte or all of it.

    Raises:
        UnreadableFileError: ``unsupported_format``, ``content_differs_from_extension`` or
            ``damaged_file``.
    """
    kind = _EXTENSIONS.get(PurePath(name).suffix.lower())
    if kind is None:
        raise UnreadableFileError(RefusalCode.UNSUPPORTED_FORMAT)
    for signature, found in _SIGNATURES:
        if head.startswith(signature):
            if found is not kind:
                raise UnreadableFileError(RefusalCode.CONTENT_DIFFERS)
            return kind
    if kind is FileKind.PDF and b"%PDF-" in head[:_HEAD]:
        return kind
    if kind in _BINARY:
        # No signature of any kind: text under a wrong name, or the file lost its beginning.
        texty = b"\x00" not in head and head.isascii()
        code = RefusalCode.CONTENT_DIFFERS if texty else RefusalCode.DAMAGED_FILE
        raise UnreadableFileError(code)
    return kind
