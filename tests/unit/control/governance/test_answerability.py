"""Who answers for what, and which duty nobody has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest

from suwen.control.governance.answerability import (
    Duty,
    Gap,
    Party,
    check_answerable,
    who_answers,
)
from suwen.core.errors import InputError
from suwen.core.manifest import SignOffRule
from tests.support.applications import MANIFEST

TODAY = date(2026, 11, 22)
ENABLED = {"chief.he": True, "gone.li": False}


@dataclass(frozen=True)
class Entry:
    duty: str
    name: str | None = "何"
    person: str | None = "chief.he"
    release: str | None = None
    role: str | None = None
    since: date = date(2026, 1, 1)


def one(duty: Duty, *entries: Entry, release: str | None = "r1") -> tuple[str | None, Gap | None]:
    [found] = [a for a in who_answers(entries, MANIFEST, release, ENABLED, TODAY) if a.duty is duty]
    return found.name, found.gap


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((), (None, Gap.NOBODY)),
        ((Entry("oversight"),), ("何", None)),
        ((Entry("oversight"), Entry("oversight", "文")), ("文", None)),
        ((Entry("oversight"), Entry("oversight", None, None)), (None, Gap.NOBODY)),
        ((Entry("oversight", since=date(2027, 1, 1)),), (None, Gap.NOT_YET)),
        ((Entry("oversight", since=TODAY),), ("何", None)),
        ((Entry("oversight", person="gone.li"),), ("何", Gap.ACCOUNT_DISABLED)),
        ((Entry("oversight", person="no.one"),), ("何", Gap.NO_ACCOUNT)),
        ((Entry("oversight", "Vendor", None),), ("Vendor", None)),
        ((Entry("oversight"), Entry("oversight", "版", None, "r1")), ("版", None)),
        ((Entry("oversight", "版", None, "r1"), Entry("oversight")), ("版", None)),
        ((Entry("oversight"), Entry("oversight", "别", None, "r2")), ("何", None)),
    ],
)
def test_the_newest_entry_for_this_release_stands(
    entries: tuple[Entry, ...], expected: tuple[str | None, Gap | None]
) -> None:
    assert one(Duty.OVERSIGHT, *entries) == expected


def test_the_manifest_says_who_signs_and_a_written_entry_goes_before() -> None:
    assert one(Duty.SIGNING) == ("role:physician", None)
    assert one(Duty.SIGNING, Entry("signing", "值班医师", None)) == ("值班医师", None)
    unsigned = who_answers((), replace(MANIFEST, sign_off=SignOffRule.NONE), None, ENABLED, TODAY)
    assert Duty.SIGNING not in {answer.duty for answer in unsigned}
    bought = who_answers((), None, None, ENABLED, TODAY)
    assert {answer.gap for answer in bought} == {Gap.NOBODY}
    assert {answer.party for answer in bought} == set(Party)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"duty": "", "since": "2026-01-01"}, "duty"),
        ({"duty": "oversight", "since": "yesterday"}, "since"),
        ({"duty": "oversight", "since": "2026-01-01", "release": "r9"}, "release"),
        ({"duty": "oversight", "since": "2026-01-01", "name": "x" * 201}, "name"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(given: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        check_answerable(given, frozenset({"r1"}))
    assert caught.value.field == field


def test_an_account_alone_is_a_name() -> None:
    checked = check_answerable(
        {"duty": "oversight", "since": "2026-01-01", "person": " chief.he "}, frozenset()
    )
    assert (checked.person, checked.name) == ("chief.he", "chief.he")
