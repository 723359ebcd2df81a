"""Numbers, times and wordings at the edges of their rules."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from suwen.apps.record_writer.moments import Moment, shown
from suwen.apps.record_writer.wording import fits, free_text, rounded, term_of
from suwen.core.language import Language


@pytest.mark.parametrize(
    ("recorded", "written"),
    [
        ("123.456", None),
        ("123.4567", "123.5"),
        ("999.95678", "1000.0"),
        ("0.00012345678", "0.0001235"),
        ("1234567", None),
        ("-12.34567", "-12.35"),
        ("12.345000", "12.35"),
    ],
)
def test_a_value_is_rounded_only_beyond_six_digits(recorded: str, written: str | None) -> None:
    assert rounded(Decimal(recorded)) == written


def moment(text: str) -> Moment:
    padded = text + "0000-01-01"[len(text) :] if len(text) < 10 else text
    at = datetime.fromisoformat(padded)
    return Moment(at if at.tzinfo else at.replace(tzinfo=UTC), text)


@pytest.mark.parametrize(
    ("first", "second", "before"),
    [
        ("2026-03-02T09:00:00+08:00", "2026-03-02T09:00:01+08:00", True),
        ("2026-03-02T09:00:00+08:00", "2026-03-02T01:00:00+00:00", False),
        ("2026-03-02", "2026-03-02T09:00:00+08:00", False),
        ("2026-03-01", "2026-03-02T09:00:00+08:00", True),
        ("2026-02", "2026-03-02T09:00:00+08:00", True),
        ("2026", "2026-03-02T09:00:00+08:00", False),
        ("2025", "2026-03-02", True),
    ],
)
def test_before_is_said_only_when_it_is_certain(first: str, second: str, before: bool) -> None:
    one, two = moment(first), moment(second)
    assert one.is_before(two) == before
    assert two.is_after(one) == before
    assert not (one.is_before(two) and two.is_before(one))


@pytest.mark.parametrize(
    ("text", "zone", "written"),
    [
        ("2026-03-02T09:05:59+08:00", "+08:00", "2026-03-02 09:05"),
        ("2026-03-02T01:05:59Z", "+08:00", "2026-03-02 01:05 (UTC+00:00)"),
        ("2026-03-02", "+08:00", "2026-03-02"),
        ("2026", None, "2026"),
    ],
)
def test_a_time_keeps_its_own_clock_and_names_another_zone(
    text: str, zone: str | None, written: str
) -> None:
    assert shown(text, zone) == written


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("肺炎", True, False),
        ("Pneumonia", False, True),
        ("CT平扫", True, False),
        ("37.2", True, True),
    ],
)
def test_a_wording_fits_its_language(text: str, zh: bool, en: bool) -> None:
    assert (fits(text, Language.ZH), fits(text, Language.EN)) == (zh, en)


def test_a_term_takes_the_wording_of_the_document_and_marks_another() -> None:
    concept = {"text": "Pneumonia", "coding": [{"code": "J18.9", "display": "肺炎"}]}
    chinese = term_of(concept, "Condition.code", Language.ZH)
    english = term_of(concept, "Condition.code", Language.EN)
    assert chinese is not None
    assert english is not None
    assert (chinese.shown(Language.ZH), chinese.path) == (
        "肺炎",
        "Condition.code.coding[0].display",
    )
    assert english.shown(Language.EN) == "Pneumonia"
    foreign = term_of({"text": "Pneumonia"}, "Condition.code", Language.ZH)
    assert foreign is not None
    assert foreign.shown(Language.ZH) == "Pneumonia（原文）"
    assert term_of({}, "Condition.code", Language.ZH) is None


def test_free_text_stands_on_one_line_with_its_mark_before_the_full_stop() -> None:
    assert free_text("心影不大。\n肋膈角锐利。", Language.ZH) == "心影不大。 肋膈角锐利。"
    assert free_text("No free air.", Language.ZH) == "No free air（原文）"
