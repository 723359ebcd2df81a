"""Runs over many records: the items that wait, and exactly one result for each."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import NotFoundError
from suwen.core.exact_json import write_exact
from suwen.core.language import Bilingual
from suwen.storage.bulk_tables import bulk_item, bulk_run
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.tables import trace

STATUSES = ("ok", "refused", "error")
"""What becomes of an item."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BulkRun:
    """One run of an application over many records.

    Attributes:
        selection: what was asked for, as typed; no patient's name.
        options: JSON-ready: ``suwen.bulk.options.BulkOptions``, under ``fields`` what every
            request says besides, and under ``left_out`` how many of the selected records could
            not be taken, by reason.
        parts: into how many jobs it was cut.
    """

    id: str
    app: str
    title: str
    selection: str
    options: Mapping[str, Any]
    parts: int
    total: int
    started_by: str
    created_at: datetime

    @property
    def fields(self) -> Mapping[str, Any]:
        """What every request says besides whom it is about."""
        found: Mapping[str, Any] = self.options.get("fields", {})
        return found

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many of the selected records were not taken, by reason."""
        found: Mapping[str, int] = self.options.get("left_out", {})
        return found


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One item to be worked on; ``tries`` counts those that ended in something passing."""

    ordinal: int
    patient: str | None
    request: Mapping[str, Any] = field(repr=False)
    tries: int


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one item.

    Attributes:
        status: ``ok``, ``refused`` or ``error``.
        code: of the refusal or error; ``None`` when it went well.
        body: the line of the batch form, JSON-ready.
        patient: whom the item was about; ``None`` where the request did not name anybody.
        encounter: which encounter, likewise.
    """

    ordinal: int
    status: str
    code: str | None
    body: Mapping[str, Any] = field(repr=False)
    model: str | None = None
    took_ms: float = 0.0
    patient: str | None = None
    encounter: str | None = None

    @property
    def line(self) -> dict[str, Any]:
        """The item for programs: its number, whom it was about, and the line of the batch form."""
        about = {"patient_id": self.patient, "encounter_id": self.encounter}
        return {"id": self.ordinal, **about, **self.body}


@dataclass(frozen=True, slots=True)
class BulkCount:
    """How far a run is.

    Attributes:
        done: items with a result, refused and failed ones too.
        lately: items of the last five minutes, and ``lately_s`` the seconds since the first.
        models: items by ``used`` and ``skipped``.
        codes: how often each refusal and error came.
    """

    done: int
    ok: int
    refused: int
    errors: int
    took_ms: float
    lately: int
    lately_s: float
    models: Mapping[str, int]
    codes: Mapping[str, int]


Keep = Callable[[AsyncConnection, BulkRun, BulkItem, BulkResult], Awaitable[None]]
"""Keeps what a result means elsewhere, in the transaction that keeps the result."""


class BulkStore:
    """Runs and their items in the general database; requests and results are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def add(
        self, run: BulkRun, requests: Sequence[tuple[str | None, Mapping[str, Any]]]
    ) -> None:
        """Keeps a run with all its items, in one transaction."""
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(bulk_run).values(
                    id=run.id,
                    app=run.app,
                    title=run.title,
                    selection=run.selection,
                    options=dict(run.options),
                    parts=run.parts,
                    total=len(requests),
                    started_by=run.started_by,
                    created_at=run.created_at,
                )
            )
            for start in range(0, len(requests), _AT_ONCE):
                rows = [
                    {
                        "run": run.id,
                        "ordinal": start + n,
                        "part": (start + n) % run.parts,
                        "patient": patient,
                        "request": self._seal(request, f"bulk/{run.id}/{start + n}/request"),
                        "tries": 0,
                    }
                    for n, (patient, request) in enumerate(requests[start : start + _AT_ONCE])
                ]
                await connection.execute(insert(bulk_item), rows)

    async def read(self, run: str) -> BulkRun:
        """One run.

        Raises:
            NotFoundError: ``no_such_bulk_run``.
        """
        async with self._database.reading() as connection:
            row = (await connection.execute(select(bulk_run).where(bulk_run.c.id == run))).first()
        if row is None:
            raise NotFoundError(
                "no_such_bulk_run",
                Bilingual(
                    zh="没有这次批量运行；suwen bulk list 列出全部。",
                    en="There is no such bulk run; suwen bulk list shows all.",
                ),
                field="ID",
            )
        return BulkRun(**row._mapping)

    async def latest(self, limit: int = 50) -> list[BulkRun]:
        """The latest runs, newest first."""
        query = select(bulk_run).order_by(bulk_run.c.created_at.desc()).limit(limit)
        async with self._database.reading() as connection:
            return [BulkRun(**row._mapping) for row in await connection.execute(query)]

    async def waiting(self, run: str, part: int, limit: int) -> list[BulkItem]:
        """The next items of a part that have no result."""
        query = (
            select(bulk_item.c.ordinal, bulk_item.c.patient, bulk_item.c.request, bulk_item.c.tries)
            .where(bulk_item.c.run == run, bulk_item.c.part == part, bulk_item.c.status.is_(None))
            .order_by(bulk_item.c.tries, bulk_item.c.ordinal)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            BulkItem(
                r.ordinal,
                r.patient,
                self._open(r.request, f"bulk/{run}/{r.ordinal}/request"),
                r.tries,
            )
            for r in rows
        ]

    async def tried(self, run: str, ordinals: Sequence[int]) -> None:
        """Notes that items met something that may pass."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(bulk_item)
                .where(bulk_item.c.run == run, bulk_item.c.ordinal.in_(ordinals))
                .values(tries=bulk_item.c.tries + 1)
            )

    async def keep(
        self,
        run: BulkRun,
        results: Sequence[tuple[BulkItem, BulkResult]],
        now: datetime,
        also: Keep | None = None,
    ) -> int:
        """Keeps results; of an item that has one already, nothing is kept again.

        Returns:
            How many were kept.
        """
        kept = 0
        async with self._database.transaction() as connection:
            for item, result in results:
                changed = await connection.execute(
                    update(bulk_item)
                    .where(
                        bulk_item.c.run == run.id,
                        bulk_item.c.ordinal == item.ordinal,
                        bulk_item.c.status.is_(None),
                    )
                    .values(
                        status=result.status,
                        code=result.code,
                        result=self._seal(result.body, f"bulk/{run.id}/{item.ordinal}/result"),
                        model=result.model,
                        took_ms=result.took_ms,
                        done_at=now,
                    )
                    .returning(bulk_item.c.ordinal)
                )
                if changed.first() is None:
                    continue
                kept += 1
                if also is not None:
                    await also(connection, run, item, result)
        return kept

    async def count(self, run: str) -> BulkCount:
        """How far a run is, and what it cost."""
        mine = bulk_item.c.run == run
        lately = bulk_item.c.done_at > func.now() - func.make_interval(0, 0, 0, 0, 0, 5)
        totals = select(
            func.count(bulk_item.c.status),
            *(
                func.coalesce(func.sum(case((bulk_item.c.status == name, 1), else_=0)), 0)
                for name in STATUSES
            ),
            func.coalesce(func.sum(bulk_item.c.took_ms), 0.0),
            func.count().filter(lately),
            func.coalesce(
                func.extract("epoch", func.now() - func.min(bulk_item.c.done_at).filter(lately)),
                0.0,
            ),
        ).where(mine)
        models = (
            select(bulk_item.c.model, func.count())
            .where(mine, bulk_item.c.model.is_not(None))
            .group_by(bulk_item.c.model)
        )
        codes = (
            select(bulk_item.c.code, func.count())
            .where(mine, bulk_item.c.code.is_not(None))
            .group_by(bulk_item.c.code)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(totals)).one()
            by_model = {r[0]: r[1] for r in await connection.execute(models)}
            by_code = {r[0]: r[1] for r in await connection.execute(codes)}
        return BulkCount(
            done=int(row[0]),
            ok=int(row[1]),
            refused=int(row[2]),
            errors=int(row[3]),
            took_ms=float(row[4]),
            lately=int(row[5]),
            lately_s=float(row[6]),
            models=by_model,
            codes=by_code,
        )

    async def results(
        self,
        run: str,
        start: int = 0,
        limit: int | None = None,
        statuses: Collection[str] = STATUSES,
    ) -> AsyncIterator[BulkResult]:
        """The results that there are so far, in the order of the items."""
        reached, left = start, limit
        while left is None or left > 0:
            page = _AT_ONCE if left is None else min(left, _AT_ONCE)
            query = (
                select(bulk_item)
                .where(
                    bulk_item.c.run == run,
                    bulk_item.c.ordinal >= reached,
                    bulk_item.c.status.in_(statuses),
                )
                .order_by(bulk_item.c.ordinal)
                .limit(page)
            )
            async with self._database.reading() as connection:
                rows = (await connection.execute(query)).all()
            for r in rows:
                yield self._result(r)
            if len(rows) < page:
                return
            reached = rows[-1].ordinal + 1
            left = left - page if left is not None else None

    async def first_of_each_code(self, run: str) -> list[BulkResult]:
        """One result of each refusal and error that came, the most frequent first."""
        mine = (bulk_item.c.run == run, bulk_item.c.code.is_not(None))
        firsts = (
            select(func.min(bulk_item.c.ordinal).label("ordinal"), func.count().label("n"))
            .where(*mine)
            .group_by(bulk_item.c.code)
            .subquery()
        )
        query = (
            select(bulk_item)
            .join(firsts, firsts.c.ordinal == bulk_item.c.ordinal)
            .where(*mine)
            .order_by(firsts.c.n.desc(), bulk_item.c.code)
        )
        async with self._database.reading() as connection:
            return [self._result(r) for r in await connection.execute(query)]

    async def interactive_runs(self, but: str) -> int:
        """How many runs of others are under way now: people who wait for an answer.

        Whoever has a bulk run that goes on does not count, or two of them would wait for each
        other.
        """
        going_on = select(bulk_run.c.started_by).where(
            select(bulk_item.c.run)
            .where(bulk_item.c.run == bulk_run.c.id, bulk_item.c.status.is_(None))
            .exists()
        )
        query = select(func.count()).where(
            trace.c.closed_at.is_(None),
            trace.c.principal != but,
            trace.c.principal.not_in(going_on),
            trace.c.opened_at > func.now() - func.make_interval(0, 0, 0, 0, 0, 10),
        )
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    def _result(self, row: Row[Any]) -> BulkResult:
        place = f"bulk/{row.run}/{row.ordinal}"
        encounter = self._open(row.request, f"{place}/request").get("encounter_id")
        return BulkResult(
            ordinal=row.ordinal,
            status=row.status,
            code=row.code,
            body=self._open(row.result, f"{place}/result"),
            model=row.model,
            took_ms=row.took_ms,
            patient=row.patient,
            encounter=encounter.removeprefix("Encounter/") if isinstance(encounter, str) else None,
        )

    def _seal(self, body: Mapping[str, Any], place: str) -> bytes:
        return self._cipher.seal_bytes(zlib.compress(write_exact(body).encode(), 1), place)

    def _open(self, sealed: bytes, place: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(zlib.decompress(self._cipher.open_bytes(sealed, place)))
        return body
