"""Changing the clinical tables: proposed by one person, agreed to by another, taken back in a step.

What can only find more, or find it as graver, works at once and goes on awaiting the second person.
Everything else, a confirmation included, waits for somebody other than whoever proposed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.rules.comparing import EVER, RowChanged, compared, rows_by_key
from suwen.bootstrap.rules.in_use import RulesOfSite
from suwen.bootstrap.rules.sets import (
    RIGHTS,
    changes_at,
    changes_of,
    digest_of,
    rule_set_of,
    rule_sets,
)
from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.row_changes import ChangeProblem, RowChange, RowTables, change_as_json
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.parts import GatewayParts
from suwen.core.errors import AccessError, InputError, NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.rule_proposals import (
    ProposalState,
    RuleProposal,
    proposal_decided,
    rules_changed,
)

LONGEST_REASON = 400
MOST_CHANGES = 20_000
"""Most decisions of one proposal; a hospital's drug dictionary has some thousands."""

_ACTION_NAMES = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants changed.

    Attributes:
        reviewer: is filled in by the desk: whoever proposes it.
        wanted_from: when it shall begin to work; ``None`` as soon as it may.
    """

    rule_set: str
    changes: Sequence[RowChange]
    reason: str
    origin: str = "screen"
    wanted_from: datetime | None = None


class RuleDesk:
    """What people do with the hospital's rows."""

    def __init__(self, parts: GatewayParts, site: RulesOfSite) -> None:
        self._parts = parts
        self.site = site

    def require_reading(self, principal: Principal) -> None:
        """Lets those pass who may see the tables; raises AccessError."""
        self._parts.access.require(principal, Action.READ_RULES, InstallationTarget())

    def may_change(self, principal: Principal, rule_set: str) -> bool:
        """Whether somebody may propose and agree to changes of a set."""
        right = RIGHTS[rule_set]
        return self._parts.access.decide(principal, right, InstallationTarget()).allowed

    async def rows(self, principal: Principal, rule_set: str) -> tuple[RuleRow, ...]:
        """Every row of a set as it works now.

        Raises:
            AccessError: for whoever may not see the tables.
            NotFoundError: ``no_such_rule_set``.
        """
        self.require_reading(principal)
        tables = _tables(rule_set)
        await self.site.renew()
        changes = self.site.in_use.changes.get(rule_set, ())
        return await asyncio.to_thread(tables.rows, changes)

    async def row(self, principal: Principal, table: str, row: str) -> RuleRow:
        """One row as it works now.

        Raises:
            AccessError: as ``rows``.
            NotFoundError: ``no_such_table``, ``no_such_row``.
        """
        tables = rule_set_of(table)
        for found in await self.rows(principal, tables.id):
            if (found.table, found.id) == (table, row):
                return found
        raise NotFoundError(
            "no_such_row", Bilingual(zh="没有这一行。", en="There is no such row."), field="row"
        )

    async def history(self, principal: Principal, rule_set: str) -> list[RuleProposal]:
        """All proposals of a set, the newest first."""
        self.require_reading(principal)
        _tables(rule_set)
        return await self.site.store.history(rule_set)

    async def waiting(self, principal: Principal) -> list[RuleProposal]:
        """What a second person has not looked at, of every set, the oldest first."""
        self.require_reading(principal)
        return [one for one in await self.site.store.waiting() if one.rule_set in rule_sets()]

    async def proposal(self, principal: Principal, number: int) -> RuleProposal:
        """One proposal; raises NotFoundError ``no_such_proposal``."""
        self.require_reading(principal)
        return await self.site.store.read(number)

    async def check(self, rule_set: str, changes: Sequence[RowChange]) -> tuple[ChangeProblem, ...]:
        """What is wrong with changes, on top of everything that was agreed."""
        tables = _tables(rule_set)
        present = self._agreed(rule_set)
        found = await asyncio.to_thread(tables.check, (*present, *changes))
        return tuple(
            replace(one, index=one.index - len(present))
            for one in found
            if one.index >= len(present)
        )

    async def propose(self, principal: Principal, asked: Asked) -> list[RuleProposal]:
        """Puts changes before a second person; those towards safety work at once.

        Returns:
            One proposal, or two where some work at once and the others wait.

        Raises:
            AccessError: for whoever may not change the set.
            InputError: ``reason_missing``, ``nothing_changed``, ``too_many_changes``,
                ``rule_change_invalid`` with the first fault.
            ConflictError: ``rules_changed`` where somebody was faster.
        """
        self._require_changing(principal, asked.rule_set)
        await self.site.renew()
        asked = _complete(asked, principal, self._parts.clock.now())
        problems = await self.check(asked.rule_set, asked.changes)
        if problems:
            raise _invalid(asked.changes, problems[0])
        tables, present = _tables(asked.rule_set), self._agreed(asked.rule_set)
        rows = await asyncio.to_thread(rows_by_key, tables, present)
        safe = [
            tables.towards_safety(rows.get((c.table, c.row)), c) and asked.wanted_from is None
            for c in asked.changes
        ]
        made = []
        for at_once in (True, False):
            part = [c for c, one in zip(asked.changes, safe, strict=True) if one is at_once]
            if part:
                made.append(await self._put(principal, replace(asked, changes=part), at_once))
        return made

    async def propose_return(
        self, principal: Principal, rule_set: str, version: int, reason: str
    ) -> RuleProposal:
        """Asks for the tables as they were at a version (0: as shipped); a second person agrees.

        Raises:
            AccessError, ConflictError: as ``propose``.
            InputError: ``reason_missing``, ``nothing_changed``.
            NotFoundError: ``no_such_version``.
        """
        self._require_changing(principal, rule_set)
        await self.site.renew()
        newest = self._newest(rule_set)
        if not 0 <= version <= newest:
            raise NotFoundError(
                "no_such_version",
                Bilingual(zh="没有这个版本。", en="There is no such version."),
                field="version",
            )
        if version == newest:
            raise _nothing_changed()
        return await self._put(
            principal,
            Asked(rule_set, (), _reason(reason), "return"),
            at_once=False,
            returns_to=version,
        )

    async def decide(
        self, principal: Principal, number: int, *, agreed: bool, note: str = ""
    ) -> RuleProposal:
        """Agrees to, or refuses, what somebody else proposed; who refuses says why.

        Raises:
            AccessError: for whoever may not change the set; ``own_change`` for one's own.
            ConflictError: ``proposal_decided``; ``rules_changed`` where one of its rows was
                changed after it was proposed.
            InputError: ``reason_missing``; ``works_already``: it is taken back by a change.
        """
        waiting = await self.proposal(principal, number)
        self._require_changing(principal, waiting.rule_set)
        if waiting.made_by == principal.id:
            raise AccessError(
                "own_change",
                Bilingual(
                    zh="本人的改动须由他人审核。", en="Somebody else reviews what you changed."
                ),
            )
        await self.site.renew()
        if waiting.decided_at is not None:
            raise proposal_decided()
        if waiting.state is ProposalState.IN_FORCE and not agreed:
            raise InputError(
                "works_already",
                Bilingual(
                    zh="该修改已生效。请另提修改或退回版本，由他人同意。",
                    en="It works already. Propose a change or a return; another person agrees.",
                ),
                field="number",
            )
        note = note if agreed else _reason(note)
        return await self._close(principal, waiting, agreed=agreed, note=note)

    async def withdraw(self, principal: Principal, number: int) -> RuleProposal:
        """Takes back what one has proposed oneself and nobody has decided on.

        Raises:
            AccessError: ``not_own_change``.
            ConflictError: ``proposal_decided``.
        """
        waiting = await self.proposal(principal, number)
        if waiting.made_by != principal.id:
            raise AccessError(
                "not_own_change",
                Bilingual(zh="只能撤回本人的修改。", en="You withdraw your own changes only."),
            )
        if waiting.state is not ProposalState.WAITING:
            raise proposal_decided()
        now = self._parts.clock.now()
        over = replace(
            waiting, state=ProposalState.WITHDRAWN, decided_at=now, decided_by=principal.id
        )
        act = act_of(principal, "rules.withdraw", subject=f"RuleProposal/{number}")
        async with audited(self._parts.audit, act):
            return await self.site.store.decide(over, self._newest(waiting.rule_set))

    async def changed_rows(self, principal: Principal, one: RuleProposal) -> list[RowChanged]:
        """What a proposal changes, row by row, against the version that it was made on."""
        self.require_reading(principal)
        await self.site.renew()
        versions = self.site.versions.get(one.rule_set, ())
        return await asyncio.to_thread(compared, _tables(one.rule_set), versions, one)

    async def _put(
        self, principal: Principal, asked: Asked, at_once: bool, returns_to: int | None = None
    ) -> RuleProposal:
        now = self._parts.clock.now()
        state = ProposalState.IN_FORCE if at_once else ProposalState.WAITING
        wanted = RuleProposal(
            number=0,
            rule_set=asked.rule_set,
            state=state,
            origin=asked.origin,
            base=self._newest(asked.rule_set),
            changes=[change_as_json(one) for one in asked.changes],
            reason=asked.reason,
            made_at=now,
            made_by=principal.id,
            returns_to=returns_to,
            wanted_from=asked.wanted_from,
            works_from=now if at_once else None,
        )
        act = act_of(
            principal,
            "rules.propose",
            subject=f"RuleSet/{asked.rule_set}",
            state=state.value,
            base=wanted.base,
            digest=digest_of(asked.changes),
            rows=[f"{c.change} {c.table}/{c.row}" for c in asked.changes][:_ACTION_NAMES],
            count=len(asked.changes),
        )
        async with audited(self._parts.audit, act) as said:
            kept = await self.site.store.add(wanted)
            said["number"], said["version"] = kept.number, kept.version or 0
            await self.site.renew()
        return kept

    async def _close(
        self, principal: Principal, waiting: RuleProposal, *, agreed: bool, note: str
    ) -> RuleProposal:
        now, newest = self._parts.clock.now(), self._newest(waiting.rule_set)
        begins = waiting.state is ProposalState.WAITING and agreed
        if begins:
            self._require_still_meant(waiting)
            if await self.check(waiting.rule_set, changes_of(waiting)):
                raise rules_changed()
        state = ProposalState.IN_FORCE if agreed else ProposalState.REFUSED
        works_from = waiting.works_from
        if begins:
            works_from = max(now, waiting.wanted_from or now)
        decided = replace(
            waiting,
            state=state,
            decided_at=now,
            decided_by=principal.id,
            note=note.strip()[:LONGEST_REASON],
            works_from=works_from,
        )
        act = act_of(
            principal,
            "rules.agree" if agreed else "rules.refuse",
            subject=f"RuleProposal/{waiting.number}",
            rule_set=waiting.rule_set,
            note=decided.note,
        )
        async with audited(self._parts.audit, act) as said:
            kept = await self.site.store.decide(decided, newest)
            await self.site.renew()
            said["version"] = kept.version or 0
            said["digest"] = digest_of(self.site.in_use.changes.get(waiting.rule_set, ()))
        return kept

    def _require_still_meant(self, waiting: RuleProposal) -> None:
        """A proposal was agreed to as it was seen: none of its rows was changed since."""
        later = [
            one
            for one in self.site.versions.get(waiting.rule_set, ())
            if (one.version or 0) > waiting.base
        ]
        if waiting.returns_to is not None and later:
            raise rules_changed()
        if any(one.returns_to is not None or one.rows & waiting.rows for one in later):
            raise rules_changed()

    def _agreed(self, rule_set: str) -> tuple[RowChange, ...]:
        """All that was agreed, also what begins to work later."""
        return changes_at(self.site.versions.get(rule_set, ()), EVER)

    def _newest(self, rule_set: str) -> int:
        return max((one.version or 0 for one in self.site.versions.get(rule_set, ())), default=0)

    def _require_changing(self, principal: Principal, rule_set: str) -> None:
        _tables(rule_set)
        self._parts.access.require(principal, RIGHTS[rule_set], InstallationTarget())


