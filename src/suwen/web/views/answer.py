"""An answer of the evidence search: sentences, what each rests on, what contradicts, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suwen.core.knowledge import Passage
from suwen.web.texts import Texts
from suwen.web.views.passages import PassageCard, passage_card


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the answer.

    Attributes:
        numbers: the cards that it rests on; empty for one that rests on nothing shown here.
        reason: why it is not supported; empty when it is.
    """

    text: str
    numbers: tuple[int, ...]
    supported: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ConflictSide:
    """What one source says where sources differ."""

    text: str
    card: PassageCard


@dataclass(frozen=True, slots=True)
class Conflict:
    """A point on which sources differ, its sides beside each other."""

    topic: str
    sides: tuple[ConflictSide, ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A finished answer as this reader may see it now.

    Attributes:
        cited: cards of what the answer rests on, in the order of first use.
        others: what else was found; also the nearest passages where there is no answer.
        cases: similar past cases, without who they were.
        withheld: how many sources of the answer this reader may no longer see.
        model: ``used`` or ``skipped``.
    """

    sentences: tuple[Sentence, ...]
    abstained: bool
    cited: tuple[PassageCard, ...]
    others: tuple[PassageCard, ...]
    conflicts: tuple[Conflict, ...]
    cases: tuple[PassageCard, ...]
    follow_ups: tuple[str, ...]
    limits: tuple[str, ...]
    withheld: int
    model: str
    model_reason: str
    label: str

    @property
    def outdated(self) -> int:
        """How many of the cited sources do not hold today."""
        return sum(not card.standing.holds for card in self.cited)

    @property
    def unsupported(self) -> int:
        """How many sentences rest on nothing that was found."""
        return sum(not sentence.supported for sentence in self.sentences)


class Cards:
    """Numbers the passages of one answer in the order of their first use."""

    def __init__(self, passages: Mapping[str, Passage], texts: Texts) -> None:
        self._passages = passages
        self._texts = texts
        self._quotes: dict[str, list[str]] = {}

    def number(self, passage: str, quote: str) -> int | None:
        """The number of a passage; ``None`` for one that the reader may not see."""
        if passage not in self._passages:
            return None
        quotes = self._quotes.setdefault(passage, [])
        if quote and quote not in quotes:
            quotes.append(quote)
        return list(self._quotes).index(passage) + 1

    def cited(self) -> tuple[PassageCard, ...]:
        """Cards of everything numbered so far."""
        return tuple(self.card(passage) for passage in self._quotes)

    def card(self, passage: str) -> PassageCard:
        """The card of a numbered passage."""
        number = list(self._quotes).index(passage) + 1
        quotes = self._quotes[passage]
        return passage_card(self._passages[passage], number, quotes, self._texts)

    def others(self, found: Sequence[str]) -> tuple[PassageCard, ...]:
        """Cards of what was found and is not numbered, numbered on."""
        rest = [p for p in found if p in self._passages and p not in self._quotes]
        first = len(self._quotes) + 1
        return tuple(
            passage_card(self._passages[passage], number, (), self._texts)
            for number, passage in enumerate(rest, start=first)
        )


def cited_ids(output: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of every passage that an output names, each once."""
    found: dict[str, None] = {}
    for sentence in output.get("answer") or ():
        found.update((str(one), None) for one in sentence["citations"])
    for name in ("passages", "cases"):
        found.update((str(one["passage_id"]), None) for one in output.get(name) or ())
    return tuple(found)
