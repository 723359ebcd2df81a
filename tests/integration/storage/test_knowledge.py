"""Collections keep every document once, with former contents, and tell only what one may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from suwen.core.errors import ConflictError, InputError, KnowledgeError, NotFoundError
from suwen.core.identity import PrincipalId, Role
from suwen.core.knowledge import (
    CollectionKind,
    Currency,
    DocumentLife,
    DocumentState,
    EditionInfo,
    IngestedDocument,
    PageBox,
    PassageKind,
    PassageSpan,
    ReaderScope,
    Rights,
    TrustFinding,
    TrustLevel,
)
from suwen.core.language import Bilingual, Language
from suwen.storage.database import Database
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_install import Batches
from suwen.storage.knowledge_types import (
    DocumentFilter,
    DocumentOrder,
    DueReason,
    EditionOrigin,
    EditionRecord,
    EditionState,
    ImportCounts,
    InstalledDocument,
    NewCollection,
    PassageKey,
)
from suwen.storage.urls import DatabaseUrls
from tests.support.database import connect
from tests.support.library import a_document

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
TODAY = date(2026, 3, 1)
BY = PrincipalId("dr.lin")
CARDIOLOGY = Rights(departments=frozenset({"cardiology"}))
HIDDEN = TrustFinding("zero_width", Bilingual(zh="隐藏字符", en="hidden characters"), 0, 2)


def reader(clearance: int = 3, *departments: str, **more: Any) -> ReaderScope:
    return ReaderScope(
        PrincipalId("reader"),
        frozenset(departments),
        frozenset(more.pop("roles", {Role.NURSE})),
        clearance,
        **more,
    )


@pytest.fixture
async def store(database: Database) -> KnowledgeStore:
    made = KnowledgeStore(database)
    await made.create_collection(NewCollection("wards", Bilingual(zh="病房", en="Wards")), BY, NOW)
    return made


async def put(store: KnowledgeStore, *documents: IngestedDocument) -> ImportCounts:
    return await store.put_documents("wards", documents, BY, NOW)


async def found(store: KnowledgeStore, scope: ReaderScope, *keys: PassageKey) -> set[str]:
    checked = await store.recheck("wards", keys, scope)
    return {key.document for key in checked.passages}


async def test_a_collection_is_made_once(store: KnowledgeStore) -> None:
    wanted = NewCollection("wards", Bilingual(zh="另一个", en="Another"), CollectionKind.CASES)
    kept, is_new = await store.create_collection(wanted, BY, NOW)
    assert (is_new, kept.title.en, kept.kind) == (False, "Wards", CollectionKind.DOCUMENTS)
    assert [one.id for one in await store.collections()] == ["wards"]


@pytest.mark.parametrize("name", ["", "Wards", "病房", "a/b", "a#b", "x" * 61, "..", "a b", "a\n"])
async def test_a_name_that_is_no_slug_is_refused(store: KnowledgeStore, name: str) -> None:
    with pytest.raises(InputError) as caught:
        await store.create_collection(NewCollection(name, Bilingual("甲", "A")), BY, NOW)
    assert caught.value.code == "collection_id_unusable"
    made, _ = await store.create_collection(NewCollection("a-b_9", Bilingual("甲", "A")), BY, NOW)
    assert made.id == "a-b_9"


async def test_what_is_stored_comes_back_exactly(store: KnowledgeStore) -> None:
    life = DocumentLife("卫健委", "A", "RCT", TODAY, TODAY, date(2030, 1, 1), "older", "lin", TODAY)
    text = "标题\n\n𠮷野家　阿司匹林 100 mg\r药"
    given = a_document(
        "指南/卒中#1",
        text,
        rights=Rights(frozenset({"neuro"}), frozenset({Role.PHYSICIAN}), 3),
        life=life,
        source="https://example.org",
        original=b"%PDF-1.7\x00\xff",
        media_type="application/pdf",
        boxes=(PageBox(0, 2, 1, 0.1, 0.2, 0.30000000000000004, 0.4),),
        passages=(
            PassageSpan(0, 0, 2, PassageKind.HEADING, page=1),
            PassageSpan(1, 4, len(text), PassageKind.TABLE, ("标题", "二"), "药 | 量", 2),
        ),
    )
    assert await put(store, given) == ImportCounts(new=1)
    stored = await store.document("wards", "指南/卒中#1")
    assert (stored.text, stored.boxes) == (given.text, given.boxes)
    assert tuple(one.span for one in stored.passages) == given.passages
    assert (stored.summary.rights, stored.summary.life) == (given.rights, given.life)
    assert stored.summary.trust is TrustLevel.UNREVIEWED
    assert await store.original("wards", given.id) == ("application/pdf", given.original)


async def test_the_same_again_changes_nothing(store: KnowledgeStore) -> None:
    both = (a_document("a"), a_document("b"))
    await put(store, *both)
    before = await store.change_number("wards")
    assert await put(store, *both) == ImportCounts(unchanged=2)
    assert await store.change_number("wards") == before


async def test_a_changed_text_is_a_new_version_and_the_former_is_kept(
    store: KnowledgeStore,
) -> None:
    await put(store, a_document("a", "旧文"))
    assert await put(store, a_document("a", "新文")) == ImportCounts(changed=1)
    stored = await store.document("wards", "a")
    assert (stored.text, stored.summary.version) == ("新文", 2)
    (former,) = await store.versions("wards", "a")
    assert (former.text, former.version, former.replaced_by) == ("旧文", 1, BY)
    key = PassageKey("a", 1, 0)
    assert await found(store, reader(), key) == set()
    assert await found(store, reader(), replace(key, version=2)) == {"a"}


async def test_two_imports_at_once_store_each_document_once(store: KnowledgeStore) -> None:
    documents = [a_document(f"d{n}") for n in range(30)]
    counts = await asyncio.gather(*(put(store, *documents) for _ in range(3)))
    assert sorted((one.new, one.unchanged) for one in counts) == [(0, 30), (0, 30), (30, 0)]
    assert await store.count_documents("wards", DocumentFilter()) == {DocumentState.ACTIVE: 30}


BAD = {
    "document_id_unusable": [
        a_document(""),
        a_document(" a"),
        a_document("a\nb"),
        a_document("x" * 301),
    ],
    "title_missing": [a_document("a", title=" ")],
    "text_missing": [a_document("a", " \n", passages=())],
    "text_not_storable": [
        a_document("a", "x\0y"),
        a_document("a", "x\ud800y"),
        a_document("a", title="\ud800"),
        a_document("a", life=DocumentLife(owner="\0")),
        a_document("a", rights=Rights(frozenset({"\0"}))),
    ],
    "passages_unusable": [
        a_document("a", "xy", passages=(PassageSpan(0, 0, 3),)),
        a_document("a", "xy", passages=(PassageSpan(0, 1, 1),)),
        a_document("a", "xy", passages=(PassageSpan(0, 0, 1), PassageSpan(0, 1, 2))),
        a_document("a", "xy", passages=(PassageSpan(-1, 0, 1),)),
    ],
    "sensitivity_out_of_range": [
        a_document("a", rights=Rights(sensitivity=0)),
        a_document("a", rights=Rights(sensitivity=6)),
    ],
    "dates_contradict": [a_document("a", life=DocumentLife(effective=TODAY, expires=TODAY))],
    "supersedes_itself": [a_document("a", life=DocumentLife(supersedes="a"))],
}


@pytest.mark.parametrize(
    ("code", "given"), [(code, one) for code, listed in BAD.items() for one in listed]
)
async def test_a_bad_document_is_refused_and_the_others_are_stored(
    store: KnowledgeStore, code: str, given: IngestedDocument
) -> None:
    counts = await put(store, a_document("before"), given, a_document("after"))
    assert [one.code for one in counts.refused] == [code]
    listed = await store.documents("wards", DocumentFilter())
    assert [one.id for one in listed] == ["after", "before"]


async def test_one_id_for_two_texts_in_a_batch_is_told(store: KnowledgeStore) -> None:
    counts = await put(store, a_document("a", "甲"), a_document("a", "乙"), a_document("a", "甲"))
    assert (counts.new, [one.code for one in counts.refused]) == (1, ["duplicate_document"])
    assert (await store.document("wards", "a")).text == "甲"


async def test_nothing_goes_into_a_collection_that_is_not_there(store: KnowledgeStore) -> None:
    with pytest.raises(NotFoundError) as caught:
        await store.put_documents("nowhere", [a_document("a")], BY, NOW)
    assert caught.value.code == "collection_not_found"


async def test_what_a_curator_set_stays_until_the_import_says_another_thing(
    store: KnowledgeStore,
) -> None:
    curator = store.curation(BY, NOW)
    await put(store, a_document("a", "一"))
    narrow = Rights(CARDIOLOGY.departments, sensitivity=4)
    await curator.set_rights("wards", "a", narrow)
    await curator.set_life("wards", "a", DocumentLife(owner="lin", expires=date(2027, 1, 1)))
    await put(store, a_document("a", "一"))
    await put(store, a_document("a", "二"))
    kept = await store.summary("wards", "a")
    assert (kept.version, kept.rights, kept.life.owner) == (2, narrow, "lin")
    restated = a_document("a", "二", rights=Rights(sensitivity=5))
    assert await put(store, restated) == ImportCounts(changed=1)
    now = await store.summary("wards", "a")
    assert (now.version, now.rights.sensitivity, now.life.owner) == (2, 5, "lin")


RIGHTS = {
    "all staff": (Rights(), reader(2), reader(1)),
    "sensitive": (Rights(sensitivity=5), reader(5), reader(4)),
    "department": (CARDIOLOGY, reader(2, "cardiology", "icu"), reader(5, "icu")),
    "every department": (CARDIOLOGY, reader(2, all_departments=True), reader(2)),
    "role": (
        Rights(roles=frozenset({Role.PHYSICIAN})),
        reader(2, roles={Role.PHYSICIAN, Role.RESEARCHER}),
        reader(5, roles={Role.NURSE}, all_departments=True),
    ),
    "nobody's": (Rights(), reader(2), reader(0)),
}


@pytest.mark.parametrize("named", RIGHTS)
@pytest.mark.parametrize("of_collection", [False, True])
async def test_rights_let_in_whom_they_should_and_nobody_else(
    store: KnowledgeStore, named: str, of_collection: bool
) -> None:
    rights, may, may_not = RIGHTS[named]
    if of_collection:
        title = Bilingual(zh="病房", en="Wards")
        await put(store, a_document("a", rights=Rights(sensitivity=1)))
        await store.set_collection("wards", title, None, rights)
    else:
        await put(store, a_document("a", rights=rights))
    table = await store.rights_table("wards")
    for scope, expected in ((may, {"a"}), (may_not, set())):
        assert await found(store, scope, PassageKey("a", 1, 0)) == expected
        assert table.may_find(scope, "a", 1) is bool(expected)
        listed = await store.documents("wards", DocumentFilter(scope=scope))
        assert {one.id for one in listed} == expected
        counted = await store.count_documents("wards", DocumentFilter(scope=scope))
        assert sum(counted.values()) == len(expected)
    assert (await store.document("wards", "a", may)).summary.id == "a"
    with pytest.raises(NotFoundError) as hidden:
        await store.document("wards", "a", may_not)
    with pytest.raises(NotFoundError) as missing:
        await store.document("wards", "b", may_not)
    assert hidden.value.safe_message == missing.value.safe_message
    assert hidden.value.detail == missing.value.detail


async def test_a_revoked_right_works_at_once_and_only_the_change_is_read_again(
    store: KnowledgeStore,
) -> None:
    await put(store, *(a_document(f"d{n}") for n in range(5)))
    before = await store.rights_table("wards")
    assert await store.rights_table("wards", before) is before
    await store.curation(BY, NOW).set_rights("wards", "d3", CARDIOLOGY)
    after = await store.rights_table("wards", before)
    assert after.change == before.change + 1
    assert before.may_find(reader(), "d3", 1)
    assert not after.may_find(reader(), "d3", 1)
    assert {key for key in after.rows if after.rows[key] is not before.rows[key]} == {"d3"}
    assert await found(store, reader(), PassageKey("d3", 1, 0), PassageKey("d2", 1, 0)) == {"d2"}


async def test_the_text_of_a_passage_is_the_documents_own_slice(store: KnowledgeStore) -> None:
    text = "一𠮷二\n\nétude 5 mg\n\n三"
    await put(store, a_document("a", text))
    keys = [PassageKey("a", 1, n) for n in range(4)]
    checked = (await store.recheck("wards", keys, reader())).passages
    assert sorted(key.ordinal for key in checked) == [0, 1, 2]
    assert [checked[key].text for key in keys[:3]] == ["一𠮷二", "étude 5 mg", "三"]
    for one in checked.values():
        assert one.text == text[one.span.start : one.span.end]


async def test_a_recheck_of_nothing_still_says_of_when_it_is(store: KnowledgeStore) -> None:
    await put(store, a_document("a"))
    checked = await store.recheck("wards", [], reader(0))
    assert (checked.change, checked.passages) == (await store.change_number("wards"), {})
    with pytest.raises(NotFoundError):
        await store.recheck("nowhere", [], reader())


async def test_a_document_is_what_its_dates_and_its_successor_say(store: KnowledgeStore) -> None:
    await put(
        store,
        a_document("old"),
        a_document("gone", life=DocumentLife(expires=TODAY)),
        a_document("coming", life=DocumentLife(effective=TODAY + timedelta(1))),
        a_document("new", life=DocumentLife(supersedes="old", effective=date(2026, 4, 1))),
    )
    before = await store.rights_table("wards")
    rows = before.rows
    assert rows["gone"].currency(TODAY) is Currency.EXPIRED
    assert rows["gone"].currency(TODAY - timedelta(1)) is Currency.CURRENT
    assert rows["coming"].currency(TODAY) is Currency.NOT_YET_EFFECTIVE
    assert rows["old"].currency(date(2026, 3, 31)) is Currency.CURRENT
    assert rows["old"].currency(date(2026, 4, 1)) is Currency.SUPERSEDED
    await store.curation(BY, NOW).delete("wards", "new")
    after = await store.rights_table("wards", before)
    assert after.rows["old"].currency(date(2026, 4, 1)) is Currency.CURRENT
    summary = await store.summary("wards", "old")
    assert summary.currency(date(2026, 4, 1)) is Currency.CURRENT


async def test_a_quarantined_document_takes_nothings_place(store: KnowledgeStore) -> None:
    planted = a_document("planted", life=DocumentLife(supersedes="a"), trust_findings=(HIDDEN,))
    await put(store, a_document("a"), planted)
    known = await store.rights_table("wards")
    assert known.rows["a"].currency(TODAY) is Currency.CURRENT
    await store.curation(BY, NOW).release("wards", "planted", 1)
    now = await store.rights_table("wards", known)
    assert now.rows["a"].currency(TODAY) is Currency.SUPERSEDED


async def test_quarantine_waits_for_a_person(store: KnowledgeStore) -> None:
    counts = await put(store, a_document("a", trust_findings=(HIDDEN,)))
    assert counts == ImportCounts(new=1, quarantined=1)
    waiting = await store.summary("wards", "a")
    assert (waiting.state, waiting.trust) == (DocumentState.QUARANTINED, TrustLevel.QUARANTINED)
    assert waiting.findings == (HIDDEN,)
    assert await found(store, reader(5), PassageKey("a", 1, 0)) == set()
    with pytest.raises(ConflictError) as caught:
        await store.curation(BY, NOW).release("wards", "a", 2)
    assert caught.value.code == "document_changed"
    released = await store.curation(BY, NOW).release("wards", "a", 1)
    assert (released.trust, released.reviewed_by) == (TrustLevel.REVIEWED, BY)
    assert await found(store, reader(), PassageKey("a", 1, 0)) == {"a"}
    with pytest.raises(ConflictError) as again:
        await store.curation(BY, NOW).reject("wards", "a", 1)
    assert again.value.code == "document_not_quarantined"
    await put(store, a_document("a", "别的", trust_findings=(HIDDEN,)))
    assert (await store.summary("wards", "a")).state is DocumentState.QUARANTINED


async def test_what_was_rejected_or_deleted_does_not_come_back_by_itself(
    store: KnowledgeStore,
) -> None:
    bad, good = a_document("bad", trust_findings=(HIDDEN,)), a_document("good")
    await put(store, bad, good)
    curator = store.curation(BY, NOW)
    await curator.reject("wards", "bad", 1)
    await curator.delete("wards", "good")
    assert await found(store, reader(), PassageKey("good", 1, 0)) == set()
    assert await put(store, bad, good) == ImportCounts(withheld=2)
    assert (await curator.restore("wards", "bad")).state is DocumentState.QUARANTINED
    assert (await curator.restore("wards", "good")).state is DocumentState.ACTIVE
    assert await found(store, reader(), PassageKey("good", 1, 0)) == {"good"}
    await curator.delete("wards", "good")
    assert await put(store, a_document("good", "改写")) == ImportCounts(changed=1)
    assert (await store.summary("wards", "good")).state is DocumentState.ACTIVE


async def test_a_review_lasts_as_long_as_the_text(store: KnowledgeStore) -> None:
    await put(store, a_document("a"))
    reviewed = await store.curation(BY, NOW).review("wards", "a", 1)
    assert reviewed.trust is TrustLevel.REVIEWED
    await put(store, a_document("a", "新"))
    assert (await store.summary("wards", "a")).trust is TrustLevel.UNREVIEWED


async def test_lists_are_narrowed_and_ordered(store: KnowledgeStore) -> None:
    await put(
        store,
        a_document("a", title="100%_剂量", life=DocumentLife(next_review=date(2026, 5, 1))),
        a_document("b", life=DocumentLife(owner="lin", next_review=date(2026, 4, 1))),
        a_document("c", trust_findings=(HIDDEN,)),
    )
    await store.set_near_duplicates("wards", {"b": "a", "c": None})

    async def ids(**narrowing: Any) -> list[str]:
        listed = await store.documents("wards", DocumentFilter(**narrowing), 10)
        return [one.id for one in listed]

    assert await ids() == ["a", "b", "c"]
    assert await ids(text="0%_剂") == ["a"]
    assert await ids(text="%") == ["a"]
    assert await ids(owner="lin") == ["b"]
    assert await ids(near_duplicates=True) == ["b"]
    assert await ids(states=frozenset({DocumentState.QUARANTINED})) == ["c"]
    assert await ids(order=DocumentOrder.NEXT_REVIEW) == ["b", "a", "c"]
    assert len(await store.documents("wards", DocumentFilter(), limit=1, offset=2)) == 1


async def test_owners_hear_of_what_falls_due(store: KnowledgeStore) -> None:
    await put(
        store,
        a_document("review", life=DocumentLife(next_review=date(2026, 3, 20))),
        a_document("ends", life=DocumentLife(expires=date(2026, 3, 10))),
        a_document("ended", life=DocumentLife(expires=date(2026, 2, 1))),
        a_document("later", life=DocumentLife(next_review=date(2027, 1, 1))),
        a_document("replaced", life=DocumentLife(next_review=TODAY)),
        a_document("replacing", life=DocumentLife(supersedes="replaced")),
    )
    due = await store.due_reviews(TODAY, timedelta(days=30), ["wards"])
    assert [(one.document.id, one.reason) for one in due] == [
        ("ended", DueReason.EXPIRED),
        ("ends", DueReason.EXPIRES),
        ("review", DueReason.REVIEW),
    ]
    assert await store.due_reviews(TODAY, timedelta(days=30), []) == []


async def test_a_snapshot_is_of_one_moment(store: KnowledgeStore) -> None:
    await put(store, *(a_document(f"d{n:04}") for n in range(700)))
    seen = []
    async with store.snapshot("wards") as snapshot:
        async for batch in snapshot.documents:
            seen += [one.summary.id for one in batch]
            if len(seen) == 500:
                await store.curation(BY, NOW).delete("wards", "d0699")
    assert (len(seen), seen[-1]) == (700, "d0699")
    async with store.snapshot("wards") as later:
        after = [one.summary.id async for batch in later.documents for one in batch]
    assert (len(after), later.collection.change) == (699, snapshot.collection.change + 1)


def _edition(number: int, state: EditionState = EditionState.READY) -> EditionRecord:
    info = EditionInfo("wards", f"hash{number}", number, NOW, BY, 1, 2, 0, None, None)
    return EditionRecord(
        info, state, EditionOrigin.BUILT, 1, "key", NOW + timedelta(seconds=number)
    )


async def test_only_a_ready_edition_is_searched(store: KnowledgeStore) -> None:
    editions = store.editions
    assert await editions.next_number("wards") == 1
    await editions.put(_edition(1))
    await editions.put(_edition(2, EditionState.BUILDING))
    assert await editions.next_number("wards") == 3
    assert [one.info.number for one in await editions.list("wards")] == [2, 1]
    with pytest.raises(NotFoundError):
        await editions.activate("wards", "hash2")
    assert await editions.activate("wards", "hash1") is None
    await editions.put(_edition(2))
    assert await editions.activate("wards", "hash2") == "hash1"
    assert (await store.collection("wards")).current_edition == "hash2"
    with pytest.raises(ConflictError):
        await editions.retire("wards", "hash2")
    await editions.retire("wards", "hash1")
    with pytest.raises(NotFoundError):
        await editions.activate("wards", "hash1")
    assert (await editions.read("wards", "hash1")).state is EditionState.RETIRED


async def test_one_builds_at_a_time(store: KnowledgeStore) -> None:
    async with store.editions.building("wards"):
        with pytest.raises(ConflictError) as caught:
            async with store.editions.building("wards"):
                pass
        assert caught.value.code == "edition_being_built"
        async with store.editions.building("another"):
            pass
    async with store.editions.building("wards"):
        pass


async def test_vectors_are_kept_by_what_was_embedded_and_by_what(store: KnowledgeStore) -> None:
    editions = store.editions
    await editions.put_vectors("e5", {"t1": b"\0\1", "t2": b"\2"})
    await editions.put_vectors("e5", {"t1": b"other"})
    assert await editions.vectors(["t1", "t2", "t3"], "e5") == {"t1": b"\0\1", "t2": b"\2"}
    assert await editions.vectors(["t1"], "bge") == {}


def test_nobody_changes_what_was_once_cited(own_database_urls: DatabaseUrls) -> None:
    for url in (own_database_urls.general, own_database_urls.migration):
        with connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM knowledge_document_version")


async def test_the_device_side_has_no_library(
    device_database: Database, open_database: Callable[[str], Database]
) -> None:
    with pytest.raises(Exception, match="database_refused"):
        await KnowledgeStore(device_database).collections()


async def test_a_language_comes_back(store: KnowledgeStore) -> None:
    await put(store, a_document("en", "Give 5 mg.", language=Language.EN))
    assert (await store.summary("wards", "en")).language is Language.EN


def _installed(version: int, *documents: IngestedDocument) -> Batches:
    batch = [InstalledDocument(one, version, TrustLevel.REVIEWED) for one in documents]
    return lambda: iter([batch])


async def test_a_collection_holds_what_an_installed_edition_holds(store: KnowledgeStore) -> None:
    first = _installed(3, a_document("a", "甲"), a_document("b", "乙"), a_document("c", "丙"))
    await store.install(_edition(1), first, BY)
    assert (await store.summary("wards", "a")).version == 3
    assert await found(store, reader(), PassageKey("a", 3, 0)) == {"a"}
    curator = store.curation(BY, NOW)
    await curator.delete("wards", "b")
    await curator.set_rights("wards", "c", CARDIOLOGY)
    again = _installed(4, a_document("a", "甲二"), a_document("c", "丙二"), a_document("d", "丁"))
    await store.install(_edition(2), again, BY)
    table = await store.rights_table("wards")
    states = {name: (row.state, row.version) for name, row in table.rows.items()}
    active, deleted = DocumentState.ACTIVE, DocumentState.DELETED
    assert states == {"a": (active, 4), "b": (deleted, 3), "c": (active, 4), "d": (active, 4)}
    assert table.rows["c"].rights == CARDIOLOGY
    assert (await store.collection("wards")).current_edition == "hash2"
    await store.install(_edition(1), first, BY)
    rolled_back = (await store.rights_table("wards")).rows
    assert (rolled_back["a"].version, rolled_back["b"].state) == (3, deleted)
    assert rolled_back["d"].state is deleted
    assert (await store.document("wards", "a")).text == "甲"
    await store.install(_edition(2), again, BY)
    assert (await store.summary("wards", "d")).state is active


async def test_an_edition_with_a_bad_document_changes_nothing(store: KnowledgeStore) -> None:
    await put(store, a_document("kept"))
    before = await store.change_number("wards")
    bad = _installed(1, a_document("a"), a_document("b", "x\0"))
    with pytest.raises(KnowledgeError) as caught:
        await store.install(_edition(1), bad, BY)
    assert caught.value.code == "edition_document_unusable"
    assert await store.change_number("wards") == before
    assert (await store.summary("wards", "kept")).state is DocumentState.ACTIVE
    assert await store.editions.list("wards") == []
