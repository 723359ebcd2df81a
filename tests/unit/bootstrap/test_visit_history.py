"""A hospital's visit history: CSV or JSON Lines, its own names, and precise about what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.bootstrap.device.department_training import TrainingWish, train
from suwen.bootstrap.device.visit_history import HistoryForm, read_history
from suwen.clinical.department_learning import Visit
from suwen.clinical.departments import own_table
from suwen.core.errors import InputError
from suwen.evaluation.triage.measuring import DEPARTMENTS_OF_SET
from tests.support.shared_data import shared_data


def history(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_lines_of_json_and_a_table_say_the_same(tmp_path: Path) -> None:
    lines = (
        '{"text": "咳嗽", "department": "呼吸内科"}\n\n'
        '{"text": "背痒", "department": "dermatology"}'
    )
    table = "department,text\r\n呼吸内科,咳嗽\r\nDermatology,背痒\r\n"
    names = HistoryForm(names={"呼吸内科": "respiratory", "Dermatology": "dermatology"})
    wanted = [Visit("咳嗽", "respiratory"), Visit("背痒", "dermatology")]
    for name, content in (("v.jsonl", lines), ("v.csv", table)):
        file = history(tmp_path, name, b"\xef\xbb\xbf" + content.encode())
        assert read_history(file, names, own_table()) == wanted


def test_columns_are_named_and_joined(tmp_path: Path) -> None:
    file = history(tmp_path, "v.csv", '主诉,现病史,科室\n咳嗽,"三天,有痰",respiratory\n'.encode())
    form = HistoryForm(texts=("主诉", "现病史"), department="科室")
    assert read_history(file, form, own_table()) == [Visit("咳嗽\n三天,有痰", "respiratory")]


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        (
            "v.jsonl",
            b'{"text": "a", "department": "respiratory"}\n{',
            "history_line_wrong",
            "Line 2",
        ),
        ("v.jsonl", b"[]", "history_line_wrong", "no JSON object"),
        ("v.jsonl", b'{"text": "a"}', "history_line_wrong", "department is missing"),
        ("v.jsonl", b'{"text": 1, "department": "x"}', "history_line_wrong", "text is no text"),
        ("v.jsonl", b'{"text": " ", "department": "x"}', "history_line_wrong", "is empty"),
        ("v.jsonl", b'{"text": "a", "department": "x"}\n\xff', "history_line_wrong", "UTF-8"),
        ("v.csv", b"text,department\na,x,y\n", "history_line_wrong", "more cells"),
        ("v.csv", b'text,department\n"a,x\n', "history_line_wrong", "no CSV"),
        ("v.csv", b"words,department\na,x\n", "history_line_wrong", "text is missing"),
        (
            "v.jsonl",
            b'{"text": "a", "department": "Moon clinic"}\n' * 3,
            "history_departments_unknown",
            "Moon clinic (3)",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    tmp_path: Path, name: str, content: bytes, code: str, told: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_history(history(tmp_path, name, content), HistoryForm(), own_table())
    assert refused.value.code == code
    assert told in refused.value.safe_message.en


def test_a_file_that_is_not_there_and_a_department_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_history(tmp_path / "none.jsonl", HistoryForm(), own_table())
    assert refused.value.code == "history_unreadable"
    with pytest.raises(InputError) as refused:
        read_history(tmp_path, HistoryForm(names={"a": "moon"}), own_table())
    assert refused.value.code == "no_such_department"


def visits(words: dict[str, str], each: int) -> bytes:
    lines = [
        f'{{"text": "第{n}次来，{said}", "department": "{code}"}}'
        for code, said in words.items()
        for n in range(each)
    ]
    return "\n".join(lines).encode()


WORDS = {"dermatology": "长了癞疙宝", "orthopaedics": "倒拐子扭了"}


def test_a_model_is_measured_on_visits_that_were_kept_apart(tmp_path: Path) -> None:
    file = history(tmp_path, "v.jsonl", visits(WORDS, 60))
    report = train(TrainingWish([file]), own_table()).report
    assert report["better"]
    assert report["learned_from"] + report["measured_on"] == 120
    assert report["measured_on"] >= 10
    value, low, high = report["learned"]["macro_f1"]
    assert low <= value <= high
    assert value == 1.0 > report["table"]["macro_f1"][0]
    assert not report["own_test"]


def test_visits_without_a_pattern_give_nothing_to_propose(tmp_path: Path) -> None:
    mixed = {"dermatology": "来看看", "orthopaedics": "来看看"}
    lines = visits(mixed, 60).split(b"\n")
    file = history(tmp_path, "v.jsonl", b"\n".join(lines[::2] + lines[1::2]))
    assert not train(TrainingWish([file]), own_table()).report["better"]


def test_too_little_and_what_is_on_both_sides_is_refused(tmp_path: Path) -> None:
    few = history(tmp_path, "few.jsonl", visits(WORDS, 5))
    file = history(tmp_path, "v.jsonl", visits(WORDS, 60))
    for wish, code in (
        (TrainingWish([few]), "history_too_small"),
        (TrainingWish([file], test=few), "history_shares_test"),
    ):
        with pytest.raises(InputError) as refused:
            train(wish, own_table())
        assert refused.value.code == code


@pytest.mark.soak
def test_one_half_of_a_public_set_teaches_the_other(tmp_path: Path) -> None:
    file = shared_data("toyhom_dept") / "dev/internal_medicine_departments.jsonl"
    rows = file.read_text("utf-8").splitlines()
    form = HistoryForm(texts=("title", "question"), names=DEPARTMENTS_OF_SET)
    halves = [history(tmp_path, f"{n}.jsonl", "\n".join(rows[n::2]).encode()) for n in range(2)]
    for known, test in (halves, halves[::-1]):
        report = train(TrainingWish([known], test, form), own_table()).report
        assert report["better"]
        assert report["learned"]["macro_f1"][0] >= 0.80
