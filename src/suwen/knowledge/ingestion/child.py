"""The process in which files are taken apart, so that a hostile one harms nothing but itself.

Talks over its standard streams: a request is a line of JSON followed by the file's bytes; the
answer is lines of JSON, an image's line followed by its bytes, and a last line that ends it.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import IO, Any

from suwen.knowledge.ingestion.elements import Element, to_plain
from suwen.knowledge.ingestion.encodings import decode, decode_page
from suwen.knowledge.ingestion.formats.page_kinds import FileKind
from suwen.knowledge.ingestion.formats.pdf_file import ScanImage, read_pdf
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_NO_NEW_PRIVILEGES = 38


def parse(kind: FileKind, content: bytes, limits: ReadLimits) -> Iterator[Element | ScanImage]:
    """What a file holds, by its kind.

    Raises:
        UnreadableFileError: naming why.
    """
    # Each reader is loaded when the first file of its kind comes.
    if kind is FileKind.PDF:
        yield from read_pdf(content, limits)
    elif kind is FileKind.DOCX:
        from suwen.knowledge.ingestion.formats.word_file import read_docx

        yield from read_docx(content, limits)
    elif kind is FileKind.HTML:
        from suwen.knowledge.ingestion.formats.web_page import read_html

        yield from read_html(decode_page(content), limits)
    elif kind is FileKind.MARKDOWN:
        from suwen.knowledge.ingestion.formats.markdown_text import read_markdown

        yield from read_markdown(decode(content).replace("\r\n", "\n"), limits)
    else:
        from suwen.knowledge.ingestion.formats.page_image_file import read_image

        yield from read_image(content, limits)


def _answer(request: dict[str, Any], content: bytes) -> Iterator[Element | ScanImage]:
    kind = FileKind(request["kind"])
    limits = ReadLimits(**{f.name: request["limits"][f.name] for f in fields(ReadLimits)})
    _allow_processor_time(limits.processor_s)
    return parse(kind, content, limits)


def _allow_processor_time(seconds: int) -> None:
    """So much more from now on; the kernel ends the process that goes beyond."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))


def _write(out: IO[bytes], message: list[Any], payload: bytes = b"") -> None:
    out.write(json.dumps([len(payload), *message]).encode() + b"\n")
    out.write(payload)
    out.flush()


def _serve(source: IO[bytes], out: IO[bytes]) -> None:
    while line := source.readline():
        request = json.loads(line)
        content = source.read(request["size"])
        try:
            for item in _answer(request, content):
                if isinstance(item, ScanImage):
                    _write(out, ["image", item.page], item.png)
                else:
                    _write(out, ["element", to_plain(item)])
        except UnreadableFileError as error:
            _write(out, ["refused", error.code.value])
        except MemoryError:
            _write(out, ["refused", RefusalCode.TOO_MUCH_MEMORY.value])
        except RecursionError:
            _write(out, ["refused", RefusalCode.NESTED_TOO_DEEP.value])
        except Exception:  # noqa: BLE001 - the edge: a library broke on what it was given
            _write(out, ["refused", RefusalCode.DAMAGED_FILE.value])
        else:
            _write(out, ["end"])


def main() -> None:
    """Serves requests until the other end closes; bounded in memory, files and privileges.

    It does not ask the kernel to be ended with its parent: that would mean the thread that
    started it, while files may be handed over by another one.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A library's message may repeat what stands in the file.
    logging.disable(logging.CRITICAL)
    out = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    _serve(sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
