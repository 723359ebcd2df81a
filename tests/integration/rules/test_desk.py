"""A hospital's rows: two people agree, what warns more works at once, nothing is lost or hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest

from suwen.bootstrap.rules.desk import Asked
from suwen.clinical.medicines.rows import ReviewState
from suwen.clinical.row_changes import ChangeKind
from suwen.core.errors import AccessError, ConflictError, InputError, NotFoundError
from suwen.storage.rule_proposals import ProposalState
from tests.integration.rules.conftest import (
    FIRST,
    PAIR,
    PHYSICIAN,
    ROW,
    SECOND,
    Open,
    Pharmacy,
    change,
)

AWAITS = "待本院"


async def test_a_confirmation_needs_two_people_and_takes_the_words_away(
    pharmacy: Pharmacy,
) -> None:
    (waiting,) = await pharmacy.propose(change(ChangeKind.CONFIRM))
    before = await pharmacy.finding()
    assert before is not None and AWAITS in before["explanation_zh"]
    with pytest.raises(AccessError) as refused:
        await pharmacy.desk.decide(FIRST, waiting.number, agreed=True)
    assert refused.value.code == "own_change"
    agreed = await pharmacy.desk.decide(SECOND, waiting.number, agreed=True)
    assert (agreed.state, agreed.version) == (ProposalState.IN_FORCE, 1)
    after = await pharmacy.finding()
    assert after is not None and AWAITS not in after["explanation_zh"]
    assert after["confidence"] == "reviewed"


async def test_towards_safety_works_at_once_and_goes_on_awaiting(pharmacy: Pharmacy) -> None:
    raised = change(ChangeKind.OVERRIDE, "renal", "REN-metformin-45", severity="major")
    (one,) = await pharmacy.propose(raised)
    assert (one.state, one.version) == (ProposalState.IN_FORCE, 1)
    row = await pharmacy.desk.row(FIRST, "renal", "REN-metformin-45")
    assert (row.text("severity"), row.review_state) == ("major", ReviewState.AWAITING)
    with pytest.raises(InputError) as refused:
        await pharmacy.desk.decide(SECOND, one.number, agreed=False)
    assert refused.value.code == "works_already"
    await pharmacy.desk.decide(SECOND, one.number, agreed=True)
    row = await pharmacy.desk.row(FIRST, "renal", "REN-metformin-45")
    assert row.review_state is ReviewState.REVIEWED


async def test_towards_all_clear_waits_and_a_refusal_changes_nothing(pharmacy: Pharmacy) -> None:
    (waiting,) = await pharmacy.propose(change(ChangeKind.DISABLE))
    assert await pharmacy.finding() is not None
    with pytest.raises(InputError) as silent:
        await pharmacy.desk.decide(SECOND, waiting.number, agreed=False, note=" ")
    assert silent.value.code == "reason_missing"
    over = await pharmacy.desk.decide(SECOND, waiting.number, agreed=False, note="证据充分")
    assert (over.state, over.note) == (ProposalState.REFUSED, "证据充分")
    assert await pharmacy.finding() is not None
    (again,) = await pharmacy.propose(change(ChangeKind.DISABLE))
    await pharmacy.desk.decide(SECOND, again.number, agreed=True)
    assert await pharmacy.finding() is None


async def test_what_works_at_once_and_what_waits_are_told_apart(pharmacy: Pharmacy) -> None:
    made = await pharmacy.propose(
        change(ChangeKind.DISABLE),
        change(ChangeKind.OVERRIDE, "renal", "REN-metformin-45", severity="major"),
    )
    assert [(one.state, len(one.changes)) for one in made] == [
        (ProposalState.IN_FORCE, 1),
        (ProposalState.WAITING, 1),
    ]


async def test_a_changed_row_is_a_changed_release_and_the_run_goes_on(pharmacy: Pharmacy) -> None:
    app = next(iter(pharmacy.parts.applications))
    before = await pharmacy.parts.releases.current(app)
    (waiting,) = await pharmacy.propose(change(ChangeKind.CONFIRM))
    same = await pharmacy.parts.releases.current(app)
    await pharmacy.desk.decide(SECOND, waiting.number, agreed=True)
    after = await pharmacy.parts.releases.current(app)
    assert before is not None and same is not None and after is not None
    assert before.hash == same.hash != after.hash
    assert "rules:prescription" in after.parts and "rules:prescription" not in before.parts


async def test_another_process_goes_by_the_new_rows_at_its_next_run(open_pharmacy: Open) -> None:
    here, elsewhere = await open_pharmacy(), await open_pharmacy()
    (waiting,) = await here.propose(change(ChangeKind.DISABLE))
    await here.desk.decide(SECOND, waiting.number, agreed=True)
    assert await elsewhere.finding() is None
    later = await open_pharmacy()
    assert await later.finding() is None


async def test_a_return_is_a_version_and_needs_two_people(pharmacy: Pharmacy) -> None:
    (off,) = await pharmacy.propose(change(ChangeKind.DISABLE))
    await pharmacy.desk.decide(SECOND, off.number, agreed=True)
    back = await pharmacy.desk.propose_return(SECOND, "prescription", 0, "误停")
    (changed,) = await pharmacy.desk.changed_rows(FIRST, back)
    assert changed.before is not None and not changed.before.enabled
    assert changed.after is not None and changed.after.enabled
    assert await pharmacy.finding() is None
    agreed = await pharmacy.desk.decide(FIRST, back.number, agreed=True)
    assert (agreed.version, agreed.returns_to) == (2, 0)
    assert await pharmacy.finding() is not None
    again = await pharmacy.desk.propose_return(FIRST, "prescription", 1, "再停")
    await pharmacy.desk.decide(SECOND, again.number, agreed=True)
    assert await pharmacy.finding() is None
    with pytest.raises(NotFoundError):
        await pharmacy.desk.propose_return(FIRST, "prescription", 9, "x")


async def test_a_change_begins_at_its_moment(pharmacy: Pharmacy) -> None:
    moment = pharmacy.site.clock.now() + timedelta(hours=2)
    (waiting,) = await pharmacy.propose(change(ChangeKind.DISABLE), wanted_from=moment)
    agreed = await pharmacy.desk.decide(SECOND, waiting.number, agreed=True)
    assert agreed.works_from == moment
    assert await pharmacy.finding() is not None
    pharmacy.site.clock.forward(timedelta(hours=2))
    assert await pharmacy.finding() is None


async def test_what_was_seen_is_what_is_agreed_to(pharmacy: Pharmacy) -> None:
    (off,) = await pharmacy.propose(change(ChangeKind.DISABLE))
    (more,) = await pharmacy.propose(change(ChangeKind.OVERRIDE, interrupts="yes"), by=SECOND)
    assert more.state is ProposalState.IN_FORCE
    with pytest.raises(ConflictError) as refused:
        await pharmacy.desk.decide(SECOND, off.number, agreed=True)
    assert refused.value.code == "rules_changed"
    assert await pharmacy.finding() is not None


async def test_one_withdraws_ones_own_only_and_a_decision_is_made_once(pharmacy: Pharmacy) -> None:
    (waiting,) = await pharmacy.propose(change(ChangeKind.DISABLE))
    with pytest.raises(AccessError):
        await pharmacy.desk.withdraw(SECOND, waiting.number)
    over = await pharmacy.desk.withdraw(FIRST, waiting.number)
    assert over.state is ProposalState.WITHDRAWN
    with pytest.raises(ConflictError) as refused:
        await pharmacy.desk.decide(SECOND, waiting.number, agreed=True)
    assert refused.value.code == "proposal_decided"


async def test_who_does_not_answer_for_the_rules_reads_them_only(pharmacy: Pharmacy) -> None:
    assert len(await pharmacy.desk.rows(PHYSICIAN, "prescription")) > 3_000
    with pytest.raises(AccessError):
        await pharmacy.propose(change(ChangeKind.CONFIRM), by=PHYSICIAN)
    (waiting,) = await pharmacy.propose(change(ChangeKind.CONFIRM))
    with pytest.raises(AccessError):
        await pharmacy.desk.decide(PHYSICIAN, waiting.number, agreed=True)


async def test_a_faulty_change_is_refused_at_its_column(pharmacy: Pharmacy) -> None:
    with pytest.raises(InputError) as refused:
        await pharmacy.propose(change(ChangeKind.OVERRIDE, severity="grave"))
    assert (refused.value.code, refused.value.field) == ("rule_change_invalid", "severity")
    with pytest.raises(InputError):
        await pharmacy.desk.propose(FIRST, Asked("prescription", (), "评审"))
    with pytest.raises(InputError):
        await pharmacy.desk.propose(FIRST, Asked("prescription", [change(ChangeKind.CONFIRM)], " "))


async def test_every_act_is_on_the_audit_before_its_effect(pharmacy: Pharmacy) -> None:
    (waiting,) = await pharmacy.propose(change(ChangeKind.CONFIRM))
    await pharmacy.desk.decide(SECOND, waiting.number, agreed=True)
    acts = [
        (one.entry.action, one.entry.outcome.value, one.entry.actor)
        for one in pharmacy.site.audit.events
        if one.entry.action.startswith("rules.")
    ]
    assert acts == [
        ("rules.propose", "opened", FIRST.id),
        ("rules.propose", "done", FIRST.id),
        ("rules.agree", "opened", SECOND.id),
        ("rules.agree", "done", SECOND.id),
    ]


async def test_an_added_row_speaks_and_says_whose_it_is(pharmacy: Pharmacy) -> None:
    own = change(
        ChangeKind.ADD, "interactions", "OWN-1", kind="interaction", a="sildenafil", b="amlodipine",
        severity="moderate", effect_zh="低血压", effect_en="hypotension",
    )  # fmt: skip
    await pharmacy.propose(own)
    found = (await pharmacy.reviewed(PAIR[0], "氨氯地平"))["findings"]
    (mine,) = [one for one in found if one["rule"] == "OWN-1"]
    assert mine["source"] == "本院药事会 (2026-03)" and AWAITS in mine["explanation_zh"]
    assert ROW[1] not in {one["rule"] for one in found}
