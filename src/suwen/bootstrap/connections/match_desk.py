"""Patients of several systems who share a number: who may look, who decides, all of it audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.control.access.decision import AccessDecider, Action, InstallationTarget
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.patient_numbers import MatchState
from suwen.integration.fhir.items import read_patient
from suwen.storage.known_states import read_states
from suwen.storage.patient_matches import PatientMatch, PatientMatchStore


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """One of the two, as a person compares them; what is not known is ``None``."""

    id: str
    source: str
    name: str | None = field(repr=False)
    sex: str | None
    birth_date: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedMatch:
    """A match with what it takes to decide: both patients, and the numbers that they share."""

    match: PatientMatch
    patients: tuple[KnownPatient, KnownPatient]
    numbers: Sequence[tuple[str, str]] = field(repr=False)


class MatchDesk:
    """Matches of patients, for operators: lists say nothing about a person."""

    def __init__(self, parts: ConnectionParts, access: AccessDecider) -> None:
        self._parts = parts
        self._access = access
        self._matches = PatientMatchStore(parts.database)

    async def list(
        self, principal: Principal, state: MatchState | None, limit: int, offset: int = 0
    ) -> Sequence[PatientMatch]:
        """Matches in a state, the latest first.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(principal, Action.READ_CONNECTIONS)
        return await self._matches.list(state, limit, offset)

    async def counts(self, principal: Principal) -> Mapping[MatchState, int]:
        """How many there are in each state; raises as ``list``."""
        self._require(principal, Action.READ_CONNECTIONS)
        return await self._matches.counts()

    async def read(self, principal: Principal, one: str, other: str) -> PatientMatch:
        """One match, without a word about the persons.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_match``.
        """
        self._require(principal, Action.READ_CONNECTIONS)
        return await self._matches.read(one, other)

    async def open(self, principal: Principal, one: str, other: str, reason: str) -> OpenedMatch:
        """Both patients side by side; the audit holds it before they are read.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_needed``.
            NotFoundError: ``no_such_match``.
        """
        self._require(principal, Action.READ_MESSAGES)
        match = await self._matches.read(one, other)
        act = act_of(
            principal, "patient.match_read", subject=f"Patient/{other}", reason=_reason(reason)
        )
        async with audited(self._parts.audit, act) as said:
            said["with"] = one
            known = [
                await self._known(patient, source)
                for patient, source in zip((one, other), match.sources, strict=True)
            ]
            return OpenedMatch(
                match, (known[0], known[1]), await self._matches.shared_numbers(match)
            )

    async def decide(
        self, principal: Principal, seen: PatientMatch, *, one_person: bool, reason: str
    ) -> None:
        """Says that two patients are one person, or two, whatever their numbers say from now on.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_needed``.
            NotFoundError: ``no_such_match``.
            ConflictError: ``match_changed``, ``patients_linked_otherwise``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        self._require(principal, Action.READ_MESSAGES)
        act = act_of(
            principal,
            "patient.match_decide",
            subject=f"Patient/{seen.other}",
            reason=_reason(reason),
            one_person=int(one_person),
        )
        async with audited(self._parts.audit, act) as said:
            said["with"] = seen.one
            now = self._parts.clock.now()
            await self._matches.decide(seen, one_person=one_person, by=principal.id, at=now)

    async def _known(self, patient: str, source: str) -> KnownPatient:
        key = ("Patient", patient)
        state = (await read_states(self._parts.database, [key])).get(key)
        if state is None:
            return KnownPatient(patient, source, None, None, None)
        item = read_patient(state.body)
        return KnownPatient(patient, source, item.name, item.sex, item.birth_date_text)

    def _require(self, principal: Principal, action: Action) -> None:
        self._access.require(principal, action, InstallationTarget())


def _reason(given: str) -> str:
    reason = given.strip()
    if not reason:
        raise InputError(
            "reason_needed", Bilingual(zh="请写明原因。", en="State the reason."), field="reason"
        )
    return reason[:500]
