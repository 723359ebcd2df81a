"""Whose is it: the patients of another system matched with ours by the record number."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any, Final

from suwen.core.errors import InputError, NotFoundError
from suwen.core.record import Resource
from suwen.integration.fhir.client import FhirClient
from suwen.storage.records import RecordStore

_REMEMBERED_S: Final = 600.0
_MOST_REMEMBERED: Final = 50_000
_CANDIDATES: Final = 20


class PatientMatcher:
    """Matches patients by an identifier that both systems know; never by name or birth date.

    Args:
        system: the identifier's system, the same in both.
    """

    def __init__(self, records: RecordStore, system: str) -> None:
        self._records = records
        self._system = system
        self._known: dict[str, tuple[str, float]] = {}

    async def match(self, client: FhirClient, there: Collection[str]) -> Mapping[str, str]:
        """Id here by id there; who has no match, or more than one, is left out.

        Raises:
            SuwenError: what the client or the database raises.
        """
        now = time.monotonic()
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        found: dict[str, str] = {}
        for identity in sorted(there):
            known = self._known.get(identity)
            if known is not None and known[1] > now:
                found[identity] = known[0]
                continue
            here = await self._match(client, identity)
            if here is not None:
                self._known[identity] = (here, now + _REMEMBERED_S)
                found[identity] = here
        return found

    async def _match(self, client: FhirClient, there: str) -> str | None:
        try:
            patient = await client.read("Patient", there)
        except (NotFoundError, InputError):
            return None
        numbers = numbers_of(patient, self._system)
        if len(numbers) != 1:
            return None
        [number] = numbers
        matches = []
        for candidate in await self._records.list_patients(query=number, limit=_CANDIDATES):
            here = await self._records.read_resource("Patient", candidate.id)
            if here is not None and number in numbers_of(here, self._system):
                matches.append(candidate.id)
        return matches[0] if len(matches) == 1 else None


def numbers_of(patient: Resource, system: str) -> frozenset[str]:
    """The patient's numbers of one system that are in use."""
    identifiers: list[Mapping[str, Any]] = list(patient.get("identifier") or ())
    return frozenset(
        str(i["value"])
        for i in identifiers
        if i.get("system") == system and i.get("value") and i.get("use") != "old"
    )
