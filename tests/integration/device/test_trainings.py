"""Training before access is asked in the device partition itself, whoever let somebody come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.accountability.training_hand_over import FILE, HandedTraining
from suwen.bootstrap.audit_opening import SystemClock
from suwen.bootstrap.device.place import PUBLIC_KEYS, TRIAGE
from suwen.bootstrap.device.trainings import DeviceTrainings
from suwen.core.errors import GovernanceError
from suwen.core.identity import Principal, Role, batch_principal, visitor_principal
from suwen.storage.secret_files import secrets_folder
from tests.support.applications import person
from tests.support.device_site import DeviceSite, hand_over_trainings

COUGH: dict[str, Any] = {"messages": [{"role": "patient", "text": "咳嗽三天"}]}
ASKED = frozenset({TRIAGE})
FIRST, LAST = date(2000, 1, 1), date(9999, 1, 1)
NURSE = person("n.qian", Role.NURSE)


def trained(who: Principal = NURSE, **changes: Any) -> HandedTraining:
    facts = {"competent": True, "trained_on": FIRST, "expires_on": LAST, **changes}
    return HandedTraining(who.id, TRIAGE, **facts)


@pytest.fixture
def site(device: DeviceSite) -> Iterator[DeviceSite]:
    """The device partition; afterwards no training is asked for."""
    yield device
    hand_over_trainings(device.settings)


def enters(site: DeviceSite, who: Principal = NURSE) -> int:
    return site.stranger().get(f"/desk/enter?ticket={site.ticket(who)}").status


@pytest.mark.parametrize(
    "known",
    [
        [],
        [trained(person("n.sun", Role.NURSE))],
        [trained(competent=False)],
        [trained(expires_on=FIRST + timedelta(days=1))],
    ],
    ids=["nobody", "somebody else", "not passed", "expired"],
)
def test_who_was_not_trained_does_not_receive_patients(
    site: DeviceSite, known: list[HandedTraining]
) -> None:
    hand_over_trainings(site.settings, *known, demanded=ASKED)
    assert enters(site) == 403
    with pytest.raises(GovernanceError, match="training_"):
        site.run(site.platform.gateway.run(NURSE, TRIAGE, COUGH))


def test_who_was_trained_does_and_no_longer_once_it_is_taken_back(site: DeviceSite) -> None:
    hand_over_trainings(site.settings, trained(), demanded=ASKED)
    nurse = site.staff(NURSE)
    assert nurse.get("/desk").status == 200
    hand_over_trainings(site.settings, demanded=ASKED)
    assert nurse.get("/desk").status == 403
    # Patients and services are nobody's pupils.
    for caller in (visitor_principal(), batch_principal(None)):
        assert site.run(site.platform.gateway.run(caller, TRIAGE, COUGH)).output
    hand_over_trainings(site.settings, trained(), demanded=ASKED)
    assert nurse.get("/desk").status == 200


def test_whose_account_is_barred_is_out_at_once_and_stays_out(site: DeviceSite) -> None:
    hand_over_trainings(site.settings)
    nurse, other = site.staff(NURSE), site.staff(person("n.sun", Role.NURSE))
    assert nurse.get("/desk").status == 200
    hand_over_trainings(site.settings, barred=frozenset({NURSE.id}))
    assert nurse.get("/desk").status == 401
    assert enters(site) == 401
    assert other.get("/desk").status == 200
    hand_over_trainings(site.settings)
    assert nurse.get("/desk").status == 401, "a session that ended stays ended"
    assert enters(site) == 303


def test_without_the_wall_the_untrained_would_be_let_in(
    site: DeviceSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over_trainings(site.settings, demanded=ASKED)
    assert enters(site) == 403
    monkeypatch.setattr(DeviceTrainings, "check", lambda *_: None)
    assert enters(site) == 303


def wall(site: DeviceSite, own: Path) -> DeviceTrainings:
    """A wall that starts now."""
    keys = secrets_folder(site.settings.home) / "signing" / PUBLIC_KEYS
    return DeviceTrainings(site.settings.home / "public", own, keys, SystemClock())


def test_a_file_that_is_lost_forged_or_older_takes_nothing_away(
    site: DeviceSite, state_folder: Path
) -> None:
    manifest = site.platform.applications[TRIAGE].manifest
    file = site.settings.home / "public" / FILE
    hand_over_trainings(site.settings, trained(), demanded=ASKED)
    older = file.read_bytes()
    hand_over_trainings(site.settings, demanded=ASKED)
    own = state_folder / "device"
    for content in (None, older, older.replace(b"n.qian", b"n.sunn"), b"{}", b"no file"):
        with pytest.raises(GovernanceError, match="training_missing"):
            wall(site, own).check(NURSE, manifest)
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)


def test_where_nothing_was_handed_over_nobody_of_the_staff_is_let_in(
    site: DeviceSite, state_folder: Path
) -> None:
    manifest = site.platform.applications[TRIAGE].manifest
    (site.settings.home / "public" / FILE).unlink()
    with pytest.raises(GovernanceError, match="training_unknown"):
        wall(site, state_folder).check(NURSE, manifest)
    wall(site, state_folder).check(visitor_principal(), manifest)
