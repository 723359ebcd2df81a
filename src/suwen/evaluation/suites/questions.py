"""Multiple-choice questions as cases: their wording, arrangements and variants."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from suwen.core.language import Language
from suwen.evaluation.suites.disturbing import misspelt, turned, with_irrelevant
from suwen.evaluation.suites.model import Case

LETTERS: Final = "ABCDEFGHIJ"
ORDER: Final = {
    Language.EN: "Answer with the letter of the correct option only.",
    Language.ZH: "只回答正确选项的字母。",
}
ORDER_WITH_PROBABILITY: Final = {
    Language.EN: "Answer with the letter of the correct option and, after it, how likely it is "
    "that your answer is correct, as a percentage. Example: B 70%",
    Language.ZH: "回答正确选项的字母，并在其后写出答案正确的可能性（百分数）。例如：B 70%",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question with options, one of which is right.

    Attributes:
        options: in the order given.
        right: place of the right option, from 0.
    """

    id: str
    language: Language
    text: str = field(repr=False)
    options: tuple[str, ...] = field(repr=False)
    right: int
    facets: Mapping[str, str] = field(default_factory=dict)


def question_case(
    question: Question,
    moved: int = 0,
    *,
    variant: str | None = None,
    text: str | None = None,
    order: Mapping[Language, str] = ORDER,
    seed: int = 0,
) -> Case:
    """A case that asks the question.

    Args:
        moved: by how many places the options are turned.
        variant: its name among the variants of this question; the question is their group.
        text: another wording of the question.
    """
    places = turned([str(n) for n in range(len(question.options))], moved)
    letters = LETTERS[: len(places)]
    lines = [
        f"{letter}. {question.options[int(place)]}"
        for letter, place in zip(letters, places, strict=True)
    ]
    asked = "\n".join([text or question.text, *lines, "", order[question.language]])
    return Case(
        id=question.id if variant is None else f"{question.id}/{variant}",
        turns=(("user", asked),),
        target={
            "letters": list(letters),
            "letter": letters[places.index(str(question.right))],
            "options": dict(zip(letters, places, strict=True)),
        },
        group=None if variant is None else question.id,
        variant=variant,
        facets={"language": question.language.value, **question.facets},
        chance=1 / len(places),
        seed=seed,
    )


def own_questions(path: Path) -> Iterator[tuple[Question, str]]:
    """Our own questions in both languages, each with its paraphrase; the first option is right."""
    for line in path.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        for language in Language:
            body = row[language.value]
            question = Question(
                f"{row['id']}-{language.value}",
                language,
                body["question"],
                tuple(body["options"]),
                0,
            )
            yield question, body.get("paraphrase", body["question"])


def arrangements(questions: Sequence[Question], times: int) -> list[Case]:
    """Each question in several arrangements of its options; once where one is wanted."""
    if times <= 1:
        return [question_case(q, n % len(q.options)) for n, q in enumerate(questions)]
    return [
        question_case(q, n + turn, variant=f"arrangement-{turn + 1}")
        for n, q in enumerate(questions)
        for turn in range(min(times, len(q.options)))
    ]


def disturbed(path: Path, seed: int) -> list[Case]:
    """Each of our questions as it is, paraphrased, misspelt, with chaff, and rearranged."""
    chance = random.Random(seed)  # noqa: S311 - which words are misspelt
    cases = []
    for number, (question, paraphrase) in enumerate(own_questions(path)):
        language, text = question.language, question.text
        cases += [
            question_case(question, number, variant="base"),
            question_case(question, number, variant="paraphrase", text=paraphrase),
            question_case(question, number, variant="typos", text=misspelt(text, language, chance)),
            question_case(
                question, number, variant="irrelevant", text=with_irrelevant(text, language, chance)
            ),
            question_case(question, number + 1, variant="order"),
        ]
    return cases


def repeated(path: Path, times: int) -> list[Case]:
    """Each of our questions several times in the same words, with another seed each time."""
    return [
        question_case(question, number, variant=f"repeat-{turn + 1}", seed=turn)
        for number, (question, _) in enumerate(own_questions(path))
        for turn in range(times)
    ]


def with_probability(path: Path) -> list[Case]:
    """Each of our questions, with the wish to say how sure the answer is."""
    return [
        question_case(question, number, order=ORDER_WITH_PROBABILITY)
        for number, (question, _) in enumerate(own_questions(path))
    ]
