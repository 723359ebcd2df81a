"""What every index of an edition owes the search: one suite for the files and for PostgreSQL."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from suwen.core.errors import KnowledgeError
from suwen.core.identity import PrincipalId, Role
from suwen.core.knowledge import DocumentState, ReaderScope, Rights
from suwen.knowledge.edition import Edition, EditionDocument, indexed_text
from suwen.knowledge.edition.analysis import analyse
from suwen.knowledge.retrieval import (
    Candidate,
    EditionSearcher,
    EmbeddedBackend,
    Expansion,
    Hit,
    PostgresBackend,
    ReadableRows,
    RetrievalBackend,
    RetrievalQuery,
    drop_edition,
    publish_edition,
)
from suwen.knowledge.retrieval.query import weighted_terms
from suwen.storage.cluster import Cluster
from suwen.storage.embedded import MIGRATION, EmbeddedPostgres
from suwen.storage.server_account import server_account
from suwen.storage.urls import DatabaseUrls
from tests.support.database import connect, new_state_folder
from tests.support.editions import TestKey, build, document, rights_table, seeded_vector

SCHEMA = "retrieval_conformance"
MakeBackend = Callable[[Edition], RetrievalBackend]

WORDS = (
    "糖尿病", "高血压", "肺炎", "二甲双胍", "阿司匹林", "发热", "咳嗽", "复查", "剂量", "禁忌",
    "aspirin", "pneumonia",
)  # fmt: skip
QUESTIONS = ["糖尿病患者用二甲双胍", "aspirin 4mg", "发热咳嗽 肺炎", "无关的话"]


@pytest.fixture(scope="module")
def hospital() -> Iterator[DatabaseUrls]:
    """A hospital's own PostgreSQL; its administrator put pgvector into the general database."""
    with new_state_folder() as home:
        with EmbeddedPostgres(home):
            pass
        cluster = Cluster(home / "postgres", server_account())
        cluster.administer([f"ALTER ROLE {MIGRATION} SUPERUSER"])
        with EmbeddedPostgres(home) as urls:
            with connect(urls.migration) as opened:
                opened.execute("CREATE SCHEMA extensions")
                opened.execute("CREATE EXTENSION vector SCHEMA extensions")
            yield urls


@pytest.fixture(scope="module")
def connection(hospital: DatabaseUrls) -> Iterator[psycopg.Connection[Any]]:
    with connect(hospital.migration) as opened:
        yield opened


@pytest.fixture(params=["embedded", "postgres"], scope="module")
def make_backend(request: pytest.FixtureRequest) -> MakeBackend:
    if request.param == "embedded":
        return EmbeddedBackend
    connection = request.getfixturevalue("connection")

    def published(edition: Edition) -> RetrievalBackend:
        publish_edition(connection, SCHEMA, edition)
        return PostgresBackend(connection, SCHEMA, edition)

    return published


@pytest.fixture(scope="module")
def key() -> TestKey:
    return TestKey()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with new_state_folder() as made:
        yield made


