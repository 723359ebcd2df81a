"""What a round of tidying removes, what it asks for, and that each draft is on the audit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from suwen.bootstrap.platform import Platform
from suwen.bootstrap.retention import purge_drafts, purge_messages, tidy
from suwen.bootstrap.settings import RetentionSettings
from suwen.core.identity import AppId, Channel, ReleaseHash, TraceId, batch_principal
from suwen.storage.inbound_types import NewMessage, ProcessedMessage
from tests.integration.storage.test_drafts import LIN, draft
from tests.integration.storage.test_people import LIN as PERSON

OPERATOR = batch_principal("root")


async def keep_draft(platform: Platform, name: str, *, days: int, app: str = "gone") -> None:
    """A draft that nobody touched for so many days."""
    at = platform.clock.now() - timedelta(days=days)
    made = draft(name, app=AppId(app), created_at=at, updated_at=at)
    await platform.drafts.create(made)


async def left(platform: Platform) -> set[str]:
    return {found.id for found in await platform.drafts.list()}


async def test_old_drafts_go_and_are_on_the_audit(platform: Platform) -> None:
    await keep_draft(platform, "old", days=40)
    await keep_draft(platform, "new", days=3)
    gone = await purge_drafts(platform, OPERATOR, days=10, dry_run=True)
    assert [one.id for one in gone] == ["old"]
    assert await left(platform) == {"old", "new"}
    assert await platform.audit_store.latest(1, None, action="draft.purge") == []
    await purge_drafts(platform, OPERATOR, days=10)
    assert await left(platform) == {"new"}
    closed, opened = await platform.audit_store.latest(2, None, action="draft.purge")
    assert (opened.entry.outcome.value, closed.entry.outcome.value) == ("opened", "done")
    assert closed.entry.subject == "Draft/old"
    assert closed.entry.detail["removed"] is True
    assert closed.entry.detail["content_hash"] == draft("old").content_hash


async def test_an_application_may_ask_for_a_longer_time(platform: Platform) -> None:
    asked = platform.applications[AppId("record_writer")].manifest.retention_days
    assert asked > 10
    await keep_draft(platform, "kept", days=asked - 1, app="record_writer")
    await keep_draft(platform, "due", days=asked + 1, app="record_writer")
    await purge_drafts(platform, OPERATOR, days=10)
    assert await left(platform) == {"kept"}


async def test_without_a_time_set_no_draft_goes_by_itself(platform: Platform) -> None:
    await keep_draft(platform, "old", days=4000)
    assert (await tidy(platform)).drafts == 0
    assert await left(platform) == {"old"}
    wish = platform.settings.model_copy(update={"retention": RetentionSettings(draft_days=30)})
    assert (await tidy(replace(platform, settings=wish))).drafts == 1
    assert await left(platform) == set()


async def test_a_round_takes_what_finished_runs_wrote_and_sessions_that_are_over(
    platform: Platform,
) -> None:
    now = platform.clock.now()
    for name, hours in (("yesterday", 25), ("today", 1)):
        trace = TraceId(name)
        at = now - timedelta(hours=hours)
        await platform.traces.open(trace, AppId("record_writer"), LIN, ReleaseHash("r"), at)
        await platform.traces.append_event(trace, 1, "section", {"text": "what it wrote"})
        await platform.traces.close(trace, "done", at)
    await platform.people.add(PERSON)
    for name, at in (("over", now - timedelta(hours=1)), ("in force", now + timedelta(hours=1))):
        before = now - timedelta(hours=2)
        await platform.people.create_session(name, PERSON.id, Channel.WEB, at, before)
    done = await tidy(platform)
    assert (done.run_events, done.sessions) == (1, 1)
    assert await platform.traces.last_event(TraceId("yesterday")) == 0
    assert await platform.traces.last_event(TraceId("today")) == 1


async def test_originals_of_messages_go_in_their_time_and_are_on_the_audit(
    platform: Platform,
) -> None:
    inbound, now = platform.connection_parts.inbound, platform.clock.now()
    old = now - timedelta(days=40)
    messages = [
        NewMessage("his", name, "ADT^A01", None, b"", "ascii") for name in ("done", "failed")
    ]
    done, failed = await inbound.receive_all(messages, old)
    await inbound.process([ProcessedMessage(done.id)], old)
    await inbound.fail(failed.id, "code", "", old)
    assert await purge_messages(platform, OPERATOR, days=41) == 0
    assert await platform.audit_store.latest(1, None, action="message.purge") == []
    assert await purge_messages(platform, OPERATOR, days=39) == 1
    assert [one.control_id for one in await inbound.queue("his")] == ["failed"]
    closed, _ = await platform.audit_store.latest(2, None, action="message.purge")
    assert closed.entry.detail["removed"] == 1
