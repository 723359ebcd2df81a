"""Removes in time what nobody signed and what nobody needs: run events, sessions, drafts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.keeping import finish_erasures, keep_sealed, refresh_ledger
from suwen.bootstrap.platform import Platform
from suwen.core.errors import SuwenError
from suwen.core.identity import Principal, batch_principal
from suwen.storage.drafts import UntouchedDraft

# A service that comes back answers first, and tidies when its callers are served.
TIDY_AFTER_START_S = 20.0
TIDY_EVERY_S = 3600.0
PURGED_AT_ONCE = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tidied:
    """How much one round removed, and how many rows it sealed by present keys."""

    run_events: int
    sessions: int
    drafts: int
    messages: int
    sealed: int


async def keep_tidy(platform: Platform) -> None:
    """Tidies soon and then every hour, for as long as it is not cancelled."""
    await asyncio.sleep(TIDY_AFTER_START_S)
    while True:
        try:
            await tidy(platform)
        except SuwenError as error:
            # The next round does it; what could not be audited was not removed.
            log.warning("not tidied: %s", error.code)
        await asyncio.sleep(TIDY_EVERY_S)


async def tidy(platform: Platform) -> Tidied:
    """One round by the settings; drafts only where the hospital set a time.

    Raises:
        UnavailableError, AuditError: the round ended early.
    """
    wish, now = platform.settings.retention, platform.clock.now()
    events = await platform.traces.forget_events(now - timedelta(hours=wish.run_event_hours))
    sessions = await platform.people.forget_sessions(now)
    await platform.sign_in.forget(now)
    drafts: Sequence[UntouchedDraft] = ()
    if wish.draft_days is not None:
        drafts = await purge_drafts(platform, batch_principal(None), days=wish.draft_days)
    messages = 0
    if wish.message_days is not None:
        messages = await purge_messages(platform, batch_principal(None), days=wish.message_days)
    await finish_erasures(platform)
    await platform.library.finish_erasures()
    await refresh_ledger(platform)
    sealed = await keep_sealed(platform)
    return Tidied(events, sessions, len(drafts), messages, sealed)


async def purge_messages(platform: Platform, acting: Principal, *, days: int) -> int:
    """Removes the originals of messages that were done with so long ago; how many there were.

    What waits or failed stays, and so does what came of a message.

    Args:
        days: at least 1.
    """
    before = platform.clock.now() - timedelta(days=days)
    inbound = platform.connection_parts.inbound
    if not await inbound.any_finished(before):
        return 0
    removed = 0
    act = act_of(acting, "message.purge", before=before.isoformat(timespec="seconds"))
    async with audited(platform.audit, act) as said:
        while count := await inbound.remove_finished(before, PURGED_AT_ONCE):
            removed += count
            said["removed"] = removed
    return removed


async def purge_drafts(
    platform: Platform, acting: Principal, *, days: int, dry_run: bool = False
) -> list[UntouchedDraft]:
    """Removes the drafts that nobody signed and nobody touched for so long; which they were.

    Each is audited before it is removed, with the hash of its text, so that it stays provable
    that it was there. A draft that was ever signed is never removed.

    Args:
        days: at least 1; an application whose manifest asks for more keeps its drafts longer.
        dry_run: only says which ones would go.
    """
    removed: list[UntouchedDraft] = []
    now = platform.clock.now()
    cutoff = now - timedelta(days=days)
    last: UntouchedDraft | None = None
    while page := await platform.drafts.untouched(cutoff, last):
        last = page[-1]
        for draft in page:
            if draft.updated_at >= _cutoff(platform, draft, days, now):
                continue
            if dry_run or await remove_draft(platform, acting, draft, cutoff):
                removed.append(draft)
    return removed


def _cutoff(platform: Platform, draft: UntouchedDraft, days: int, now: datetime) -> datetime:
    installed = platform.applications.get(draft.app)
    asked = installed.manifest.retention_days if installed is not None else 0
    return now - timedelta(days=max(days, asked))


async def remove_draft(
    platform: Platform, acting: Principal, draft: UntouchedDraft, since: datetime
) -> bool:
    """Removes one draft for good, audited before; false where it was signed or touched since."""
    act = act_of(
        acting,
        "draft.purge",
        subject=f"Draft/{draft.id}",
        app=draft.app,
        status=draft.status.value,
        content_hash=draft.content_hash,
        untouched_since=draft.updated_at.isoformat(timespec="seconds"),
    )
    async with audited(platform.audit, act) as said:
        gone = await platform.drafts.remove(draft.id, since)
        said["removed"] = gone
    return gone
