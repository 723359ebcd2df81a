"""What engines on trial would have said, beside what was shown, sealed for the patient."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select

from suwen.core.identity import BindingId, DraftId, PatientId, TraceId
from suwen.storage.database import Database
from suwen.storage.release_tables import shadow_case
from suwen.storage.vault import Unsealed


@dataclass(frozen=True, slots=True)
class ShadowCase:
    """One run that an engine on trial was asked about too.

    Attributes:
        draft: what was shown and kept; ``None`` where the run kept nothing, and then no text of
            the trial is kept either.
        failure: code of why there is no answer; ``None`` where there is one.
        counts: JSON-ready: ``shadow`` and ``shown``, each with ``statements`` and ``supported`` of
            the model, and ``same``, how many sentences are the same.
        took_ms: how long the engine took.
        content: the model's sentences of both sides; ``None`` where none are kept, or where the
            patient's key was destroyed.
    """

    binding: BindingId
    trace: TraceId
    draft: DraftId | None
    at: datetime
    failure: str | None
    counts: Mapping[str, Any]
    took_ms: float
    content: Mapping[str, Any] | None = field(default=None, repr=False)
    number: int = 0


class ShadowStore:
    """The cases of one partition."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vault = database.vault

    async def add(self, case: ShadowCase, patient: PatientId | None) -> None:
        """Keeps a case.

        Args:
            patient: for whom its text is sealed; ``None`` where it is about nobody.
        """
        async with self._database.transaction() as connection:
            content = None
            if case.content is not None:
                content = json.dumps(case.content, ensure_ascii=False)
                if self._vault is not None:
                    unsealed = Unsealed(patient, content, _place(case.binding, case.trace))
                    (content,) = await self._vault.seal(connection, [unsealed])
            await connection.execute(
                insert(shadow_case).values(
                    binding=case.binding,
                    trace=case.trace,
                    draft=case.draft,
                    at=case.at,
                    failure=case.failure,
                    counts=dict(case.counts),
                    took_ms=case.took_ms,
                    content=content,
                )
            )

    async def list(self, binding: BindingId, limit: int = 5000) -> Sequence[ShadowCase]:
        """The latest cases of a model part, newest first, without their texts."""
        query = (
            select(shadow_case)
            .where(shadow_case.c.binding == binding)
            .order_by(shadow_case.c.number.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_case(row, None) for row in (await connection.execute(query)).mappings()]

    async def read(self, number: int) -> ShadowCase | None:
        """One case with its texts, or ``None``."""
        query = select(shadow_case).where(shadow_case.c.number == number)
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            text = row["content"]
            if text is not None and self._vault is not None:
                (text,) = await self._vault.open(
                    connection, [(text, _place(row["binding"], row["trace"]))]
                )
        return _case(row, text)

    async def remove_before(self, at: datetime) -> int:
        """Removes what is older; how many."""
        async with self._database.transaction() as connection:
            done = await connection.execute(delete(shadow_case).where(shadow_case.c.at < at))
            return int(done.rowcount)


def _place(binding: str, trace: str) -> str:
    return f"shadow/{binding}/{trace}"


def _case(row: RowMapping, text: str | None) -> ShadowCase:
    draft = row["draft"]
    return ShadowCase(
        binding=BindingId(row["binding"]),
        trace=TraceId(row["trace"]),
        draft=DraftId(draft) if draft is not None else None,
        at=row["at"],
        failure=row["failure"],
        counts=row["counts"],
        took_ms=row["took_ms"],
        content=json.loads(text) if text is not None else None,
        number=row["number"],
    )
