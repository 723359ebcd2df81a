"""An operator's act: on the audit before its effect, closed with how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from suwen.bootstrap.audited import act_of, audited
from suwen.core.audit import AuditEntry, AuditEvent, AuditOutcome
from suwen.core.errors import AccessError, AuditError, ConflictError
from suwen.core.identity import batch_principal
from suwen.core.language import Bilingual

SAID = Bilingual("不行", "It cannot be")


class Sink:
    """Keeps entries in memory; may refuse them."""

    def __init__(self, refuse: bool = False) -> None:
        self.entries: list[AuditEntry] = []
        self._refuse = refuse

    async def append(self, entry: AuditEntry) -> AuditEvent:
        if self._refuse:
            raise AuditError("audit_unavailable", SAID)
        self.entries.append(entry)
        return AuditEvent(len(self.entries), datetime.now(UTC), entry, "", "")

    async def append_all(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEvent]:
        return [await self.append(entry) for entry in entries]

    @property
    def outcomes(self) -> list[AuditOutcome]:
        return [entry.outcome for entry in self.entries]


def act() -> AuditEntry:
    return act_of(batch_principal("root"), "endpoint.put", subject="Endpoint/x", count=3)


async def test_opened_before_and_done_after() -> None:
    sink = Sink()
    async with audited(sink, act()) as said:
        assert sink.outcomes == [AuditOutcome.OPENED]
        said["passed"] = True
    assert sink.outcomes == [AuditOutcome.OPENED, AuditOutcome.DONE]
    opened, done = sink.entries
    assert (opened.trace, opened.subject) == (done.trace, done.subject)
    assert opened.detail["count"] == done.detail["count"] == 3
    assert opened.detail["operating_user"] == "root"
    assert opened.detail["process"]
    assert done.detail["passed"] is True
    assert "passed" not in opened.detail


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (ConflictError("account_exists", SAID), AuditOutcome.FAILED, "account_exists"),
        (AccessError("not_permitted", SAID), AuditOutcome.REFUSED, "not_permitted"),
        (ZeroDivisionError("patient text"), AuditOutcome.FAILED, "internal"),
        (asyncio.CancelledError(), AuditOutcome.FAILED, "cancelled"),
    ],
)
async def test_an_act_that_fails_is_closed_with_its_code(
    error: BaseException, outcome: AuditOutcome, code: str
) -> None:
    sink = Sink()
    with pytest.raises(type(error)):
        async with audited(sink, act()):
            raise error
    assert sink.outcomes == [AuditOutcome.OPENED, outcome]
    assert sink.entries[-1].detail["code"] == code
    assert "patient text" not in repr(sink.entries)


async def test_without_the_audit_nothing_happens() -> None:
    happened = False
    with pytest.raises(AuditError):
        async with audited(Sink(refuse=True), act()):
            happened = True
    assert not happened


def test_each_act_has_a_name_of_its_own() -> None:
    assert len({act().trace for _ in range(100)}) == 100
