"""Building editions: by delta, the same content the same edition, nothing half."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from suwen.core import faults
from suwen.core.errors import KnowledgeError
from suwen.core.identity import PrincipalId, Role
from suwen.core.knowledge import DocumentLife, Rights
from suwen.core.language import Bilingual
from suwen.knowledge.edition import (
    BuildFacts,
    CollectionFacts,
    EditionBuilder,
    EditionShelf,
    compare,
    export_edition,
    install_edition,
    open_edition,
)
from suwen.knowledge.edition.terms import TermGatherer
from tests.support.editions import (
    AT,
    COLLECTION,
    DIMENSIONS,
    EMBEDDING,
    TestKey,
    build,
    document,
    seeded_vector,
)

FACTS = CollectionFacts(COLLECTION, Bilingual(zh="指南", en="Guidelines"))


@pytest.fixture
def key() -> TestKey:
    return TestKey()


def some_documents(count: int = 8) -> list[object]:
    return [
        document(f"d{n:02d}", f"第{n}条 糖尿病复查 {n}mg", "血压高于 140/90", title=f"指南{n}")
        for n in range(count)
    ]


def test_an_edition_gives_back_what_was_put_in(state_folder: Path, key: TestKey) -> None:
    life = DocumentLife(issuer="卫健委", issued=date(2024, 3, 1), expires=date(2027, 1, 1))
    rights = Rights(frozenset({"ENDO"}), frozenset({Role.PHYSICIAN}), 4)
    given = [
        document("a/b", "第一段 𠮷 é", "第二段", title="题", rights=rights, life=life, version=3),
        document("c", "only one"),
    ]
    edition = build(state_folder, given, key)
    assert list(edition.documents()) == given
    assert [edition.said(row) for row in range(3)] == ["第一段 𠮷 é", "第二段", "only one"]
    assert edition.passage_id(1) == "guidelines/a/b#1"
    place = edition.place(1)
    text = given[0].document.text
    assert text[place.start : place.end] == "第二段"
    assert (place.document, place.version, place.ordinal) == ("a/b", 3, 1)
    assert edition.facts == FACTS
    assert edition.indexed(0) == "题\n第一段 𠮷 é"
    assert edition.rows_of(["c"]).tolist() == [2]


def test_the_same_content_is_the_same_edition_by_any_way(state_folder: Path, key: TestKey) -> None:
    documents = some_documents()
    first = build(state_folder / "one", documents, key)
    grown = build(state_folder / "two", documents[:3], key)
    by_delta = build(state_folder / "two", documents, key, previous=grown, number=2)
    assert by_delta.hash == first.hash
    assert by_delta.info.number == 2
    assert by_delta.info.previous == grown.hash
    again = build(state_folder / "one", documents, TestKey("ed25519-other"), number=9)
    assert again.hash == first.hash


def test_a_build_again_leaves_the_edition_that_is_there(state_folder: Path, key: TestKey) -> None:
    first = build(state_folder, some_documents(), key)
    before = {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    again = build(state_folder, some_documents(), key, number=2)
    assert again.info.number == 1
    assert {path.name: path.stat().st_mtime_ns for path in again.folder.iterdir()} == before
    assert [path.name for path in first.folder.parent.iterdir()] == [first.hash]


def test_unchanged_passages_are_neither_analysed_nor_embedded_again(
    state_folder: Path, key: TestKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = some_documents()
    former = build(state_folder, documents, key)
    analysed: list[str] = []
    add = TermGatherer.add

    def watched(self: TermGatherer, texts: list[str], rows: list[int]) -> None:
        analysed.extend(texts)
        add(self, texts, rows)

    monkeypatch.setattr(TermGatherer, "add", watched)
    changed = [*documents[:-1], document("d07", "新的一段", "血压高于 140/90", title="指南7")]
    with EditionBuilder(state_folder / COLLECTION, FACTS, EMBEDDING, former) as builder:
        builder.add(changed)
        missing = list(builder.missing_vectors())
        assert [text for _, text in missing] == ["指南7\n新的一段"]
        builder.put_vectors({digest: seeded_vector(digest) for digest, _ in missing})
        assert list(builder.missing_vectors()) == []
        place = builder.finish(BuildFacts(2, AT, PrincipalId("curator"), former.hash), key)
    assert analysed == ["指南7\n新的一段"]
    delta = open_edition(place, key.verifier)
    whole = build(state_folder / "whole", changed, key)
    assert delta.hash == whole.hash
    difference = compare(former, delta)
    assert (difference.added, difference.removed, difference.changed) == ((), (), ("d07",))
    assert (difference.passages_kept, difference.passages_new) == (15, 1)
    assert difference.passages_gone == 1


def test_vectors_of_another_model_are_not_taken_over(state_folder: Path, key: TestKey) -> None:
    former = build(state_folder, some_documents(2), key)
    with EditionBuilder(state_folder / COLLECTION, FACTS, ("other/16", 16), former) as builder:
        builder.add(some_documents(2))
        assert len(list(builder.missing_vectors())) == former.passages


def test_terms_of_another_reading_are_not_taken_over(
    state_folder: Path, key: TestKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suwen.knowledge.edition.builder.ANALYSIS", "older")
    former = build(state_folder / "one", some_documents(), key)
    monkeypatch.undo()
    assert not former.reads_as_now
    later = build(state_folder / "two", some_documents(), key, previous=former)
    assert later.reads_as_now
    assert later.hash == build(state_folder / "three", some_documents(), key).hash


@pytest.mark.parametrize(
    "vector", [[1.0] * (DIMENSIONS - 1), [0.0] * DIMENSIONS, [float("inf")] * DIMENSIONS]
)
def test_a_malformed_vector_is_refused(state_folder: Path, vector: list[float]) -> None:
    with EditionBuilder(state_folder / COLLECTION, FACTS, EMBEDDING) as builder:
        builder.add(some_documents(1))
        digest, _ = next(builder.missing_vectors())
        with pytest.raises(KnowledgeError, match="vectors_malformed"):
            builder.put_vectors({digest: vector})


def test_documents_out_of_order_are_a_defect(state_folder: Path) -> None:
    with EditionBuilder(state_folder / COLLECTION, FACTS) as builder:
        builder.add([document("b", "x")])
        with pytest.raises(ValueError, match="ascending"):
            builder.add([document("a", "x")])


def test_an_empty_collection_has_an_edition_too(state_folder: Path, key: TestKey) -> None:
    edition = build(state_folder, [], key)
    assert (edition.info.documents, edition.info.passages, edition.info.vectors) == (0, 0, 0)
    assert list(edition.documents()) == []
    assert build(state_folder, [document("a", "x")], key, previous=edition).passages == 1


def test_equal_passages_share_one_vector(state_folder: Path, key: TestKey) -> None:
    twins = [document("a", "同样的话", title="同"), document("b", "同样的话", title="同")]
    with EditionBuilder(state_folder / COLLECTION, FACTS, EMBEDDING) as builder:
        builder.add(twins)
        missing = list(builder.missing_vectors())
        assert len(missing) == 1
        builder.put_vectors({missing[0][0]: np.ones(DIMENSIONS)})
        edition = open_edition(
            builder.finish(BuildFacts(1, AT, PrincipalId("c"), None), key), key.verifier
        )
    assert edition.info.vectors == 2
    assert edition.vectors[0].tolist() == edition.vectors[1].tolist()
    later = build(state_folder, [*twins, document("c", "别的")], key, previous=edition)
    assert later.vectors[:2].tolist() == edition.vectors.tolist()


def die_at(passage: int, work: Callable[[], object]) -> None:
    """Works in this process until it passes the fault point for the given time, and dies there."""
    passed = 0

    def strike(name: str) -> None:
        nonlocal passed
        assert name == "knowledge.inside_build"
        passed += 1
        if passed == passage:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(strike)
    work()


def deaths(work: Callable[[], object], after_each: Callable[[], None]) -> int:
    """Lets the work die at every passage of the fault point, and at last end; how often it died."""
    for passage in range(1, 100):
        child = multiprocessing.get_context("fork").Process(target=die_at, args=(passage, work))
        child.start()
        child.join()
        if child.exitcode == 0:
            return passage - 1
        assert child.exitcode == -signal.SIGKILL
        after_each()
    raise AssertionError("it never ended")


def test_a_build_that_dies_leaves_no_half_edition(state_folder: Path, key: TestKey) -> None:
    shelf = EditionShelf(state_folder, key.verifier)

    def nothing_half() -> None:
        assert shelf.hashes(COLLECTION) == []
        assert list((state_folder / COLLECTION).iterdir())
        assert shelf.sweep(COLLECTION) == 0, "what was written just now may be another's work"
        assert shelf.sweep(COLLECTION, older_than_s=0) == 1

    died = deaths(lambda: build(state_folder, some_documents(1400), key), nothing_half)
    assert died >= 8
    assert len(shelf.hashes(COLLECTION)) == 1
    shelf.open(COLLECTION, shelf.hashes(COLLECTION)[0])


def test_an_installation_that_dies_leaves_no_half_edition(state_folder: Path, key: TestKey) -> None:
    edition = build(state_folder / "city", some_documents(), key)
    carried, county = state_folder / "carried", state_folder / "county"
    export_edition(edition, carried, key, AT)
    shelf = EditionShelf(county, key.verifier)

    def nothing_half() -> None:
        assert shelf.hashes(COLLECTION) == []
        assert shelf.sweep(COLLECTION, older_than_s=0) == 1

    died = deaths(
        lambda: install_edition(carried, county / COLLECTION, key.verifier, key), nothing_half
    )
    assert died >= 10
    assert list(shelf.open(COLLECTION, edition.hash).documents()) == some_documents()


def test_leaving_a_build_takes_its_folder_away(state_folder: Path) -> None:
    with EditionBuilder(state_folder / COLLECTION, FACTS) as builder:
        builder.add(some_documents())
    assert list((state_folder / COLLECTION).iterdir()) == []
