"""Operators edit the tables: towards safety at once, all else by four eyes; undo and preview."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.apps.triage.tables import compare, own_tables, rows_of, tables_from, with_row
from suwen.bootstrap.device.place import TRIAGE
from suwen.bootstrap.device.tables import TableDesk
from suwen.core.errors import AccessError, ConflictError, InputError
from suwen.core.identity import Role, batch_principal
from tests.support.applications import person
from tests.support.device_site import DeviceSite

OFFICE = person("ser.tao", Role.PATIENT_SERVICES)
CHIEF = person("chief.he", Role.CHIEF_PHYSICIAN)
NURSE = person("n.qian", Role.NURSE)
BITE = {
    "name_zh": "喉部异物（本院）",
    "name_en": "something in the throat (own)",
    "urgency": "call_120",
    "do_now_zh": "不要用手抠，马上来急诊。",
    "do_now_en": "Do not reach for it; come to the emergency department.",
    "phrases": "彩虹饼干\n闪光糖豆",
}


@pytest.fixture
def tables(device: DeviceSite) -> Iterator[TableDesk]:
    """The desk; each table is the platform's own again afterwards."""
    desk = device.web.tables
    yield desk
    for kind in own_tables():
        number, _ = device.run(desk.table(kind))
        if number:
            edition = device.run(_try(desk.undo(OFFICE, kind, 0, "afterwards")))
            if edition is not None and edition.state.value == "waiting":
                device.run(desk.decide(CHIEF, kind, edition.number, approve=True))


async def _try(work):  # type: ignore[no-untyped-def]
    try:
        return await work
    except InputError:
        return None


def test_a_new_red_flag_works_at_once_and_its_removal_waits_for_a_chief(
    device: DeviceSite, tables: TableDesk
) -> None:
    said = "中午吃了彩虹饼干，想约营养科"
    assert not device.say(device.patient(), said)["emergency"]
    office = device.staff(OFFICE)
    form = {"csrf_token": device.csrf(office), "name": "OWN1", "reason": "春季", **BITE}
    before = device.run(device.platform.releases.current(TRIAGE)).hash
    assert device.post(office, "/desk/tables/red_flags/new", form).status == 303
    told = device.say(device.patient(), said)
    assert told["emergency"]
    assert "喉部异物（本院）" in told["last"]["text"]
    assert not device.say(device.patient(), "没有彩虹饼干，想约营养科")["emergency"]
    assert device.run(device.platform.releases.current(TRIAGE)).hash != before
    where = "/desk/tables/red_flags/rows/OWN1"
    gone = {**form, "act": "remove"}
    assert device.post(office, where, gone).status == 303
    assert device.say(device.patient(), said)["emergency"], "until somebody else looked at it"
    waiting = device.run(tables.store.list("red_flags"))[0]
    assert waiting.state.value == "waiting"
    with pytest.raises(AccessError):
        device.run(tables.decide(OFFICE, "red_flags", waiting.number, approve=True))
    chief = device.staff(CHIEF)
    yes = {"csrf_token": device.csrf(chief), "act": "approve"}
    path = f"/desk/tables/red_flags/editions/{waiting.number}"
    assert device.post(chief, path, yes).status == 303
    assert not device.say(device.patient(), said)["emergency"]
    page = chief.get("/desk/tables/red_flags").text
    assert "chief.he" in page
    assert "ser.tao" in page


def test_nobody_approves_their_own_change(device: DeviceSite, tables: TableDesk) -> None:
    edition = device.run(tables.propose_row(CHIEF, "red_flags", "RF60", None, "test"))
    with pytest.raises(AccessError) as refused:
        device.run(tables.decide(CHIEF, "red_flags", edition.number, approve=True))
    assert refused.value.code == "own_change"
    other = person("chief.wu", Role.CHIEF_PHYSICIAN)
    done = device.run(tables.decide(other, "red_flags", edition.number, approve=False))
    assert done.state.value == "refused"
    with pytest.raises(ConflictError):
        device.run(tables.decide(other, "red_flags", edition.number, approve=True))


def test_a_warning_added_meanwhile_stays_when_a_removal_is_approved(
    device: DeviceSite, tables: TableDesk
) -> None:
    waiting = device.run(tables.propose_row(OFFICE, "red_flags", "RF60", None, "test"))
    row = rows_of("red_flags", own_tables()["red_flags"])["RF01"]
    added = {**row, "id": "OWN2", "when": [], "phrases": ["胸口像压石头"]}
    device.run(tables.propose_row(OFFICE, "red_flags", "OWN2", added, "test"))
    device.run(tables.decide(CHIEF, "red_flags", waiting.number, approve=True))
    _, present = device.run(tables.table("red_flags"))
    names = rows_of("red_flags", present)
    assert "OWN2" in names
    assert "RF60" not in names


