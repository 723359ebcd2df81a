"""The set is sound itself: spans say what they claim, ids are unique, sound stays are sound."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

import pytest

from tests.evaluation.corrupted_records.build import HALVES, as_lines, build_half
from tests.evaluation.corrupted_records.kinds.persons import flip_sex
from tests.evaluation.corrupted_records.kinds.time_limits import LIMITS
from tests.evaluation.corrupted_records.matching import Found, judge
from tests.evaluation.corrupted_records.model import RANKS, Item
from tests.evaluation.corrupted_records.roll import Roll

EVERYTHING = [item for half in HALVES for item in build_half(half)]


def _documents(item: Item) -> dict[str, dict[str, Any]]:
    return {document["id"]: document for document in item.request["documents"]}


def _event(item: Item, kind: str) -> datetime:
    events = item.request["encounter"]["events"]
    return next(datetime.fromisoformat(event["at"]) for event in events if event["type"] == kind)


def test_spans_slice_what_they_claim() -> None:
    places = 0
    for item in EVERYTHING:
        documents = _documents(item)
        for defect in item.defects:
            for place in (*([defect.place] if defect.place else []), *defect.also):
                text = documents[place.document_id]["text"]
                assert text[place.start : place.end] == place.quote != "", (item.id, defect)
                places += 1
    assert places > 900


def test_a_defect_names_a_document_of_its_item() -> None:
    for item in EVERYTHING:
        documents = _documents(item)
        for defect in item.defects:
            assert defect.document_id is None or defect.document_id in documents, item.id
            assert defect.place is None or defect.place.document_id == defect.document_id
            assert defect.document_id is not None or defect.kind in (
                "missing.document",
                "time_limit",
            )


def test_ids_and_texts_are_unique() -> None:
    ids = Counter(item.id for item in EVERYTHING)
    assert max(ids.values()) == 1
    documents = Counter(key for item in EVERYTHING for key in _documents(item))
    assert max(documents.values()) == 1
    for item in EVERYTHING:
        assert len(_documents(item)) == len(item.request["documents"]), item.id


@pytest.mark.parametrize("half", HALVES)
def test_there_is_enough_of_every_kind(half: str) -> None:
    items = build_half(half)
    assert sum(len(item.request["documents"]) for item in items) >= 2_000
    kinds = Counter(defect.kind for item in items for defect in item.defects)
    assert set(kinds) == set(RANKS)
    assert min(kinds.values()) >= 12
    assert sum(not item.defects for item in items) >= 200
    assert {item.language for item in items} == {"zh", "en"}
    zones = {item.zone for item in items}
    assert "Asia/Shanghai" in zones
    assert len(zones) >= 2


def test_halves_share_no_note() -> None:
    notes = [
        {
            document["text"].split("\n", 2)[2].rsplit("\n", 1)[0]
            for item in build_half(half)
            for document in item.request["documents"]
            if document["document_type"] in ("日常病程记录", "daily_course_note")
        }
        for half in HALVES
    ]
    assert not notes[0] & notes[1]


def test_the_set_is_the_same_every_time() -> None:
    lines = as_lines("first")
    build_half.cache_clear()
    assert as_lines("first") == lines
    assert all(set(json.loads(line)) == {"id", "request"} for line in lines.splitlines())


def test_types_are_codes_and_norm_names() -> None:
    types = {
        document["document_type"] for item in EVERYTHING for document in item.request["documents"]
    }
    assert {"入院记录", "admission_record", "日常病程记录", "daily_course_note"} <= types
    assert {"手术记录", "operation_record", "抢救记录", "病案首页", "死亡病例讨论记录"} <= types


def test_time_items_lie_within_a_minute_of_their_limit() -> None:
    """Elapsed time, from the stated instants alone, says the same as the label."""
    limits = {(limit.rule): limit for limit in LIMITS}
    checked = 0
    for item in EVERYTHING:
        rule, _, rest = item.situation.partition(", ")
        if "-time-" not in item.id or rule not in limits or not rest.endswith(" min"):
            continue
        limit = limits[rule]
        document = next(
            document
            for key, document in _documents(item).items()
            if key.split("-", 2)[2] == limit.document
        )
        written = datetime.fromisoformat(document["written_at"])
        over = written - _event(item, limit.event) - limit.allowed
        assert abs(over) <= timedelta(minutes=1), item.id
        assert bool(item.defects) == (over > timedelta(0)), item.id
        assert document["text"].split("\n")[1] == f"{written:%Y-%m-%d %H:%M}"
        checked += 1
    assert checked >= 500


def test_time_items_cross_what_they_say() -> None:
    offsets, days = set(), set()
    for item in EVERYTHING:
        for document in item.request["documents"]:
            written = datetime.fromisoformat(document["written_at"])
            days.add((written.month, written.day))
            if "clock" in item.situation:
                event = datetime.fromisoformat(item.request["encounter"]["events"][0]["at"])
                offsets.add((event.utcoffset(), written.utcoffset()))
    assert (2, 29) in days
    hour = timedelta(hours=1)
    assert {(hour, 2 * hour), (2 * hour, hour), (-5 * hour, -4 * hour), (-4 * hour, -5 * hour)} <= (
        offsets
    )


def test_sound_stays_keep_to_the_order_of_time_and_are_signed() -> None:
    for item in EVERYTHING:
        if item.defects:
            continue
        admitted = _event(item, "admission")
        events = {event["type"]: event["at"] for event in item.request["encounter"]["events"]}
        end = datetime.fromisoformat(events.get("discharge") or events["death"])
        assert admitted < end
        for document in item.request["documents"]:
            written = datetime.fromisoformat(document["written_at"])
            assert admitted < written < end + timedelta(days=8), document["id"]
            assert document["signed_by"]
            assert document["text"].endswith(document["signed_by"])
            assert "：\n" not in document["text"]


def test_sound_documents_name_the_patient_as_the_request_does() -> None:
    words = {("zh", "male"): "，男，", ("zh", "female"): "，女，"}
    words |= {("en", "male"): "-year-old man", ("en", "female"): "-year-old woman"}
    for item in EVERYTHING:
        if item.defects:
            continue
        patient = item.request["encounter"]["patient"]
        page = next(text for key, text in _texts(item) if key.endswith("front-page"))
        assert patient["name"] in page
        assert words[item.language, patient["sex"]] in page


def _texts(item: Item) -> list[tuple[str, str]]:
    return [(document["id"], document["text"]) for document in item.request["documents"]]


def test_sound_chinese_records_hold_the_sections_of_the_norm() -> None:
    headings = "一般项目 主诉 现病史 既往史 过敏史 个人史 婚育史 家族史 "
    headings += "体格检查 专科情况 辅助检查 初步诊断"
    checked = 0
    for item in EVERYTHING:
        if item.defects or item.language != "zh":
            continue
        for key, text in _texts(item):
            if key.endswith("-admission"):
                assert all(heading in text for heading in headings.split()), key
                checked += 1
    assert checked > 200


@pytest.mark.parametrize("half", HALVES)
def test_sound_notes_of_a_case_differ_and_complaints_are_short(half: str) -> None:
    for case in Roll(half, "read").cases():
        texts = [*case.notes, case.attending, case.chief]
        for number, one in enumerate(texts):
            for other in texts[number + 1 :]:
                assert SequenceMatcher(None, one, other, autojunk=False).ratio() < 0.6, case.key
        assert case.language == "en" or len(case.complaint) <= 20


def test_planting_leaves_every_other_document_unchanged() -> None:
    """A stay with one planted phrase differs from its sound twin in that phrase's document."""
    plain, planted = Roll("first", "twin"), Roll("first", "twin")
    case = plain.cases("zh")[0]
    sound, wrong = plain.sound(case), planted.sound(case)
    plain.add(sound, [], "")
    planted.add(wrong, [flip_sex(wrong, "admission")], "")
    different = [
        one[0]
        for one, other in zip(_texts(plain.items[0]), _texts(planted.items[0]), strict=True)
        if one != other
    ]
    assert different == [planted.items[0].defects[0].document_id]


