"""What an intruder with the rights of the owner does to the tables is found and placed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest

from suwen.control.audit.checkpoints import signed_checkpoint
from suwen.control.audit.report import ChainFault
from tests.integration.audit.conftest import AuditSite
from tests.support.audit_chains import BEGIN, entry
from tests.support.database import connect

LENGTH = 30


async def fill(site: AuditSite, count: int = LENGTH) -> None:
    writer = site.writer()
    await writer.start()
    for number in range(1, count + 1):
        await writer.append(entry(number))
    await writer.stop()


def intrude(site: AuditSite, statements: Sequence[str]) -> None:
    """As the owner of the tables, who can switch the triggers off."""
    with connect(site.urls.migration) as connection:
        for table in ("audit_event", "audit_checkpoint"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]


ATTACKS = [
    ("UPDATE audit_event SET actor = 'nobody' WHERE sequence = 7", 7, ChainFault.CHANGED),
    ("UPDATE audit_event SET detail = '{}' WHERE sequence = 1", 1, ChainFault.CHANGED),
    (
        "UPDATE audit_event SET at = at + interval '1 us' WHERE sequence = 30",
        30,
        ChainFault.CHANGED,
    ),
    ("UPDATE audit_event SET outcome = 'nonsense' WHERE sequence = 9", 9, ChainFault.UNREADABLE),
    ("UPDATE audit_event SET at = 'infinity' WHERE sequence = 9", 9, ChainFault.UNREADABLE),
    ("UPDATE audit_event SET detail = '[1]' WHERE sequence = 9", 9, ChainFault.CHANGED),
    ("DELETE FROM audit_event WHERE sequence = 12", 12, ChainFault.REMOVED),
    ("DELETE FROM audit_event WHERE sequence BETWEEN 1 AND 3", 1, ChainFault.REMOVED),
    ("DELETE FROM audit_event WHERE sequence > 20", 21, ChainFault.TRUNCATED),
    ("DELETE FROM audit_event", 1, ChainFault.TRUNCATED),
    (
        "INSERT INTO audit_event SELECT 0, at, action, actor, channel, outcome, subject, patient, "
        "app, trace, purpose, detail, previous_hash, hash FROM audit_event WHERE sequence = 1",
        0,
        ChainFault.INSERTED,
    ),
]


@pytest.mark.parametrize(("statement", "place", "reason"), ATTACKS)
async def test_it_is_found_and_placed(
    site: AuditSite, statement: str, place: int, reason: ChainFault
) -> None:
    await fill(site)
    assert (await site.verify()).ok
    intrude(site, [statement])
    report = await site.verify()
    assert (report.ok, report.reason) == (False, reason)
    assert report.first_bad == (place or None)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM audit_checkpoint", ChainFault.CHECKPOINT_MISSING),
        (
            "UPDATE audit_checkpoint SET head_hash = repeat('a', 64)",
            ChainFault.CHECKPOINT_SIGNATURE,
        ),
    ],
)
async def test_touched_checkpoints_are_found(
    site: AuditSite, statement: str, reason: ChainFault
) -> None:
    await fill(site)
    first = min(c.sequence for c in await site.store.checkpoints())
    intrude(site, [statement])
    report = await site.verify()
    assert (report.first_bad, report.reason) == (first, reason)


_CONTENT = (
    "at, action, actor, channel, outcome, subject, patient, app, trace, purpose, detail, "
    "previous_hash, hash"
)


@pytest.mark.parametrize(
    "statement",
    [
        # Two events exchanged, with all that they say and their hashes.
        f"UPDATE audit_event AS here SET ({_CONTENT}) = (SELECT {_CONTENT} FROM audit_event AS "
        "there WHERE there.sequence = 11 - here.sequence) WHERE sequence IN (5, 6)",
        # The last checkpoint replaced by a former one, which is rightly signed.
        "UPDATE audit_checkpoint SET (sequence, head_hash, at, key_id, signature) = (SELECT "
        "sequence, head_hash, at, key_id, signature FROM audit_checkpoint ORDER BY number LIMIT 1)",
    ],
)
async def test_what_is_exchanged_is_found(site: AuditSite, statement: str) -> None:
    await fill(site, 10)
    await fill(site, 10)
    assert len(await site.store.checkpoints()) >= 2
    assert (await site.verify()).ok
    intrude(site, [statement])
    assert not (await site.verify()).ok


async def test_unreadable_rows_do_not_hide_the_rest(site: AuditSite) -> None:
    await fill(site)
    intrude(site, ["UPDATE audit_event SET outcome = 'nonsense' WHERE sequence IN (5, 6, 7, 20)"])
    report = await site.verify()
    assert (report.first_bad, report.reason) == (5, ChainFault.UNREADABLE)
    assert report.events > LENGTH // 2


async def test_a_truncation_with_the_stolen_key_is_shown_by_the_anchor(site: AuditSite) -> None:
    await fill(site)
    intrude(
        site,
        ["DELETE FROM audit_event WHERE sequence > 20", "DELETE FROM audit_checkpoint"],
    )
    head = await site.store.head()
    assert head is not None
    forged = signed_checkpoint(head, BEGIN + timedelta(hours=1), site.signer)
    await site.store.put_checkpoint(forged)
    report = await site.verify()
    assert (report.ok, report.first_bad) == (False, 21)


async def test_without_tampering_rights_nothing_can_be_changed(site: AuditSite) -> None:
    await fill(site, 3)
    attempts = ("DELETE FROM audit_event", "UPDATE audit_event SET actor = 'x'")
    for url in (site.urls.general, site.urls.migration):
        with connect(url) as connection:
            for attempt in attempts:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(attempt)  # type: ignore[arg-type]
    assert (await site.verify()).events == 3