def random_documents(seed: int, count: int) -> list[EditionDocument]:
    random = np.random.default_rng(seed)

    def passage() -> str:
        size = int(random.integers(1, 12))
        return "，".join(random.choice(WORDS, size)) + f"。{random.integers(1, 9)}mg"

    return [
        document(f"d{number:03d}", *(passage() for _ in range(int(random.integers(1, 4)))))
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def documents() -> list[EditionDocument]:
    return random_documents(1, 40)


@pytest.fixture(scope="module")
def edition(documents: list[EditionDocument], key: TestKey, folder: Path) -> Edition:
    return build(folder, documents, key)


@pytest.fixture(scope="module")
def backend(make_backend: MakeBackend, edition: Edition) -> RetrievalBackend:
    return make_backend(edition)


def everything(edition: Edition) -> ReadableRows:
    return ReadableRows(np.ones(edition.passages, np.bool_))


def some(edition: Edition, seed: int, share: float) -> ReadableRows:
    return ReadableRows(np.random.default_rng(seed).random(edition.passages) < share)


def ids(hits: tuple[Hit, ...]) -> list[int]:
    return [hit.row for hit in hits]


def bm25_by_hand(edition: Edition, readable: ReadableRows, text: str) -> dict[int, float]:
    """BM25 written down once more, slowly, from the texts of the readable passages."""
    bags = {
        int(row): Counter(analyse([edition.indexed(row)]).keys.tolist()) for row in readable.rows
    }
    average = sum(bag.total() for bag in bags.values()) / len(bags)
    scores: dict[int, float] = {}
    for term, weight in weighted_terms(RetrievalQuery(text)).items():
        holding = sum(term in bag for bag in bags.values())
        idf = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
        for row, bag in bags.items():
            if bag[term]:
                norm = 0.9 * (0.4 + 0.6 * bag.total() / average)
                part = weight * idf * 1.9 * bag[term] / (bag[term] + norm)
                scores[row] = scores.get(row, 0.0) + part
    return scores


@pytest.mark.parametrize("share", [1.0, 0.5, 0.03])
@pytest.mark.parametrize(
    "text", ["糖尿病患者用二甲双胍", "aspirin 4mg", "发热咳嗽 肺炎", "无关的话"]
)
def test_words_are_scored_by_bm25_over_what_may_be_read(
    backend: RetrievalBackend, edition: Edition, text: str, share: float
) -> None:
    readable = some(edition, 7, share)
    expected = bm25_by_hand(edition, readable, text)
    found = backend.by_words(weighted_terms(RetrievalQuery(text)), [], readable, 1000).lexical
    assert {hit.row for hit in found} == {row for row, score in expected.items() if score > 0}
    for hit in found:
        assert hit.score == pytest.approx(expected[hit.row], rel=1e-5)
    # Equal scores stand in the order of the passages; the server's last digits may differ.
    keys = [(-round(hit.score, 6), hit.row) for hit in found]
    assert keys == sorted(keys)


@pytest.mark.parametrize("share", [1.0, 0.15, 0.1, 0.005])
def test_nearest_vectors_are_those_of_brute_force(
    make_backend: MakeBackend, key: TestKey, folder: Path, share: float
) -> None:
    many = build(folder, random_documents(2, 900), key)
    backend = make_backend(many)
    random = np.random.default_rng(3)
    found = wanted = 0
    for number in range(20):
        readable = some(many, number, share)
        question = random.standard_normal(many.dimensions)
        scores = many.vectors[readable.rows].astype(np.float64) @ question
        best = readable.rows[np.argsort(-scores)[:10]]
        hits = backend.by_meaning(question.tolist(), readable, 10)
        assert len(hits) == min(10, readable.count)
        assert readable.mask[ids(hits)].all()
        cosines = many.vectors[ids(hits)].astype(np.float64) @ (question / np.linalg.norm(question))
        assert [hit.score for hit in hits] == pytest.approx(cosines.tolist(), abs=1e-5)
        found += len(set(best.tolist()) & set(ids(hits)))
        wanted += len(best)
    assert found >= 0.98 * wanted


def test_nothing_but_the_readable_is_found(backend: RetrievalBackend, edition: Edition) -> None:
    for seed in range(10):
        readable = some(edition, seed, 0.3)
        query = RetrievalQuery("糖尿病 阿司匹林 3mg 咳嗽")
        searcher = EditionSearcher(edition, backend)
        legs = searcher.legs(query, readable, 1000)
        assert {"lexical", "verbatim"} <= legs.keys()
        for hits in legs.values():
            assert readable.mask[ids(hits)].all()
        assert all(
            readable.mask[ids(backend.by_meaning(seeded_vector("q").tolist(), readable, 99))]
        )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_hidden_moves_neither_a_place_nor_a_score(
    make_backend: MakeBackend, key: TestKey, folder: Path, seed: int
) -> None:
    documents = random_documents(seed + 10, 30)
    visible = documents[:: 2 + seed % 2]
    # What is hidden says what is asked far more often than what is visible, and in other lengths.
    hidden = [document(f"h{n:03d}", "阿司匹林 糖尿病 5mg " * (n + 1)) for n in range(20)]
    hidden += [one for one in documents if one not in visible]
    whole, bare = build(folder, [*visible, *hidden], key), build(folder, visible, key)
    names = {one.id for one in visible}
    mask = np.array([whole.place(row).document in names for row in range(whole.passages)])
    both = []
    for edition, readable in ((whole, ReadableRows(mask)), (bare, everything(bare))):
        searcher = EditionSearcher(edition, make_backend(edition))
        both.append(
            [traces(searcher, readable, text) for text in ("糖尿病用阿司匹林", "咳嗽 5mg 复查")]
        )
    assert both[0] == both[1]
    assert any(both[0])


def traces(searcher: EditionSearcher, readable: ReadableRows, text: str) -> list[object]:
    """Everything that a reader could see of a search, to the last digit."""

    def seen(one: Candidate) -> object:
        return one.id, one.place, one.score, one.legs, one.leg_scores

    query = RetrievalQuery(text, seeded_vector(text).tolist(), (Expansion("发热", 0.5),))
    found = searcher.answer(query, readable, 1000)
    assert found.candidates == searcher.search(query, readable, 1000)
    sure = [found.confidence.passages.get(one.row) for one in found.candidates]
    return [*map(seen, found.candidates), sure, found.confidence.answer, found.added]


def test_names_codes_and_doses_are_found_as_they_are(
    make_backend: MakeBackend, key: TestKey, folder: Path
) -> None:
    edition = build(
        folder,
        [
            document("a", "二甲双胍每次 0.50 克，每日两次", "二甲的双胍类"),
            document("b", "按制度 YY-2023-017 执行", "按制度 YY-2023-018 执行"),
            document("c", "aspirin 100 mg", "aspirinate is not it, 1000 mg"),
            document("d", "诊断编码 E11.9", "诊断编码 E11.90"),
        ],
        key,
    )
    backend = make_backend(edition)
    searcher = EditionSearcher(edition, backend)

    def verbatim(text: str, *names: str) -> list[str]:
        query = RetrievalQuery(text, names=names)
        hits = searcher.legs(query, everything(edition), 10).get("verbatim", ())
        return [edition.passage_id(hit.row).removeprefix("guidelines/") for hit in hits]

    assert verbatim("0.5g") == ["a#0"]
    assert verbatim("二甲双胍怎么用") == ["a#0"]
    assert verbatim("YY-2023-017") == ["b#0"]
    assert verbatim("Aspirin") == ["c#0"]
    assert verbatim("100mg") == ["c#0"]
    assert verbatim("E11.9 是什么") == ["d#0"]
    assert verbatim("是什么", "制度") == ["b#0", "b#1"]
    assert verbatim("是什么") == []


def test_the_limit_holds_and_a_smaller_one_is_a_beginning(
    backend: RetrievalBackend, edition: Edition
) -> None:
    readable, terms = everything(edition), weighted_terms(RetrievalQuery("糖尿病 发热 咳嗽"))
    vector = seeded_vector("q").tolist()
    words = backend.by_words(terms, [], readable, 40).lexical
    near = backend.by_meaning(vector, readable, 40)
    for limit in (0, 1, 7):
        assert backend.by_words(terms, [], readable, limit).lexical == words[:limit]
        assert backend.by_meaning(vector, readable, limit) == near[:limit]
    assert len(words) == len(near) == 40


def test_nobody_s_scope_and_empty_questions_find_nothing(
    backend: RetrievalBackend, edition: Edition
) -> None:
    nothing = ReadableRows(np.zeros(edition.passages, np.bool_))
    terms = weighted_terms(RetrievalQuery("糖尿病 3mg"))
    assert backend.by_words(terms, [], nothing, 10).lexical == ()
    assert backend.by_meaning(seeded_vector("q").tolist(), nothing, 10) == ()
    searcher = EditionSearcher(edition, backend)
    for text in ("", "  \n", "，。！", "\0", "the of"):
        assert searcher.search(RetrievalQuery(text), everything(edition), 10) == []


def test_a_lexical_edition_answers_by_words_alone(
    make_backend: MakeBackend, key: TestKey, folder: Path
) -> None:
    lexical = build(folder, random_documents(5, 10), key, vectors=False)
    backend = make_backend(lexical)
    assert lexical.info.embedding is None
    assert backend.by_meaning(seeded_vector("q").tolist(), everything(lexical), 10) == ()
    found = EditionSearcher(lexical, backend).search(
        RetrievalQuery("糖尿病", seeded_vector("q").tolist()), everything(lexical), 5
    )
    assert found
    assert all(set(one.legs) == {"lexical"} for one in found)


def test_passages_without_a_vector_are_found_by_words(
    make_backend: MakeBackend, key: TestKey, folder: Path
) -> None:
    half = build(folder, random_documents(6, 20), key, only_vectors_of=["糖尿病"])
    backend = make_backend(half)
    assert 0 < half.info.vectors < half.info.passages
    near = backend.by_meaning(seeded_vector("q").tolist(), everything(half), 1000)
    assert sorted(ids(near)) == half.vector_rows.tolist()
    assert all("糖尿病" in half.said(hit.row) for hit in near)


def test_a_vector_of_another_model_is_refused(backend: RetrievalBackend, edition: Edition) -> None:
    for wrong in ([1.0] * (edition.dimensions + 1), [0.0] * edition.dimensions, [math.nan] * 16):
        with pytest.raises(KnowledgeError, match="vectors_malformed"):
            backend.by_meaning(wrong, everything(edition), 10)


def test_a_deleted_or_revoked_document_is_gone_at_once(
    backend: RetrievalBackend, edition: Edition, documents: list[EditionDocument]
) -> None:
    searcher = EditionSearcher(edition, backend)
    reader = ReaderScope(PrincipalId("dr.lin"), frozenset({"ENDO"}), frozenset({Role.PHYSICIAN}), 3)
    query = RetrievalQuery("糖尿病", seeded_vector("q").tolist())
    before = searcher.search(query, searcher.readable(rights_table(documents), reader), 5)
    gone = before[0].place.document
    deleted = rights_table(documents, 2, {gone: DocumentState.DELETED})
    assert gone not in found_documents(searcher, deleted, reader, query)
    closed = rights_table(documents, 3, collection=Rights(departments=frozenset({"CARD"})))
    assert found_documents(searcher, closed, reader, query) == set()
    assert gone in found_documents(searcher, rights_table(documents, 4), reader, query)


def found_documents(
    searcher: EditionSearcher, table: object, reader: ReaderScope, query: RetrievalQuery
) -> set[str]:
    readable = searcher.readable(table, reader)  # type: ignore[arg-type]
    return {one.place.document for one in searcher.search(query, readable, 1000)}


def test_an_edition_s_tables_are_replaced_and_dropped(
    connection: psycopg.Connection[Any], edition: Edition
) -> None:
    count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'retrieval_dropped'"
    for _ in range(2):
        publish_edition(connection, "retrieval_dropped", edition)
    assert connection.execute(count).fetchone() == (3,)
    drop_edition(connection, "retrieval_dropped", edition.hash)
    assert connection.execute(count).fetchone() == (0,)


def test_a_database_without_pgvector_is_refused(hospital: DatabaseUrls, edition: Edition) -> None:
    with (
        connect(hospital.device_migration) as bare,
        pytest.raises(KnowledgeError, match="pgvector_missing"),
    ):
        publish_edition(bare, SCHEMA, edition)


def test_headings_are_looked_up_with_the_passage(
    make_backend: MakeBackend, key: TestKey, folder: Path
) -> None:
    edition = build(folder, [document("a", "每日两次", title="二甲双胍说明书")], key)
    query = RetrievalQuery("二甲双胍")
    found = EditionSearcher(edition, make_backend(edition)).search(query, everything(edition), 5)
    assert [(one.id, set(one.legs)) for one in found] == [
        ("guidelines/a#0", {"lexical", "verbatim"})
    ]
    assert "二甲双胍" not in edition.said(0)
    assert edition.indexed(0) == indexed_text(
        "二甲双胍说明书", edition.document(0).document.passages[0], "每日两次"
    )
