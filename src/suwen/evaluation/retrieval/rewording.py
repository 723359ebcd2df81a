"""Questions with one medical thing under another name: does the search still know it?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from random import Random
from typing import Final

from pypinyin import lazy_pinyin

from suwen.evaluation.retrieval.scoring import Scores, score
from suwen.evaluation.retrieval.sets import REPORTED, Question, QuestionSet
from suwen.evaluation.retrieval.trial_site import TrialSite
from suwen.knowledge.retrieval.expansion.vocabulary import Form, NamedThing, spotter
from suwen.language.width import fold

MOST: Final = 600
_SEED: Final = 11


class Rewording(StrEnum):
    """Under which other name a thing is asked for."""

    SYNONYM = "synonym"
    ENGLISH = "english"
    ABBREVIATION = "abbreviation"
    PINYIN = "pinyin"


_FORMS: Final = {
    Rewording.SYNONYM: Form.CHINESE,
    Rewording.ENGLISH: Form.ENGLISH,
    Rewording.ABBREVIATION: Form.ABBREVIATION,
}


def measure_rewordings(
    given: QuestionSet, site: TrialSite, rewording: Rewording
) -> tuple[Scores, Scores, Scores]:
    """The lexical leg on the questions as they were asked, and on the reworded ones without and
    with the other wordings that the search adds."""
    random = Random(_SEED)  # noqa: S311 - repeatable
    pairs = list(_reworded(given, rewording, random))[:MOST]
    right = [question.right for question, _ in pairs]
    return (
        score([site.by_words(question.text, added=True) for question, _ in pairs], right),
        score([site.by_words(text, added=False) for _, text in pairs], right),
        score([site.by_words(text, added=True) for _, text in pairs], right),
    )


def _reworded(
    given: QuestionSet, rewording: Rewording, random: Random
) -> Iterator[tuple[Question, str]]:
    for question in given.half(REPORTED):
        text = question.text
        for mention in spotter().find(fold(text)):
            names = [n for n in mention.meanings if n.wording.form is Form.CHINESE]
            other = _other_name(names, mention.surface, rewording, random) if names else None
            if other is not None:
                yield question, text[: mention.start] + other + text[mention.end :]
                break


def _other_name(
    names: list[NamedThing], said: str, rewording: Rewording, random: Random
) -> str | None:
    if len(said) < 2:
        return None
    if rewording is Rewording.PINYIN:
        return "".join(lazy_pinyin(said))
    others = [
        wording.text
        for wording in names[0].thing.wordings
        if wording.form is _FORMS[rewording] and said not in wording.text
    ]
    return random.choice(others) if others else None
