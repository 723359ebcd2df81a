"""A hostile or broken file is refused with its reason, in bounded time; the rest goes on."""

from __future__ import annotations

import io
import os
import struct
import time
import zlib
from pathlib import Path

import pypdfium2
import pytest

from suwen.core.knowledge import IngestedDocument
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.reading import DocumentReader, ReadOptions, read_path
from suwen.knowledge.ingestion.refusals import MESSAGES, Refusal, RefusalCode
from tests.unit.knowledge.ingestion.made_files import pdf, png, read_one, refused, word

_GOOD = "高血压患者每日测量血压，并记录。"


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.docx", "a.html", "a.md", "a.txt", "a.png", "a.jsonl", "a.csv"]
)
def test_an_empty_file_is_refused(name: str) -> None:
    code = refused(name, b"")
    assert code is (RefusalCode.EMPTY_FILE if name[2:] not in ("pdf", "docx", "png") else code)
    assert code in (RefusalCode.EMPTY_FILE, RefusalCode.CONTENT_DIFFERS)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ", RefusalCode.UNSUPPORTED_FORMAT),
        ("a", b"text", RefusalCode.UNSUPPORTED_FORMAT),
        ("a.docx", b"%PDF-1.7 x", RefusalCode.CONTENT_DIFFERS),
        ("a.pdf", b"PK\x03\x04 x", RefusalCode.CONTENT_DIFFERS),
        ("a.txt", b"\x89PNG\r\n\x1a\n x", RefusalCode.CONTENT_DIFFERS),
        ("a.pdf", b"plain words", RefusalCode.CONTENT_DIFFERS),
        ("a.md", b"\x7fELF\x02\x01", RefusalCode.CONTENT_DIFFERS),
        ("a.png", b"GIF89a x", RefusalCode.CONTENT_DIFFERS),
        ("a.pdf", bytes(range(256)), RefusalCode.DAMAGED_FILE),
        ("a.pdf", b"%PDF-1.7\nnothing of it", RefusalCode.DAMAGED_FILE),
        ("a.png", b"\x89PNG\r\n\x1a\n cut", RefusalCode.DAMAGED_FILE),
        ("a.txt", "größer als üblich".encode("latin-1"), RefusalCode.UNKNOWN_ENCODING),
        ("a.txt", bytes(range(256)) * 10, RefusalCode.UNKNOWN_ENCODING),
        ("a.txt", _GOOD.encode("utf-16-le"), RefusalCode.UNKNOWN_ENCODING),
        ("a.txt", b" \n\t ", RefusalCode.EMPTY_FILE),
        ("a.html", b"<html><body><script>x</script></body>", RefusalCode.NO_TEXT),
        ("a.md", b"<!-- only a comment -->", RefusalCode.NO_TEXT),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(
    name: str, content: bytes, code: RefusalCode
) -> None:
    assert refused(name, content) is code


def test_every_refusal_has_its_words() -> None:
    assert set(MESSAGES) == set(RefusalCode)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_usual_encodings_of_a_text_are_read(encoding: str) -> None:
    assert read_one("a.txt", f"{_GOOD}\r\n第二行。".encode(encoding)).text == f"{_GOOD}\n第二行。"


def _minimal_pdf(extra: bytes = b"", trailer: bytes = b"", count: int = 1) -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count %d>>" % count,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        extra or b"<</Length 44>>stream\nBT /F 12 Tf 72 700 Td (Measure blood) Tj ET  \nendstream",
    ]
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, os.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 5\n0000000000 65535 f \n")
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer<</Size 5/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (trailer, start))
    return out.getvalue()


def test_a_pdf_with_a_broken_table_of_objects_is_read_all_the_same() -> None:
    whole = _minimal_pdf()
    assert read_one("a.pdf", whole).text == "Measure blood"
    broken = whole.replace(b"startxref\n", b"startxref\n99")
    assert read_one("a.pdf", broken).text == "Measure blood"


def test_a_pdf_with_a_password_is_refused() -> None:
    lock = (
        b"/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
        b"/Encrypt<</Filter/Standard/V 1/R 2/P -44/O<%s>/U<%s>>>" % (b"ab" * 32, b"cd" * 32)
    )
    assert refused("a.pdf", _minimal_pdf(trailer=lock)) is RefusalCode.PASSWORD_PROTECTED


def test_a_cut_pdf_is_refused_or_read_without_harm() -> None:
    whole = pdf(f"= 规范\n{_GOOD * 30}\n#pagebreak()\n{_GOOD}")
    with DocumentReader(ReadOptions()) as reader:
        for share in (0.1, 0.5, 0.9):
            (item,) = reader.read_bytes("a.pdf", whole[: int(share * len(whole))])
            assert isinstance(item, Refusal)
            assert item.code in (RefusalCode.DAMAGED_FILE, RefusalCode.NO_TEXT)


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    three = pdf(f"{_GOOD}\n#pagebreak()\n{_GOOD}\n#pagebreak()\n{_GOOD}")
    assert refused("a.pdf", three, ReadLimits(pages=2)) is RefusalCode.TOO_MANY_PAGES
    lying = _minimal_pdf(count=100_000_000)
    start = time.monotonic()
    assert read_one("a.pdf", lying).text == "Measure blood"
    assert time.monotonic() - start < 10


