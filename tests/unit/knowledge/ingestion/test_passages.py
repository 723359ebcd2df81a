"""Passages are slices of the text, hold all of it, and keep sentences, rows and sections whole."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.core.knowledge import PassageKind, PassageSpan
from suwen.knowledge.ingestion.elements import Block, BlockKind
from suwen.knowledge.ingestion.passages import LONGEST, split_passages
from suwen.knowledge.ingestion.placed import compose
from suwen.knowledge.ingestion.plain_text import structure_of
from suwen.knowledge.ingestion.sentences import weight

_SENTENCES = [
    "社区获得性肺炎首选阿莫西林，每次1 g，每日三次，疗程五至七天。",
    "对青霉素过敏者改用左氧氟沙星0.5 g，每日一次！",
    "四十八小时后应重新评估病情，包括体温、呼吸频率和氧饱和度。",
    "Give amoxicillin 1 g three times a day for 5 days.",
    "Patients with i.v. access may get 2.5 mg/kg, e.g. in the ward.",
    "Does the patient cough? Then repeat the chest X-ray.",
    "𠮷野医师会诊😀：继续观察。",
    "x" * 40,
    "一" * 900,
    "word " * 300,
]
_PIECES = st.one_of(
    st.sampled_from(_SENTENCES),
    st.sampled_from(
        [
            "\n",
            "\n\n",
            " ",
            "\r\n",
            "\t",
            "# 用法\n",
            "一、适应证\n",
            "【禁忌】\n",
            "Dosage:\n",
            "\u3000",
        ]
    ),
    st.sampled_from(
        ["| 药名 | 剂量 |\n|---|---|\n| 甲 | 1 g |\n| 乙 | 2 g |\n", "a\tb\tc\n1\t2\t3\n"]
    ),
    st.text(max_size=30),
)
_TEXTS = st.lists(_PIECES, max_size=40).map("".join)


def _check_whole(text: str, passages: tuple[PassageSpan, ...]) -> None:
    at = 0
    for number, passage in enumerate(passages):
        assert passage.ordinal == number
        assert passage.start >= at
        assert not text[at : passage.start].strip()
        piece = text[passage.start : passage.end]
        assert piece
        assert piece == piece.strip()
        at = passage.end
    assert not text[at:].strip()


@settings(max_examples=150, deadline=None)
@given(_TEXTS)
def test_passages_of_any_text_hold_all_of_it_and_are_its_slices(text: str) -> None:
    passages = split_passages(text, structure_of(text))
    _check_whole(text, passages)
    for passage in passages:
        if passage.kind is PassageKind.TEXT:
            assert weight(text[passage.start : passage.end]) <= LONGEST + 1


_BLOCKS = st.lists(
    st.builds(
        Block,
        kind=st.sampled_from(BlockKind),
        text=_TEXTS,
        level=st.integers(1, 4),
        table=st.integers(1, 2),
    ),
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(_BLOCKS)
def test_passages_of_any_blocks_hold_the_composed_text(blocks: list[Block]) -> None:
    composed = compose(blocks)
    _check_whole(composed.text, split_passages(composed.text, composed.blocks))


def test_a_chinese_text_is_cut_at_the_ends_of_sentences() -> None:
    text = "".join(
        f"第{i}条规定患者入院后应当在二十四小时内完成首次病程记录并由上级医师审签。"
        for i in range(60)
    )
    passages = split_passages(text, structure_of(text))
    assert len(passages) > 5
    for passage in passages:
        piece = text[passage.start : passage.end]
        assert piece.endswith("。")
        assert 150 <= weight(piece) <= 350


def test_an_english_text_is_cut_at_the_ends_of_sentences() -> None:
    text = " ".join(
        f"Dr. Lin gave dose number {i} of 2.5 mg at 8 a.m. and the patient, who had slept well, "
        "felt no pain afterwards."
        for i in range(60)
    )
    passages = split_passages(text, structure_of(text))
    for passage in passages:
        piece = text[passage.start : passage.end]
        assert piece.startswith("Dr. Lin gave")
        assert piece.endswith("afterwards.")
        assert 80 <= len(piece.split()) <= 200


def test_a_sentence_wrapped_by_hand_is_not_cut_at_its_line_end() -> None:
    sentence = (
        "The attending physician examines every patient of the ward before noon and\n"
        "writes down what was found together with the plan for the following day.\n"
    )
    text = sentence * 30
    for passage in split_passages(text, structure_of(text)):
        assert text[passage.start : passage.end].endswith("following day.")


def test_headings_name_the_section_and_stay_with_what_follows() -> None:
    body = (
        "每次一片，每日两次，饭后服用，疗程为两周，期间监测肝肾功能，如有不适立即停药并就诊。" * 3
    )
    text = f"# 甲药说明\n\n## 用法\n\n{body}\n\n## 禁忌\n\n{body}"
    first, second = split_passages(text, structure_of(text))
    assert first.section == ("甲药说明", "用法")
    assert text[first.start : first.end].startswith("# 甲药说明")
    assert second.section == ("甲药说明", "禁忌")
    assert text[second.start :].startswith("## 禁忌")


def test_tiny_sections_are_read_together() -> None:
    text = "## 用法\n\n口服。\n\n## 剂量\n\n每次一片。\n\n## 疗程\n\n七天。"
    (passage,) = split_passages(text, structure_of(text))
    assert passage.end == len(text)


def test_rows_stay_whole_and_know_their_header() -> None:
    rows = "".join(
        f"| 药物{i} | 每次 {i} mg，饭后半小时口服，每日三次 | {i} 天 |\n" for i in range(60)
    )
    text = f"见下表。\n\n| 药名 | 用法 | 疗程 |\n|---|---|---|\n{rows}\n表后说明文字。"
    passages = split_passages(text, structure_of(text))
    tables = [p for p in passages if p.kind is PassageKind.TABLE]
    assert len(tables) > 2
    for passage in tables:
        piece = text[passage.start : passage.end]
        assert piece.startswith("|")
        assert piece.endswith("|")
        assert passage.table_header is not None
        assert passage.table_header.startswith("| 药名 | 用法 | 疗程 |")
    assert [p.kind for p in passages if p not in tables] == [PassageKind.TEXT, PassageKind.TEXT]


def test_a_long_text_is_cut_fast() -> None:
    text = ("".join(_SENTENCES[:6]) + "\n") * 2_000
    start = time.process_time()
    passages = split_passages(text, structure_of(text))
    assert time.process_time() - start < 0.00002 * len(text)
    _check_whole(text, passages)


def test_one_endless_line_of_numbers_takes_no_endless_time() -> None:
    text = "1.1" * 100_000
    start = time.process_time()
    passages = split_passages(text, structure_of(text))
    assert time.process_time() - start < 10
    _check_whole(text, passages)
