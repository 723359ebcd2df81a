"""Files and folders become documents: the door of ingestion."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO

from suwen.core.errors import KnowledgeError
from suwen.core.knowledge import DocumentLife, IngestedDocument, PageReader, Rights
from suwen.core.language import Language
from suwen.knowledge.ingestion.contract_lines import LineError, read_line
from suwen.knowledge.ingestion.document import (
    FileFacts,
    document_of_elements,
    document_of_line,
    document_of_text,
    identifier_of,
)
from suwen.knowledge.ingestion.elements import Element, PrintedPage
from suwen.knowledge.ingestion.encodings import decode
from suwen.knowledge.ingestion.file_lines import FileLine, csv_lines, json_lines
from suwen.knowledge.ingestion.formats.page_kinds import FileKind, kind_of
from suwen.knowledge.ingestion.isolation import FileParser, PageImage
from suwen.knowledge.ingestion.limits import DEFAULT_LIMITS, ReadLimits
from suwen.knowledge.ingestion.refusals import Refusal, RefusalCode, UnreadableFileError, refusal
from suwen.knowledge.ingestion.scanned_pages import printed_page

_HEAD = 1024


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What holds for every document of one reading, where the document itself says nothing.

    Attributes:
        language: of files; absent is told from the text.
        rights: of files; a contract line carries its own.
        life: of files.
        departments: code by code and by name of the departments that are known; a name that is
            not among them is kept as it is, so that it restricts to nobody rather than to all.
    """

    language: Language | None = None
    rights: Rights = field(default_factory=Rights)
    life: DocumentLife = field(default_factory=DocumentLife)
    departments: Mapping[str, str] = field(default_factory=dict)
    limits: ReadLimits = DEFAULT_LIMITS


