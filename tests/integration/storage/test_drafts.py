"""Of two who save or decide at once exactly one does; what was signed stays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from suwen.core import faults
from suwen.core.audit import content_hash
from suwen.core.draft import (
    Decision,
    DraftRecord,
    DraftStatus,
    RejectReason,
    SignedRecord,
    SignOff,
)
from suwen.core.errors import ConflictError, NotFoundError, SuwenError
from suwen.core.identity import (
    AppId,
    DraftId,
    PatientId,
    PrincipalId,
    ReleaseHash,
    SignedRecordId,
    TraceId,
)
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore

AT = datetime(2025, 3, 1, 8, 30, 15, 123456, tzinfo=UTC)
LIN, WU = PrincipalId("dr.lin"), PrincipalId("dr.wu")


def content(text: str) -> dict[str, Any]:
    return {"sections": [{"text": text, "number": 0.1, "big": 1e22, "tiny": 1e-7}], "nul": "\x00"}


def draft(identifier: str = "d1", **changes: Any) -> DraftRecord:
    body = content("as built")
    record = DraftRecord(
        id=DraftId(identifier),
        app=AppId("record_writer"),
        release=ReleaseHash("r" * 64),
        partition=Partition.GENERAL,
        trace=TraceId("t1"),
        patient=PatientId("p1"),
        encounter="Encounter/e1",
        data_class=4,
        status=DraftStatus.DRAFT,
        version=1,
        content=body,
        content_hash=content_hash(body),
        model="skipped",
        created_at=AT,
        created_by=LIN,
        updated_at=AT,
        updated_by=LIN,
    )
    return replace(record, **changes)


def decision(kind: Decision, of: DraftRecord, **changes: Any) -> SignOff:
    made = SignOff(
        draft=of.id,
        version=of.version,
        content_hash=of.content_hash,
        decision=kind,
        signer=LIN,
        signer_name="林医生",
        signer_role="physician",
        decided_at=AT + timedelta(minutes=5),
        edit_distance=3,
        signature="c2ln",
        key_id="k1",
    )
    return replace(made, **changes)


def signed_record(of: DraftRecord, *sign_offs: SignOff, number: int = 1) -> SignedRecord:
    return SignedRecord(
        id=SignedRecordId(f"{of.id}-{number}"),
        draft=of.id,
        number=number,
        content=of.content,
        content_hash=of.content_hash,
        sign_offs=sign_offs,
        signed_at=sign_offs[-1].decided_at,
        supersedes=SignedRecordId(f"{of.id}-{number - 1}") if number > 1 else None,
    )


async def edit(store: DraftStore, seen: DraftRecord, text: str, by: PrincipalId) -> DraftRecord:
    body = content(text)
    return await store.save_version(seen.id, seen.version, body, content_hash(body), by, AT)


async def sign(store: DraftStore, seen: DraftRecord, **changes: Any) -> DraftRecord:
    made = decision(Decision.ACCEPT, seen, **changes)
    signed = signed_record(seen, made)
    return await store.decide(made, DraftStatus.SIGNED, signed, seen.version)


@pytest.fixture
async def store(database: Database) -> DraftStore:
    return DraftStore(database)


async def test_the_general_database_takes_no_draft_of_the_device_partition(
    database: Database,
) -> None:
    store = DraftStore(database)
    with pytest.raises(SuwenError) as refused:
        await store.create(draft("d-device", partition=Partition.DEVICE))
    assert refused.value.code == "database_refused"
    await store.create(draft("d-general"))


async def test_a_draft_comes_back_exactly(store: DraftStore) -> None:
    await store.create(draft())
    assert await store.read(DraftId("d1")) == draft()


async def test_a_content_that_is_not_what_its_hash_says_is_not_stored(store: DraftStore) -> None:
    with pytest.raises(SuwenError) as caught:
        await store.create(draft(content_hash="0" * 64))
    assert caught.value.code == "content_hash_wrong"
    with pytest.raises(NotFoundError):
        await store.read(DraftId("d1"))


async def test_each_edit_is_a_version_and_the_former_ones_stay(store: DraftStore) -> None:
    await store.create(draft())
    second = await edit(store, draft(), "edited", WU)
    assert (second.version, second.updated_by, second.created_by) == (2, WU, LIN)
    kept = await store.versions(DraftId("d1"))
    assert [(v.version, v.saved_by) for v in kept] == [(1, LIN), (2, WU)]
    assert [v.content["sections"][0]["text"] for v in kept] == ["as built", "edited"]


async def test_of_two_who_save_at_once_exactly_one_does(store: DraftStore) -> None:
    await store.create(draft())
    done = await asyncio.gather(
        *(edit(store, draft(), f"by {n}", WU) for n in range(6)), return_exceptions=True
    )
    saved = [one for one in done if isinstance(one, DraftRecord)]
    refused = [one for one in done if isinstance(one, ConflictError)]
    assert (len(saved), len(refused)) == (1, 5)
    assert {one.code for one in refused} == {"draft_changed"}
    assert {one.detail["version"] for one in refused} == {2}
    assert (await store.read(DraftId("d1"))).content == saved[0].content
    assert len(await store.versions(DraftId("d1"))) == 2


async def test_of_two_who_sign_at_once_exactly_one_does(store: DraftStore) -> None:
    await store.create(draft())
    done = await asyncio.gather(
        *(sign(store, draft(), signer=PrincipalId(f"dr.{n}")) for n in range(6)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, DraftRecord) for one in done) == 1
    assert sum(isinstance(one, ConflictError) for one in done) == 5
    assert len(await store.sign_offs(DraftId("d1"))) == 1
    assert len(await store.signed_versions(DraftId("d1"))) == 1


async def test_a_save_and_a_signature_at_once_never_both_happen(store: DraftStore) -> None:
    for number in range(5):
        seen = draft(f"d{number}")
        await store.create(seen)
        done = await asyncio.gather(
            edit(store, seen, "late edit", WU), sign(store, seen), return_exceptions=True
        )
        assert sum(isinstance(one, ConflictError) for one in done) == 1
        signed = await store.signed_versions(seen.id)
        for record in signed:
            assert record.content == seen.content


@pytest.mark.parametrize(
    "shown",
    [{"version": 2}, {"content_hash": "f" * 64}],
    ids=["another version", "another text"],
)
async def test_what_was_not_shown_is_not_signed(store: DraftStore, shown: dict[str, Any]) -> None:
    await store.create(draft())
    made = replace(decision(Decision.ACCEPT, draft()), **shown)
    with pytest.raises(ConflictError) as caught:
        await store.decide(made, DraftStatus.SIGNED, signed_record(draft(), made), 1)
    assert caught.value.code == "draft_changed"
    assert await store.sign_offs(DraftId("d1")) == []
    assert await store.signed_versions(DraftId("d1")) == []


async def test_a_signed_record_comes_back_with_its_signatures(store: DraftStore) -> None:
    await store.create(draft())
    made = decision(Decision.ACCEPT, draft(), comment="同意")
    record = signed_record(draft(), made)
    signed = await store.decide(made, DraftStatus.SIGNED, record, 1)
    assert (signed.status, signed.updated_by) == (DraftStatus.SIGNED, LIN)
    assert await store.signed(record.id) == record
    assert await store.sign_offs(DraftId("d1")) == [made]


async def test_a_rejection_keeps_its_reason_and_ends_the_draft(store: DraftStore) -> None:
    await store.create(draft())
    made = decision(Decision.REJECT, draft(), reason=RejectReason.UNSAFE, edit_distance=None)
    await store.decide(made, DraftStatus.REJECTED, None, 1)
    assert (await store.sign_offs(DraftId("d1")))[0].reason is RejectReason.UNSAFE
    rejected = await store.read(DraftId("d1"))
    with pytest.raises(ConflictError):
        await sign(store, rejected)
    with pytest.raises(ConflictError) as caught:
        await edit(store, rejected, "again", LIN)
    assert caught.value.detail == {"version": 1, "status": "rejected"}


async def test_a_second_signature_needs_a_first(store: DraftStore) -> None:
    await store.create(draft())
    cosign = decision(Decision.COSIGN, draft(), signer=WU)
    with pytest.raises(ConflictError):
        await store.decide(cosign, DraftStatus.SIGNED, None, 1)
    first = decision(Decision.ACCEPT, draft())
    await store.decide(first, DraftStatus.AWAITING_COSIGN, None, 1)
    record = signed_record(draft(), first, cosign)
    await store.decide(cosign, DraftStatus.SIGNED, record, 1)
    assert (await store.signed(record.id)).sign_offs == (first, cosign)


async def test_an_edit_while_the_second_signature_is_due_needs_the_first_again(
    store: DraftStore,
) -> None:
    await store.create(draft())
    first = decision(Decision.ACCEPT, draft())
    waiting = await store.decide(first, DraftStatus.AWAITING_COSIGN, None, 1)
    edited = await edit(store, waiting, "superior's edit", WU)
    assert edited.status is DraftStatus.DRAFT
    cosign = decision(Decision.COSIGN, edited, signer=WU)
    with pytest.raises(ConflictError):
        await store.decide(cosign, DraftStatus.SIGNED, signed_record(edited, cosign), 2)


async def test_an_escalated_draft_stays_so_when_edited_and_can_be_signed(
    store: DraftStore,
) -> None:
    await store.create(draft())
    made = decision(Decision.ESCALATE, draft())
    escalated = await store.decide(made, DraftStatus.ESCALATED, None, 1)
    edited = await edit(store, escalated, "by the superior", WU)
    assert edited.status is DraftStatus.ESCALATED
    assert (await sign(store, edited, signer=WU)).status is DraftStatus.SIGNED


async def test_an_amendment_keeps_what_was_signed(store: DraftStore) -> None:
    await store.create(draft())
    signed = await sign(store, draft())
    with pytest.raises(ConflictError):
        await store.reopen_signed(signed.id, 7, WU, AT)
    reopened = await store.reopen_signed(signed.id, 1, WU, AT)
    amended = await edit(store, reopened, "amended", WU)
    made = decision(Decision.AMEND, amended, signer=WU)
    await store.decide(
        made, DraftStatus.SIGNED, signed_record(amended, made, number=2), amended.version
    )
    first, second = await store.signed_versions(signed.id)
    assert first.content == draft().content
    assert second.content == content("amended")
    assert (first.supersedes, second.supersedes) == (None, first.id)


async def test_only_a_signed_draft_is_reopened(store: DraftStore) -> None:
    await store.create(draft())
    with pytest.raises(ConflictError):
        await store.reopen_signed(DraftId("d1"), 1, WU, AT)


@pytest.mark.parametrize("point", ["sign.before_commit", "draft.before_save_commit"])
async def test_a_stop_before_the_commit_leaves_nothing(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def strike(name: str) -> None:
        if name == point:
            raise InterruptedError(name)

    await store.create(draft())
    monkeypatch.setattr(faults, "_strike", strike)
    act = sign(store, draft()) if point.startswith("sign") else edit(store, draft(), "x", WU)
    with pytest.raises(InterruptedError):
        await act
    monkeypatch.setattr(faults, "_strike", None)
    assert await store.read(DraftId("d1")) == draft()
    assert await store.sign_offs(DraftId("d1")) == []
    assert await store.signed_versions(DraftId("d1")) == []
    assert len(await store.versions(DraftId("d1"))) == 1


async def test_a_stop_after_the_commit_leaves_it_signed(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strike(name: str) -> None:
        if name == "sign.after_commit":
            raise InterruptedError(name)

    await store.create(draft())
    monkeypatch.setattr(faults, "_strike", strike)
    with pytest.raises(InterruptedError):
        await sign(store, draft())
    assert (await store.read(DraftId("d1"))).status is DraftStatus.SIGNED
    assert len(await store.signed_versions(DraftId("d1"))) == 1


async def test_lists_are_filtered_and_latest_first(store: DraftStore) -> None:
    def later(identifier: str, minutes: int, **changes: Any) -> DraftRecord:
        return draft(identifier, updated_at=AT + timedelta(minutes=minutes), **changes)

    await store.create(later("a", 1))
    await store.create(later("b", 3, patient=PatientId("p2")))
    await store.create(later("c", 2, created_by=WU, app=AppId("triage"), patient=None))
    await store.decide(
        decision(Decision.REJECT, draft("a"), decided_at=AT + timedelta(minutes=9)),
        DraftStatus.REJECTED,
        None,
        1,
    )

    async def ids(**wanted: Any) -> list[str]:
        return [found.id for found in await store.list(**wanted)]

    assert await ids() == ["a", "b", "c"]
    assert await ids(limit=1, offset=1) == ["b"]
    assert await ids(patient=PatientId("p2")) == ["b"]
    assert await ids(patients=["p1", "p2"]) == ["a", "b"]
    assert await ids(patients=[]) == []
    assert await ids(status=DraftStatus.REJECTED) == ["a"]
    assert await ids(status=[DraftStatus.DRAFT, DraftStatus.REJECTED]) == ["a", "b", "c"]
    assert await ids(app=AppId("triage")) == ["c"]
    assert await ids(owner=LIN) == ["a", "b"]


async def test_what_does_not_exist_is_said_so(store: DraftStore) -> None:
    missing = DraftId("none")
    for act in (
        store.read(missing),
        edit(store, draft("none"), "x", LIN),
        sign(store, draft("none")),
        store.reopen_signed(missing, 1, LIN, AT),
    ):
        with pytest.raises(NotFoundError) as caught:
            await act
        assert caught.value.code == "no_such_draft"
    with pytest.raises(NotFoundError):
        await store.signed(SignedRecordId("none"))
    assert await store.versions(missing) == []


@pytest.mark.parametrize(
    ("altered", "code"),
    [
        ("'{\"as built\": false}'", "stored_content_damaged"),
        ("overlay(content placing 'AAAA' from 60)", "field_not_readable"),
        ("(SELECT content FROM draft_version WHERE draft = 'd2')", "field_not_readable"),
    ],
)
async def test_a_stored_text_that_was_altered_is_not_shown(
    store: DraftStore, fresh_database_urls: Any, altered: str, code: str
) -> None:
    from tests.support.database import connect

    await store.create(draft())
    await store.create(replace(draft(), id=DraftId("d2")))
    with connect(fresh_database_urls.migration) as owner:
        owner.execute("ALTER TABLE draft_version DISABLE TRIGGER USER")
        owner.execute(f"UPDATE draft_version SET content = {altered} WHERE draft = 'd1'")
        owner.execute("ALTER TABLE draft_version ENABLE ALWAYS TRIGGER never_changed")
        owner.execute("ALTER TABLE draft_version ENABLE ALWAYS TRIGGER only_resealed")
        owner.execute("ALTER TABLE draft_version ENABLE ALWAYS TRIGGER never_removed")
    with pytest.raises(SuwenError) as caught:
        await store.read(DraftId("d1"))
    assert caught.value.code == code
