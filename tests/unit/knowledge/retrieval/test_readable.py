"""What a reader may see is decided by the rights of this moment, for every document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from suwen.core.identity import PrincipalId, Role
from suwen.core.knowledge import DocumentState, ReaderScope, Rights
from suwen.knowledge.edition import Edition, EditionDocument
from suwen.knowledge.retrieval import EditionSearcher, RetrievalQuery
from tests.support.database import new_state_folder
from tests.support.editions import TestKey, build, document, rights_table, seeded_vector

DEPARTMENTS = ("ENDO", "CARD", "ICU")
ROLES = (Role.PHYSICIAN, Role.NURSE, Role.PHARMACIST)


def subset(random: np.random.Generator, of: tuple[object, ...]) -> frozenset[object]:
    return frozenset(one for one in of if random.random() < 0.4)


@pytest.fixture(scope="module")
def documents() -> list[EditionDocument]:
    random = np.random.default_rng(4)
    return [
        document(
            f"d{n:02d}",
            f"糖尿病 第{n}条 5mg",
            "发热咳嗽",
            rights=Rights(
                subset(random, DEPARTMENTS),  # type: ignore[arg-type]
                subset(random, ROLES),  # type: ignore[arg-type]
                int(random.integers(1, 6)),
            ),
        )
        for n in range(40)
    ]


@pytest.fixture(scope="module")
def edition(documents: list[EditionDocument]) -> Iterator[Edition]:
    with new_state_folder() as folder:
        yield build(folder, documents, TestKey())


def readers(count: int) -> list[ReaderScope]:
    random = np.random.default_rng(5)
    return [
        ReaderScope(
            PrincipalId(f"p{n}"),
            subset(random, DEPARTMENTS),  # type: ignore[arg-type]
            subset(random, ROLES),  # type: ignore[arg-type]
            int(random.integers(0, 6)),
            bool(random.random() < 0.1),
        )
        for n in range(count)
    ]


def test_a_thousand_pairs_of_reader_and_document(
    edition: Edition, documents: list[EditionDocument]
) -> None:
    searcher = EditionSearcher(edition)
    table = rights_table(documents, collection=Rights(sensitivity=0))
    query = RetrievalQuery("糖尿病 5mg 发热", seeded_vector("q").tolist())
    allowed = refused = 0
    for reader in readers(30):
        readable = searcher.readable(table, reader)
        may = {one.id for one in documents if reader.may_read(one.document.rights)}
        found = {one.place.document for one in searcher.search(query, readable, 1000)}
        assert found == may
        assert readable.count == 2 * len(may)
        allowed += len(may)
        refused += len(documents) - len(may)
    assert allowed + refused == 1200
    assert allowed > 100
    assert refused > 500


def test_rights_of_the_collection_bind_too(
    edition: Edition, documents: list[EditionDocument]
) -> None:
    searcher = EditionSearcher(edition)
    everyone = ReaderScope(PrincipalId("q"), frozenset(), frozenset(ROLES), 5, True)
    assert searcher.readable(rights_table(documents), everyone).everything
    closed = rights_table(documents, collection=Rights(roles=frozenset({Role.RESEARCHER})))
    assert searcher.readable(closed, everyone).count == 0


@pytest.mark.parametrize("state", [DocumentState.QUARANTINED, DocumentState.DELETED])
def test_only_an_active_document_of_this_version_is_found(
    edition: Edition, documents: list[EditionDocument], state: DocumentState
) -> None:
    searcher = EditionSearcher(edition)
    everyone = ReaderScope(PrincipalId("q"), frozenset(), frozenset(ROLES), 5, True)
    table = rights_table(documents, 1, {"d00": state})
    renewed = replace(table.rows["d01"], version=2)
    rows = {**table.rows, "d01": renewed}
    del rows["d02"]
    readable = searcher.readable(replace(table, rows=rows), everyone)
    gone = {edition.place(row).document for row in np.flatnonzero(~readable.mask).tolist()}
    assert gone == {"d00", "d01", "d02"}


def test_a_set_is_remembered_until_the_rights_change(
    edition: Edition, documents: list[EditionDocument]
) -> None:
    searcher, table = EditionSearcher(edition), rights_table(documents)
    reader, other = readers(2)
    first = searcher.readable(table, reader)
    twin = replace(reader, principal=PrincipalId("somebody else with the same rights"))
    assert searcher.readable(table, twin) is first
    assert searcher.readable(table, other) is not first
    assert searcher.readable(rights_table(documents), reader) is not first
