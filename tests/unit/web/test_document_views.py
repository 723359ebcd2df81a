"""The document viewer: nothing of a text is lost, and what is marked is what was cited."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.knowledge import Currency, DocumentLife
from suwen.core.language import Language
from suwen.web.texts import Texts
from suwen.web.views.document import (
    Span,
    boxes_on,
    document_page,
    masked_page,
    stands,
    text_blocks,
    with_page,
)
from suwen.web.views.passages import (
    document_address,
    marked_parts,
    passage_card,
    quoted_spans,
    span_address,
    stamp,
)
from tests.unit.web.library_values import (
    SPANS,
    TEXT,
    TODAY,
    collection,
    line_boxes,
    passage,
    stored,
)

ZH = Texts(Language.ZH)
CITED = Span(SPANS[1].start, SPANS[1].end)


def shown(blocks: object) -> str:
    """Everything that the blocks show, without blanks and heading signs."""
    return "".join(part.text for block in blocks for part in block.parts)  # type: ignore[attr-defined]


def bare(text: str) -> str:
    return "".join(text.split())


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_every_character_is_shown_and_the_span_marked_exactly(first: int, second: int) -> None:
    start, end = sorted((first, second))
    blocks, _ = text_blocks(TEXT, SPANS, Span(start, end) if start < end else None)
    assert bare(shown(blocks)) == bare(TEXT)
    marked = "".join(p.text for b in blocks for p in b.parts if p.marked)
    assert bare(marked) == bare(TEXT[start:end])
    assert sum(p.first for b in blocks for p in b.parts) == (1 if marked else 0)


def test_headings_pages_and_tables_are_told_apart() -> None:
    blocks, outline = text_blocks(TEXT, SPANS, None)
    assert [(b.kind, b.level, b.page) for b in blocks] == [
        ("heading", 2, None),
        ("heading", 3, None),
        ("text", 3, 1),
        ("heading", 3, None),
        ("text", 3, None),
        ("table", 3, 2),
    ]
    assert [(e.title, e.level) for e in outline] == [("评估", 2), ("治疗", 2)]
    assert {e.anchor for e in outline} <= {b.anchor for b in blocks}


def test_a_span_counts_only_while_its_wording_stands() -> None:
    words = TEXT[CITED.start : CITED.end]
    assert stands(TEXT, replace(CITED, stamp=stamp(words)))
    assert not stands(TEXT, replace(CITED, stamp=stamp("疗程 7 至 10 天。")))
    assert not stands(TEXT, Span(5, 5))
    assert not stands(TEXT, Span(0, len(TEXT) + 1))


def test_a_changed_wording_is_said_and_nothing_is_marked() -> None:
    changed = document_page(stored(), collection(), replace(CITED, stamp="0" * 12), TODAY, ZH)
    assert changed.changed
    assert not any(part.marked for block in changed.blocks for part in block.parts)
    same = document_page(stored(), collection(), CITED, TODAY, ZH)
    assert not same.changed
    assert any(part.marked for block in same.blocks for part in block.parts)


def test_the_address_of_a_citation_opens_exactly_its_span() -> None:
    found = passage(0)
    start = found.text.index("评分")
    address = urlsplit(span_address(found, start, len(found.text)))
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    span = Span(int(query["start"]), int(query["end"]), query["stamp"])
    assert address.path == document_address("lungs", "path")
    assert TEXT[span.start : span.end] == "评分 2 分者住院。"
    assert stands(TEXT, span)


def test_a_span_is_boxed_where_its_lines_stand() -> None:
    boxes = boxes_on(line_boxes(), CITED, 1, 1400)
    assert [(b.x, b.width) for b in boxes] == [(100, 500)]
    assert boxes[0].y == pytest.approx(1400 * 0.22)
    assert boxes_on(line_boxes(), CITED, 2, 1400) == ()
    assert boxes_on(line_boxes(), None, 1, 1400) == ()


def test_pages_lead_to_their_neighbours_and_no_further() -> None:
    document = stored()
    view = document_page(document, collection(), CITED, TODAY, ZH)
    assert (view.pages, "page=1" in view.image_address) == (2, True)
    first = with_page(view, document, CITED, 1, (700, 990)).image
    assert first is not None
    assert (first.width, first.height, first.previous) == (1000, 1414.3, "")
    assert "page=2" in first.next
    assert first.said == "疗程 5 至 7 天。"
    last = with_page(view, document, CITED, 2, (700, 990)).image
    assert last is not None
    assert (last.next, last.boxes, last.said) == ("", (), "")


def test_a_document_without_its_file_has_no_pages() -> None:
    assert document_page(stored(original=None), collection(), None, TODAY, ZH).pages == 0


@pytest.mark.parametrize(
    ("life", "superseded", "currency"),
    [
        (DocumentLife(), None, "current"),
        (DocumentLife(expires=TODAY), None, "expired"),
        (DocumentLife(effective=date(2027, 1, 1)), None, "not_yet_effective"),
        (DocumentLife(), date(2026, 1, 1), "superseded"),
    ],
)
def test_whether_it_holds_today_stands_on_the_page(
    life: DocumentLife, superseded: date | None, currency: str
) -> None:
    document = stored(life=life, superseded_from=superseded)
    view = document_page(document, collection(), None, TODAY, ZH)
    assert view.standing.currency == currency
    assert view.standing.holds is (currency == "current")


def test_a_case_is_shown_without_who_it_was() -> None:
    text = "患者王小明，男，电话 13800138000，2025年3月4日入院。"
    view = masked_page(document_page(stored(text), collection(), None, TODAY, ZH))
    told = shown(view.blocks)
    for hidden in ("王小明", "13800138000", "3月4日"):
        assert hidden in text
        assert hidden not in told
    assert "入院" in told
    assert view.pages == 0
    assert "source" not in dict(view.facts)


@given(st.lists(st.integers(0, 30), min_size=0, max_size=6))
def test_parts_joined_are_the_text(cuts: list[int]) -> None:
    text = "0123456789" * 3
    quotes = [text[min(a, b) : max(a, b)] for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    parts = marked_parts(text, quoted_spans(text, quotes))
    assert "".join(part.text for part in parts) == text
    assert all(part.text for part in parts)


def test_a_card_says_when_what_was_cited_is_gone() -> None:
    kept = passage_card(passage(1), 1, ["疗程 5 至 7 天。"], ZH)
    gone = passage_card(passage(1), 1, ["疗程 10 天。"], ZH)
    found = passage_card(passage(1), 1, [], ZH)
    assert [card.changed for card in (kept, gone, found)] == [False, True, False]
    assert [card.cited for card in (kept, gone, found)] == [True, True, False]
    assert kept.standing.year == "2025"


def test_what_is_not_recorded_stays_so() -> None:
    card = passage_card(passage(life=DocumentLife(), currency=Currency.CURRENT), 1, [], ZH)
    standing = card.standing
    assert (standing.issuer, standing.grade, standing.year, standing.issued) == ("", "", "", "")


def test_a_card_shows_headings_without_their_marks() -> None:
    text = "要点。\n\n## 肾功能\n\n禁用 #1。"
    found = dataclasses.replace(passage(1), text=text, end=passage(1).start + len(text))
    card = passage_card(found, 1, ["禁用 #1。"], ZH)
    assert "".join(part.text for part in card.parts) == "要点。\n\n肾功能\n\n禁用 #1。"
