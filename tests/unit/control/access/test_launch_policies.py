"""A session that was opened for one patient ends there, whatever the person may do elsewhere."""

from __future__ import annotations

import dataclasses

import pytest

from suwen.control.access.decision import (
    AccessDecider,
    Action,
    DraftTarget,
    InstallationTarget,
    PatientTarget,
    RecordOrigin,
    read_policies,
)
from suwen.core.errors import AccessError
from suwen.core.identity import (
    Channel,
    ClientRights,
    PatientId,
    Principal,
    PrincipalId,
    Purpose,
    Role,
)

DECIDER = AccessDecider()
WHOLE = Principal(
    PrincipalId("dr.lin"),
    "林",
    frozenset({Role.PHYSICIAN, Role.CHIEF_PHYSICIAN}),
    frozenset({"cardiology"}),
    Purpose.TREATMENT,
    Channel.WEB,
)
LAUNCHED = dataclasses.replace(WHOLE, channel=Channel.LAUNCH, launched_for=PatientId("p1"))
DRAFT_ACTIONS = [
    Action.READ_DRAFT,
    Action.EDIT_DRAFT,
    Action.SIGN_DRAFT,
    Action.COSIGN_DRAFT,
    Action.REJECT_DRAFT,
    Action.ESCALATE_DRAFT,
    Action.AMEND_RECORD,
    Action.COPY_TEXT,
]


def patient(name: str) -> PatientTarget:
    return PatientTarget(name, RecordOrigin.IMPORTED, care=True)


def draft(of: str | None) -> DraftTarget:
    roles = frozenset({"physician"})
    return DraftTarget("d", RecordOrigin.IMPORTED, care=True, sign_roles=roles, patient=of)


@pytest.mark.parametrize("action", [Action.READ_RECORD, Action.BREAK_GLASS])
def test_another_patients_record_is_closed(action: Action) -> None:
    assert DECIDER.decide(WHOLE, action, patient("p2")).allowed
    assert DECIDER.decide(LAUNCHED, action, patient("p1")).allowed
    assert not DECIDER.decide(LAUNCHED, action, patient("p2")).allowed


@pytest.mark.parametrize("action", DRAFT_ACTIONS)
@pytest.mark.parametrize("of", ["p2", None])
def test_drafts_about_others_are_closed(action: Action, of: str | None) -> None:
    assert DECIDER.decide(WHOLE, action, draft(of)).allowed
    assert DECIDER.decide(LAUNCHED, action, draft("p1")).allowed
    assert not DECIDER.decide(LAUNCHED, action, draft(of)).allowed


@pytest.mark.parametrize(
    "action",
    [Action.READ_LIBRARY, Action.MANAGE_LIBRARY, Action.READ_TRACE, Action.READ_STATUS],
)
def test_what_is_about_no_patient_is_closed(action: Action) -> None:
    assert DECIDER.decide(WHOLE, action, InstallationTarget()).allowed
    with pytest.raises(AccessError) as refused:
        DECIDER.require(LAUNCHED, action, InstallationTarget())
    assert refused.value.code == "launched_for_one_patient_only"


def test_no_office_is_reached_through_a_launch() -> None:
    office = dataclasses.replace(LAUNCHED, roles=frozenset({Role.SECURITY_ADMINISTRATOR}))
    whole = dataclasses.replace(office, launched_for=None)
    for action in (Action.MANAGE_PEOPLE, Action.MANAGE_CLIENTS):
        assert DECIDER.decide(whole, action, InstallationTarget()).allowed
        assert not DECIDER.decide(office, action, InstallationTarget()).allowed


def test_without_its_policy_the_session_would_open_every_patient() -> None:
    """The protection is this file of policies, and nothing besides."""
    start = read_policies().index('@id("launched_for_another_patient")')
    end = read_policies().index('@id("launched_for_another_patients_drafts")')
    weakened = AccessDecider(read_policies()[:start] + read_policies()[end:])
    assert weakened.decide(LAUNCHED, Action.READ_RECORD, patient("p2")).allowed


def test_only_a_key_with_the_scope_issues_launches() -> None:
    client = Principal(
        PrincipalId("client:his"),
        "HIS",
        frozenset({Role.SERVICE}),
        frozenset(),
        Purpose.OPERATIONS,
        Channel.LAUNCH,
        client=ClientRights(frozenset({"launch"}), 5),
    )
    other = dataclasses.replace(client, client=ClientRights(frozenset({"records.read"}), 5))
    assert DECIDER.decide(client, Action.ISSUE_LAUNCH, InstallationTarget()).allowed
    for somebody in (other, WHOLE, LAUNCHED):
        assert not DECIDER.decide(somebody, Action.ISSUE_LAUNCH, InstallationTarget()).allowed