def _tables(rule_set: str) -> RowTables:
    found = rule_sets().get(rule_set)
    if found is None:
        raise NotFoundError(
            "no_such_rule_set",
            Bilingual(zh="没有这组规则表。", en="There is no such set of tables."),
            field="rule_set",
        )
    return found


def _complete(asked: Asked, principal: Principal, now: datetime) -> Asked:
    if not asked.changes:
        raise _nothing_changed()
    if len(asked.changes) > MOST_CHANGES:
        raise InputError(
            "too_many_changes",
            Bilingual(zh=f"一次最多 {MOST_CHANGES} 行。", en=f"At most {MOST_CHANGES} at a time."),
            field="changes",
        )
    reviewer = f"{principal.name} ({principal.id})"
    changes = [replace(c, reviewer=reviewer, reviewed_at=now) for c in asked.changes]
    if asked.wanted_from is not None and asked.wanted_from <= now:
        asked = replace(asked, wanted_from=None)
    return replace(asked, changes=changes, reason=_reason(asked.reason))


def _reason(written: str) -> str:
    reason = written.strip()
    if not reason:
        raise InputError(
            "reason_missing", Bilingual(zh="请写明原因。", en="Say why."), field="reason"
        )
    return reason[:LONGEST_REASON]


def _nothing_changed() -> InputError:
    return InputError(
        "nothing_changed", Bilingual(zh="没有改动。", en="Nothing was changed."), field="changes"
    )


def _invalid(changes: Sequence[RowChange], problem: ChangeProblem) -> InputError:
    change = changes[problem.index]
    where = f"{change.table}/{change.row}.{problem.field}"
    return InputError(
        "rule_change_invalid",
        Bilingual(zh=f"{where}：{problem.message.zh}", en=f"{where}: {problem.message.en}"),
        field=problem.field,
    )
