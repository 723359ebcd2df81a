"""Which sentences of the passages answer the question: by the rare words that they share."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from suwen.appkit import Passage
from suwen.language.instruction_like import find_instruction_like
from suwen.language.statements import find_statements
from suwen.language.width import fold
from suwen.language.word_lists import word_list

MAX_SENTENCES = 5
_LEAST_COVERAGE = 0.18
_SHARE_OF_BEST = 0.45
_SAME = 0.8
_SHORTEST = 6

_LATIN = re.compile(r"[a-z0-9][a-z0-9.+%/-]*[a-z0-9%+]|[a-z0-9]")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_NOT_TELLING = word_list("stop_words") | word_list("pairs_that_ask_in_chinese")


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """A sentence of a passage, word for word.

    Attributes:
        start, end: code-point offsets into the document's text, end exclusive.
        coverage: share of the question's words, weighted by rarity, that it holds; 0 to 1.
    """

    passage: Passage = field(repr=False)
    text: str = field(repr=False)
    start: int
    end: int
    words: frozenset[str] = field(repr=False)
    coverage: float


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence of the answer and every passage that says the same."""

    sentence: SourceSentence
    also: tuple[SourceSentence, ...] = ()

    @property
    def sources(self) -> tuple[SourceSentence, ...]:
        """All sentences that it stands for, the shown one first."""
        return (self.sentence, *self.also)


def words_of(text: str) -> frozenset[str]:
    """What a text is about: Latin words and numbers, and the pairs of Chinese characters."""
    folded = fold(text)
    words = {w.rstrip("s") if len(w) > 3 else w for w in _LATIN.findall(folded)}
    for run in _CHINESE.findall(folded):
        words.update((a + b for a, b in pairwise(run)) if len(run) > 1 else (run,))
    return frozenset(words - _NOT_TELLING)


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of words that two texts have in common, 0 to 1."""
    return len(a & b) / len(a | b) if a or b else 0.0


def read_sentences(query: str, passages: Sequence[Passage]) -> list[SourceSentence]:
    """Every usable sentence of the passages with how much of the question it covers.

    Sentences that give orders to a machine are left out.
    """
    raw = [
        (passage, passage.text[span.start : span.end], span.start + passage.start)
        for passage in passages
        for span in find_statements(passage.text)
        if span.end - span.start >= _SHORTEST
    ]
    asked = words_of(query)
    told = [words_of(text) for _, text, _ in raw]
    common = Counter(word for words in told for word in words & asked)
    weights = {word: math.log1p(len(raw) / common[word]) for word in asked if common[word]}
    whole = sum(weights.values()) + (len(asked) - len(weights)) * math.log1p(max(len(raw), 1))
    return [
        SourceSentence(
            passage,
            text,
            start,
            start + len(text),
            words,
            sum(weights[w] for w in words & asked) / whole if whole else 0.0,
        )
        for (passage, text, start), words in zip(raw, told, strict=True)
        if not find_instruction_like(text)
    ]


def choose_extracts(sentences: Sequence[SourceSentence]) -> tuple[Extract, ...]:
    """The sentences that answer best, word for word, in order of how well they do.

    A question that shares no word with any sentence (asked in another language than the source)
    is answered by the opening sentence of the best passage.
    """
    ranked = sorted(sentences, key=lambda s: -s.coverage)
    if not ranked:
        return ()
    if ranked[0].coverage < _LEAST_COVERAGE:
        first = sentences[0]
        return (Extract(first),)
    floor = max(_LEAST_COVERAGE, ranked[0].coverage * _SHARE_OF_BEST)
    chosen: list[Extract] = []
    for sentence in ranked:
        if sentence.coverage < floor:
            break
        twin = _twin(chosen, sentence)
        if twin is not None:
            chosen[twin] = Extract(chosen[twin].sentence, (*chosen[twin].also, sentence))
        elif len(chosen) < MAX_SENTENCES:
            chosen.append(Extract(sentence))
    return tuple(chosen)


def best_quote(text: str, sentences: Sequence[SourceSentence]) -> SourceSentence | None:
    """The sentence, of those given, that is most like a text; ``None`` of none."""
    words = words_of(text)
    return max(sentences, key=lambda s: likeness(words, s.words), default=None)


def _twin(chosen: Sequence[Extract], sentence: SourceSentence) -> int | None:
    """Which chosen sentence says the same, numbers included."""
    for number, extract in enumerate(chosen):
        if likeness(extract.sentence.words, sentence.words) >= _SAME and _numbers(
            extract.sentence.text
        ) == _numbers(sentence.text):
            return number
    return None


def _numbers(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d+(?:\.\d+)?", fold(text)))