def test_the_second_reader_is_lowered_at_once_and_switched_off_by_two(
    device: DeviceSite, tables: TableDesk
) -> None:
    said = "脑袋里头砰一下跟放炮似的，脖子梗着低不下头"
    reader = rows_of("red_flags", own_tables()["red_flags"])["READER"]
    told = device.say(device.patient(), said)
    assert told["emergency"]
    assert "按例句训练的阅读程序" in told["last"]["text"]
    office = device.staff(OFFICE)
    where = "/desk/tables/red_flags/rows/READER"
    page = office.get(where).text
    assert 'name="diverts_from"' in page
    assert 'value="remove"' not in page
    form = {
        "csrf_token": device.csrf(office),
        "name_zh": reader["name"]["zh"],
        "name_en": reader["name"]["en"],
        "urgency": reader["urgency"],
        "do_now_zh": reader["do_now"]["zh"],
        "do_now_en": reader["do_now"]["en"],
        "diverts_from": "1",
        "asks_from": "1",
        "reason": "试停",
    }
    assert device.post(office, where, {**form, "asks_from": "x"}).status == 422
    assert device.post(office, where, form).status == 303
    waiting = device.run(tables.store.list("red_flags"))[0]
    assert waiting.state.value == "waiting"
    assert device.say(device.patient(), said)["emergency"], "until somebody else looked at it"
    device.run(tables.decide(CHIEF, "red_flags", waiting.number, approve=True))
    assert not device.say(device.patient(), said)["emergency"]
    on = device.run(tables.propose_row(OFFICE, "red_flags", "READER", reader, "恢复"))
    assert on.state.value == "active"
    assert device.say(device.patient(), said)["emergency"]
    with pytest.raises(InputError):
        device.run(tables.propose_row(OFFICE, "red_flags", "READER", None, "test"))


def test_an_edition_is_undone_by_another_one(device: DeviceSite, tables: TableDesk) -> None:
    row = {**rows_of("departments", own_tables()["departments"])["dermatology"]}
    row["words"] += " 花斑*5"
    first = device.run(tables.propose_row(OFFICE, "departments", "dermatology", row, "花斑癣"))
    assert first.state.value == "waiting"
    device.run(tables.decide(CHIEF, "departments", first.number, approve=True))
    told = device.say(device.patient(), "背上有花斑")
    assert told["last"]["departments"][0]["code"] == "dermatology"
    back = device.run(tables.undo(OFFICE, "departments", 0, "误改"))
    device.run(tables.decide(CHIEF, "departments", back.number, approve=True))
    number, present = device.run(tables.table("departments"))
    assert present == own_tables()["departments"]
    assert number == back.number


def test_the_preview_says_what_would_be_lost(device: DeviceSite, tables: TableDesk) -> None:
    own = own_tables()["red_flags"]
    reader = rows_of("red_flags", own)["READER"]
    off = {**reader, "diverts_from": 1.0, "asks_from": 1.0}
    without = with_row("red_flags", with_row("red_flags", own, "RF01", None), "READER", off)
    preview = device.run(tables.preview("red_flags", without))
    assert preview.found_after < preview.found_before <= preview.emergencies
    assert len(preview.lost) == preview.found_before - preview.found_after
    office = device.staff(OFFICE)
    form = {"csrf_token": device.csrf(office), "name": "OWN3", "act": "preview", **BITE}
    page = device.post(office, "/desk/tables/red_flags/new", form)
    assert page.status == 200
    assert str(preview.found_before) in page.text
    assert device.run(tables.table("red_flags"))[0] in (0, _newest(device, tables))


def _newest(device: DeviceSite, tables: TableDesk) -> int:
    return max((one.number for one in device.run(tables.store.list("red_flags"))), default=0)


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        ("hospital_map", "{", "table"),
        ("hospital_map", "[]", "table"),
        ("hospital_map", '{"floors": [], "places": [], "links": [{"from": "a"}]}', "hospital_map"),
        ("departments", '{"departments": []}', "departments"),
        ("red_flags", '{"flags": [{"id": "X"}]}', "red_flags"),
    ],
)
def test_a_table_that_is_not_right_is_refused_at_its_place(
    device: DeviceSite, tables: TableDesk, kind: str, text: str, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        device.run(tables.propose_table(OFFICE, kind, text, "test"))
    assert refused.value.field == field


def test_who_only_helps_patients_does_not_edit(device: DeviceSite, tables: TableDesk) -> None:
    nurse = device.staff(NURSE)
    assert nurse.get("/desk/tables").status == 403
    form = {"csrf_token": device.csrf(nurse), "name": "OWN4", "reason": "x", **BITE}
    assert device.post(nurse, "/desk/tables/red_flags/new", form).status == 403
    with pytest.raises(AccessError):
        device.run(tables.undo(batch_principal(None), "red_flags", 0, "x"))
    office = device.staff(OFFICE)
    for path in ("", "/red_flags", "/departments", "/hospital_map", "/red_flags/rows/RF01"):
        assert office.get(f"/desk/tables{path}").status == 200, path


@pytest.mark.parametrize(
    ("change", "what", "at_once"),
    [
        ({"phrases": ["胸口像压石头"]}, "widened", True),
        ({"urgency": "same_day"}, "lowered", False),
        ({"when": ["chest_pain severe"]}, "changed", False),
        ({"do_now": {"zh": "在家等", "en": "wait"}}, "changed", False),
    ],
)
def test_only_what_finds_more_works_at_once(
    change: dict[str, object], what: str, at_once: bool
) -> None:
    own = own_tables()["red_flags"]
    row = {**rows_of("red_flags", own)["RF01"], **change}
    [found] = compare("red_flags", own, with_row("red_flags", own, "RF01", row))
    assert (found.what, found.at_once) == (what, at_once)
    tables_from({"red_flags": with_row("red_flags", own, "RF01", row)})
