"""Competence, own views and the pace of signing, as rules without a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from suwen.control.governance.competence import Standing, months_after, refusal_of, standing_of
from suwen.control.governance.first_opinion import compare_lines, opinion_rates
from suwen.control.governance.signing_pace import LEAST, of_persons, paces
from tests.support.applications import MANIFEST

TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Training:
    trained_on: date
    expires_on: date
    competent: bool = True
    revoked_by: str | None = None


OLD = Training(date(2024, 1, 1), date(2025, 1, 1))
NOW = Training(date(2026, 11, 22), date(2027, 11, 22))


@pytest.mark.parametrize(
    ("records", "standing"),
    [
        ([], Standing.MISSING),
        ([NOW], Standing.VALID),
        ([OLD], Standing.EXPIRED),
        ([OLD, NOW], Standing.VALID),
        ([Training(date(2026, 1, 1), TODAY)], Standing.EXPIRED),
        ([Training(date(2026, 1, 1), date(2026, 11, 23))], Standing.VALID),
        ([Training(date(2026, 11, 23), date(2027, 1, 1))], Standing.MISSING),
        ([NOW, Training(date(2026, 11, 21), date(2027, 1, 1), competent=False)], Standing.VALID),
        (
            [Training(date(2026, 1, 1), date(2027, 1, 1)), Training(TODAY, TODAY, competent=False)],
            Standing.NOT_PASSED,
        ),
        ([Training(TODAY, date(2027, 1, 1), revoked_by="com.yu")], Standing.MISSING),
    ],
)
def test_the_newest_training_that_stands_decides(
    records: list[Training], standing: Standing
) -> None:
    assert standing_of(records, TODAY) is standing


def test_each_refusal_has_words_of_its_own() -> None:
    told = {refusal_of(one, MANIFEST) for one in Standing if one is not Standing.VALID}
    assert {error.code for error in told} == {
        "training_missing",
        "training_expired",
        "training_not_passed",
    }
    assert len({error.safe_message.zh for error in told}) == 3


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 22), 14, date(2028, 1, 22)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_end_with_their_month(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_lines_are_compared_by_their_words_alone() -> None:
    lines = compare_lines("左下肢 水肿\n\nＡＢＣ 升高。\n没有的", "见：左下肢水肿；abc升高")
    assert [(line.text, line.in_output) for line in lines] == [
        ("左下肢 水肿", True),
        ("ＡＢＣ 升高。", True),
        ("没有的", False),
    ]


def test_rates_tell_who_switched_among_those_who_differed() -> None:
    rates = opinion_rates(
        [None, ("agrees", "output"), ("differs", "output"), ("partly", "own"), ("differs", "both")]
    )
    assert (rates.written, rates.compared, rates.differed, rates.switched) == (5, 4, 3, 1)


@dataclass(frozen=True)
class Signed:
    app: str
    signer: str
    seconds: float


def test_a_signature_far_from_the_median_is_an_outlier_and_many_fast_ones_stay_usual() -> None:
    usual = [Signed("note", f"dr.{n % 4}", 60.0 + n) for n in range(LEAST)]
    fast, slow = Signed("note", "dr.quick", 0.4), Signed("note", "dr.slow", 9000.0)
    [pace] = paces([*usual, fast, slow])
    assert [one.signature for one in pace.outliers] == [fast, slow]
    assert pace.outliers[0].fast and pace.outliers[1].slow
    assert of_persons([*usual, fast, slow])[0].signer == "dr.quick"
    [few] = paces([*usual[: LEAST - 2], fast])
    assert not few.judged and not few.outliers
    [same] = paces([Signed("note", "dr.lin", 10.0)] * LEAST)
    assert not same.judged
