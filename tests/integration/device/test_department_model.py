"""What a hospital learned: proposed with figures, approved by another, taken back in one step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.bootstrap.device.department_models import MODEL, ModelDesk
from suwen.bootstrap.device.health import examine_device
from suwen.bootstrap.device.place import TRIAGE
from suwen.clinical.department_learning import Visit, learn
from suwen.clinical.departments import own_table
from suwen.core.errors import AccessError, ConflictError, InputError
from suwen.core.identity import Role, batch_principal
from suwen.evaluation.triage.departments_held import compare
from tests.support.applications import person
from tests.support.device_site import DeviceSite

OFFICE = person("ser.tao", Role.PATIENT_SERVICES)
CHIEF = person("chief.he", Role.CHIEF_PHYSICIAN)
NURSE = person("n.qian", Role.NURSE)
SAID = "长了癞疙宝"
VISITS = [
    Visit(f"第{n}天，{said}", code)
    for code, said in (("dermatology", SAID), ("orthopaedics", "倒拐子扭了"))
    for n in range(12)
]


@pytest.fixture(scope="module")
def trained() -> tuple[bytes, dict[str, object]]:
    """A model as a file, and its figures."""
    model = learn(VISITS, own_table())
    report = compare(VISITS, own_table(), model, ["dermatology", "orthopaedics"])
    return model.as_bytes(), {**report, "learned_from": 24, "measured_on": 24, "better": True}


@pytest.fixture
def desk(device: DeviceSite) -> Iterator[ModelDesk]:
    """The desk; no model is in use afterwards."""
    models = device.web.models
    yield models
    if (device.run(device.platform.tables.active()).get(MODEL)) is not None:
        try:
            device.run(models.take_back(OFFICE, "afterwards"))
        except InputError as error:
            assert error.code == "nothing_changed"


def named(device: DeviceSite) -> str:
    return str(device.say(device.patient(), SAID)["last"].get("departments", [{}])[0].get("code"))


def test_a_model_works_once_somebody_else_approved_it_and_is_taken_back_at_once(
    device: DeviceSite, desk: ModelDesk, trained: tuple[bytes, dict[str, object]]
) -> None:
    release = device.run(device.platform.releases.current(TRIAGE)).hash
    edition = device.run(desk.propose(OFFICE, *trained, "2025 年就诊"))
    assert edition.state.value == "waiting"
    assert named(device) != "dermatology"
    office, chief = device.staff(OFFICE), device.staff(CHIEF)
    page = office.get("/desk/model")
    assert "2025 年就诊" in page.text
    assert page.page.css_first('button[value="approve"]') is None, "one's own"
    where = f"/desk/model/editions/{edition.number}"
    own = {"csrf_token": device.csrf(office), "act": "approve"}
    assert device.post(office, where, own).status == 403
    assert chief.get("/desk/model").page.css_first('button[value="approve"]') is not None
    yes = {"csrf_token": device.csrf(chief), "act": "approve"}
    assert device.post(chief, where, yes).status == 303
    assert named(device) == "dermatology"
    assert device.run(device.platform.releases.current(TRIAGE)).hash != release
    with pytest.raises(ConflictError):
        device.run(desk.decide(CHIEF, edition.number, approve=True))
    back = {"csrf_token": device.csrf(office), "reason": "误导"}
    assert device.post(office, "/desk/model/back", back).status == 303
    assert named(device) != "dermatology"
    assert device.run(device.platform.releases.current(TRIAGE)).hash == release
    assert device.post(office, "/desk/model/back", back).status == 422


def test_who_may_not_edit_the_tables_may_not_learn(
    device: DeviceSite, desk: ModelDesk, trained: tuple[bytes, dict[str, object]]
) -> None:
    for who in (NURSE, batch_principal(None)):
        with pytest.raises(AccessError):
            device.run(desk.propose(who, *trained, "x"))
        with pytest.raises(AccessError):
            device.run(desk.take_back(who, "x"))
    with pytest.raises(InputError) as refused:
        device.run(desk.propose(OFFICE, *trained, " "))
    assert refused.value.code == "reason_missing"
    assert device.staff(NURSE).get("/desk/model").status == 403


def test_weights_that_were_altered_are_not_used_and_that_is_told(
    device: DeviceSite, desk: ModelDesk, trained: tuple[bytes, dict[str, object]]
) -> None:
    edition = device.run(desk.propose(OFFICE, *trained, "x"))
    device.run(desk.decide(CHIEF, edition.number, approve=True))
    assert named(device) == "dermatology"
    folder = device.platform.settings.home / "secrets" / "department_models"
    file = folder / f"{edition.content['weights']}.npz"
    assert file.stat().st_mode & 0o077 == 0
    kept = file.read_bytes()
    file.write_bytes(kept[:-1] + b"x")
    device.run(device.platform.load_tables())
    assert named(device) != "dermatology"
    told = {check.part: check for check in device.run(examine_device(device.platform))}
    assert not told["device department model"].ok
    assert device.staff(CHIEF).get("/desk/model").page.css_first("[role=alert]") is not None
    file.write_bytes(kept)
    device.run(device.platform.load_tables())
    assert named(device) == "dermatology"
    told = {check.part: check for check in device.run(examine_device(device.platform))}
    assert told["device department model"].ok
    again = device.run(desk.propose(OFFICE, *trained, "y"))
    file.unlink()
    with pytest.raises(InputError) as refused:
        device.run(desk.decide(CHIEF, again.number, approve=True))
    assert refused.value.code == "model_damaged"


def test_red_flags_never_look_at_what_was_learned(
    device: DeviceSite, desk: ModelDesk, trained: tuple[bytes, dict[str, object]]
) -> None:
    edition = device.run(desk.propose(OFFICE, *trained, "x"))
    device.run(desk.decide(CHIEF, edition.number, approve=True))
    told = device.say(device.patient(), f"{SAID}，现在胸口压着痛，出冷汗")
    assert told["emergency"]
    assert told["last"]["departments"][0]["code"] == "emergency"
