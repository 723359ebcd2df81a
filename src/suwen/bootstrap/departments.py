"""How the hospital calls its departments: the one place that turns a code into a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from suwen.core.language import Bilingual, Language
from suwen.core.record import Resource
from suwen.integration.fhir.stored import department_wording
from suwen.storage.people import PeopleStore
from suwen.storage.records import RecordStore

#: How long names are used before they are looked up again.
_FRESH: Final = timedelta(minutes=5)
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")

DepartmentName = Callable[[str | None], str]
"""The name of a department by its code; an empty text for ``None`` and for an empty code."""


class Departments:
    """Names of departments, by what the hospital itself wrote.

    The Organization that carries a code names it; a code that no Organization carries is called
    as the newest stay in it calls it; one that nobody ever worded stays a code.
    """

    def __init__(self, records: RecordStore, now: Callable[[], datetime]) -> None:
        self._records = records
        self._now = now
        self._known: dict[str, Bilingual] = {}
        self._read_at: datetime | None = None

    async def naming(self, codes: Iterable[str | None], language: Language) -> DepartmentName:
        """Names these codes in a language; another code is answered with itself."""
        known = await self._of({code for code in codes if code})

        def name(code: str | None) -> str:
            both = known.get(code) if code else None
            return both.in_language(language) if both is not None else code or ""

        return name

    async def listed(self, language: Language) -> list[tuple[str, str]]:
        """Code and name of every department that the record store describes, by name."""
        known = await self._of(set())
        rows = [(code, both.in_language(language)) for code, both in known.items()]
        return sorted(rows, key=lambda row: (row[1], row[0]))

    async def _of(self, codes: set[str]) -> Mapping[str, Bilingual]:
        now = self._now()
        if self._read_at is None or now - self._read_at > _FRESH:
            # Put together whole before it takes the former one's place: pages are read meanwhile.
            self._known = {
                code: _in_both(names)
                for code, names in (await organizations_by_code(self._records)).items()
            }
            self._read_at = now
        known = self._known
        for code in sorted(codes - set(known)):
            stay = await self._records.newest_stay(code)
            wording = department_wording(stay) if stay is not None else None
            known[code] = Bilingual(zh=wording or code, en=wording or code)
        return known


async def organizations_by_code(records: RecordStore) -> dict[str, tuple[str, ...]]:
    """Names of each department that an Organization of the record store describes, by its code."""
    found = {}
    for organization in await records.list_resources("Organization"):
        code = _code_of(organization)
        if code is not None:
            names = [organization.get("name"), *(organization.get("alias") or [])]
            found[code] = tuple(str(name) for name in names if name)
    return found


async def known_departments(records: RecordStore, people: PeopleStore) -> Mapping[str, str]:
    """Code of each department of the hospital, by its code and by its names."""
    known = {code: code for person in await people.list() for code in person.departments}
    for code, names in (await organizations_by_code(records)).items():
        known.update(dict.fromkeys(names, code))
        known[code] = code
    return known


def _code_of(organization: Resource) -> str | None:
    types = [
        coding.get("code")
        for concept in organization.get("type") or []
        for coding in concept.get("coding") or []
    ]
    numbers = [one.get("value") for one in organization.get("identifier") or []]
    return str(numbers[0]) if "dept" in types and numbers and numbers[0] else None


def _in_both(names: tuple[str, ...]) -> Bilingual:
    """The first Chinese and the first other name; where one is lacking, the other stands in."""
    chinese = next((name for name in names if _HAN.search(name)), None)
    other = next((name for name in names if not _HAN.search(name)), None)
    return Bilingual(zh=chinese or other or "", en=other or chinese or "")
