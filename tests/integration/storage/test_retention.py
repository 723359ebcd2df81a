"""What may be removed in time, and that nothing else ever is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from suwen.core.audit import content_hash
from suwen.core.draft import Decision, DraftStatus, RejectReason
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, Channel, ReleaseHash, TraceId
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.people import PeopleStore
from suwen.storage.traces import TraceStore
from suwen.storage.urls import DatabaseUrls
from tests.integration.storage.test_drafts import AT, LIN, content, decision, draft, signed_record
from tests.integration.storage.test_people import LIN as PERSON
from tests.support.database import connect

LATER = AT + timedelta(days=90)


@pytest.fixture
def drafts(database: Database) -> DraftStore:
    return DraftStore(database)


async def rejected(drafts: DraftStore, identifier: str) -> None:
    made = draft(identifier)
    await drafts.create(made)
    no = decision(Decision.REJECT, made, reason=RejectReason.NOT_NEEDED, signature=None)
    await drafts.decide(no, DraftStatus.REJECTED, None, 1)


async def once_signed(drafts: DraftStore, identifier: str) -> None:
    made = draft(identifier)
    await drafts.create(made)
    yes = decision(Decision.ACCEPT, made)
    await drafts.decide(yes, DraftStatus.SIGNED, signed_record(made, yes), 1)


async def waiting_for_the_second(drafts: DraftStore, identifier: str) -> None:
    made = draft(identifier)
    await drafts.create(made)
    await drafts.decide(decision(Decision.ACCEPT, made), DraftStatus.AWAITING_COSIGN, None, 1)


async def test_an_unsigned_draft_goes_whole_and_for_good(drafts: DraftStore) -> None:
    await drafts.create(draft("left"))
    body = content("edited")
    await drafts.save_version(draft("left").id, 1, body, content_hash(body), LIN, AT)
    await rejected(drafts, "no")
    found = await drafts.untouched(LATER)
    assert [one.id for one in found] == ["left", "no"]
    for one in found:
        assert await drafts.remove(one.id, LATER)
        assert await drafts.versions(one.id) == []
        assert await drafts.sign_offs(one.id) == []
        with pytest.raises(NotFoundError):
            await drafts.read(one.id)
    assert not await drafts.remove(found[0].id, LATER)


@pytest.mark.parametrize("make", [once_signed, waiting_for_the_second])
async def test_what_was_ever_signed_stays(drafts: DraftStore, make: Callable[..., Any]) -> None:
    await make(drafts, "kept")
    kept = draft("kept").id
    assert await drafts.untouched(LATER) == []
    assert not await drafts.remove(kept, LATER)
    assert len(await drafts.versions(kept)) == 1


async def test_a_signed_draft_that_was_opened_again_stays(drafts: DraftStore) -> None:
    await once_signed(drafts, "amended")
    amended = draft("amended").id
    await drafts.reopen_signed(amended, 1, LIN, AT)
    assert (await drafts.read(amended)).status is DraftStatus.DRAFT
    assert await drafts.untouched(LATER) == []
    assert not await drafts.remove(amended, LATER)


async def test_a_draft_that_somebody_touched_since_stays(drafts: DraftStore) -> None:
    await drafts.create(draft("fresh"))
    assert await drafts.untouched(AT) == []
    assert not await drafts.remove(draft("fresh").id, AT)


async def test_pages_of_untouched_drafts_follow_one_another(drafts: DraftStore) -> None:
    for number in range(3):
        await drafts.create(draft(f"d{number}"))
    first = await drafts.untouched(LATER, limit=2)
    rest = await drafts.untouched(LATER, first[-1], limit=2)
    assert [one.id for one in (*first, *rest)] == ["d0", "d1", "d2"]


async def test_not_even_the_owner_removes_a_signed_version_by_the_road_of_removal(
    own_database_urls: DatabaseUrls, open_database: Callable[[str], Database]
) -> None:
    drafts = DraftStore(open_database(own_database_urls.general))
    await once_signed(drafts, "kept")
    await drafts.create(draft("other"))
    with connect(own_database_urls.migration) as owner:
        for named in ("kept", "other"):
            owner.execute("SELECT set_config('suwen.removed_draft', %s, false)", (named,))
            for table in ("sign_off", "draft_version"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never removed"):
                    owner.execute(f"DELETE FROM {table} WHERE draft = 'kept'")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                owner.execute("UPDATE draft_version SET content = ''")
    with connect(own_database_urls.general) as service:
        service.execute("SELECT set_config('suwen.removed_draft', 'other', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            service.execute("DELETE FROM draft_version WHERE draft = 'other'")


async def test_events_of_finished_runs_go_and_stages_stay(database: Database) -> None:
    traces = TraceStore(database)
    for name, closed_at in (("old", AT), ("new", LATER), ("going on", None)):
        trace = TraceId(name)
        await traces.open(trace, AppId("record_writer"), LIN, ReleaseHash("r"), AT)
        await traces.add_stage(trace, 1, "admit", "done", AT, 1.0, None, {})
        await traces.append_event(trace, 1, "section", {"text": "what it wrote"})
        if closed_at is not None:
            await traces.close(trace, "done", closed_at)
    assert await traces.forget_events(LATER) == 1
    left = {name: await traces.last_event(TraceId(name)) for name in ("old", "new", "going on")}
    assert left == {"old": 0, "new": 1, "going on": 1}
    assert len((await traces.read(TraceId("old"))).stages) == 1


async def test_sessions_that_are_over_are_forgotten(database: Database) -> None:
    people = PeopleStore(database)
    await people.add(PERSON)
    for name, lasts in (("over", 1), ("ended", 100), ("in force", 100)):
        expires_at = AT + timedelta(hours=lasts)
        await people.create_session(name, PERSON.id, Channel.WEB, expires_at, AT)
    await people.end_session("ended", AT)
    now = AT + timedelta(hours=2)
    assert await people.forget_sessions(now) == 2
    assert await people.forget_sessions(now) == 0
    assert await people.read_session("in force", now) is not None


async def test_a_use_of_a_session_is_kept_and_never_set_back(database: Database) -> None:
    people = PeopleStore(database)
    await people.add(PERSON)
    await people.create_session("one", PERSON.id, Channel.WEB, LATER, AT)
    later = AT + timedelta(minutes=5)
    for at in (later, AT):
        await people.see_session("one", at)
        found = await people.read_session("one", later)
        assert found is not None
        assert found[1].seen_at == later


async def test_the_draft_of_a_run_is_found_by_its_trace(drafts: DraftStore) -> None:
    await drafts.create(replace(draft("d1"), trace=TraceId("t9")))
    assert await drafts.of_trace(TraceId("t9")) == "d1"
    assert await drafts.of_trace(TraceId("t8")) is None
