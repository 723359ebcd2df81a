"""After a crash the audit says what became of what was begun."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from suwen.control.gateway.process import is_gone, this_process
from suwen.control.gateway.reconcile import reconcile
from suwen.control.gateway.run import Gateway
from suwen.control.gateway.run_types import RunOptions
from suwen.control.gateway.sign_off import SignOffDesk
from suwen.core import faults
from suwen.core.audit import AuditEntry, AuditEvent, AuditOutcome
from suwen.core.draft import DraftStatus
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from tests.integration.control.conftest import Ward
from tests.support.applications import NOTE_WRITER, NOW, person
from tests.support.releases import CHIEF, OPERATOR, put_results, release_desk

STORE = RunOptions(store=True)


class Crash(BaseException):
    """The process is gone: nothing of ours runs after it."""


class StoredAudit:
    """Writes to the real chain; once ``dead``, nothing reaches it any more."""

    def __init__(self, store: AuditStore) -> None:
        self.store = store
        self.dead = False
        self.dies_at: str | None = None

    async def append(self, entry: AuditEntry) -> AuditEvent:
        if self.dead or entry.action == self.dies_at:
            self.dies_at = None
            raise Crash
        gone = dict(entry.detail)
        if "process" in gone:
            gone["process"] = gone["process"].rsplit("/", 1)[0] + "/1"
        (event,) = await self.store.append_group([dataclasses.replace(entry, detail=gone)], NOW)
        return event

    async def append_all(self, entries: list[AuditEntry]) -> list[AuditEvent]:
        return [await self.append(entry) for entry in entries]


@dataclasses.dataclass
class Crashing:
    ward: Ward
    audit: StoredAudit
    desk: SignOffDesk
    gateway: Gateway

    async def outcomes(self) -> list[tuple[str, str, str | None]]:
        """Every event after the reconciliation: action, outcome, code."""
        self.audit.dead = False
        parts = dataclasses.replace(self.ward.site.parts, audit=self.audit)
        await reconcile(parts, self.audit.store)
        assert await self.audit.store.unclosed() == []
        assert await parts.traces.still_open() == ()
        return [
            (e.entry.action, e.entry.outcome.value, e.entry.detail.get("code"))
            for e in await self.audit.store.events()
        ]


@pytest.fixture
def crashing(ward: Ward, database: Database) -> Iterator[Crashing]:
    audit = StoredAudit(AuditStore(database))
    parts = dataclasses.replace(ward.site.parts, audit=audit)
    desk = SignOffDesk(parts, ward.authenticator, lambda _person: ward.signer)
    yield Crashing(ward, audit, desk, Gateway(parts))
    faults.arm(lambda _name: None)


def crash_at(point: str, crashing: Crashing) -> None:
    def strike(name: str) -> None:
        if name == point:
            crashing.audit.dead = True
            raise Crash

    faults.arm(strike)


async def test_a_run_that_died_after_its_audit_opened_has_failed(crashing: Crashing) -> None:
    crash_at("run.after_audit_open", crashing)
    with pytest.raises(Crash):
        await crashing.gateway.run(person(), NOTE_WRITER, {"patient_id": "p1"})
    assert await crashing.outcomes() == [
        ("run.open", "opened", None),
        ("run.close", "failed", "interrupted"),
    ]


async def test_a_run_that_died_before_its_draft_was_stored_has_failed(crashing: Crashing) -> None:
    crash_at("run.before_draft_stored", crashing)
    with pytest.raises(Crash):
        await crashing.gateway.run(person(), NOTE_WRITER, {"patient_id": "p1"}, STORE)
    assert (await crashing.outcomes())[-1] == ("run.close", "failed", "interrupted")
    assert await crashing.ward.site.parts.drafts.list() == []


async def test_a_run_that_died_after_its_draft_was_stored_is_done(crashing: Crashing) -> None:
    crashing.audit.dies_at = "run.close"
    with pytest.raises(Crash):
        await crashing.gateway.run(person(), NOTE_WRITER, {"patient_id": "p1"}, STORE)
    assert (await crashing.outcomes())[-1] == ("run.close", "done", "reconciled")
    assert len(await crashing.ward.site.parts.drafts.list()) == 1


async def test_a_run_that_died_while_its_model_answered_has_failed(crashing: Crashing) -> None:
    await crashing.ward.site.pass_gate()
    crash_at("run.while_streaming", crashing)
    with pytest.raises(Crash):
        await crashing.gateway.run(person(), NOTE_WRITER, {"patient_id": "p1"}, STORE)
    assert (await crashing.outcomes())[-1] == ("run.close", "failed", "interrupted")


async def test_a_signature_that_died_before_its_commit_did_not_happen(crashing: Crashing) -> None:
    draft = await crashing.ward.draft()
    crash_at("sign.before_commit", crashing)
    with pytest.raises(Crash):
        await crashing.desk.sign(crashing.ward.principals["dr.lin"], crashing.ward.signing(draft))
    assert (await crashing.outcomes())[-1] == ("draft.sign", "failed", "interrupted")
    kept = await crashing.ward.site.parts.drafts.read(draft.id)
    assert kept.status is DraftStatus.DRAFT


async def test_a_signature_that_died_after_its_commit_happened(crashing: Crashing) -> None:
    draft = await crashing.ward.draft()
    crash_at("sign.after_commit", crashing)
    with pytest.raises(Crash):
        await crashing.desk.sign(crashing.ward.principals["dr.lin"], crashing.ward.signing(draft))
    assert (await crashing.outcomes())[-1] == ("draft.sign", "done", "reconciled")
    kept = await crashing.ward.site.parts.drafts.read(draft.id)
    assert kept.status is DraftStatus.SIGNED


async def test_an_edit_that_died_before_its_commit_did_not_happen(crashing: Crashing) -> None:
    draft = await crashing.ward.draft()
    crash_at("draft.before_save_commit", crashing)
    with pytest.raises(Crash):
        await crashing.desk.save(
            crashing.ward.principals["dr.lin"], draft.id, 1, {"results": "Potassium 5.1."}
        )
    assert (await crashing.outcomes())[-1] == ("draft.save", "failed", "interrupted")


async def test_what_still_runs_is_left_alone(crashing: Crashing) -> None:
    entry = AuditEntry("run.open", "dr.lin", "web", AuditOutcome.OPENED, "Application/x", trace="t")
    alive = dataclasses.replace(entry, detail={"process": this_process()})
    await crashing.audit.store.append_group([alive], NOW)
    found = await reconcile(crashing.ward.site.parts, crashing.audit.store)
    assert (found.done, found.failed, found.still_open) == (0, 0, 1)


def test_a_process_is_known_by_more_than_its_number() -> None:
    assert is_gone(this_process()) is False
    host, pid, start = this_process().rsplit("/", 2)
    assert is_gone(f"{host}/{pid}/{int(start) + 1}") is True
    assert is_gone("another-host/1/1") is None
    assert is_gone("") is None


@pytest.mark.parametrize(
    ("point", "ended"),
    [("release.before_commit", "interrupted"), ("release.after_commit", "reconciled")],
)
async def test_an_approval_that_died_is_what_the_store_says(
    crashing: Crashing, point: str, ended: str
) -> None:
    site = crashing.ward.site
    await site.parts.endpoints.put(site.model.endpoint)
    proposed = await site.releases.propose(NOTE_WRITER, site.model.endpoint.name, OPERATOR)
    evaluated = await put_results(site.releases, proposed)
    desk = release_desk(dataclasses.replace(site.parts, audit=crashing.audit))
    crash_at(point, crashing)
    with pytest.raises(Crash):
        await desk.approve(evaluated.id, CHIEF)
    outcome = "done" if ended == "reconciled" else "failed"
    assert (await crashing.outcomes())[-1] == ("release.approve", outcome, ended)
    kept = await site.parts.releases.bindings.approvals(evaluated)
    assert len(kept) == (1 if ended == "reconciled" else 0)
