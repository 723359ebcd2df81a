"""What the views compute: times, ages, owed documents, series and their drawings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from suwen.clinical.document_duties import due_documents
from suwen.core.language import Language
from suwen.core.record import Coded, NoteItem, ObservationItem, Quantity, ReferenceRange, When
from suwen.web import formats
from suwen.web.answers import plain
from suwen.web.texts import Texts
from suwen.web.views.draft import Mark, SectionView
from suwen.web.views.series import HEIGHT, LEFT, RIGHT, WIDTH, level_of, make_series
from suwen.web.views.sources import SourceNumbers

ZONE = ZoneInfo("Asia/Shanghai")
ADMITTED = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("birth", "on", "zh", "en"),
    [
        (date(1960, 11, 22), date(2026, 11, 21), "65岁", "65 y"),
        (date(1960, 11, 21), date(2026, 11, 21), "66岁", "66 y"),
        (date(2024, 11, 21), date(2026, 11, 21), "2岁", "2 y"),
        (date(2024, 11, 22), date(2026, 11, 21), "23个月", "23 mo"),
        (date(2026, 11, 1), date(2026, 11, 21), "20天", "20 d"),
        (None, date(2026, 11, 21), "", ""),
        (date(2027, 1, 1), date(2026, 11, 21), "", ""),
    ],
)
def test_age(birth: date | None, on: date, zh: str, en: str) -> None:
    assert formats.age(birth, on, Language.ZH) == zh
    assert formats.age(birth, on, Language.EN) == en


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (timedelta(minutes=22), "22 分钟", "22 min"),
        (timedelta(hours=3), "3 小时", "3 h"),
        (-timedelta(days=1, hours=2, minutes=5), "1 天 2 小时", "1 d 2 h"),
        (timedelta(seconds=20), "0 分钟", "0 min"),
    ],
)
def test_duration(span: timedelta, zh: str, en: str) -> None:
    assert formats.duration(span, Language.ZH) == zh
    assert formats.duration(span, Language.EN) == en


def test_times_are_those_of_the_wards_and_as_precise_as_recorded() -> None:
    assert formats.moment(ADMITTED, ZONE) == "2026-11-20 16:00"
    when = When(datetime(2014, 5, 1, tzinfo=UTC), "month", "2014-05")
    assert formats.recorded(when, ZONE) == "2014-05"
    assert formats.recorded(None, ZONE) == ""


def test_a_quantity_keeps_its_digits_and_its_unit_on_one_line() -> None:
    assert formats.quantity(Quantity(Decimal("7.20"), "mmol/L")) == "7.20\u00a0mmol/L"
    assert formats.quantity(Quantity(Decimal("1E+3"), None, comparator="<")) == "<1000"


def note(code: str, at: datetime) -> NoteItem:
    when = When(at, "instant", at.isoformat())
    return NoteItem(
        "DocumentReference/n", "current", None, when, {}, Coded("x", code), "", (), True
    )


def names(**stay: object) -> list[tuple[str, bool]]:
    facts = {
        "admitted_at": ADMITTED,
        "discharged_at": None,
        "present": (),
        "now": ADMITTED,
        **stay,
    }
    return [(d.document_type, d.overdue) for d in due_documents(**facts)]  # type: ignore[arg-type]


def test_the_admission_record_is_owed_within_a_day() -> None:
    day = timedelta(hours=24)
    assert names(now=ADMITTED + day) == [("admission_record", False)]
    assert names(now=ADMITTED + day + timedelta(seconds=1)) == [("admission_record", True)]
    assert names(present=[note("34117-2", ADMITTED)]) == []


def test_the_record_of_an_earlier_stay_does_not_count() -> None:
    earlier = note("34117-2", ADMITTED - timedelta(days=400))
    assert names(present=[earlier]) == [("admission_record", False)]


def test_the_discharge_summary_is_owed_from_the_discharge_on() -> None:
    left = ADMITTED + timedelta(days=5)
    written = [note("34117-2", ADMITTED)]
    assert names(discharged_at=left, now=left, present=written) == [("discharge_summary", False)]
    late = left + timedelta(hours=25)
    assert names(discharged_at=left, now=late, present=written) == [("discharge_summary", True)]
    written.append(note("18842-5", left))
    assert names(discharged_at=left, now=late, present=written) == []


def test_a_stay_without_a_known_beginning_owes_nothing_that_can_be_reckoned() -> None:
    assert names(admitted_at=None) == []


def potassium(
    value: str, hours: int, flag: str | None = None, low: str | None = "3.5"
) -> ObservationItem:
    at = ADMITTED + timedelta(hours=hours)
    stated = ReferenceRange(Decimal(low), Decimal("5.3")) if low else None
    return ObservationItem(
        reference=f"Observation/k{hours}",
        status="final",
        encounter=None,
        when=When(at, "instant", at.isoformat()),
        resource={},
        category="laboratory",
        code=Coded("血清钾", "2823-3"),
        value=Quantity(Decimal(value), "mmol/L"),
        reference_range=stated,
        interpretation=flag,
    )


@pytest.mark.parametrize(
    ("value", "flag", "low", "level"),
    [
        ("2.6", "LL", "3.5", "critical"),
        ("3.4", "L", "3.5", "abnormal"),
        ("3.4", None, "3.5", "abnormal"),
        ("3.5", None, "3.5", "plain"),
        ("5.3", None, "3.5", "plain"),
        ("5.4", None, "3.5", "abnormal"),
        ("9.9", None, None, "plain"),
        ("3.4", "N", "3.5", "plain"),
    ],
)
def test_the_laboratorys_flag_has_precedence_over_its_interval(
    value: str, flag: str | None, low: str | None, level: str
) -> None:
    assert level_of(potassium(value, 0, flag, low)) == level


def test_a_series_is_drawn_inside_its_frame_with_its_interval() -> None:
    [series] = make_series([potassium("4.1", 0), potassium("3.0", 12), potassium("2.6", 40)], ZONE)
    assert series.plot is not None
    assert series.plot.band is not None
    assert (series.points[0].x, series.points[-1].x) == (LEFT, WIDTH - RIGHT)
    assert all(0 < y < HEIGHT for p in series.points for y in p.ys)
    assert series.points[0].ys[0] < series.points[-1].ys[0]
    assert [t.anchor for t in series.plot.x_ticks] == ["start", "end"]
    assert series.latest.value == "2.6"


def test_values_in_different_units_are_never_joined() -> None:
    other = potassium("4.1", 12)
    mg = ObservationItem(
        **{
            **{f: getattr(other, f) for f in ObservationItem.__dataclass_fields__},
            "value": Quantity(Decimal("160"), "mg/L"),
        }
    )
    assert [s.unit for s in make_series([potassium("4.1", 0), mg], ZONE)] == ["mmol/L", "mg/L"]


def test_one_value_is_not_drawn_and_a_void_one_not_shown() -> None:
    [series] = make_series([potassium("4.1", 0)], ZONE)
    assert series.plot is None
    void = ObservationItem(
        **{
            **{f: getattr(potassium("9", 1), f) for f in ObservationItem.__dataclass_fields__},
            "status": "entered-in-error",
        }
    )
    assert make_series([void], ZONE) == ()


def test_the_pieces_of_a_section_are_its_text_and_nothing_else() -> None:
    text = "患者因“胸痛”入院。\n补充：今日无不适。血钾 4.6 mmol/L。"
    marks = (
        Mark("a", "患者因“胸痛”入院。", "statement", "rule", True, "", (1,)),
        Mark("b", "血钾 4.6 mmol/L。", "statement", "rule", True, "", (2,)),
        Mark("c", "不在文中。", "statement", "model", False, "", ()),
    )
    pieces = SectionView("s", "t", text, marks).pieces
    assert "".join(piece for piece, _mark in pieces) == text
    assert [mark.id for _piece, mark in pieces if mark] == ["a", "b"]


def test_a_code_of_the_record_stands_in_words_on_its_card() -> None:
    used = [
        ("Patient/p#Patient.gender", "male"),
        ("Patient/p#Patient.name[0].text", "male"),
        ("Encounter/e#Encounter.class.code", "IMP"),
        ("Encounter/e#Encounter.period.start", "2026-03-02T09:00:00+08:00"),
        ("Condition/c#Condition.clinicalStatus.coding[0].code", "no-such-code"),
    ]
    numbers = SourceNumbers()
    for reference, quote in used[:1] + used[2:]:
        numbers.number({"kind": "record", "reference": reference, "quote": quote})
    shown = [card.quotes for card in numbers.cards(None, Texts(Language.ZH), ZoneInfo("UTC"))]
    assert shown == [("男",), ("住院", "2026-03-02 01:00"), ("no-such-code",)]
    name = SourceNumbers()
    name.number({"kind": "record", "reference": used[1][0], "quote": used[1][1]})
    [card] = name.cards(None, Texts(Language.ZH), ZoneInfo("UTC"))
    assert card.quotes == ("male",), "a word that is no code stays as it stands"


def test_plain_data_keeps_digits_and_refuses_what_json_has_not() -> None:
    assert plain({"a": (Decimal("7.20"), ADMITTED, Language.ZH)}) == {
        "a": [Decimal("7.20"), ADMITTED.isoformat(), "zh"]
    }
    with pytest.raises(TypeError):
        plain(object())
