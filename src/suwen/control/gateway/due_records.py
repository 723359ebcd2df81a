"""Whose records have been kept for as long as the law asks: found for the offices that decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.acts import Act, note, note_refusal
from suwen.control.gateway.parts import GatewayParts
from suwen.control.privacy.retention import PERIODS, RecordType, kept_until
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError
from suwen.core.identity import Principal
from suwen.storage.due_records import QuietRecord, QuietRecordStore

_ACT: Final = Act("retention.due", "Installation")
_PAGE: Final = 200
_LONGEST_LOOK: Final = 20
"""Pages that one question looks through, so that it ends soon in a large house."""


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record that nothing asks to be kept any longer.

    Attributes:
        kept_until: when the time set by law was over.
        held: under a legal hold: it stays.
        asked_for: somebody asked for its erasure already.
    """

    patient: str
    kept_until: datetime
    held: bool
    asked_for: bool
    origin: str


@dataclass(frozen=True, slots=True)
class DueRecords:
    """Some of them, by id.

    Attributes:
        after: what to ask with for those that follow; ``None`` where there are no more.
    """

    records: Sequence[DueRecord]
    after: str | None


class DueDesk:
    """The list of records that are due."""

    def __init__(self, parts: GatewayParts, quiet: QuietRecordStore) -> None:
        self._parts, self._quiet = parts, quiet

    async def find(self, principal: Principal, after: str = "", limit: int = 100) -> DueRecords:
        """Records whose time is over, by id of the patient; audited.

        A patient of whom neither a stay nor a signed document is known is not among them: from
        when the time runs is not known.

        Raises:
            AccessError: ``not_permitted``.
        """
        parts = self._parts
        try:
            parts.access.require(principal, Action.READ_RETENTION, InstallationTarget())
        except AccessError as error:
            await note_refusal(parts.audit, principal, _ACT, error)
            raise
        now, found = parts.clock.now(), list[DueRecord]()
        before = now - PERIODS[RecordType.OUTPATIENT_RECORD].span
        for _ in range(_LONGEST_LOOK):
            page = await self._quiet.page(before, after, _PAGE)
            for one, until in zip(page, await self._until(page), strict=True):
                if len(found) == limit:
                    return await self._told(principal, found, after)
                after = one.id
                if until is not None and until <= now:
                    found.append(DueRecord(one.id, until, one.held, one.asked_for, one.origin))
            if len(page) < _PAGE:
                return await self._told(principal, found, None)
        return await self._told(principal, found, after)

    async def _told(
        self, principal: Principal, found: Sequence[DueRecord], after: str | None
    ) -> DueRecords:
        count = len(found)
        await note(self._parts.audit, principal, _ACT, AuditOutcome.DONE, records=count)
        return DueRecords(found, after)

    async def _until(self, page: Sequence[QuietRecord]) -> list[datetime | None]:
        stays = await self._parts.records.read_several([one.id for one in page], ["Encounter"])
        return [
            kept_until(stays[one.id], [one.last_signed] if one.last_signed is not None else [])
            for one in page
        ]
