"""The peer that every measurement runs against: the package bm25s over words of jieba."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Sequence

from suwen.core.language import Language
from suwen.evaluation.retrieval.sets import QuestionSet


def peer_is_installed() -> bool:
    """Whether the peer's packages are there (``make bench`` installs them)."""
    return all(importlib.util.find_spec(name) is not None for name in ("bm25s", "jieba"))


def peer_orders(given: QuestionSet, questions: Sequence[str], depth: int) -> list[list[str]]:
    """The documents that the peer finds for each question, best first.

    Chinese by jieba's words for search, which find more than its plain ones; English by the
    words as bm25s takes them.
    """
    import bm25s

    cut = _words_of(given.language)
    names = list(given.documents)
    index = bm25s.BM25()
    index.index([cut(given.documents[name]) for name in names], show_progress=False)
    orders = []
    for question in questions:
        scores = index.get_scores(cut(question))
        best = sorted(range(len(names)), key=lambda at: (-scores[at], at))[:depth]
        orders.append([names[at] for at in best if scores[at] > 0])
    return orders


def _words_of(language: Language) -> Callable[[str], list[str]]:
    if language is Language.ZH:
        import jieba

        jieba.setLogLevel(logging.ERROR)
        return lambda text: [word for word in jieba.cut_for_search(text) if word.strip()]
    import bm25s

    def english(text: str) -> list[str]:
        tokens: list[list[str]] = bm25s.tokenize(
            text, stopwords="en", return_ids=False, show_progress=False
        )
        return tokens[0]

    return english
