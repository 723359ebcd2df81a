"""Calls stays up one after another, so that every item has its own patient and id."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from zlib import crc32

from tests.evaluation.corrupted_records import cases_first, cases_second
from tests.evaluation.corrupted_records.case import Case
from tests.evaluation.corrupted_records.frames import Frame, frames
from tests.evaluation.corrupted_records.layout import make_item
from tests.evaluation.corrupted_records.model import Encounter, Item, Plan
from tests.evaluation.corrupted_records.stays import Wish, write_stay

_CASES: dict[str, ModuleType] = {"first": cases_first, "second": cases_second}


class Roll:
    """The items of one kind of defect in one half."""

    def __init__(self, half: str, kind: str) -> None:
        self.half = half
        self.kind = kind
        self.items: list[Item] = []
        self._called = 0
        self._names: dict[str, str] = {}

    def cases(self, language: str | None = None, *, surgery: bool | None = None) -> list[Case]:
        """The half's cases in that language, with or without an operation."""
        return [
            case
            for case in _CASES[self.half].CASES
            if language in (None, case.language) and surgery in (None, case.surgery is not None)
        ]

    def frame(self, case: Case, sex: str | None = None) -> Frame:
        """The next patient, from the case's department where it has one, of that sex if any."""
        everyone = [frame for frame in frames(self.half, case.language) if sex in (None, frame.sex)]
        ward = [frame for frame in everyone if frame.department == case.department] or everyone
        return ward[self._called % len(ward)]

    def stay(self, wish: Wish) -> Encounter:
        """A sound encounter; types as codes and as norm names, age and birth date in turn."""
        self._called += 1
        if wish.anchor is None:
            wish = replace(wish, day=wish.day + timedelta(days=3 * self._called % 200))
        name = f"{self.half}-{self.kind}-{self._called:03d}"
        # What the request shows must not tell what was planted.
        identity = f"stay-{crc32(name.encode()):08x}"
        self._names[identity] = name
        return write_stay(
            wish, identity, use_codes=self._called % 2 == 0, by_age=self._called % 3 == 0
        )

    def sound(self, case: Case, sex: str | None = None) -> Encounter:
        """A plain stay of the case."""
        return self.stay(Wish(case, self.frame(case, sex), self.half))

    def add(self, encounter: Encounter, plans: list[Plan], situation: str) -> None:
        """Keeps the encounter as an item with these defects."""
        self.items.append(
            make_item(self._names[encounter.id], self.half, encounter, plans, situation)
        )
