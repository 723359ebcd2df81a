"""Who answers for what, on the register: read with its gaps, and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suwen.bootstrap.audited import act_of, audited
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.answerability import (
    Answering,
    check_answerable,
    who_answers,
)
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, Principal, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.release import Release
from suwen.storage.answerability import AnswerabilityStore, AnswerableEntry
from suwen.storage.people import PeopleStore, Person
from suwen.storage.register import RegisterStore


@dataclass(frozen=True, slots=True)
class SystemAnswers:
    """Who answers for one system today.

    Attributes:
        release: hash of the Release that runs; absent for another system, or before its first.
        releases: every Release of the application, the latest first.
        history: what people wrote, the latest first.
    """

    system: str
    release: str | None
    releases: tuple[Release, ...]
    duties: tuple[Answering, ...]
    history: tuple[AnswerableEntry, ...]

    @property
    def gaps(self) -> tuple[Answering, ...]:
        """Duties that nobody answers for."""
        return tuple(one for one in self.duties if one.gap is not None)


class Answers:
    """Who answers, for whoever may see the register; written by the compliance office."""

    def __init__(
        self,
        parts: GatewayParts,
        store: AnswerabilityStore,
        register: RegisterStore,
        people: PeopleStore,
    ) -> None:
        self._parts = parts
        self._store = store
        self._register = register
        self._people = people

    async def read(
        self, system: str, acting: Principal, release: str | None = None
    ) -> SystemAnswers:
        """Who answers for a system.

        Args:
            release: hash of the Release that is asked about; by default the one that runs.

        Raises:
            AccessError: for whoever may not see Releases.
            NotFoundError: ``no_such_system``.
        """
        self._parts.access.require(acting, Action.READ_RELEASES, InstallationTarget())
        await self._require_known(system)
        people = await self._people.list()
        return await self._answers(system, await self._store.entries(system), people, release)

    async def gaps(self, acting: Principal) -> Mapping[str, int]:
        """How many duties of each system on the register nobody answers for; 0 is left out.

        Raises:
            AccessError: as ``read``.
        """
        self._parts.access.require(acting, Action.READ_RELEASES, InstallationTarget())
        entries, people = await self._store.entries(), await self._people.list()
        found = {}
        for system in await self._systems():
            own = [one for one in entries if one.system == system]
            count = len((await self._answers(system, own, people, None)).gaps)
            if count:
                found[system] = count
        return found

    async def write(self, system: str, given: Mapping[str, str], acting: Principal) -> None:
        """Keeps who takes over a duty, and since when; what was written before stays.

        Raises:
            AccessError: for whoever may not manage Releases.
            NotFoundError: ``no_such_system``, ``no_such_account``.
            InputError: as ``check_answerable``.
        """
        self._parts.access.require(acting, Action.MANAGE_RELEASES, InstallationTarget())
        await self._require_known(system)
        releases = await self._parts.releases.list(AppId(system))
        checked = check_answerable(given, frozenset(one.hash for one in releases))
        name = checked.name
        person = None
        if checked.person is not None:
            known = await self._people.read(PrincipalId(checked.person))
            person = known.id
            name = known.name if checked.name == checked.person else checked.name
        act = act_of(
            acting,
            "answerable.write",
            subject=f"system/{system}",
            duty=checked.duty.value,
            release=checked.release or "",
            person=person or "",
            since=checked.since.isoformat(),
        )
        entry = AnswerableEntry(
            system=system,
            release=checked.release,
            duty=checked.duty.value,
            person=person,
            name=name,
            role=checked.role,
            since=checked.since,
            written_by=acting.id,
            written_at=self._parts.clock.now(),
        )
        async with audited(self._parts.audit, act):
            await self._store.append(entry)

    async def _answers(
        self,
        system: str,
        entries: Sequence[AnswerableEntry],
        people: Sequence[Person],
        release: str | None,
    ) -> SystemAnswers:
        manifest = self._manifest(system)
        releases = await self._parts.releases.list(AppId(system)) if manifest is not None else []
        running = await self._parts.releases.current(AppId(system)) if manifest else None
        wanted = release or (running.hash if running is not None else None)
        enabled = {str(one.id): not one.disabled for one in people}
        today = self._parts.clock.now().date()
        duties = who_answers(entries, manifest, wanted, enabled, today)
        history = tuple(reversed(entries))
        return SystemAnswers(system, wanted, tuple(releases), duties, history)

    def _manifest(self, system: str) -> Manifest | None:
        found = self._parts.applications.get(AppId(system))
        return found.manifest if found is not None else None

    async def _systems(self) -> list[str]:
        written = {entry.system for entry in await self._register.latest()}
        return sorted({*(str(app) for app in self._parts.applications), *written})

    async def _require_known(self, system: str) -> None:
        if system not in await self._systems():
            raise NotFoundError(
                "no_such_system",
                Bilingual("登记册里没有这个系统。", "There is no such system on the register."),
            )
