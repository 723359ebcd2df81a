"""How long people looked at a draft before they signed it, as the audit holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select

from suwen.core.identity import AppId, DraftId, PrincipalId
from suwen.storage.database import Database
from suwen.storage.tables import audit_event, draft, sign_off

_SIGNING = ("accept", "amend")


@dataclass(frozen=True, slots=True)
class SigningTime:
    """One first signature.

    Attributes:
        seconds: from when the signer first opened the draft, >= 0.
        edit_distance: code points changed; ``None`` where the output has no text.
    """

    draft: DraftId
    app: AppId
    signer: PrincipalId
    signer_name: str
    decided_at: datetime
    seconds: float
    edit_distance: int | None


class SigningTimeStore:
    """Reads times to sign; a signature whose signer never opened the draft here is left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, moment: datetime, limit: int = 20_000) -> Sequence[SigningTime]:
        """Signatures since then, latest first."""
        opened = (
            select(func.min(audit_event.c.at))
            .where(
                audit_event.c.subject == literal("Draft/").concat(sign_off.c.draft),
                audit_event.c.action == "draft.read",
                audit_event.c.actor == sign_off.c.signer,
                audit_event.c.at <= sign_off.c.decided_at,
            )
            .correlate(sign_off)
            .scalar_subquery()
        )
        columns = sign_off.c
        query = (
            select(
                columns.draft,
                draft.c.app,
                columns.signer,
                columns.signer_name,
                columns.decided_at,
                columns.edit_distance,
                opened.label("opened_at"),
            )
            .join(draft, draft.c.id == columns.draft)
            .where(columns.decision.in_(_SIGNING), columns.decided_at >= moment)
            .order_by(columns.decided_at.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            SigningTime(
                draft=DraftId(row["draft"]),
                app=AppId(row["app"]),
                signer=PrincipalId(row["signer"]),
                signer_name=row["signer_name"],
                decided_at=row["decided_at"],
                seconds=max(0.0, (row["decided_at"] - row["opened_at"]).total_seconds()),
                edit_distance=row["edit_distance"],
            )
            for row in rows
            if row["opened_at"] is not None
        ]
