"""Which encounters of a selection an application's request can be about, and why not the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from suwen.bulk.options import BulkOptions
from suwen.bulk.selection import LEFT_OUT_SAID, LeftOut, left_out
from suwen.core.manifest import BulkForm, Encounters, StayNeed
from suwen.storage.bulk_stays import StayFacts

STAY = StayFacts(
    patient="p1",
    encounter="e1",
    encounter_class="IMP",
    status="finished",
    is_part=False,
    begins=True,
    has_orders=True,
)
INPATIENT = BulkForm(Encounters.INPATIENT, needs=frozenset({StayNeed.ADMISSION_TIME}))
OUTPATIENT = BulkForm(Encounters.OUTPATIENT)
ORDERS = BulkForm(Encounters.EVERY, needs=frozenset({StayNeed.ORDERS}))


@pytest.mark.parametrize("encounter_class", ["IMP", "ACUTE", "NONAC"])
def test_a_stay_with_its_beginning_is_taken(encounter_class: str) -> None:
    assert left_out(replace(STAY, encounter_class=encounter_class), INPATIENT) is None


@pytest.mark.parametrize(
    ("form", "changed", "reason"),
    [
        (INPATIENT, {"encounter_class": "AMB"}, LeftOut.OUTPATIENT),
        (INPATIENT, {"encounter_class": None}, LeftOut.OUTPATIENT),
        (INPATIENT, {"status": "planned"}, LeftOut.NOT_HELD),
        (INPATIENT, {"is_part": True}, LeftOut.PART_OF_STAY),
        (INPATIENT, {"begins": False}, LeftOut.NO_ADMISSION_TIME),
        (INPATIENT, {"readable": False}, LeftOut.UNREADABLE),
        (OUTPATIENT, {}, LeftOut.INPATIENT),
        (OUTPATIENT, {"encounter_class": "AMB", "begins": False}, None),
        (ORDERS, {"has_orders": False}, LeftOut.NO_ORDERS),
        (ORDERS, {"encounter_class": "EMER"}, None),
    ],
)
def test_what_a_form_cannot_take_is_left_out_with_its_reason(
    form: BulkForm, changed: dict[str, Any], reason: LeftOut | None
) -> None:
    assert left_out(replace(STAY, **changed), form) is reason


def test_every_reason_has_words() -> None:
    assert set(LEFT_OUT_SAID) == set(LeftOut)
    assert all(said.zh and said.en for said in LEFT_OUT_SAID.values())


def test_options_are_read_beside_what_else_a_run_keeps() -> None:
    options = BulkOptions(hours=(22, 6), per_minute=30.0)
    kept = {**options.as_json(), "fields": {"language": "zh"}, "left_out": {"outpatient": 3}}
    assert BulkOptions.of(kept) == options
