"""The device partition tells of itself; the general one reads only what it signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suwen.bootstrap.device.place import PUBLIC_KEYS, TRIAGE
from suwen.bootstrap.device.telling import lay, told_of
from suwen.bootstrap.device.told import FILE, FOLDER, OLD_AFTER, Told, read_told
from suwen.control.governance.kill_switch import suspend
from suwen.core.identity import PrincipalId
from tests.support.device_site import DeviceSite

SAID = "我的膝盖里像有沙子在磨"


def file_of(device: DeviceSite) -> Path:
    """Where the partition lays what it tells."""
    return device.platform.settings.home / FOLDER / FILE


def tell(device: DeviceSite) -> Told:
    """Has it told now, and read as the general partition reads it."""
    lay(device.platform, device.run(told_of(device.platform)))
    return read_told(device.settings)


def test_it_tells_its_releases_and_what_it_counted_and_no_word_of_a_patient(
    device: DeviceSite,
) -> None:
    patient = device.patient()
    device.say(patient, SAID)
    platform = device.platform
    told = tell(device)
    assert told.trouble is None and told.at is not None
    release = device.run(platform.releases.current(TRIAGE))
    shown = told.application(TRIAGE)
    assert shown is not None
    assert (shown["release"], shown["suspended"]) == (release.hash, None)
    assert shown["log"] and told.application("record_writer") is None
    assert [line["app"] for line in told.monitoring["applications"]] == ["triage"]
    content = file_of(device).read_text("utf-8")
    assert SAID not in content and "膝盖" not in content
    assert not told.is_old(told.at + OLD_AFTER)
    assert told.is_old(told.at + OLD_AFTER + OLD_AFTER)


def test_a_suspension_over_there_is_told(device: DeviceSite) -> None:
    platform = device.platform
    by, at = PrincipalId("compliance.yuan"), platform.clock.now()
    device.run(suspend(platform.releases, TRIAGE, "tried", by, at))
    try:
        shown = tell(device).application(TRIAGE)
        assert shown is not None
        assert (shown["suspended"]["reason"], shown["suspended"]["at"]) == ("tried", at)
    finally:
        device.run(platform.releases.resume(TRIAGE, by))
    shown = tell(device).application(TRIAGE)
    assert shown is not None and shown["suspended"] is None


@pytest.mark.parametrize("spoil", ["payload", "signature", "key", "other", "cut", "gone"])
def test_what_it_did_not_sign_is_not_shown(device: DeviceSite, spoil: str, tmp_path: Path) -> None:
    tell(device)
    outer = json.loads(file_of(device).read_text("utf-8"))
    if spoil == "payload":
        outer["payload"] = outer["payload"].replace(TRIAGE, "triagf")
    elif spoil == "signature":
        outer["signature"] = "A" + outer["signature"][1:]
    elif spoil == "key":
        outer["key"] = "0" * 32
    elif spoil == "other":
        outer = {"payload": outer["payload"]}
    content = json.dumps(outer)
    home = tmp_path / "device"
    keys = home / "secrets" / "signing" / PUBLIC_KEYS
    keys.parent.mkdir(parents=True)
    keys.write_bytes(
        (device.platform.settings.home / "secrets" / "signing" / PUBLIC_KEYS).read_bytes()
    )
    (home / FOLDER).mkdir()
    if spoil != "gone":
        (home / FOLDER / FILE).write_text(content[:-9] if spoil == "cut" else content)
    told = read_told(device.settings.model_copy(update={"home": tmp_path}))
    assert told == Told("missing" if spoil == "gone" else "unsigned")
    (home / FOLDER / FILE).write_bytes(file_of(device).read_bytes())
    assert read_told(device.settings.model_copy(update={"home": tmp_path})).trouble is None
