"""Which sentences of the passages answer the question: by the rare words that they share."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from suwen.appkit import Passage
from suwen.apps.evidence_search.matters import (
    advises_against,
    parallel_of_another,
    subject_of,
)
from suwen.apps.evidence_search.words import likeness, words_of
from suwen.core.finding import Span
from suwen.language.instruction_like import find_instruction_like
from suwen.language.statements import find_statements
from suwen.language.width import fold

MAX_SENTENCES = 5
_LEAST_COVERAGE = 0.18
_LEAST_CONFIDENCE = 0.3
"""Share of the surest passage's confidence that a passage must have to answer beside it. Measured
on the tuning half of BioASQ: 93 % of the sentences are of a right document instead of 81 %, and
97 % of the answers hold one instead of 90 %; of PubMedQA 94 % instead of 85 %, and all."""
_SHARE_OF_BEST = 0.45
_SHARE_OF_BEST_PLACED = 0.6
_SAME = 0.8
_SHORTEST = 6
# A short line that stands alone above something and ends in no punctuation.
_HEADING = re.compile(
    r"^(?<![^\n]\n) *([^\s。；;.!?！？，,:：|\d][^\n。；;.!?！？，,:：|\d]{,39})$(?=\n\n.)", re.M
)
_NUMBER_OF_ITEM = re.compile(r"^\s*[(（]?\d{1,2}[.)）、．](?!\d)")
_LIMITS_WHAT_STANDS_BEFORE = re.compile(
    r"但|然而|不过|除非|例外|(?:but|however|except|unless|nevertheless)\b"
)


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """A sentence of a passage, word for word.

    Attributes:
        start, end: code-point offsets into the document's text, end exclusive.
        asked: words of the question that it holds.
        coverage: their share of the question's words, weighted by rarity; 0 to 1.
        placed: the same, with the words of the title and headings that it stands under.
    """

    passage: Passage = field(repr=False)
    text: str = field(repr=False)
    start: int
    end: int
    words: frozenset[str] = field(repr=False)
    asked: frozenset[str] = field(repr=False)
    coverage: float
    placed: float


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence of the answer and every passage that says the same."""

    sentence: SourceSentence
    also: tuple[SourceSentence, ...] = ()

    @property
    def sources(self) -> tuple[SourceSentence, ...]:
        """All sentences that it stands for, the shown one first."""
        return (self.sentence, *self.also)


def read_sentences(query: str, passages: Sequence[Passage]) -> list[SourceSentence]:
    """Every usable sentence of the passages with how much of the question it covers.

    Sentences that give orders to a machine are left out.
    """
    asked = subject_of(query)
    raw = [
        (passage, start, end) for passage in passages for start, end in _spans(passage.text, asked)
    ]
    told = [
        words_of(_NUMBER_OF_ITEM.sub("", passage.text[start:end])) for passage, start, end in raw
    ]
    common = Counter(word for words in told for word in words & asked)
    # A word that no sentence holds counts as the rarest.
    weights = {word: math.log1p(len(raw) / (common[word] or 1)) for word in asked}
    whole = sum(weights.values())

    def share(words: frozenset[str]) -> float:
        return sum(weights[word] for word in words & asked) / whole if whole else 0.0

    return [
        SourceSentence(
            passage,
            passage.text[start:end],
            passage.start + start,
            passage.start + end,
            words,
            words & asked,
            share(words),
            share(words | words_of(" ".join((passage.title, *passage.section)))),
        )
        for (passage, start, end), words in zip(raw, told, strict=True)
    ]


def _spans(text: str, asked: frozenset[str]) -> list[tuple[int, int]]:
    """Where the usable sentences stand; one that limits what stands before it is part of that.

    A heading inside the text is part of what stands first under it, where it says more of what was
    asked, and of everything under it where it forbids: read without it, that would mislead.
    """
    headings = {heading.start(1): heading for heading in _HEADING.finditer(text)}
    found: list[tuple[int, int]] = []
    goes_on, lost, under = False, False, None
    for span in find_statements(text):
        part = text[span.start : span.end]
        if span.start in headings:
            goes_on, lost, under = False, False, headings[span.start]
        elif find_instruction_like(part):
            # What stands behind it would lose a heading that forbids.
            goes_on, lost, under = False, lost or _forbids(under), None
        elif lost:
            continue
        elif goes_on and (_forbids(under) or _limits(text[slice(*found[-1])], part)):
            found[-1] = (found[-1][0], span.end)
        else:
            found.append((_begin(text, under, span, asked), span.end))
            goes_on = True
            under = under if _forbids(under) else None
    return [(start, end) for start, end in found if end - start >= _SHORTEST]


def _forbids(heading: re.Match[str] | None) -> bool:
    return heading is not None and advises_against(heading[1])


def _begin(text: str, heading: re.Match[str] | None, span: Span, asked: frozenset[str]) -> int:
    """Where a sentence begins: with its heading where it must not be read without it."""
    if heading is None or find_instruction_like(heading[1]):
        return span.start
    more = words_of(heading[1]) - words_of(text[span.start : span.end])
    return heading.start(1) if more & asked or _forbids(heading) else span.start


def _limits(before: str, part: str) -> bool:
    """Whether a part takes back some of what stands before it: read alone, that would mislead."""
    if _LIMITS_WHAT_STANDS_BEFORE.match(fold(part)):
        return True
    return before.endswith((";", "；")) and advises_against(part)


def choose_extracts(sentences: Sequence[SourceSentence]) -> tuple[Extract, ...]:
    """The sentences that answer best, word for word, in order of how well they do.

    A question that shares no word with any sentence (asked in another language than the source)
    is answered by the opening sentence of the best passage.
    """
    sentences = _of_sure_passages(sentences)
    best = max((s.coverage for s in sentences), default=0.0)
    if best < _LEAST_COVERAGE:
        return tuple(Extract(first) for first in sentences[:1])
    chosen: list[Extract] = []
    for sentence in _ranked(sentences, max(_LEAST_COVERAGE, best * _SHARE_OF_BEST)):
        twin = _twin(chosen, sentence)
        if twin is not None:
            chosen[twin] = Extract(chosen[twin].sentence, (*chosen[twin].also, sentence))
        elif len(chosen) < MAX_SENTENCES and not (chosen and _of_another(chosen[0], sentence)):
            chosen.append(Extract(sentence))
    return tuple(chosen)


def _of_sure_passages(sentences: Sequence[SourceSentence]) -> Sequence[SourceSentence]:
    """Those of passages about as sure as the surest; others share words and not the matter."""
    best = max((s.passage.confidence or 0.0 for s in sentences), default=0.0)
    return [s for s in sentences if (s.passage.confidence or 0.0) >= _LEAST_CONFIDENCE * best]


def _ranked(sentences: Sequence[SourceSentence], floor: float) -> list[SourceSentence]:
    """Best first, without those that stand under headings of something else than was asked."""
    fit = [s for s in sentences if s.coverage >= floor]
    floor_placed = max(s.placed for s in fit) * _SHARE_OF_BEST_PLACED
    placed = (s for s in fit if s.placed >= floor_placed)
    return sorted(placed, key=lambda s: -(s.coverage + s.placed))


def _of_another(best: Extract, sentence: SourceSentence) -> bool:
    """Whether a sentence says of something else what the best one says of what was asked."""
    asked = best.sentence.asked
    return sentence.asked < asked and parallel_of_another(best.sentence, sentence, asked)


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
