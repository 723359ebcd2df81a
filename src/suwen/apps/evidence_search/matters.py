"""Whether two sentences treat the same matter, and whether one advises against it."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Protocol

from suwen.apps.evidence_search.words import likeness, without_numbers, words_of
from suwen.language.width import fold

_SAME_MATTER = 0.4
_AGAINST = re.compile(
    r"禁用|禁忌|禁止|忌用|不推荐|不建议|不应|不宜|不得|不可使用|不可用|不能使用|不能用|避免|停用|慎用|"
    r"not recommended|contraindicated|prohibited|should not|must not|must never|may not be|"
    r"cannot be (?:used|given)|avoid|do not"
)
# "No contraindication" is said with the words of one.
_NO_OBJECTION = re.compile(
    r"(?:并非|并不是|不是|不属于)[^，。；]{0,12}禁忌|无(?:明显|绝对|明确|特殊)?(?:用药|使用)?禁忌|"
    r"not contraindicated|no contraindication"
)
# What advice is worded with: sources that answer one question differ in just this.
_ADVICE = re.compile(
    r"可以|能够|应当|应该|必须|不得|不应|不宜|不可|不能|不推荐|推荐|不建议|建议|禁用|禁止|禁忌|避免|慎用|"
    r"使用|应用"
)
_RUNNING = re.compile(
    r"[可能应宜须需是为的在与和及时]|\b(?:is|are|be|may|can|must|should|not|never|the|an?)\b"
)
_TOKEN = re.compile(r"[\u3400-\u9fff]|[a-z0-9][a-z0-9.+%/-]*")
_GROUPS = {
    "adult": re.compile(r"成人|成年|\badults?\b"),
    "child": re.compile(r"儿童|小儿|患儿|婴幼儿|婴儿|\bchild|\bp(?:a)?ediatric|\binfants?\b"),
    "newborn": re.compile(r"新生儿|早产儿|\bnewborn|\bneonat"),
    "pregnant": re.compile(r"孕妇|孕期|妊娠|\bpregnan"),
    "lactating": re.compile(r"哺乳|\bbreastfe|\blactat"),
}


class Told(Protocol):
    """A sentence and the words of it."""

    @property
    def text(self) -> str:
        """Word for word."""

    @property
    def words(self) -> frozenset[str]:
        """As ``words_of`` finds them."""


def subject_of(question: str) -> frozenset[str]:
    """The words that a question is about, without those that only ask for advice."""
    return words_of(_ADVICE.sub(" ", question))


def advises_against(text: str) -> bool:
    """Whether a sentence forbids or discourages something."""
    return _AGAINST.search(_NO_OBJECTION.sub("", fold(text))) is not None


def same_matter(first: Told, second: Told, asked: frozenset[str]) -> bool:
    """Whether two sentences are worded alike, and of what was asked, and of the same people.

    Args:
        asked: words of the question.
    """
    return _alike(first, second) and not (
        _other_subject(first, second, asked) or _other_people(first.text, second.text)
    )


def parallel_of_another(first: Told, second: Told, asked: frozenset[str]) -> bool:
    """Whether two sentences are worded alike, one of them of another subject than was asked."""
    return _alike(first, second) and _other_subject(first, second, asked)


def _alike(first: Told, second: Told) -> bool:
    a, b = without_numbers(first.words), without_numbers(second.words)
    return likeness(a, b) >= _SAME_MATTER


def _other_subject(first: Told, second: Told, asked: frozenset[str]) -> bool:
    """Whether one has another word in the place of a word that was asked for."""
    a, b = _tokens(first.text), _tokens(second.text)
    for kind, a_from, a_to, b_from, b_to in SequenceMatcher(None, a, b, False).get_opcodes():
        if kind != "replace":
            continue
        here, there = _touching(a, a_from, a_to), _touching(b, b_from, b_to)
        if here and there and ((here & asked) - second.words or (there & asked) - first.words):
            return True
    return False


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(_RUNNING.sub(" ", _ADVICE.sub(" ", fold(text))))


def _touching(tokens: list[str], start: int, end: int) -> frozenset[str]:
    """Words that hold any of these tokens; a number is no subject."""
    if without_numbers(frozenset(tokens[start:end])):
        stretch = tokens[max(start - 1, 0) : end + 1]
        chinese = "".join(t if "\u3400" <= t <= "\u9fff" else f" {t} " for t in stretch)
        return without_numbers(words_of(chinese))
    return frozenset()


def _other_people(first: str, second: str) -> bool:
    a, b = _groups(first), _groups(second)
    return bool(a) and bool(b) and not a & b


def _groups(text: str) -> set[str]:
    folded = fold(text)
    return {name for name, pattern in _GROUPS.items() if pattern.search(folded)}