def test_defects_stand_gravest_first() -> None:
    for item in EVERYTHING:
        ranks = [defect.rank for defect in item.defects]
        assert ranks == sorted(ranks), item.id


def test_a_right_answer_is_found_and_a_wrong_one_is_false() -> None:
    item = next(item for item in EVERYTHING if item.defects and item.defects[0].place)
    place = next(defect.place for defect in item.defects if defect.place)
    assert place is not None
    family = "abbreviation" if item.defects[0].kind == "abbreviation" else "contradiction"
    right = Found(family, place.document_id, (place.start, place.end))
    beside = Found(family, place.document_id, (place.end, place.end + 1))
    unchecked = Found(None, place.document_id, None)
    assert judge(item, [right, unchecked]).missed == ()
    assert judge(item, [right, unchecked]).false == ()
    assert judge(item, [beside]).false == (beside,)
    assert judge(item, [beside]).missed == item.defects
    spanless = Found(family, place.document_id, None)
    assert judge(item, [spanless]).missed == item.defects


def test_any_finding_in_a_sound_stay_is_false() -> None:
    item = next(item for item in EVERYTHING if not item.defects)
    finding = Found("missing", item.request["documents"][0]["id"], None)
    assert judge(item, [finding]).false == (finding,)
    assert judge(item, []).false == ()
