"""The questions about a function, and reading the answers to them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

Answers = Mapping[str, str]
"""Chosen option by question; a question that nobody answered is absent."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a function.

    Attributes:
        id: for example ``reader``.
        words: as it is asked.
        options: the possible answers by their ids, in the order in which they are offered.
    """

    id: str
    words: Bilingual
    options: Mapping[str, Bilingual]


@dataclass(frozen=True, slots=True)
class StudiedFunction:
    """One of the fourteen functions of the field study.

    Attributes:
        number: 1 to 14, as in the study.
        published: whether its classes are in the study's table; else they are inferred.
        answers: the answers that describe it as the study does.
    """

    number: int
    id: str
    published: bool
    answers: Answers


def read_data(name: str) -> dict[str, Any]:
    """The content of one data file of this package."""
    return tomllib.loads(files(__package__).joinpath(f"data/{name}.toml").read_text("utf-8"))


def bilingual(words: Mapping[str, str]) -> Bilingual:
    """A text of a data file in both languages."""
    return Bilingual(words["zh"], words["en"])


@cache
def questions() -> Mapping[str, Question]:
    """All questions by id, in the order in which they are asked."""
    return {
        row["id"]: Question(
            row["id"], bilingual(row), {o["id"]: bilingual(o) for o in row["options"]}
        )
        for row in read_data("questions")["question"]
    }


@cache
def studied_functions() -> tuple[StudiedFunction, ...]:
    """The functions of the field study in their order."""
    return tuple(
        StudiedFunction(
            row["number"],
            row["id"],
            row["published"],
            check_answers({"function": row["id"], **row["answers"]}),
        )
        for row in read_data("functions")["function"]
    )


def check_answers(given: Mapping[str, object]) -> Answers:
    """The answers, each of them known; an empty one counts as not given.

    Raises:
        InputError: ``unknown_question`` or ``unknown_answer``, whose field is the question.
    """
    known = questions()
    answers: dict[str, str] = {}
    for name, value in given.items():
        question = known.get(name)
        if question is None:
            raise InputError(
                "unknown_question",
                Bilingual("没有这个问题。", "There is no such question."),
                field=name[:60],
            )
        if value is None or value == "":
            continue
        if not isinstance(value, str) or value not in question.options:
            offered = ", ".join(question.options)
            raise InputError(
                "unknown_answer",
                Bilingual(f"此问题的答案只能是：{offered}。", f"The answer is one of: {offered}."),
                field=name,
            )
        answers[name] = value
    return answers
