"""Where statements begin and end, and where they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.language.statements import find_headings, find_statements
from suwen.language.width import fold, normalise_newlines


def split(text: str) -> list[str]:
    return [text[s.start : s.end] for s in find_statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("血钾 3.2 mmol/L。血钠 140 mmol/L。", ["血钾 3.2 mmol/L。", "血钠 140 mmol/L。"]),
        ("血钾 3.2；血钠 140；血氯 101。", ["血钾 3.2；", "血钠 140；", "血氯 101。"]),
        ("He drank 4.6 L of water. She left.", ["He drank 4.6 L of water.", "She left."]),
        ("See No. 3 on the list. It fits.", ["See No. 3 on the list.", "It fits."]),
        ("Take it q.d. with food. Come back.", ["Take it q.d. with food.", "Come back."]),
        ("Dr. Lane saw her. She is well.", ["Dr. Lane saw her.", "She is well."]),
        ("Use a drug, e.g. Ibuprofen. Rest.", ["Use a drug, e.g. Ibuprofen.", "Rest."]),
        ("Seen at 10:30. Then home.", ["Seen at 10:30.", "Then home."]),
        ("2型糖尿病（E11.9）。高血压。", ["2型糖尿病（E11.9）。", "高血压。"]),
        ("1. Reflux. 2. Gout. 3. Asthma.", ["1. Reflux.", "2. Gout.", "3. Asthma."]),
        ("1、肺炎。2、高血压。", ["1、肺炎。", "2、高血压。"]),
        ("患者（如有不适；请就诊）出院。随诊。", ["患者（如有不适；请就诊）出院。", "随诊。"]),
        ("他说“不痛。”随后离开。", ["他说“不痛。”", "随后离开。"]),
        ("BP 120/80, pulse 72. No pain! Fine?", ["BP 120/80, pulse 72.", "No pain!", "Fine?"]),
        ("She weighs 70.5 kg at 5. He left.", ["She weighs 70.5 kg at 5.", "He left."]),
    ],
)
def test_statements(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_headings_are_not_statements() -> None:
    text = "PAST MEDICAL HISTORY\n\nAsthma since childhood.\n\nPlan:\nRest.\n\n【诊断】\n肺炎。"
    assert split(text) == ["Asthma since childhood.", "Rest.", "肺炎。"]
    assert [text[h.start : h.end] for h in find_headings(text)] == [
        "PAST MEDICAL HISTORY",
        "Plan:",
        "【诊断】",
    ]


def test_a_label_with_its_value_is_a_statement() -> None:
    assert split("Sex: female\nAge: 66 years") == ["Sex: female", "Age: 66 years"]


@given(st.text(max_size=300))
def test_offsets_reproduce_the_text(text: str) -> None:
    clean = normalise_newlines(text)
    last = 0
    for span in find_statements(clean):
        assert last <= span.start < span.end <= len(clean)
        statement = clean[span.start : span.end]
        assert statement == statement.strip()
        assert "\n" not in statement
        last = span.end


@given(
    st.lists(
        st.sampled_from(
            ["血钾 3.2 mmol/L", "She is well", "q.d.", "。", ". ", "；", "\n", "(", "）", "1. "]
        )
    )
)
def test_nothing_but_headings_and_blanks_is_left_out(parts: list[str]) -> None:
    text = "".join(parts)
    covered = {
        i for s in (*find_statements(text), *find_headings(text)) for i in range(s.start, s.end)
    }
    assert all(text[i].isspace() for i in range(len(text)) if i not in covered)


@given(st.text(max_size=200))
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_folding_makes_full_width_comparable() -> None:
    assert fold("ＢＰ　１２０／８０，Ｋ＋") == "bp 120/80,k+"
