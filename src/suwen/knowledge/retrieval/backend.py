"""What an index owes the search; every index passes one suite of tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from suwen.knowledge.retrieval.readable import ReadableRows


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage, by its row in the edition, and its score in one leg; higher is better."""

    row: int
    score: float


@dataclass(frozen=True, slots=True)
class ExactName:
    """A code, a drug name or a dose that must stand in the passage as it is.

    Attributes:
        keys: terms that every passage with it has.
        text: folded wording to be found in the passage's text; absent where the terms alone
            prove it.
    """

    keys: tuple[int, ...]
    text: str | None


@dataclass(frozen=True, slots=True)
class WordHits:
    """What was found by words, best first; equal scores in the order of the passages."""

    lexical: tuple[Hit, ...]
    verbatim: tuple[Hit, ...]


class RetrievalBackend(Protocol):
    """An index of one edition.

    Whatever the index is: only readable passages are found, and neither which are found nor their
    scores depend on a passage that is not readable.
    """

    def by_words(
        self,
        terms: Mapping[int, float],
        names: Sequence[ExactName],
        readable: ReadableRows,
        limit: int,
    ) -> WordHits:
        """The best passages by BM25, and those that hold exact names.

        Frequencies and lengths are those of the readable passages.

        Args:
            terms: terms of the question with their weights.
            names: verbatim hits are ordered by the names that they hold, rare ones weighing more,
                then by their BM25 score.
            limit: at most so many of each.
        """

    def by_meaning(
        self, vector: Sequence[float], readable: ReadableRows, limit: int
    ) -> tuple[Hit, ...]:
        """The passages whose vectors have the greatest cosine with the question's, best first.

        Passages without a vector are not found; a lexical edition answers nothing.

        Raises:
            KnowledgeError: ``vectors_malformed`` when the vector does not fit the edition's.
        """
