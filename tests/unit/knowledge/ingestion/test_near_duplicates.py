"""Copies with small changes are found; different texts are not; a changed dose drops nothing."""

from __future__ import annotations

import json
import random

from suwen.knowledge.ingestion.near_duplicates import (
    FINGERPRINT_NUMBERS,
    NearDuplicateIndex,
    content_hash,
    find_near_duplicates,
    fingerprint,
)
from tests.support.shared_data import shared_data

_TEXT = (
    "社区获得性肺炎首选阿莫西林，每次1 g，每日三次，疗程五至七天。对青霉素过敏者改用左氧氟沙星。"
    "治疗四十八小时后应重新评估体温、呼吸频率和氧饱和度，必要时调整方案并复查胸片。"
)
_OTHER = (
    "术后第一天拔除导尿管，鼓励患者早期下床活动，每日两次，预防深静脉血栓形成。"
    "疼痛评分超过四分时按阶梯给予镇痛药物，并记录用药时间、剂量和效果评价。"
)


def test_a_changed_dose_is_a_near_duplicate_and_another_document() -> None:
    changed = _TEXT.replace("1 g", "2 g")
    found = find_near_duplicates([("a", _TEXT), ("b", _OTHER), ("c", changed)])
    assert set(found) == {"c"}
    assert found["c"].document_id == "a"
    assert 0.8 <= found["c"].similarity <= 1
    assert content_hash(changed) != content_hash(_TEXT)


def test_white_space_width_and_punctuation_make_no_difference() -> None:
    spaced = _TEXT.replace("，", ", ").replace("1 g", "１ｇ").replace("。", "。\n\n")
    assert content_hash(spaced) == content_hash(_TEXT)
    assert find_near_duplicates([("a", _TEXT), ("b", spaced)])["b"].similarity == 1.0


def test_too_short_a_text_is_compared_with_nothing() -> None:
    assert fingerprint("禁忌：孕妇。") is None
    assert find_near_duplicates([("a", "禁忌：孕妇。"), ("b", "禁忌：孕妇。")]) == {}


def test_a_fingerprint_can_be_kept_and_is_the_same_tomorrow() -> None:
    marks = fingerprint(_TEXT)
    assert marks is not None
    assert len(marks.tobytes()) == 4 * FINGERPRINT_NUMBERS
    assert marks[:3].tolist() == [15801630, 78512098, 3927888]


def test_a_removed_document_is_found_no_more_and_one_is_not_its_own_copy() -> None:
    index = NearDuplicateIndex()
    index.add("a", _TEXT)
    assert index.find(_TEXT, but="a") == ()
    assert [x.document_id for x in index.find(_TEXT)] == ["a"]
    index.remove("a")
    index.remove("a")
    assert index.find(_TEXT) == ()


def test_a_document_put_again_counts_once() -> None:
    index = NearDuplicateIndex()
    index.add("a", _TEXT)
    index.add("a", _OTHER)
    assert index.find(_TEXT) == ()
    assert [x.document_id for x in index.find(_OTHER)] == ["a"]


def test_the_threshold_holds_on_real_answers() -> None:
    (path,) = (shared_data("toyhom_dept") / "dev").glob("*.jsonl")
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines()[:1500])
    texts = [r["answer"] for r in rows if r["answer"] and len(r["answer"]) > 60]
    assert len(texts) > 500
    chance = random.Random(1)
    index = NearDuplicateIndex()
    copies = 0
    for number, text in enumerate(texts):
        index.add(str(number), text)
    for number, text in enumerate(texts[:300]):
        changed = "".join("药" if chance.random() < 0.01 else c for c in text)
        copies += any(x.document_id == str(number) for x in index.find(changed))
    assert copies >= 0.95 * 300
    found = find_near_duplicates((str(n), t) for n, t in enumerate(texts))
    assert len(found) <= 0.03 * len(texts)


def test_boilerplate_is_not_compared_each_with_each() -> None:
    index = NearDuplicateIndex()
    form = "入院评估表：患者一般情况良好，神志清楚，对答切题，查体合作，无特殊不适主诉。" * 3
    for number in range(500):
        index.add(f"form{number:03}", form)
    assert index.find(form)[0].document_id == "form000"
    assert len(index.find(form)) < 500
    index.remove("form400")
    index.remove("form000")
    assert index.find(form)[0].document_id == "form001"
