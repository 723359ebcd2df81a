"""Identifiers replaced and restored."""

from __future__ import annotations

import pytest

from suwen.control.privacy.date_shift import read_day, shifted
from suwen.control.privacy.masking import (
    DEFAULT_ACTIONS,
    MASK_ALL,
    MaskingAction,
    deidentify,
    mask,
    reidentify,
)
from suwen.control.privacy.surrogate_map import SurrogateMap
from suwen.language.identifiers import IdentifierType, find_identifiers
from suwen.language.identifiers.recognisers.bank_card import passes_luhn
from suwen.language.identifiers.recognisers.cn_resident_id import check_character

NOTE = (
    "患者张伟，男，2024年3月5日入院，身份证11010519491231002X，住北京市海淀区中关村大街27号，"
    "电话138-0013-8000，就诊于北京协和医院，王主任查房，邮箱zw@163.com。"
    "John Miller, DOB 03/05/1980, phone (555) 123-4567, card 4539578763621486."
)
NAMES = ("张伟",)


def _map(secret: bytes = b"k" * 32) -> SurrogateMap:
    return SurrogateMap(secret)


def _deidentified(text: str, surrogates: SurrogateMap) -> str:
    spans = find_identifiers(text, known_names=NAMES)
    return deidentify(text, spans, DEFAULT_ACTIONS, surrogates)[0]


def test_nothing_that_was_found_is_left_and_all_of_it_comes_back() -> None:
    surrogates = _map()
    said = _deidentified(NOTE, surrogates)
    for span in find_identifiers(NOTE, known_names=NAMES):
        assert NOTE[span.start : span.end] not in said
    assert reidentify(said, surrogates) == NOTE


def test_where_surrogates_stand_is_said_exactly() -> None:
    surrogates = _map()
    spans = find_identifiers(NOTE, known_names=NAMES)
    said, placed = deidentify(NOTE, spans, DEFAULT_ACTIONS, surrogates)
    assert len(placed) == len(spans)
    for before, after in zip(spans, placed, strict=True):
        made = surrogates.surrogate(before.type, NOTE[before.start : before.end])
        assert said[after.start : after.end] == made


def test_the_same_identifier_is_the_same_surrogate_in_every_text_and_process() -> None:
    first, second = _map(), _map()
    assert _deidentified(NOTE, first) == _deidentified(NOTE, second)
    again = _deidentified("张伟复诊，电话138-0013-8000。", first)
    assert first.surrogate(IdentifierType.NAME, "张伟") in again
    assert _deidentified(NOTE, _map(b"x" * 32)) != _deidentified(NOTE, first)


def test_a_kept_map_goes_on_where_it_ended() -> None:
    surrogates = _map()
    said = _deidentified(NOTE, surrogates)
    kept = SurrogateMap(b"k" * 32, surrogates.as_json())
    assert reidentify(said, kept) == NOTE


def test_numbers_keep_their_check_digit_and_are_nobodys() -> None:
    surrogates = _map()
    identity = surrogates.surrogate(IdentifierType.ID_NUMBER, "11010519491231002X")
    assert identity.startswith("99") and identity[17] == check_character(identity[:17])
    card = surrogates.surrogate(IdentifierType.BANK_CARD, "4539 5787 6362 1486")
    assert card.startswith("9999") and passes_luhn(card.replace(" ", ""))
    assert [c for c in card if not c.isdigit()] == [" ", " ", " "]
    assert surrogates.surrogate(IdentifierType.PHONE, "13800138000").startswith("1200")
    assert "55501" in "".join(
        c for c in surrogates.surrogate(IdentifierType.PHONE, "(212) 867-5309") if c.isdigit()
    )


@pytest.mark.parametrize(
    "inflect",
    [
        lambda t: t.replace("，", " ， "),
        lambda t: t.upper(),
        lambda t: t.replace("1200", "120 0").replace("120-0", "120 0"),
        lambda t: "根据记录：" + t + "\n以上。",
        lambda t: "".join(c + ("\u0020" if "\u4e00" <= c <= "\u9fff" else "") for c in t),
    ],
)
def test_an_answer_with_other_spacing_and_case_is_restored(inflect) -> None:
    surrogates = _map()
    restored = reidentify(inflect(_deidentified(NOTE, surrogates)), surrogates)
    for original in ("张伟", "11010519491231002X", "138-0013-8000", "John Miller", "北京协和医院"):
        assert original in restored


def test_a_family_name_with_a_title_is_restored() -> None:
    surrogates = _map()
    said = surrogates.surrogate(IdentifierType.NAME, "张伟")
    assert reidentify(f"{said[0]}先生今日出院", surrogates) == "张先生今日出院"
    english = surrogates.surrogate(IdentifierType.NAME, "John Miller")
    assert reidentify(f"Mr {english.split()[-1]} left.", surrogates) == "Mr Miller left."


def test_a_date_written_in_another_way_is_moved_back() -> None:
    surrogates = _map()
    said = surrogates.surrogate(IdentifierType.DATE, "2024年3月5日")
    day = read_day(said.replace("年", "-").replace("月", "-").replace("日", ""))
    assert day is not None
    assert reidentify(f"Admitted {day.isoformat()}.", surrogates) == "Admitted 2024-03-05."
    assert reidentify("Review 2031-01-01.", surrogates) == "Review 2031-01-01."


def test_intervals_between_dates_stay() -> None:
    surrogates = _map()
    first = read_day(surrogates.surrogate(IdentifierType.DATE, "2024-03-05"))
    second = read_day(surrogates.surrogate(IdentifierType.DATE, "2024/04/01"))
    assert first is not None and second is not None
    assert (second - first).days == 27
    assert 31 <= abs(surrogates.days) < 365


@pytest.mark.parametrize(
    ("wording", "moved"),
    [
        ("2024-02-28", "2024-03-01"),
        ("2024年2月28日", "2024年3月1日"),
        ("20240228", "20240301"),
        ("02/28/2024", "03/01/2024"),
        ("28/02/2024", "01/03/2024"),
        ("24.2.28", "24.3.1"),
        ("2月28日", "3月1日"),
        ("28 February 2024", "1 March 2024"),
        ("Feb 28th, 2024", "Mar 1, 2024"),
        ("正月初三", None),
        ("2024-02-31", None),
    ],
)
def test_a_date_is_moved_in_its_own_form(wording: str, moved: str | None) -> None:
    assert shifted(wording, 2) == moved


def test_actions_by_type() -> None:
    surrogates = _map()
    text = "张伟，电话13800138000"
    spans = find_identifiers(text, known_names=NAMES)
    kept = {**MASK_ALL, IdentifierType.PHONE: MaskingAction.KEEP}
    assert deidentify(text, spans, kept, surrogates)[0] == "[NAME]，电话13800138000"
    assert mask(text, spans) == "[NAME]，电话[PHONE]"
    assert deidentify(text, spans, {}, surrogates)[0] == "[NAME]，电话[PHONE]"
