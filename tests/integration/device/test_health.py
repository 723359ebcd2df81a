"""What doctor tells of the device partition, and that it tells what is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta

from suwen.apps.triage.tables import own_tables, rows_of
from suwen.bootstrap.audit_opening import site_signer
from suwen.bootstrap.audit_trail import read_trail, verify_trail
from suwen.bootstrap.device.health import examine_device
from suwen.bootstrap.device.place import TRIAGE
from suwen.bootstrap.health import Check
from suwen.bootstrap.public_extracts import extract_file
from suwen.core.identity import Role
from suwen.core.public_extract import PublicExtract, PublicPassage, write_extract
from tests.support.applications import person
from tests.support.device_site import DeviceSite

LIBRARY = "device library patient_services"


def looked_at(device: DeviceSite) -> Mapping[str, Check]:
    return {check.part: check for check in device.run(examine_device(device.platform))}


def test_a_sound_partition(device: DeviceSite) -> None:
    device.say(device.patient(), "咳嗽三天")
    found = looked_at(device)
    assert {part for part, check in found.items() if not check.ok} == set()
    assert found["device service"].state.en == "not running"
    assert "1 open" in found["device database"].state.en
    assert "departments as shipped" in found["device tables"].state.en
    assert "nothing public" in found[LIBRARY].state.en
    release = device.run(device.platform.releases.current(TRIAGE)).hash
    assert found["device release triage"].state.en == f"{release[:8]}, model gate: closed"
    assert found["device audit"].state.en.split()[0] == str(
        len(device.run(read_trail(device.platform, last=1000)))
    )
    assert device.run(verify_trail(device.platform, None)).ok


def test_whether_patients_reach_their_pages(device: DeviceSite) -> None:
    note = device.settings.run_folder / "up.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    for port, ok in ((int(device.host.partition(":")[2]), True), (9, False)):
        note.write_text(json.dumps({"url": "http://127.0.0.1:1", "ports": {"patients": port}}))
        assert looked_at(device)["device service"].ok is ok
    note.unlink()


def test_a_change_that_waits_is_told(device: DeviceSite) -> None:
    row = dict(rows_of("departments", own_tables()["departments"])["dermatology"])
    row["words"] += " 花斑*5"
    office = person("ser.tao", Role.PATIENT_SERVICES)
    proposed = device.web.tables.propose_row(office, "departments", "dermatology", row, "花斑癣")
    device.run(proposed)
    assert "1 to review" in looked_at(device)["device tables"].state.en


def test_a_public_library_that_is_old_or_not_the_hospitals(device: DeviceSite) -> None:
    passage = PublicPassage("hours", "门诊时间", 0, 0, 6, "八点到五点半")
    extract = PublicExtract("patient_services", "e" * 64, (passage,))
    file = extract_file(device.settings, "patient_services")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(write_extract(extract, site_signer(device.settings)))
    assert looked_at(device)[LIBRARY].state.en.startswith("1 passages")
    note = device.settings.run_folder / "up.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"url": "http://127.0.0.1:1", "ports": {}}))
    then = (device.platform.clock.now() - timedelta(hours=40)).timestamp()
    os.utime(file, (then, then))
    assert not looked_at(device)[LIBRARY].ok, "the site runs and did not renew it"
    note.unlink()
    assert looked_at(device)[LIBRARY].ok, "a site that is down renews nothing"
    file.write_bytes(write_extract(extract, device.platform.signer))
    assert not looked_at(device)[LIBRARY].ok
