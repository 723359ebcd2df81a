"""The fourth set of prescriptions: order sheets of another author and their near twins."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from itertools import pairwise

import pytest

from tests.evaluation.labelled_prescriptions.fourth.reading import (
    fourth_prescriptions,
    may_be_read,
    names,
)
from tests.evaluation.labelled_prescriptions.model import KINDS, SETTINGS, SEVERITIES
from tests.evaluation.labelled_prescriptions.sheets import order_of

ALL = fourth_prescriptions()
PLANTED, CLEAN = 241, 241
# Changes only with the prescriptions: whoever alters a label alters this line beside it.
DIGEST = "3747adf108057c2d390599fbae2001cdb7aaf96ecc610a7827320f1512115f5e"


def test_the_set_is_the_one_that_was_committed() -> None:
    lines = (json.dumps(asdict(one), ensure_ascii=False, sort_keys=True) for one in ALL)
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == DIGEST
    assert Counter(one.planted for one in ALL) == {True: PLANTED, False: CLEAN}
    assert len({one.id for one in ALL}) == len(ALL)
    assert {one.half for one in ALL} == {"fourth"}


def test_most_of_it_is_read_by_nobody_who_writes_rules() -> None:
    read = Counter(map(may_be_read, ALL))
    assert read[False] > 2 * read[True] > 0


def test_a_planted_sheet_is_followed_by_its_twin_that_differs_and_has_no_label() -> None:
    for first, second in list(pairwise(ALL))[::2]:
        assert (first.id[:-1], first.id[-1], second.id[-1]) == (second.id[:-1], "a", "b")
        assert first.expected and first.request != second.request, first.id
        assert not second.expected and second.must_interrupt is False, second.id


def test_labels_and_sheets_have_the_form_of_the_contract() -> None:
    for one in ALL:
        request = one.request
        orders = (*request["orders"], *request["current_medications"])
        assert request["setting"] in SETTINGS
        written = {order["drug"] for order in orders}
        assert set(one.tolerated) <= set(KINDS), one.id
        for finding in one.expected:
            assert set(finding["kinds"]) <= set(KINDS), one.id
            assert finding["minimal_severity"] in SEVERITIES, one.id
            assert {named["written"] for named in finding["drugs"]} <= written, one.id


def test_a_key_that_the_list_does_not_name_is_refused() -> None:
    with pytest.raises(KeyError):
        order_of("nodrugatall 5mg qd po", "outpatient", names())
