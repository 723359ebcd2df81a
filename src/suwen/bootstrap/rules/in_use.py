"""The hospital's rows as a process uses them: in the applications, and in their Releases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol, runtime_checkable

from suwen.bootstrap.rules.sets import (
    LABORATORY,
    PRESCRIPTION,
    changes_at,
    digest_of,
    next_begin,
    rule_sets,
)
from suwen.clinical.laboratory.book import (
    LaboratoryBook,
    laboratory_book,
    laboratory_book_with,
)
from suwen.clinical.prescription_review.rulebook import RuleBook, book_of, rule_book
from suwen.clinical.row_changes import RowChange, orphans_of
from suwen.control.gateway.parts import GatewayParts
from suwen.control.guardrails.grounding import build_checker
from suwen.core.application import Application, InstalledApplication
from suwen.core.grounding import EvidenceBase, StatementChecker
from suwen.core.identity import AppId
from suwen.core.manifest import Audience
from suwen.core.ports import Clock
from suwen.storage.database import Database
from suwen.storage.rule_proposals import RuleProposal, RuleProposalStore, RuleStand

PART: Final = "rules:"
"""Before the name of a set in the parts of a Release."""

log = logging.getLogger(__name__)


@runtime_checkable
class TakesRules(Protocol):
    """An application with tables that a hospital may change."""

    def rule_sets(self) -> tuple[str, ...]:
        """Ids of the sets that it judges by."""

    def with_rules(self, changes: Mapping[str, Sequence[RowChange]]) -> Application[Any]:
        """The same application by the shipped rows with these changes, by set."""


class RulesInUse:
    """The changes that work now, in the applications of this process.

    Args:
        applications: looked at by the gateway at each run; changed in place.
    """

    def __init__(self, applications: dict[AppId, InstalledApplication]) -> None:
        self._shipped = dict(applications)
        self._applications = applications
        self.changes: Mapping[str, tuple[RowChange, ...]] = {}
        self._book: RuleBook | None = None
        self._laboratory: LaboratoryBook | None = None

    def use(self, changes: Mapping[str, tuple[RowChange, ...]]) -> bool:
        """Takes changes into use by set; whether anything is other than before."""
        if changes == self.changes:
            return False
        for name, of_set in changes.items():
            for lost in orphans_of(rule_sets()[name].rows(()), of_set):
                log.warning("no row %s/%s any more: its change is not used", lost.table, lost.row)
        self.changes, self._book, self._laboratory = changes, None, None
        for app, installed in self._shipped.items():
            application = installed.application
            own = {name: changes.get(name, ()) for name in judged_by(installed)}
            pinned = {f"{PART}{name}": digest_of(rows) for name, rows in own.items() if rows}
            if isinstance(application, TakesRules) and pinned:
                application = application.with_rules(own)
            if own:
                self._applications[app] = replace(
                    installed, application=application, parts={**installed.parts, **pinned}
                )
        return True

    def book(self) -> RuleBook:
        """The rows of prescription review with the hospital's changes."""
        changes = self.changes.get(PRESCRIPTION, ())
        if not changes:
            return rule_book()
        if self._book is None:
            self._book = book_of(rule_sets()[PRESCRIPTION].rows(changes))
        return self._book

    def laboratory(self) -> LaboratoryBook:
        """The laboratory's tables with the hospital's changes."""
        changes = self.changes.get(LABORATORY, ())
        if not changes:
            return laboratory_book()
        if self._laboratory is None:
            self._laboratory = laboratory_book_with(changes)
        return self._laboratory

    def checker(self, base: EvidenceBase) -> StatementChecker:
        """Checks statements by the laboratory's tables as they work now."""
        return build_checker(base, self.laboratory())


def judged_by(installed: InstalledApplication) -> tuple[str, ...]:
    """The sets of tables that an application's results depend on.

    One that names none writes statements, and the platform checks these by the laboratory's
    tables; an application for patients writes none.
    """
    application = installed.application
    if isinstance(application, TakesRules):
        return tuple(application.rule_sets())
    return () if installed.manifest.audience is Audience.PATIENT else (LABORATORY,)


class RulesOfSite:
    """Keeps a process of the general partition at what was agreed."""

    def __init__(self, store: RuleProposalStore, in_use: RulesInUse, clock: Clock) -> None:
        self.store = store
        self.in_use = in_use
        self._clock = clock
        self._changed: list[Callable[[], Awaitable[None]]] = []
        self._stand: RuleStand | None = None
        self._next: datetime | None = None
        self._one_at_a_time = asyncio.Lock()
        self.versions: Mapping[str, tuple[RuleProposal, ...]] = {}

    def on_change(self, do: Callable[[], Awaitable[None]]) -> None:
        """What is done after other changes came into use: Releases are registered, and the like."""
        self._changed.append(do)

    async def renew(self) -> None:
        """Takes into use what was agreed since, or what begins to work now; cheap where nothing is.

        Called before each run, so that no process goes on by rules that were changed.
        """
        stand, now = await self.store.stand(), self._clock.now()
        if stand == self._stand and (self._next is None or now < self._next):
            return
        async with self._one_at_a_time:
            if await self._load(now):
                for do in self._changed:
                    await do()
            self._stand = stand

    async def _load(self, now: datetime) -> bool:
        """Reads all that was agreed and takes into use what works now; whether that is other."""
        by_set: dict[str, list[RuleProposal]] = {}
        for one in await self.store.in_force():
            if one.rule_set in rule_sets():
                by_set.setdefault(one.rule_set, []).append(one)
        self.versions = {name: tuple(found) for name, found in by_set.items()}
        begins = [next_begin(found, now) for found in by_set.values()]
        self._next = min((at for at in begins if at is not None), default=None)
        changes = {name: changes_at(found, now) for name, found in by_set.items()}
        return await asyncio.to_thread(self.in_use.use, changes)


async def open_rules(database: Database, parts: GatewayParts) -> tuple[GatewayParts, RulesOfSite]:
    """The parts with the applications as the hospital's rows make them, kept so before each run."""
    applications = dict(parts.applications)
    in_use = RulesInUse(applications)
    site = RulesOfSite(RuleProposalStore(database), in_use, parts.clock)
    await site.renew()
    ruled = replace(
        parts,
        applications=applications,
        checker=in_use.checker,
        laboratory=in_use.laboratory,
        rule_book=in_use.book,
        renew=site.renew,
    )
    return ruled, site
