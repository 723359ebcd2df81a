"""Files that the tests make themselves, and how one is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import typst

from suwen.core.knowledge import IngestedDocument, PageReader
from suwen.integration.exports.pdf import font_folder
from suwen.knowledge.ingestion.limits import DEFAULT_LIMITS, ReadLimits
from suwen.knowledge.ingestion.reading import DocumentReader, ReadOptions
from suwen.knowledge.ingestion.refusals import Refusal, RefusalCode

_PAGE = '#set page(paper: "a4", margin: 2cm)\n#set text(font: "Noto Sans SC", size: 11pt)\n'


_readers: dict[tuple[PageReader | None, ReadLimits], DocumentReader] = {}


def _reader(page_reader: PageReader | None, limits: ReadLimits) -> DocumentReader:
    """One reader for all tests with the same limits, so that few processes are started."""
    key = (page_reader, limits)
    if key not in _readers:
        _readers[key] = DocumentReader(ReadOptions(limits=limits), page_reader)
    return _readers[key]


def close_readers() -> None:
    """Ends the processes of all readers."""
    while _readers:
        _readers.popitem()[1].close()


def pdf(source: str, page: str = _PAGE) -> bytes:
    """A PDF of Typst markup, with the packaged Chinese font."""
    made: bytes = typst.compile(
        (page + source).encode(), font_paths=[font_folder()], ignore_system_fonts=True, format="pdf"
    )
    return made


def png(source: str, ppi: float = 110) -> bytes:
    """The first page of Typst markup as an image."""
    made: bytes = typst.compile(
        (_PAGE + source).encode(),
        font_paths=[font_folder()],
        ignore_system_fonts=True,
        format="png",
        ppi=ppi,
    )
    return made


def word(build: Callable[[Any], None]) -> bytes:
    """A DOCX that ``build`` fills."""
    document = docx.Document()
    build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A package with every part changed by ``change(name, part)``."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
    return buffer.getvalue()


def read_one(
    name: str,
    content: bytes,
    page_reader: PageReader | None = None,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> IngestedDocument:
    """The document of a file that is expected to be read."""
    (item,) = _reader(page_reader, limits).read_bytes(name, content)
    assert isinstance(item, IngestedDocument), item
    check_document(item)
    return item


def refused(name: str, content: bytes, limits: ReadLimits = DEFAULT_LIMITS) -> RefusalCode:
    """Why a file that is expected to be refused is."""
    (item,) = _reader(None, limits).read_bytes(name, content)
    assert isinstance(item, Refusal), item
    assert item.message.zh
    assert item.message.en
    return item.code


def check_document(document: IngestedDocument) -> None:
    """What holds for every document: passages are its slices and hold all of it."""
    at = 0
    for number, passage in enumerate(document.passages):
        assert passage.ordinal == number
        assert at <= passage.start < passage.end <= len(document.text)
        assert not document.text[at : passage.start].strip()
        at = passage.end
    assert not document.text[at:].strip()
    for box in document.boxes:
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1
        assert document.text[box.start : box.end].strip()
    for finding in document.trust_findings:
        if finding.start is not None and finding.end is not None:
            assert 0 <= finding.start < finding.end <= len(document.text)


def rules(document: IngestedDocument) -> set[str]:
    """The rules by which a document is held back."""
    return {finding.rule for finding in document.trust_findings}
