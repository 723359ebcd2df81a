"""An answer of the evidence search: sentences, what each rests on, what contradicts, what next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from suwen.core.knowledge import Passage
from suwen.web.texts import Texts
from suwen.web.views.passages import PassageCard, passage_card, span_address

_MODEL = "model"
_OWN_PLACE = ("ES-02", "ES-04")


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
    """Sources that differ, beside each other; ``kind`` is ``number`` or ``advice``."""

    kind: str
    sides: tuple[ConflictSide, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A similar past case, without what could tell who it was."""

    title: str
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Note:
    """What the reader must know of the answer."""

    text: str
    severity: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A finished answer as this reader may see it now.

    Attributes:
        cited: cards of what the answer rests on, in the order of first use.
        others: what else was found; also the nearest passages where there is no answer.
        withheld: how many sources of the answer this reader may no longer see.
        by_model: whether a language model wrote any sentence of it.
    """

    sentences: tuple[Sentence, ...]
    abstained: bool
    cited: tuple[PassageCard, ...]
    others: tuple[PassageCard, ...]
    conflicts: tuple[Conflict, ...]
    cases: tuple[CaseView, ...]
    follow_ups: tuple[str, ...]
    notes: tuple[Note, ...]
    limits: tuple[str, ...]
    withheld: int
    by_model: bool

    @property
    def unsupported(self) -> int:
        """How many sentences rest on nothing that was found."""
        return sum(not sentence.supported for sentence in self.sentences)


class Cards:
    """Numbers the passages of one answer in the order of their first use.

    Args:
        passages: those that the reader may see now, by id.
    """

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

    def numbers(self, quotes: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
        """The numbers of what several quotes are from, each once, in order."""
        found = (self.number(str(q["passage_id"]), str(q["text"])) for q in quotes)
        return tuple(dict.fromkeys(n for n in found if n is not None))

    def cited(self) -> tuple[PassageCard, ...]:
        """Cards of everything numbered so far."""
        return tuple(self.card(passage) for passage in self._quotes)

    def card(self, passage: str) -> PassageCard:
        """The card of a numbered passage."""
        number = list(self._quotes).index(passage) + 1
        quotes = self._quotes[passage]
        return passage_card(self._passages[passage], number, quotes, self._texts)

    def others(self, found: Iterable[str]) -> tuple[PassageCard, ...]:
        """Cards of what was found and is not numbered, numbered on."""
        rest = [p for p in found if p in self._passages and p not in self._quotes]
        first = len(self._quotes) + 1
        return tuple(
            passage_card(self._passages[passage], number, (), self._texts)
            for number, passage in enumerate(rest, start=first)
        )


def answer_view(
    content: Mapping[str, Any], passages: Mapping[str, Passage], texts: Texts
) -> AnswerView:
    """The answer of a finished run.

    A sentence of which the reader may see no source any more is left out.

    Args:
        content: of the run's last event: the application's result, model, limits.
        passages: those of the result that the reader may see now, by id.
    """
    result = content["result"]
    cards = Cards(passages, texts)
    found = [str(one["passage_id"]) for one in result["passages"]]
    hidden = bool(set(found) - passages.keys())
    sentences = []
    for item in result["answer"] or ():
        numbers = cards.numbers(item["quotes"])
        # What is said without a source may be out of one that is closed by now.
        if numbers or not (item["quotes"] or hidden):
            sentences.append(_sentence(item, numbers, texts))
    conflicts = tuple(_conflicts(result["conflicts"], cards))
    named = {str(q["passage_id"]) for item in result["answer"] or () for q in item["quotes"]}
    return AnswerView(
        sentences=tuple(sentences),
        abstained=not sentences,
        cited=cards.cited(),
        others=cards.others(found),
        conflicts=conflicts,
        cases=tuple(_cases(result["similar_cases"], passages)),
        # They name documents.
        follow_ups=() if hidden else tuple(result["follow_up"]),
        notes=tuple(_notes(result["findings"], passages, texts, whole=not hidden)),
        limits=tuple(limit[texts.language.value] for limit in content["limits"]),
        withheld=len(named - passages.keys()),
        by_model=any(item["origin"] == _MODEL for item in result["answer"] or ()),
    )


def verified_sentence(
    statement: Mapping[str, Any], cards: Cards, texts: Texts, *, hidden: bool
) -> Sentence | None:
    """A sentence of an answer that is still being written, once it was checked.

    ``None`` for one of which the reader may see no source any more.

    Args:
        hidden: whether any passage of the run is closed to the reader.
    """
    quotes = [
        {"passage_id": one["reference"], "text": one["quote"]}
        for one in statement["evidence"]
        if one["kind"] == "passage"
    ]
    numbers = cards.numbers(quotes)
    if not numbers and (quotes or hidden):
        return None
    supported = bool(statement["supported"]) and bool(numbers)
    return _sentence({**statement, "supported": supported}, numbers, texts)


def _sentence(item: Mapping[str, Any], numbers: tuple[int, ...], texts: Texts) -> Sentence:
    supported = bool(item["supported"])
    reason = item.get("reason")
    said = texts.coded("unsupported", reason) if reason and not supported else ""
    return Sentence(str(item["text"]), numbers, supported, said)


def _conflicts(conflicts: Iterable[Mapping[str, Any]], cards: Cards) -> Iterator[Conflict]:
    """Those of which the reader may see every side; half of one would mislead."""
    for conflict in conflicts:
        sides = []
        for side in conflict["sides"]:
            passage, text = str(side["passage_id"]), str(side["text"])
            if cards.number(passage, text) is not None:
                sides.append(ConflictSide(text, cards.card(passage)))
        if len(sides) == len(conflict["sides"]):
            yield Conflict(str(conflict["kind"]), tuple(sides))


def _cases(
    cases: Iterable[Mapping[str, Any]], passages: Mapping[str, Passage]
) -> Iterator[CaseView]:
    for case in cases:
        passage = passages.get(str(case["passage_id"]))
        if passage is not None:
            address = span_address(passage, 0, len(passage.text))
            yield CaseView(str(case["title"]), str(case["text"]), address)


def _notes(
    findings: Iterable[Mapping[str, Any]],
    passages: Mapping[str, Passage],
    texts: Texts,
    *,
    whole: bool,
) -> Iterator[Note]:
    """What was noticed; conflicts and "not found" have places of their own.

    A note may name documents: where the reader may no longer see all of them (not ``whole``),
    only what rests on those that are left is shown.
    """
    for finding in findings:
        about = [e["reference"] for e in finding["evidence"] if e["kind"] == "passage"]
        seen = all(passage in passages for passage in about) and (whole or bool(about))
        if seen and finding["rule"] not in _OWN_PLACE:
            text = finding[f"message_{texts.language.value}"]
            yield Note(str(text), str(finding["severity"]))
