"""1,000 pairs of reader and document: whoever may read finds, and nobody else learns a thing.

The rule is written down here once more, apart from the platform's own, and every refusal has its
twin: another reader, or the same one with another document, who is let in.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from suwen.bootstrap.library.searching import Wanted
from suwen.core.application import KnowledgeQuery
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, Principal, Role
from suwen.core.knowledge import (
    CollectionKind,
    Currency,
    DocumentLife,
    DocumentState,
    IngestedDocument,
    Rights,
    passage_id,
)
from suwen.storage.knowledge_types import DocumentFilter
from suwen.storage.urls import DatabaseUrls
from tests.support.database import TestServer, new_state_folder
from tests.support.library import OPERATOR, LibrarySite, a_document, a_person, library_site

DEPARTMENTS = ("cardiology", "icu", "oncology", "pharmacy")
CLEARED = {
    Role.SYSTEM_ADMINISTRATOR: 1,
    Role.SECURITY_ADMINISTRATOR: 1,
    Role.AUDIT_ADMINISTRATOR: 1,
    Role.RESEARCHER: 2,
    Role.PATIENT_SERVICES: 2,
    Role.NURSE: 3,
    Role.PHARMACIST: 3,
    Role.PHYSICIAN: 4,
    Role.QUALITY_OFFICER: 4,
    Role.COMPLIANCE_OFFICER: 4,
    Role.CHIEF_PHYSICIAN: 5,
}
COLLECTIONS = {
    "wards": Rights(sensitivity=1),
    "closed": Rights(frozenset({"icu", "oncology"}), frozenset(), 3),
    "typical_cases": Rights(sensitivity=2),
}
DOCUMENTS, READERS = 40, 25
SHARED = "补钾的原则与剂量"
CODE = re.compile(r"ZX-\d{4}")

# One server and one library for all tests of this file: they only read, but the last.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Held:
    """A document of the matrix and the word that stands in it alone."""

    collection: str
    document: IngestedDocument
    code: str


@dataclass(frozen=True)
class Matrix:
    site: LibrarySite
    held: list[Held]
    readers: list[Principal]

    def may(self, reader: Principal, held: Held) -> bool:
        return allowed(reader, COLLECTIONS[held.collection]) and allowed(
            reader, held.document.rights
        )

    def pairs(self) -> list[tuple[Principal, Held, bool]]:
        return [(r, h, self.may(r, h)) for r in self.readers for h in self.held]


def allowed(reader: Principal, rights: Rights) -> bool:
    if max(CLEARED[role] for role in reader.roles) < rights.sensitivity:
        return False
    if rights.roles and not any(role in rights.roles for role in reader.roles):
        return False
    if not rights.departments:
        return True
    if Role.QUALITY_OFFICER in reader.roles or Role.COMPLIANCE_OFFICER in reader.roles:
        return True
    return any(department in rights.departments for department in reader.departments)


def some_rights(chance: random.Random) -> Rights:
    return Rights(
        frozenset(chance.sample(DEPARTMENTS, chance.choice([0, 0, 1, 2]))),
        frozenset(chance.sample(sorted(CLEARED), chance.choice([0, 0, 0, 2, 4]))),
        chance.choice([1, 2, 2, 3, 4, 5]),
    )


def some_readers(chance: random.Random) -> list[Principal]:
    each = [[role] for role in CLEARED]
    mixed = [chance.sample(sorted(CLEARED), 2) for _ in range(READERS - len(each))]
    return [
        a_person(f"p{n}", *roles, departments=chance.sample(DEPARTMENTS, chance.choice([0, 1, 2])))
        for n, roles in enumerate([*each, *mixed])
    ]


def some_documents(chance: random.Random) -> list[Held]:
    held = []
    for n in range(DOCUMENTS):
        code, collection = f"ZX-{1000 + n}", list(COLLECTIONS)[n % 3]
        text = f"{SHARED}，编号 {code} 的说明。\n\n按 {code} 执行：血钾低于 3.{n} mmol/L 时处理。"
        life = DocumentLife(supersedes=f"d{n - 3}" if n % 6 == 5 else None, owner=f"o-{code}")
        given = a_document(
            f"d{n}", text, title=f"规程 {code}", rights=some_rights(chance), life=life
        )
        held.append(Held(collection, given, code))
    return held


@pytest.fixture(scope="module")
def matrix_urls(postgres_server: TestServer) -> Any:
    with postgres_server.copies() as urls:
        yield urls


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def matrix(matrix_urls: DatabaseUrls) -> AsyncIterator[Matrix]:
    chance = random.Random(20261122)
    with new_state_folder() as folder:
        async with library_site(matrix_urls, folder / "home") as site:
            held = some_documents(chance)
            for name, rights in COLLECTIONS.items():
                kind = CollectionKind.CASES if name == "typical_cases" else CollectionKind.DOCUMENTS
                await site.collection(name, rights, kind)
                own = [one.document for one in held if one.collection == name]
                await site.put(*own, into=name)
                await site.build(name)
            yield Matrix(site, held, some_readers(chance))


def codes_in(*told: object) -> set[str]:
    return set(CODE.findall(repr(told)))


async def test_the_matrix_is_whole_and_tries_both_sides(matrix: Matrix) -> None:
    pairs = matrix.pairs()
    assert len(pairs) == 1000
    let_in = sum(may for _, _, may in pairs)
    assert 200 < let_in < 800
    both = [len({matrix.may(reader, one) for reader in matrix.readers}) == 2 for one in matrix.held]
    assert sum(both) > DOCUMENTS * 0.8


async def test_a_search_for_its_own_word_finds_a_document_for_those_who_may_read_it(
    matrix: Matrix,
) -> None:
    searching = matrix.site.library.searching

    async def look(reader: Principal, held: Held, may: bool) -> None:
        wanted = Wanted(held.collection, held.code, 50)
        try:
            answer = await searching.find(wanted, reader)
        except NotFoundError as error:
            assert not allowed(reader, COLLECTIONS[held.collection])
            assert error.code == "collection_not_found"
            return
        assert (held.document.id in {one.document_id for one in answer.passages}) is may
        seen = {one.code for one in matrix.held if matrix.may(reader, one)}
        assert codes_in(answer.passages, answer.expanded) <= seen

    pairs = matrix.pairs()
    for start in range(0, len(pairs), 8):
        await asyncio.gather(*(look(*pair) for pair in pairs[start : start + 8]))


async def test_what_is_hidden_moves_neither_order_nor_score_nor_confidence(
    matrix: Matrix, postgres_server: TestServer
) -> None:
    reader = next(r for r in matrix.readers if Role.NURSE in r.roles)
    with postgres_server.copies() as urls, new_state_folder() as folder:
        async with library_site(urls, folder / "home") as without:
            for name, rights in COLLECTIONS.items():
                await without.collection(name, rights)
                own = [
                    one.document
                    for one in matrix.held
                    if one.collection == name and matrix.may(reader, one)
                ]
                await without.put(*own, into=name)
                await without.build(name)
            for query in (SHARED, "血钾 3.1 mmol/L", matrix.held[0].code, "规程", "hypokalemia"):
                for name in COLLECTIONS:
                    told = []
                    for site in (matrix.site, without):
                        wanted = Wanted(name, query, 50)
                        if not allowed(reader, COLLECTIONS[name]):
                            with pytest.raises(NotFoundError):
                                await site.library.searching.find(wanted, reader)
                            continue
                        answer = await site.library.searching.find(wanted, reader)
                        # Whether a document was replaced is a fact about itself.
                        plain = [
                            replace(one, edition="", currency=Currency.CURRENT)
                            for one in answer.passages
                        ]
                        told.append((plain, answer.confidence, answer.expanded))
                    assert told[:1] == told[1:]


async def test_a_document_opens_for_those_who_may_read_it_and_is_not_there_for_others(
    matrix: Matrix,
) -> None:
    reading, keeps = matrix.site.library.reading, matrix.site.library.parts.keeps

    async def opened(reader: Principal, held: Held, name: str) -> object:
        try:
            _, stored = await reading.open(held.collection, name, reader)
        except NotFoundError as error:
            return (error.code, error.safe_message, error.field, error.detail, str(error))
        assert held.code in stored.text
        seen = {one.document.id for one in matrix.held if matrix.may(reader, one)}
        assert keeps(reader) or stored.summary.life.supersedes in {None, *seen}
        return True

    for reader in matrix.readers:
        told = await asyncio.gather(
            *(opened(reader, held, held.document.id) for held in matrix.held)
        )
        assert [one is True for one in told] == [matrix.may(reader, h) for h in matrix.held]
        for name in COLLECTIONS:
            of_it = [
                (one, held)
                for one, held in zip(told, matrix.held, strict=True)
                if held.collection == name and one is not True
            ]
            for one, held in of_it[:1]:
                missing = await opened(reader, held, "d-that-never-was")
                assert one == missing
                with pytest.raises(NotFoundError):
                    await reading.original(name, held.document.id, reader)


async def test_counts_tell_of_what_one_may_read_and_no_more(matrix: Matrix) -> None:
    for reader in matrix.readers:
        shelves = await matrix.site.library.reading.shelves(reader)
        expected = {
            name: sum(matrix.may(reader, one) for one in matrix.held if one.collection == name)
            for name, rights in COLLECTIONS.items()
            if allowed(reader, rights)
        }
        assert {one.collection.id: one.documents for one in shelves} == expected


async def test_a_stored_answers_passages_come_back_for_those_who_may_still_read_them(
    matrix: Matrix,
) -> None:
    names = [passage_id(one.collection, one.document.id, 0) for one in matrix.held]
    for reader in matrix.readers:
        shown = await matrix.site.library.searching.passages([*names, "x", "wards/d0#99"], reader)
        expected = {
            name for name, one in zip(names, matrix.held, strict=True) if matrix.may(reader, one)
        }
        assert set(shown) == expected


async def test_similar_cases_and_runs_are_as_closed_as_the_search(matrix: Matrix) -> None:
    library = matrix.site.library
    for reader in matrix.readers:
        queries = [KnowledgeQuery(name, SHARED, 50, optional=True) for name in COLLECTIONS]
        answers = await library.retrieve(queries, reader, {})
        seen = {one.code for one in matrix.held if matrix.may(reader, one)}
        assert codes_in(answers) == seen


async def test_a_keeper_handles_only_documents_that_he_may_read(matrix: Matrix) -> None:
    curation = matrix.site.library.curation
    keepers = [one for one in matrix.readers if matrix.site.library.parts.keeps(one)]
    assert len(keepers) >= 4
    for keeper in keepers:
        all_by_name = Role.SYSTEM_ADMINISTRATOR in keeper.roles
        for name in COLLECTIONS:
            of_it = [one for one in matrix.held if one.collection == name]
            readable = {one.document.id for one in of_it if matrix.may(keeper, one)}
            everything = {one.document.id for one in of_it}
            try:
                listed = await curation.documents(name, keeper, DocumentFilter(), 100)
                counts = await curation.count(name, keeper)
            except NotFoundError:
                assert not allowed(keeper, COLLECTIONS[name])
                assert not all_by_name
                continue
            assert {one.id for one in listed} == (everything if all_by_name else readable)
            assert counts[DocumentState.ACTIVE] == len(listed)
            assert {one.id for one in listed if one.title} == readable
            found = await curation.documents(name, keeper, DocumentFilter(text="ZX-"), 100)
            assert {one.id for one in found} == readable


async def test_an_answer_about_the_library_holds_no_word_that_its_reader_may_not_read(
    matrix: Matrix,
) -> None:
    clinicians = {Role.PHYSICIAN, Role.NURSE, Role.PHARMACIST, Role.CHIEF_PHYSICIAN}
    asked = 0
    for reader in matrix.readers:
        if not clinicians & reader.roles or not allowed(reader, COLLECTIONS["wards"]):
            continue
        request = {"query": SHARED, "collection": "wards", "k": 20, "language": "zh"}
        result = await matrix.site.platform.gateway.run(reader, AppId("evidence_search"), request)
        seen = {one.code for one in matrix.held if matrix.may(reader, one)}
        assert codes_in(result.output, result.draft) <= seen
        of_wards = {c.code for c in matrix.held if c.collection == "wards"} & seen
        assert codes_in(result.output["passages"]) <= of_wards
        assert bool(result.output["passages"]) is bool(of_wards)
        asked += 1
    assert asked >= 8


async def test_a_right_that_is_taken_away_is_gone_at_once_and_one_that_is_given_is_there(
    matrix: Matrix,
) -> None:
    library, store = matrix.site.library, matrix.site.library.parts.store
    curation = store.curation(OPERATOR.id, matrix.site.platform.clock.now())
    nurse = a_person("nurse", Role.NURSE, departments=["icu"])
    colleague = a_person("colleague", Role.NURSE, departments=["cardiology"])

    async def finds(reader: Principal, held: Held) -> bool:
        wanted = Wanted(held.collection, held.code, 50)
        answer = await library.searching.find(wanted, reader)
        shown = await library.searching.passages(
            [passage_id(held.collection, held.document.id, 0)], reader
        )
        found = held.document.id in {one.document_id for one in answer.passages}
        assert found is bool(shown)
        return found

    for held in [one for one in matrix.held if one.collection == "wards"][:4]:
        name, document = held.collection, held.document.id
        await curation.set_rights(name, document, Rights(sensitivity=2))
        assert [await finds(one, held) for one in (nurse, colleague)] == [True, True]
        await curation.set_rights(name, document, Rights(frozenset({"cardiology"}), sensitivity=2))
        assert [await finds(one, held) for one in (nurse, colleague)] == [False, True]
        await curation.set_rights(name, document, Rights(frozenset({"icu"}), sensitivity=3))
        assert [await finds(one, held) for one in (nurse, colleague)] == [True, False]
        await curation.set_rights(name, document, Rights(sensitivity=4))
        assert [await finds(one, held) for one in (nurse, colleague)] == [False, False]
        await curation.delete(name, document)
        chief = a_person("chief", Role.CHIEF_PHYSICIAN)
        assert not await finds(chief, held)
        await curation.restore(name, document)
        assert await finds(chief, held)
