"""What is hidden moves nothing, whatever it says: the property itself, on generated texts."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.knowledge.edition.analysis import query_terms
from suwen.knowledge.edition.terms import TermGatherer, TermTable
from suwen.knowledge.retrieval.bm25 import Bm25, only_rows
from suwen.knowledge.retrieval.ordering import best
from suwen.knowledge.retrieval.readable import ReadableRows

TEXTS = st.lists(
    st.tuples(st.text("糖尿病高血压发热a1 ", max_size=25), st.booleans()), min_size=1, max_size=30
)


def table(texts: list[str]) -> TermTable:
    gatherer = TermGatherer()
    gatherer.add(texts, range(len(texts)))
    return gatherer.finish(len(texts))


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.text("糖尿病高血压发热a1 ", min_size=1, max_size=15))
def test_scores_are_those_of_an_index_without_the_hidden(
    texts: list[tuple[str, bool]], question: str
) -> None:
    mask = np.array([seen for _, seen in texts])
    visible = [text for text, seen in texts if seen]
    terms = {key: 1.0 if word else 0.6 for key, word in query_terms(question).items()}
    within = Bm25(table([text for text, _ in texts])).score(terms, ReadableRows(mask))
    alone = Bm25(table(visible)).score(terms, ReadableRows(np.ones(len(visible), np.bool_)))
    places = np.flatnonzero(mask)
    assert within.rows.tolist() == places[alone.rows].tolist()
    assert within.scores.tolist() == alone.scores.tolist()
    hits = best(within.rows, within.scores, 5)
    twins = best(alone.rows, alone.scores, 5)
    assert [(hit.row, hit.score) for hit in hits] == [
        (int(places[hit.row]), hit.score) for hit in twins
    ]


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.text("糖尿病高血压发热a1 ", min_size=1, max_size=15))
def test_postings_of_a_few_kept_apart_answer_the_same(
    texts: list[tuple[str, bool]], question: str
) -> None:
    readable = ReadableRows(np.array([seen for _, seen in texts]))
    whole = table([text for text, _ in texts])
    terms, index = dict.fromkeys(query_terms(question), 1.0), Bm25(whole)
    keys = tuple(terms)[:3]
    with patch("suwen.knowledge.retrieval.bm25._FEW", 2.0):
        first = index.score(terms, readable)
        held = index.holding(keys, readable).tolist() if keys else []
        again = index.score(terms, readable)
        apart = index.holding(keys, readable).tolist() if keys else []
    assert (first.rows.tolist(), first.scores.tolist()) == (
        again.rows.tolist(),
        again.scores.tolist(),
    )
    assert held == apart
    own = only_rows(whole, readable)
    assert set(own.rows.tolist()) <= set(readable.rows.tolist())
    assert len(own.rows) == int(readable.mask[whole.rows].sum())


def test_statistics_over_everything_would_be_noticed() -> None:
    texts = ["糖尿病", "发热", *["糖尿病"] * 20]
    mask = np.zeros(len(texts), np.bool_)
    mask[:2] = True
    index, terms = Bm25(table(texts)), dict.fromkeys(query_terms("糖尿病"), 1.0)
    everything = index.score(terms, ReadableRows(np.ones(len(texts), np.bool_)))
    assert everything.scores[0] != index.score(terms, ReadableRows(mask)).scores[0]