class DocumentReader:
    """Reads files one after the other; keeps the process that takes them apart.

    Use as a context manager. Plain and slow (a scanned page takes seconds): called from a thread,
    one reader for each.

    Args:
        page_reader: reads scanned pages; absent refuses files that have any.
        on_page: told the number of every scanned page that was read.
    """

    def __init__(
        self,
        options: ReadOptions,
        page_reader: PageReader | None = None,
        on_page: Callable[[int], None] | None = None,
    ) -> None:
        self._options = options
        self._page_reader = page_reader
        self._on_page = on_page
        self._parser = FileParser(options.limits)

    def __enter__(self) -> DocumentReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process that takes files apart."""
        self._parser.close()

    def read_path(self, path: Path, skip: int = 0) -> Iterator[IngestedDocument | Refusal]:
        """Documents and refusals of a file, or of all files below a folder in order of names.

        Hidden files are left out; a link that leads outside the folder is refused.

        Args:
            skip: how many documents and refusals of this path were taken before.
        """
        root = path if path.is_dir() else path.parent
        files = files_of(path)
        if not files:
            yield refusal(path.name, RefusalCode.CANNOT_OPEN)
            return
        names = identifiers_of([file.relative_to(root).as_posix() for file in files])
        taken = _Taken(skip)
        for file, (name, identifier) in zip(files, names.items(), strict=True):
            # A link that was itself asked for is followed.
            if file == path or file.resolve().is_relative_to(root.resolve()):
                yield from self._read_file(file, name, identifier, taken)
            elif not taken.before():
                yield refusal(name, RefusalCode.LEADS_OUTSIDE)

    def read_bytes(
        self, name: str, content: bytes, skip: int = 0
    ) -> Iterator[IngestedDocument | Refusal]:
        """Documents and refusals of a file that is held in memory.

        Args:
            name: of the file, with its extension; becomes the document's id.
            skip: how many documents and refusals of this file were taken before.
        """
        stream = io.BytesIO(content)
        (identifier,) = identifiers_of([name]).values()
        yield from self._read_stream(stream, len(content), name, identifier, _Taken(skip))

    def _read_file(
        self, file: Path, name: str, identifier: str, taken: _Taken
    ) -> Iterator[IngestedDocument | Refusal]:
        try:
            with file.open("rb") as stream:
                size = file.stat().st_size
                yield from self._read_stream(stream, size, name, identifier, taken)
        except OSError:
            if not taken.before():
                yield refusal(name, RefusalCode.CANNOT_OPEN)

    def _read_stream(
        self, stream: IO[bytes], size: int, name: str, identifier: str, taken: _Taken
    ) -> Iterator[IngestedDocument | Refusal]:
        limits = self._options.limits
        try:
            head = stream.read(_HEAD)
            stream.seek(0)
            kind = kind_of(name, head)
            if not head.strip():
                raise UnreadableFileError(RefusalCode.EMPTY_FILE)
            if kind is FileKind.LINES:
                yield from self._documents(name, json_lines(stream, limits), taken)
                return
            if size > limits.file_bytes:
                raise UnreadableFileError(RefusalCode.FILE_TOO_LARGE)
            content = stream.read(limits.file_bytes)
            if kind is FileKind.CSV:
                yield from self._documents(name, csv_lines(decode(content), limits), taken)
            elif not taken.before():
                yield self._whole(kind, name, identifier, content)
        except UnreadableFileError as error:
            if not taken.before():
                yield refusal(name, error.code, error.hint)

    def _documents(
        self, name: str, lines: Iterator[FileLine], taken: _Taken
    ) -> Iterator[IngestedDocument | Refusal]:
        """One document or refusal for each line; of an id that comes twice the first counts."""
        seen: set[str] = set()
        for line in lines:
            try:
                if line.error is not None:
                    raise line.error
                document = read_line(line.values, self._options.departments)
                if len(document.text) > self._options.limits.text_characters:
                    raise LineError(RefusalCode.TEXT_TOO_LONG, "text")
                if document.id in seen:
                    raise LineError(RefusalCode.DUPLICATE_ID, "id")
                seen.add(document.id)
                if not taken.before():
                    yield document_of_line(document)
            except LineError as error:
                if not taken.before():
                    yield refusal(name, error.code, error.hint, line=line.number, field=error.field)

    def _whole(
        self, kind: FileKind, name: str, identifier: str, content: bytes
    ) -> IngestedDocument:
        options = self._options
        facts = FileFacts(
            identifier, name, kind, content, options.language, options.rights, options.life
        )
        if kind is FileKind.TEXT:
            return document_of_text(facts, decode(content), options.limits)
        return document_of_elements(facts, self._elements(kind, content), options.limits)

    def _elements(self, kind: FileKind, content: bytes) -> list[Element]:
        elements: list[Element] = []
        for item in self._parser.parse(kind, content):
            if not isinstance(item, PageImage):
                elements.append(item)
                continue
            page = elements[-1]
            if isinstance(page, PrintedPage):
                elements[-1] = self._read_image(page.number, item)
        return elements

    def _read_image(self, number: int, image: bytes) -> PrintedPage:
        if self._page_reader is None:
            raise UnreadableFileError(RefusalCode.PAGE_READER_MISSING)
        try:
            lines = self._page_reader.read_page(image)
        except KnowledgeError as error:
            missing = error.code == RefusalCode.PAGE_READER_MISSING.value
            code = RefusalCode.PAGE_READER_MISSING if missing else RefusalCode.UNREADABLE_IMAGE
            raise UnreadableFileError(code) from None
        if self._on_page is not None:
            self._on_page(number)
        return printed_page(number, lines)


@dataclass(slots=True)
class _Taken:
    """Counts what was taken from a path before, so that it is not taken again."""

    left: int

    def before(self) -> bool:
        """Whether the item at hand was taken before."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True


def read_path(
    path: Path, options: ReadOptions, page_reader: PageReader | None = None, skip: int = 0
) -> Iterator[IngestedDocument | Refusal]:
    """Documents and refusals of a file or of a folder, one after the other.

    Args:
        skip: how many of them were taken before.
    """
    with DocumentReader(options, page_reader) as reader:
        yield from reader.read_path(path, skip)


def read_bytes(
    name: str, content: bytes, options: ReadOptions, page_reader: PageReader | None = None
) -> Iterator[IngestedDocument | Refusal]:
    """Documents and refusals of a file that is held in memory."""
    with DocumentReader(options, page_reader) as reader:
        yield from reader.read_bytes(name, content)


def files_of(path: Path) -> list[Path]:
    """The file itself, or all files below a folder in order of names, without hidden ones."""
    if not path.is_dir():
        return [path] if path.exists() or path.is_symlink() else []
    found: list[Path] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found.extend(Path(folder) / name for name in names if not name.startswith("."))
    return sorted(found, key=lambda file: file.relative_to(path).as_posix())


def identifiers_of(names: Sequence[str]) -> dict[str, str]:
    """Id of the document of each file: its path without extension, with it where two share that."""
    stems = {name: str(PurePosixPath(name).with_suffix("")) for name in names}
    shared = Counter(identifier_of(stem) for stem in stems.values())
    return {
        name: identifier_of(name if shared[identifier_of(stem)] > 1 else stem)
        for name, stem in stems.items()
    }
