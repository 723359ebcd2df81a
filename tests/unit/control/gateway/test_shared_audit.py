"""Entries in company: all durable, each told, none lost because nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from suwen.control.gateway.shared_audit import SharedAudit
from suwen.core.audit import AuditEntry, AuditEvent, AuditOutcome
from suwen.core.errors import AuditError
from suwen.core.language import Bilingual


class Sink:
    """Keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.refuses = False

    async def append(self, entry: AuditEntry) -> AuditEvent:
        raise AssertionError("entries come together")

    async def append_all(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEvent]:
        await asyncio.sleep(0.005)
        if self.refuses:
            raise AuditError("audit_unavailable", Bilingual("无", "none"))
        self.groups.append([entry.actor for entry in entries])
        return []


def entry(actor: str) -> AuditEntry:
    return AuditEntry("model.request", actor, "openai", AuditOutcome.OPENED)


async def test_those_that_come_at_once_go_together() -> None:
    sink = Sink()
    shared = SharedAudit(sink)
    await asyncio.gather(*(shared.append(entry(str(n))) for n in range(5)))
    assert sink.groups == [["0", "1", "2", "3", "4"]]


async def test_one_that_comes_alone_does_not_wait_for_others() -> None:
    sink = Sink()
    shared = SharedAudit(sink, gather_s=60.0)
    async with asyncio.timeout(2):
        await shared.append(entry("a"))
        await shared.append(entry("b"))
    assert sink.groups == [["a"], ["b"]]


async def test_a_refusal_is_told_to_everybody_in_the_company() -> None:
    sink = Sink()
    sink.refuses = True
    shared = SharedAudit(sink)
    told = await asyncio.gather(
        shared.append(entry("a")), shared.append(entry("b")), return_exceptions=True
    )
    assert [type(one) for one in told] == [AuditError, AuditError]
    sink.refuses = False
    await shared.append(entry("c"))
    assert sink.groups == [["c"]]


async def test_an_entry_for_which_nobody_waits_any_more_is_kept() -> None:
    sink = Sink()
    shared = SharedAudit(sink)

    async def waits() -> None:
        await shared.append(entry("gone"))

    waiting = asyncio.create_task(waits())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.05)
    assert sink.groups == [["gone"]]
