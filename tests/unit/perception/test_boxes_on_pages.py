"""The boxes of a document lie on its letters when the page is drawn for the screen."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from suwen.perception.page_images import draw_page
from suwen.perception.pages import _decoded
from tests.unit.knowledge.ingestion.made_files import close_readers, pdf, read_one

_TEXT = (
    "= 跌倒预防\n入院当日评估，每周复评。#v(5cm) 床栏拉起，呼叫器放在患者手边。\n"
    "#pagebreak()\n第二页的内容。"
)


def test_a_box_holds_the_ink_of_its_text_and_nothing_is_left_outside() -> None:
    content = pdf(_TEXT)
    document = read_one("a.pdf", content)
    close_readers()
    for page in (1, 2):
        drawn = Image.open(io.BytesIO(draw_page(content, "application/pdf", page, 1000)))
        ink = np.asarray(drawn.convert("L")) < 128
        height, width = ink.shape
        for box in (b for b in document.boxes if b.page == page):
            rows = slice(int(box.top * height) - 1, int(box.bottom * height) + 2)
            columns = slice(int(box.left * width) - 1, int(box.right * width) + 2)
            assert ink[rows, columns].mean() > 0.05
            ink[rows, columns] = False
        assert not ink.any()


def test_a_photograph_is_drawn_as_it_was_read() -> None:
    image = Image.new("RGB", (60, 40), "white")
    image.paste("black", (0, 0, 30, 40))
    marks = Image.Exif()
    marks[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=marks)
    drawn = Image.open(io.BytesIO(draw_page(buffer.getvalue(), "image/jpeg", 1, 60)))
    read = _decoded(buffer.getvalue())
    assert drawn.size == (40, 60)
    assert read.shape[:2] == (60, 40)
    assert np.abs(np.asarray(drawn)[:, :, ::-1].astype(int) - read.astype(int)).max() < 40
