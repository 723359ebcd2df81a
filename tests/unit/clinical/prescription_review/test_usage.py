"""Routes, forms, frequencies and units in their usual wordings."""

from __future__ import annotations

import pytest

from suwen.clinical.prescription_review.usage import form_of, frequency_of, route_of, unit_of


@pytest.mark.parametrize(
    ("written", "per_day"),
    [
        ("qd", 1), ("b.i.d.", 2), ("TID", 3), ("每日两次", 2), ("每8小时一次", 3), ("q12h", 2),
        ("3次/日", 3), ("每周一次", 1 / 7), ("qod", 0.5), ("睡前一次", 1), ("twice daily", 2),
        ("每日1剂", 1), ("早晚各一次", 2), ("三餐前", 3), ("隔日", 0.5), ("每3天1次", 1 / 3),
        ("q21d", 1 / 21), ("每日1-2次", 2), ("12小时1次", 2), ("每2周1次", 1 / 14), ("3/日", 3),
        ("有时", None), ("0小时一次", None), ("每日若干次", None), ("bid tid", None),
    ],
)  # fmt: skip
def test_a_frequency_is_read_or_left_open(written: str, per_day: float | None) -> None:
    found = frequency_of(written)
    assert found.per_day == (None if per_day is None else pytest.approx(per_day))


def test_timing_once_as_needed_and_as_directed() -> None:
    timing = {"repeat": {"frequency": 2, "period": 3, "periodUnit": "d"}}
    assert frequency_of(timing).per_day == pytest.approx(2 / 3)
    assert frequency_of("st").once and frequency_of("立即").once
    assert frequency_of("prn").as_needed
    assert frequency_of("遵医嘱").as_directed
    assert frequency_of("术前30min").once and frequency_of("术前半小时").once
    assert frequency_of(None).per_day is None


@pytest.mark.parametrize(
    ("written", "route"),
    [("P.O.", "po"), ("静脉滴注", "iv_drip"), ("静推", "iv_push"), ("ih", "sc"),
     ("胃管注入", "tube"), ("雾化吸入", "inh"), ("鞘内注射", "it"), ("滴眼", "eye"),
     ("iv push", "iv_push"), ("静脉微泵", "iv_drip"), ("深部肌注", "im"), ("点双眼", "eye"),
     ("鼻肠管", "tube"), ("水煎内服", "po"), ("贴胸前", "topical"), ("注射", None), ("某处", None)],
)  # fmt: skip
def test_a_route_is_read_or_left_open(written: str, route: str | None) -> None:
    assert route_of(written) == route


@pytest.mark.parametrize(
    ("written", "form"),
    [("缓释片", "oral_solid"), ("吸入用混悬液", "inhalation"), ("眼膏", "eye"),
     ("注射剂", "injection"), ("外用片", "topical"), ("灌肠剂", "rectal"), ("饮片", "piece"),
     ("口服溶液", "oral_liquid")],
)  # fmt: skip
def test_a_form_is_read(written: str, form: str) -> None:
    assert form_of(written) == form


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("mg", ("mass", 1.0, "")), ("克", ("mass", 1000.0, "")), ("μg", ("mass", 0.001, "")),
        ("mcg", ("mass", 0.001, "")), ("万单位", ("activity", 1e4, "")),
        ("IU", ("activity", 1.0, "")), ("mEq", ("moles", 1.0, "")), ("ml", ("volume", 1.0, "")),
        ("片", ("count", 1.0, "")),
        ("mg/kg", ("mass", 1.0, "kg")), ("mg/m²", ("mass", 1.0, "m2")),
        ("µg/kg/min", ("mass", 0.001, "kg/min")), ("mg/h", ("mass", 1.0, "h")), ("勺", None),
        ("mg/猫", None), ("", None),
    ],
)  # fmt: skip
def test_a_unit_is_read_or_refused(written: str, unit: tuple[str, float, str] | None) -> None:
    assert unit_of(written) == unit