def test_a_pdf_that_unpacks_without_end_takes_no_memory_of_ours() -> None:
    bomb = zlib.compress(b"0 0 m " * 30_000_000, 1)
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(bomb), bomb)
    limits = ReadLimits(memory_bytes=700 * 2**20, silence_s=5)
    code = refused("a.pdf", _minimal_pdf(stream), limits)
    assert code in (
        RefusalCode.TOO_MUCH_MEMORY,
        RefusalCode.TOOK_TOO_LONG,
        RefusalCode.NO_TEXT,
        RefusalCode.DAMAGED_FILE,
    )
    assert read_one("a.pdf", _minimal_pdf(), limits=limits).text == "Measure blood"


def test_an_image_of_too_many_pixels_is_refused() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99))
    assert refused("a.png", bomb) is RefusalCode.IMAGE_TOO_LARGE


def test_a_file_beyond_its_measure_is_refused() -> None:
    small = ReadLimits(file_bytes=1000, text_characters=300)
    assert refused("a.txt", b"a" * 1001, small) is RefusalCode.FILE_TOO_LARGE
    assert refused("a.txt", b"a" * 301, small) is RefusalCode.TEXT_TOO_LONG
    assert refused("a.html", b"<p>" + b"a" * 301, small) is RefusalCode.TEXT_TOO_LONG


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    slow = ReadLimits(silence_s=0.02)
    with DocumentReader(ReadOptions(limits=slow)) as reader:
        (item,) = reader.read_bytes("a.pdf", pdf(_GOOD))
        assert isinstance(item, Refusal)
        assert item.code is RefusalCode.TOOK_TOO_LONG
    assert read_one("a.pdf", pdf(_GOOD)).text == _GOOD


def test_processor_time_is_bounded_by_the_kernel() -> None:
    limits = ReadLimits(processor_s=0)
    heavy = ("[" * 400 + "\n\n") * 6_000
    assert refused("a.md", heavy.encode(), limits) is RefusalCode.TOOK_TOO_LONG


def test_a_page_that_must_be_read_from_its_image_needs_a_page_reader() -> None:
    image = png(_GOOD)
    assert refused("a.png", image) is RefusalCode.PAGE_READER_MISSING
    file = pypdfium2.PdfDocument.new()
    page = file.new_page(595, 842)
    from PIL import Image

    bitmap = pypdfium2.PdfBitmap.from_pil(Image.open(io.BytesIO(image)).convert("RGB"))
    shown = pypdfium2.PdfImage.new(file)
    shown.set_bitmap(bitmap)
    shown.set_matrix(pypdfium2.PdfMatrix().scale(595, 842))
    page.insert_obj(shown)
    page.gen_content()
    buffer = io.BytesIO()
    file.save(buffer)
    assert refused("a.pdf", buffer.getvalue()) is RefusalCode.PAGE_READER_MISSING


def test_the_rest_of_a_folder_is_read_and_nothing_outside_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret", "utf-8")
    folder = tmp_path / "in"
    (folder / "a").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config.txt").write_text("x", "utf-8")
    (folder / "a" / "good.txt").write_text(_GOOD, "utf-8")
    (folder / "a" / "same.txt").write_text(_GOOD, "utf-8")
    (folder / "a" / "same.md").write_text(_GOOD, "utf-8")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 x")
    (folder / "link.txt").symlink_to(outside)
    (folder / "plan#1.docx").write_bytes(word(lambda d: d.add_paragraph(_GOOD)))
    reader = DocumentReader(ReadOptions())
    items = list(reader.read_path(folder))
    told = [x.id if isinstance(x, IngestedDocument) else (x.file, x.code) for x in items]
    assert told == [
        "a/good",
        "a/same.md",
        "a/same.txt",
        ("bad.pdf", RefusalCode.DAMAGED_FILE),
        ("link.txt", RefusalCode.LEADS_OUTSIDE),
        "plan_1",
    ]
    for taken in (1, 3, 5, 6):
        assert list(reader.read_path(folder, taken)) == items[taken:]
    reader.close()


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (item,) = read_path(tmp_path / "no.pdf", ReadOptions())
    assert isinstance(item, Refusal)
    assert item.code is RefusalCode.CANNOT_OPEN


def test_memory_is_bounded_and_the_next_file_is_read() -> None:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (7000, 7000)).save(buffer, "PNG")
    limits = ReadLimits(memory_bytes=300 * 2**20)
    assert refused("a.png", buffer.getvalue(), limits) is RefusalCode.TOO_MUCH_MEMORY
    assert read_one("a.html", f"<p>{_GOOD}</p>".encode(), limits=limits).text == _GOOD
