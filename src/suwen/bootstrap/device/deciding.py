"""How a second person decides on an edition of the device partition: on a table or on a model."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.device.place import TRIAGE
from suwen.core.errors import AccessError, ConflictError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.table_editions import EditionState, TableEdition

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform


def decided_on(
    waiting: TableEdition, principal: Principal, now: datetime, *, approve: bool
) -> TableEdition:
    """What somebody else proposed, decided; nothing is kept yet.

    Raises:
        AccessError: ``own_change`` for one's own.
        ConflictError: ``edition_decided``.
    """
    if waiting.made_by == principal.id:
        raise AccessError(
            "own_change",
            Bilingual(zh="本人的改动须由他人审核。", en="Somebody else reviews what you changed."),
        )
    if waiting.state is not EditionState.WAITING:
        raise ConflictError(
            "edition_decided",
            Bilingual(zh="此版本已有人决定。", en="Somebody decided on this edition."),
        )
    return replace(
        waiting,
        state=EditionState.ACTIVE if approve else EditionState.REFUSED,
        decided_at=now,
        decided_by=principal.id,
    )


async def keep_decision(
    platform: DevicePlatform, decided: TableEdition, principal: Principal, actions: tuple[str, str]
) -> None:
    """Keeps a decision, audited before; what was approved is in use at once.

    Args:
        actions: what approving and refusing are called on the audit.
    """
    approve = decided.state is EditionState.ACTIVE
    act = act_of(
        principal,
        actions[0] if approve else actions[1],
        app=TRIAGE,
        subject=f"Table/{decided.kind}",
        number=decided.number,
        hash=decided.hash,
    )
    async with audited(platform.audit, act):
        await platform.tables.decide(decided)
        if approve:
            await platform.load_tables()
