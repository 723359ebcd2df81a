"""Editing red flags, departments and map: editions, four eyes, undo, and what would change.

What can only find more emergencies, or find them as more urgent, works at once. Everything else
waits for a second person, who is a chief physician where a warning is concerned.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from suwen.apps import triage
from suwen.apps.triage.tables import (
    KINDS,
    RED_FLAGS,
    Table,
    TableChange,
    TriageTables,
    compare,
    own_tables,
    rows_of,
    tables_from,
    with_row,
)
from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.device.deciding import decided_on, keep_decision
from suwen.bootstrap.device.place import TRIAGE
from suwen.bootstrap.device.platform import DevicePlatform
from suwen.clinical.indoor_routes import HospitalMap
from suwen.clinical.red_flags import find_red_flags
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError, NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.table_editions import EditionState, TableEdition


@dataclass(frozen=True, slots=True)
class Preview:
    """How the vignettes fare with the tables in use and with a change.

    Attributes:
        found_before: emergencies found, of ``emergencies``; likewise ``diverted_before`` of
            ``ordinary`` that no emergency is.
        lost: ids of emergencies that would no longer be found.
        newly_diverted: ids of ordinary ones that would be diverted.
    """

    emergencies: int
    ordinary: int
    found_before: int
    found_after: int
    diverted_before: int
    diverted_after: int
    lost: Sequence[str]
    newly_diverted: Sequence[str]


class TableDesk:
    """The tables in use, and those that somebody wants to be."""

    def __init__(self, platform: DevicePlatform) -> None:
        self._platform = platform
        self.store = platform.tables

    def hospital_map(self) -> HospitalMap:
        """The plan of the hospital."""
        return self._in_use.plan

    @property
    def _in_use(self) -> TriageTables:
        return self._platform.in_use.tables(TRIAGE)

    def require(self, principal: Principal) -> None:
        """Lets those pass who may edit; raises AccessError."""
        access = self._platform.access
        access.require(principal, Action.EDIT_PATIENT_TABLES, InstallationTarget())

    async def table(self, kind: str) -> tuple[int, Table]:
        """Number and content of the edition in use; 0 for the platform's own table.

        Raises:
            NotFoundError: ``no_such_table``.
        """
        _require_kind(kind)
        active = (await self.store.active()).get(kind)
        return (active.number, active.content) if active else (0, own_tables()[kind])

    async def propose_row(
        self, principal: Principal, kind: str, row: str, content: Table | None, reason: str
    ) -> TableEdition:
        """Adds, changes or takes out (``None``) a row.

        Raises:
            AccessError: for those who may not edit.
            InputError: ``table_wrong``, ``reason_missing``, ``nothing_changed``.
            ConflictError: ``table_changed``.
        """
        self.require(principal)
        base, table = await self.table(kind)
        return await self._propose(
            principal, kind, (base, table), with_row(kind, table, row, content), reason
        )

    async def propose_table(
        self, principal: Principal, kind: str, text: str, reason: str
    ) -> TableEdition:
        """A whole table, as JSON; raises as ``propose_row``, and InputError ``not_json``."""
        # Nobody without the right is told what is wrong with a text.
        self.require(principal)
        try:
            content = json.loads(text)
        except ValueError as error:
            what = getattr(error, "lineno", 0)
            raise InputError(
                "not_json",
                Bilingual(zh=f"第 {what} 行不是有效的 JSON。", en=f"Line {what} is no JSON."),
                field="table",
            ) from None
        if not isinstance(content, dict):
            raise InputError(
                "not_json",
                Bilingual(zh="须为 JSON 对象。", en="It must be an object."),
                field="table",
            )
        return await self._propose(principal, kind, await self.table(kind), content, reason)

    async def undo(self, principal: Principal, kind: str, number: int, reason: str) -> TableEdition:
        """Back to an earlier edition (0 is the platform's own); as any other change."""
        self.require(principal)
        content = (
            own_tables()[kind] if number == 0 else (await self.store.read(kind, number)).content
        )
        return await self._propose(principal, kind, await self.table(kind), content, reason)

    async def _propose(
        self,
        principal: Principal,
        kind: str,
        present: tuple[int, Table],
        content: Table,
        reason: str,
    ) -> TableEdition:
        self.require(principal)
        _require_kind(kind)
        if not reason.strip():
            raise InputError(
                "reason_missing", Bilingual(zh="请写明原因。", en="Say why."), field="reason"
            )
        base, before = present
        await self._checked(kind, content)
        changes = compare(kind, before, content)
        if not changes:
            raise InputError(
                "nothing_changed",
                Bilingual(zh="没有改动。", en="Nothing was changed."),
                field="table",
            )
        at_once = all(change.at_once for change in changes)
        edition = TableEdition(
            kind=kind,
            number=0,
            base=base,
            content=content,
            changes=[asdict(change) for change in changes],
            reason=reason.strip()[:500],
            state=EditionState.ACTIVE if at_once else EditionState.WAITING,
            made_at=self._platform.clock.now(),
            made_by=principal.id,
        )
        act = act_of(
            principal,
            "table.propose",
            app=TRIAGE,
            subject=f"Table/{kind}",
            hash=edition.hash,
            state=edition.state.value,
            rows=[f"{change.what} {change.row}" for change in changes][:50],
        )
        async with audited(self._platform.audit, act) as said:
            edition = await self.store.add(edition)
            said["number"] = edition.number
            if at_once:
                await self._platform.load_tables()
        return edition

    async def decide(
        self, principal: Principal, kind: str, number: int, *, approve: bool
    ) -> TableEdition:
        """Approves or refuses what somebody else proposed.

        What was proposed row by row is laid on the present edition, so that a warning that was
        added meanwhile stays.

        Raises:
            AccessError: for those who may not review; ``own_change`` for one's own.
            ConflictError: ``table_changed``, ``edition_decided``.
            InputError: ``table_wrong`` where it does not fit the present edition any more.
        """
        right = Action.REVIEW_PATIENT_TABLES if kind == RED_FLAGS else Action.EDIT_PATIENT_TABLES
        self._platform.access.require(principal, right, InstallationTarget())
        waiting = await self.store.read(kind, number)
        now = self._platform.clock.now()
        decided = decided_on(waiting, principal, now, approve=approve)
        if approve:
            base, present = await self.table(kind)
            decided = replace(decided, base=base, content=_laid_on(present, waiting))
            await self._checked(kind, decided.content)
        await keep_decision(self._platform, decided, principal, ("table.approve", "table.refuse"))
        return decided

    async def preview(self, kind: str, content: Table) -> Preview:
        """What a table would change on the vignettes.

        Raises:
            InputError: ``table_wrong``.
        """
        after = await self._checked(kind, content)
        return await asyncio.to_thread(_previewed, self._in_use, after)

    async def _checked(self, kind: str, content: Table) -> TriageTables:
        active = await self.store.active()
        tables = {name: one.content for name, one in active.items()}
        return await asyncio.to_thread(tables_from, {**tables, kind: content})


def changes_of(edition: TableEdition) -> list[TableChange]:
    """What an edition changed."""
    return [TableChange(**change) for change in edition.changes]


def _laid_on(present: Table, waiting: TableEdition) -> Table:
    """The rows that a waiting edition changed, in the present table."""
    changes = changes_of(waiting)
    if any(not change.row for change in changes):
        return waiting.content
    table, wanted = present, rows_of(waiting.kind, waiting.content)
    for change in changes:
        table = with_row(waiting.kind, table, change.row, wanted.get(change.row))
    return table


def _previewed(before: TriageTables, after: TriageTables) -> Preview:
    emergencies = _vignettes("red_flags.jsonl")
    ordinary = _vignettes("ordinary.jsonl")
    found = [(one["id"], _diverts(before, one), _diverts(after, one)) for one in emergencies]
    calm = [(one["id"], _diverts(before, one), _diverts(after, one)) for one in ordinary]
    return Preview(
        emergencies=len(found),
        ordinary=len(calm),
        found_before=sum(was for _, was, _ in found),
        found_after=sum(now for _, _, now in found),
        diverted_before=sum(was for _, was, _ in calm),
        diverted_after=sum(now for _, _, now in calm),
        lost=[name for name, was, now in found if was and not now],
        newly_diverted=[name for name, was, now in calm if now and not was],
    )


def _diverts(tables: TriageTables, vignette: Mapping[str, Any]) -> bool:
    request = vignette["request"]
    said = [m["text"] for m in request["messages"] if m["role"] == "patient"]
    known = {key: request[key] for key in ("age_y", "sex", "pregnant") if key in request}
    return bool(find_red_flags(said, **known, rules=tables.red_flags))


def _vignettes(name: str) -> list[dict[str, Any]]:
    path = Path(triage.__file__).parent / "evaluation" / "vignettes" / name
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        raise NotFoundError(
            "no_such_table",
            Bilingual(zh="没有这个表。", en="There is no such table."),
            field="kind",
        )
