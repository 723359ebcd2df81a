"""How much of anything a file may ask of the machine before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds of reading one file; a file beyond one of them is refused, the rest goes on.

    Attributes:
        file_bytes: size of a file that is read whole (not of JSON Lines and CSV, which stream).
        line_bytes: size of one line of JSON Lines or CSV.
        text_characters: code points of one document's text.
        pages: pages of a PDF or a TIFF.
        unpacked_bytes: sum of what a DOCX unpacks to.
        unpacked_ratio: unpacked size over packed size of a DOCX; smaller ones than 1 MiB pass.
        image_pixels: pixels of a page image.
        nesting: depth of tables within tables.
        table_rows: rows of one table.
        silence_s: longest wait for the next page of a file.
        processor_s: processor time for one file, page reading not counted.
        memory_bytes: address space of the process that reads files.
    """

    file_bytes: int = 200 * 2**20
    line_bytes: int = 16 * 2**20
    text_characters: int = 4_000_000
    pages: int = 2_000
    unpacked_bytes: int = 300 * 2**20
    unpacked_ratio: int = 200
    image_pixels: int = 60_000_000
    nesting: int = 8
    table_rows: int = 20_000
    silence_s: float = 60.0
    processor_s: int = 240
    memory_bytes: int = 3 * 2**30


DEFAULT_LIMITS = ReadLimits()
