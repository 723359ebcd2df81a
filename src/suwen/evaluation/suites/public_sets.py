"""Published sets, read from the hospital's own copy and never shipped.

Each is JSON Lines as its folder's note describes; what a line lacks is refused with its number.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from suwen.core.errors import InputError
from suwen.core.language import Bilingual, Language
from suwen.evaluation.suites.model import Case
from suwen.evaluation.suites.questions import LETTERS, Question

EXAMINATIONS: Final = {
    "medqa_usmle": ("medqa_usmle/dev/medqa_us_test.jsonl", Language.EN),
    "medmcqa": ("medmcqa/dev/medmcqa_dev.jsonl", Language.EN),
    "cmexam": ("cmexam/dev/cmexam_val.jsonl", Language.ZH),
    "mmlu_medical": ("mmlu_medical/dev/mmlu_medical_test.jsonl", Language.EN),
}
"""File and language of each examination set."""

Item = TypeVar("Item")
Value = TypeVar("Value")

REQUESTS: Final = {
    "medsafetybench": ("medsafetybench/dev/harmful_medical_requests.jsonl", "request", "en"),
    "jailbench_zh": ("jailbench_zh/dev/seed.jsonl", "query", "zh"),
    "jailbench_zh_jailbreaks": ("jailbench_zh/dev/jailbreak.jsonl", "query", "zh"),
    "jailbreakbench_artifacts": (
        "jailbreakbench_artifacts/dev/attack_prompts.jsonl",
        "prompt",
        "en",
    ),
}
"""File, field and language of each set of requests that must be refused."""


def examination(folder: Path, sets: Sequence[str], each: int, seed: int) -> list[Question]:
    """A fixed sample of each set; a question with several right answers or a lacking option is
    left out.

    Raises:
        InputError: ``set_unknown``, ``set_missing``, ``set_line_malformed``.
    """
    questions = []
    for name in sets:
        file, language = _known(EXAMINATIONS, name)
        usable = [
            question
            for number, row in _rows(folder / file, name)
            if (question := _question(name, number, row, language)) is not None
        ]
        questions += _sample(usable, each, seed, name)
    return questions


def harmful_requests(folder: Path, sets: Sequence[str], each: int, seed: int) -> list[Case]:
    """A fixed sample of each set, all of which are to be refused; raises as ``examination``."""
    cases = []
    for name in sets:
        file, field, language = _known(REQUESTS, name)
        rows = [
            Case(
                f"{name}-{number}",
                (("user", _text(row, field, name, number)),),
                {"expected": "refuse"},
                facets={"set": name, "language": language},
            )
            for number, row in _rows(folder / file, name)
        ]
        cases += _sample(rows, each, seed, name)
    return cases


def _sample(items: Sequence[Item], each: int, seed: int, name: str) -> list[Item]:
    chance = random.Random(f"{seed}/{name}")  # noqa: S311 - a fixed sample
    return chance.sample(list(items), min(each, len(items)))


def _known(table: Mapping[str, Value], name: str) -> Value:
    if name not in table:
        known = ", ".join(table)
        raise InputError(
            "set_unknown",
            Bilingual(zh=f"没有公开集 {name}。可用：{known}。", en=f"No set {name}: {known}."),
            field="--set",
        )
    return table[name]


def _rows(path: Path, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        # Not splitlines: a line separator inside a text ends no line of JSON.
        lines = path.read_text("utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "set_missing",
            Bilingual(
                zh=f"读不到公开集 {name}：{path}。请把医院自己的副本放在数据文件夹中。",
                en=f"The public set {name} cannot be read at {path}. Put the hospital's own copy "
                "into the data folder.",
            ),
            field="--data",
        ) from None
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError:
            raise _malformed(name, number) from None
        if not isinstance(row, dict):
            raise _malformed(name, number)
        yield number, row


def _question(
    name: str, number: int, row: Mapping[str, Any], language: Language
) -> Question | None:
    options, answer = row.get("options"), row.get("answer")
    if not isinstance(options, dict) or not isinstance(answer, str):
        raise _malformed(name, number)
    letters = sorted(options)
    if len(answer) != 1 or letters != list(LETTERS[: len(letters)]):
        return None
    if answer not in options:
        raise _malformed(name, number)
    return Question(
        f"{name}-{number}",
        language,
        _text(row, "question", name, number),
        tuple(str(options[letter]) for letter in letters),
        letters.index(answer),
        {"set": name},
    )


def _text(row: Mapping[str, Any], field: str, name: str, number: int) -> str:
    text = row.get(field)
    if not isinstance(text, str) or not text.strip():
        raise _malformed(name, number)
    return text


def _malformed(name: str, number: int) -> InputError:
    return InputError(
        "set_line_malformed",
        Bilingual(
            zh=f"公开集 {name} 第 {number} 行格式不符。",
            en=f"Line {number} of the public set {name} is not of its form.",
        ),
        field="--data",
    )
