"""What is added to a question so that other wordings of the same thing are found too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from suwen.knowledge.retrieval.expansion.pinyin import find_pinyin
from suwen.knowledge.retrieval.expansion.vocabulary import (
    Form,
    NamedThing,
    Wording,
    means_it,
    spotter,
)
from suwen.language.width import fold

MOST_ADDED: Final = 32
"""Wordings added to one question at most, so that a long one stays fast."""
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_SHORTEST_HAN: Final = 2
_SHORTEST_LATIN: Final = 3
_EACH_FORM: Final = {
    Form.CHINESE: 3,
    Form.ENGLISH: 2,
    Form.ABBREVIATION: 2,
    Form.PRODUCT: 3,
}


class Reason(StrEnum):
    """Why a wording was added."""

    ABBREVIATION = "abbreviation"
    TRANSLATION = "translation"
    SYNONYM = "synonym"
    GENERIC_NAME = "generic_name"
    PRODUCT_NAME = "product_name"
    PINYIN = "pinyin"


@dataclass(frozen=True, slots=True)
class AddedWording:
    """A wording that was added to the question.

    Attributes:
        text: as it is usually written.
        said: the stretch of the question that it stands for, as it was asked.
        share: 1 where that stretch can mean one thing only; the parts of 1 where it can mean
            several.
    """

    text: str
    reason: Reason
    said: str
    share: float


@lru_cache(maxsize=2048)
def other_wordings(question: str) -> tuple[AddedWording, ...]:
    """Other wordings of the things that a question names; empty when it names none.

    Never one that the question holds already. At most ``MOST_ADDED``.
    """
    folded = fold(question)
    added: dict[str, AddedWording] = {}
    for start, end, named, typed in _named(question, folded):
        share = 1 / len(named)
        for one in named:
            for wording in _others(one, typed):
                key = fold(wording.text)
                if key in folded or (key in added and added[key].share >= share):
                    continue
                reason = Reason.PINYIN if typed else _reason(one.wording, wording)
                added[key] = AddedWording(wording.text, reason, question[start:end], share)
    # Those of things that can mean nothing else come first where there are too many.
    kept = sorted(added.values(), key=lambda wording: -wording.share)[:MOST_ADDED]
    return tuple(kept)


@lru_cache(maxsize=2048)
def spelled_out(question: str) -> str:
    """The question as it is best compared by meaning: pinyin as the Chinese term that it means,
    and behind an abbreviation what it stands for, in the question's language.

    What can mean several things stays as it was asked.
    """
    parts: list[str] = []
    reached = 0
    for start, end, named, typed in sorted(_named(question, fold(question)), key=lambda n: n[:2]):
        said = question[start:end]
        full = _in_full(named[0], _HAN.search(question) is not None, typed)
        if len(named) > 1 or full is None or fold(full) in fold(question):
            continue
        parts += [question[reached:start], full if typed else f"{said} ({full})"]
        reached = end
    return "".join([*parts, question[reached:]])


@lru_cache(maxsize=2048)
def named_share(question: str) -> float:
    """The share of a question's letters, 0 to 1, that name a thing of the clinical tables.

    A name of one Chinese character or of two Latin letters is part of too many other words.
    """
    named = set[int]()
    for start, end, _, _ in _named(question, fold(question)):
        written = question[start:end]
        letters = sum(c.isalpha() for c in written)
        if letters >= (_SHORTEST_HAN if _HAN.search(written) else _SHORTEST_LATIN):
            named.update(range(start, end))
    places = [place for place, letter in enumerate(question) if letter.isalnum()]
    return sum(place in named for place in places) / len(places) if places else 0.0


def _in_full(named: NamedThing, in_chinese: bool, typed: bool) -> str | None:
    if typed:
        return named.wording.text
    if named.wording.form is not Form.ABBREVIATION:
        return None
    wanted = Form.CHINESE if in_chinese else Form.ENGLISH
    return next((w.text for w in named.thing.wordings if w.form is wanted), None)


def _named(question: str, folded: str) -> Iterator[tuple[int, int, tuple[NamedThing, ...], bool]]:
    """Stretches of the question with what they can mean, and whether they are pinyin."""
    reached = set[int]()
    for mention in spotter().find(folded):
        written = question[mention.start : mention.end]
        meant = _distinct(n for n in mention.meanings if means_it(n, written))
        if meant:
            reached.update(range(mention.start, mention.end))
            yield mention.start, mention.end, meant, False
    for typed in find_pinyin(folded):
        if not reached.intersection(range(typed.start, typed.end)):
            yield typed.start, typed.end, _distinct(typed.meant), True


def _distinct(named: Iterable[NamedThing]) -> tuple[NamedThing, ...]:
    """Things that share a second wording are the same thing in two tables."""
    kept: list[NamedThing] = []
    known: list[set[str]] = []
    for one in named:
        texts = {fold(wording.text) for wording in one.thing.wordings}
        if any(len(texts & other) > 1 for other in known):
            kept_at = next(i for i, other in enumerate(known) if len(texts & other) > 1)
            known[kept_at] |= texts
            kept[kept_at] = _merged(kept[kept_at], one)
        else:
            kept.append(one)
            known.append(texts)
    return tuple(kept)


def _merged(one: NamedThing, other: NamedThing) -> NamedThing:
    wordings = {fold(w.text): w for w in (*other.thing.wordings, *one.thing.wordings)}
    order = dict.fromkeys(fold(w.text) for w in (*one.thing.wordings, *other.thing.wordings))
    thing = type(one.thing)(tuple(wordings[key] for key in order))
    return NamedThing(thing, one.wording)


def _others(named: NamedThing, typed: bool) -> list[Wording]:
    """The usual wordings of each form; of a term typed as pinyin the term itself first."""
    left = dict(_EACH_FORM)
    first: Sequence[Wording] = [named.wording] if typed else []
    found = list(first)
    for wording in named.thing.wordings:
        if wording != named.wording and left[wording.form]:
            left[wording.form] -= 1
            found.append(wording)
    return found


def _reason(asked: Wording, added: Wording) -> Reason:
    if Form.PRODUCT in (asked.form, added.form):
        return Reason.PRODUCT_NAME if added.form is Form.PRODUCT else Reason.GENERIC_NAME
    if Form.ABBREVIATION in (asked.form, added.form):
        return Reason.ABBREVIATION
    return Reason.SYNONYM if asked.form is added.form else Reason.TRANSLATION
