"""Red flags: found in plain, misspelt and borrowed words; only what is denied or over is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suwen.apps import triage
from suwen.clinical import patient_concepts
from suwen.clinical.red_flag_rules import READER, red_flag_rules
from suwen.clinical.red_flags import find_red_flags

_VIGNETTES = Path(triage.__file__).parent / "evaluation" / "vignettes"


def _rules(text: str, **known: float | str | bool) -> set[str]:
    return {flag.rule.id for flag in find_red_flags([text], **known)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("胸口像压了块大石头，出冷汗", "RF01"),
        ("兄口痛得厉害，还冒冷汗", "RF01"),
        ("crushing chets pain and sweating", "RF01"),
        ("我爸嘴巴歪了，左手抬不起来", "RF02"),
        ("叫不醒了，怎么都没反应", "RF06"),
        ("不是没有胸痛，是痛得直冒冷汗", "RF01"),
        ("血糖2.5，手抖出汗", "RF14"),
        ("活着没意思，不想活了", "RF30"),
        ("i want to end my life", "RF30"),
        ("宝宝两个月大，38.5度", "RF41"),
        ("我唔想活，活著冇意思", "RF30"),
        ("頭突然好痛，這輩子没這么痛過", "RF05"),
    ],
)
def test_a_flag_is_found_however_it_is_typed(text: str, rule: str) -> None:
    assert rule in _rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "没有胸痛、呼吸困难",
        "i have a cough but no chest pain",
        "去年晕倒过一次，已经好了，来复查",
        "请问医保卡在哪里办",
        "不好意思，请问药房怎么走",
    ],
)
def test_what_is_denied_over_or_only_asked_for_is_none(text: str) -> None:
    assert not _rules(text)


@pytest.mark.parametrize(
    "text",
    ["有没有可能是胸口压着痛出冷汗", "没吃饭，突然晕倒了", "去年晕倒过，今天又晕倒了"],
)
def test_a_denial_that_is_not_plain_denies_nothing(text: str) -> None:
    assert _rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "灰指甲怎么治",
        "想看失眠的中医",
        "眼睛干涩，看电脑多",
        "小腿静脉曲张，想手术",
        "大便时纸上有一点血",
        "吃完饭更难受",
        "想问一下降压药早上吃还是晚上吃",
    ],
)
def test_words_that_only_sound_like_a_flag_are_no_slips(text: str) -> None:
    assert not _rules(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("呼吸困男，说不出话", "RF03"), ("兄闷，出了一身冷汗", "RF01"), ("i was raped", "RF32")],
)
def test_a_slip_is_set_right_and_a_word_of_its_own_stands(text: str, rule: str) -> None:
    assert rule in _rules(text)


def test_what_was_harmless_in_one_message_excuses_no_other() -> None:
    said = ["heartburn after meals", "now crushing chest pain"]
    assert "RF01" in {flag.rule.id for flag in find_red_flags(said)}
    assert not find_red_flags(["chest pain for a few seconds when i press on it"])


def test_a_line_that_was_read_before_is_kept_without_its_words() -> None:
    text = "我左边屁股独一无二地麻，尿不出来"
    first = find_red_flags([text])
    again = find_red_flags(["你好", text])
    assert [f.rule.id for f in first] == [f.rule.id for f in again]
    assert [f.quote for f in first] == [f.quote for f in again]
    kept = repr(patient_concepts._READ.__dict__)
    assert "屁股" not in kept


def test_a_number_that_is_known_decides_by_age() -> None:
    assert "RF41" in _rules("发烧38.2度", age_y=0.15)
    assert "RF41" not in _rules("发烧38.2度", age_y=30.0)


def test_the_quote_is_the_patients_own_words() -> None:
    (flag, *_) = find_red_flags(["你好", "刚才Ｃhest pain很严重，chest pain and sweating"])
    assert flag.quote in "你好\n刚才Ｃhest pain很严重，chest pain and sweating"


def test_every_rule_states_its_source_and_how_well_it_is_known() -> None:
    rules = red_flag_rules()
    assert len(rules) == 61
    assert all(rule.source.title and rule.confidence for rule in rules)
    assert [rule.id for rule in rules if not rule.when] == [READER]


@pytest.mark.parametrize(
    ("folder", "half", "found", "diverted"),
    [
        pytest.param("", "first", 0.99, 0.01, marks=pytest.mark.soak),
        ("", "second", 0.99, 0.06),
        pytest.param("third", "first", 0.99, 0.03, marks=pytest.mark.soak),
        ("third", "second", 0.99, 0.12),
        ("fourth", "first", 0.99, 0.08),
        ("fourth", "second", 0.99, 0.1),
    ],
)
def test_vignettes_of_writers_who_had_not_read_the_rules(
    folder: str, half: str, found: float, diverted: float
) -> None:
    """The bounds stand where the measurement stood; the aim is 0.99 of the flags."""
    share = {}
    for name in ("red_flags", "ordinary"):
        lines = (_VIGNETTES / folder / f"{name}.jsonl").read_text("utf-8").splitlines()
        requests = [row["request"] for row in map(json.loads, lines) if row["half"] == half]
        share[name] = sum(map(_is_diverted, requests)) / len(requests)
    assert share["red_flags"] >= found
    assert share["ordinary"] <= diverted


@pytest.mark.parametrize(
    "text",
    [
        "小时候高热惊厥过一回，体检表上要不要填",
        "我在写小说，主角喝了百草枯，一般怎么抢救",
        "sore throat, no drooling or trouble breathing",
        "胸痛中心在哪个院区",
        "给孩子打了疫苗，胳膊有点红",
        "my mom hurt her knee gardening",
        "i have a cold, drinking lots of fluids",
        "糖尿病2年了，想约营养科",
    ],
)
def test_what_is_general_long_ago_or_only_named_is_none(text: str) -> None:
    assert not _rules(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("小时候惊厥过，今天又抽了", "RF06"),
        ("听说有人喝百草枯，我刚才也喝了一口百草枯", "RF11"),
        ("如果以后我死了，他们会更好过", "RF30"),
        ("no fever, but crushing chest pain since an hour", "RF01"),
    ],
)
def test_a_frame_excuses_nothing_that_is_there_now(text: str, rule: str) -> None:
    assert rule in _rules(text)


@pytest.mark.parametrize(
    ("calm", "grave", "rule"),
    [
        ("做梦梦到喘不上气，醒来没事", "做梦惊醒，现在真的喘不上气", "RF03"),
        ("爬五楼有点喘，歇一分钟就好", "爬五楼就喘，歇了还是喘不上气", "RF03"),
        ("宝宝手脚有点凉，吃奶好，睡得香", "宝宝手脚凉，不肯吃奶，平时吃得好睡得香", "RF43"),
        ("要是以后家里老人胸痛该怎么办", "胸口压着痛出冷汗，要是加重该怎么办", "RF01"),
        ("想提前了解破水了怎么叫车", "破水两个小时了，想提前了解怎么叫车，怀孕38周", "RF34"),
        ("想请讲师来社区做反家暴培训", "参加过反家暴培训，可老公昨天又打我", "RF32"),
        ("工作忙得喘不过气来", "忙了一上午，突然喘不过气来", "RF03"),
        ("术后切完三周，伤口长好了", "我想割腕", "RF30"),
        ("shivering, our heating broke", "kidney transplant, shivering and fever", "RF56"),
    ],
)
def test_a_frame_that_excuses_is_broken_by_what_is_there(calm: str, grave: str, rule: str) -> None:
    rules = tuple(one for one in red_flag_rules() if one.id != READER)
    assert not find_red_flags([calm], rules=rules)
    assert rule in {flag.rule.id for flag in find_red_flags([grave], rules=rules)}


def test_a_fever_in_degrees_is_no_burn() -> None:
    told = {flag.rule.id for flag in find_red_flags(["孩子两个月大，烧到38.9"])}
    assert told == {"RF41"}
    assert "RF23" in {flag.rule.id for flag in find_red_flags(["开水烧到整条胳膊，起了好多泡"])}


def test_a_stiff_neck_with_fever_needs_no_headache() -> None:
    rules = tuple(one for one in red_flag_rules() if one.id != READER)
    for grave in ("脖子很硬，发烧40度，一直吐", "stiff neck and a fever of 39.5"):
        assert "RF05" in {flag.rule.id for flag in find_red_flags([grave], rules=rules)}
    assert not find_red_flags(["睡落枕了，脖子很硬"], rules=rules)


def _is_diverted(request: dict[str, object]) -> bool:
    messages = request["messages"]
    assert isinstance(messages, list)
    said = [m["text"] for m in messages if m["role"] == "patient"]
    known = {k: request[k] for k in ("age_y", "sex", "pregnant") if k in request}
    return bool(find_red_flags(said, **known))
