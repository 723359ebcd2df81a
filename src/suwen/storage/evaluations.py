"""Evaluations as they are kept: runs, exactly one result for each case, a hospital's own suites."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert_into

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.exact_json import write_exact
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.evaluation_tables import evaluation_case, evaluation_run, evaluation_suite

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """One suite put to one engine.

    Attributes:
        batch: shared by the runs that were started together.
        suite_hash: SHA-256 of everything that decides the result.
        cases_hash: SHA-256 of the cases; runs with the same one are compared case by case.
        app, release: where the suite is an application's own, else ``None``.
        fingerprint: of the engine as it was.
        recorded: JSON-ready, to do it again: scorer, decoding, thresholds, seed, versions, engine.
        ended_at, passed, summary: ``None`` while it goes on.
    """

    id: str
    batch: str
    suite: str
    suite_hash: str
    cases_hash: str
    app: str | None
    release: str | None
    endpoint: str
    fingerprint: str
    recorded: Mapping[str, Any] = field(repr=False)
    total: int
    started_by: PrincipalId
    created_at: datetime
    ended_at: datetime | None = None
    passed: bool | None = None
    summary: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeptCase:
    """One case of a run.

    Attributes:
        content: the case, JSON-ready.
        status: ``scored``, ``unscored`` or ``failed``; ``None`` while it waits.
        result: what became of it, JSON-ready; ``None`` while it waits.
    """

    ordinal: int
    content: Mapping[str, Any] = field(repr=False)
    tries: int = 0
    status: str | None = None
    result: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeptResult:
    """What is kept of one case: figures in the clear for lists, everything else sealed."""

    ordinal: int
    status: str
    value: float | None
    reason: str | None
    result: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnSuite:
    """A version of a hospital's own suite.

    Attributes:
        content: the suite with its cases; ``None`` in lists.
    """

    id: str
    version: int
    title: str
    cases: int
    data_class: int
    suite_hash: str
    written_by: PrincipalId
    written_at: datetime
    content: Mapping[str, Any] | None = field(default=None, repr=False)


class EvaluationStore:
    """Evaluations in the general database; cases and answers are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def add(self, runs: Sequence[EvaluationRun], cases: Sequence[Mapping[str, Any]]) -> None:
        """Keeps runs over the same cases, all or none."""
        async with self._database.transaction() as connection:
            for run in runs:
                row = {name: getattr(run, name) for name in _RUN_COLUMNS}
                await connection.execute(insert(evaluation_run).values(row))
                for start in range(0, len(cases), _AT_ONCE):
                    rows = [
                        {
                            "run": run.id,
                            "ordinal": number,
                            "content": self._seal(case, _case_place(run.id, number)),
                            "tries": 0,
                        }
                        for number, case in enumerate(cases[start : start + _AT_ONCE], start)
                    ]
                    await connection.execute(insert(evaluation_case), rows)

    async def read(self, run: str) -> EvaluationRun:
        """One run.

        Raises:
            NotFoundError: ``no_such_evaluation``.
        """
        query = select(evaluation_run).where(evaluation_run.c.id == run)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            raise _no_such_evaluation()
        return _run(row)

    async def latest(self, limit: int = 100) -> list[EvaluationRun]:
        """The latest runs, newest first."""
        query = select(evaluation_run).order_by(
            evaluation_run.c.created_at.desc(), evaluation_run.c.endpoint
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query.limit(limit))
            return [_run(row) for row in rows.mappings()]

    async def of_batch(self, batch: str) -> list[EvaluationRun]:
        """The runs that were started together, by engine."""
        query = select(evaluation_run).where(evaluation_run.c.batch == batch)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(evaluation_run.c.endpoint))
            return [_run(row) for row in rows.mappings()]

    async def done(self, runs: Sequence[str]) -> dict[str, int]:
        """How many cases of each run have a result."""
        query = (
            select(evaluation_case.c.run, func.count(evaluation_case.c.status))
            .where(evaluation_case.c.run.in_(runs))
            .group_by(evaluation_case.c.run)
        )
        async with self._database.reading() as connection:
            counted = {row[0]: int(row[1]) for row in await connection.execute(query)}
        return {run: counted.get(run, 0) for run in runs}

    async def waiting(self, run: str, limit: int) -> list[KeptCase]:
        """The next cases without a result; those that were tried least come first."""
        query = (
            select(evaluation_case)
            .where(evaluation_case.c.run == run, evaluation_case.c.status.is_(None))
            .order_by(evaluation_case.c.tries, evaluation_case.c.ordinal)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [self._case(row) for row in (await connection.execute(query)).mappings()]

    async def tried(self, run: str, ordinals: Sequence[int]) -> None:
        """Notes that cases met something that may pass."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(evaluation_case)
                .where(evaluation_case.c.run == run, evaluation_case.c.ordinal.in_(ordinals))
                .values(tries=evaluation_case.c.tries + 1)
            )

    async def keep(self, run: str, results: Sequence[KeptResult], now: datetime) -> int:
        """Keeps results; of a case that has one already, nothing is kept again.

        Returns:
            How many were kept.
        """
        kept = 0
        async with self._database.transaction() as connection:
            for one in results:
                changed = await connection.execute(
                    update(evaluation_case)
                    .where(
                        evaluation_case.c.run == run,
                        evaluation_case.c.ordinal == one.ordinal,
                        evaluation_case.c.status.is_(None),
                    )
                    .values(
                        status=one.status,
                        value=one.value,
                        reason=one.reason,
                        result=self._seal(one.result, _result_place(run, one.ordinal)),
                        done_at=now,
                    )
                    .returning(evaluation_case.c.ordinal)
                )
                kept += changed.first() is not None
        return kept

    async def cases(self, run: str, start: int = 0, limit: int | None = None) -> list[KeptCase]:
        """The cases of a run with what became of them, in their order."""
        query = (
            select(evaluation_case)
            .where(evaluation_case.c.run == run, evaluation_case.c.ordinal >= start)
            .order_by(evaluation_case.c.ordinal)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query.limit(limit))
            return [self._case(row) for row in rows.mappings()]

    async def end(self, run: str, passed: bool, summary: Mapping[str, Any], now: datetime) -> bool:
        """Keeps the summary; false when the run has ended already."""
        statement = (
            update(evaluation_run)
            .where(evaluation_run.c.id == run, evaluation_run.c.ended_at.is_(None))
            .values(ended_at=now, passed=passed, summary=dict(summary))
            .returning(evaluation_run.c.id)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).first() is not None

    async def put_suite(self, suite: OwnSuite) -> None:
        """Adds the next version of a hospital's own suite.

        Raises:
            ConflictError: ``suite_changed`` when somebody else has written that version.
        """
        statement = (
            upsert_into(evaluation_suite)
            .values(
                id=suite.id,
                version=suite.version,
                title=suite.title,
                cases=suite.cases,
                data_class=suite.data_class,
                suite_hash=suite.suite_hash,
                content=self._seal(suite.content or {}, _suite_place(suite.id, suite.version)),
                written_by=suite.written_by,
                written_at=suite.written_at,
            )
            .on_conflict_do_nothing()
            .returning(evaluation_suite.c.version)
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(statement)).first() is None:
                raise ConflictError(
                    "suite_changed",
                    Bilingual(
                        zh="别人刚刚导入了这个评测集，请再试一次。",
                        en="Somebody else imported this suite meanwhile; try again.",
                    ),
                )

    async def own_suites(self) -> list[OwnSuite]:
        """The newest version of each of a hospital's own suites, by id, without its cases."""
        query = (
            select(evaluation_suite)
            .ext(distinct_on(evaluation_suite.c.id))
            .order_by(evaluation_suite.c.id, evaluation_suite.c.version.desc())
        )
        async with self._database.reading() as connection:
            return [_suite(row) for row in (await connection.execute(query)).mappings()]

    async def own_suite(self, suite: str) -> OwnSuite | None:
        """The newest version of a suite with its cases, or ``None``."""
        query = (
            select(evaluation_suite)
            .where(evaluation_suite.c.id == suite)
            .order_by(evaluation_suite.c.version.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        place = _suite_place(row["id"], row["version"])
        return _suite(row, self._open(row["content"], place))

    def _case(self, row: RowMapping) -> KeptCase:
        run, number = row["run"], row["ordinal"]
        sealed = row["result"]
        return KeptCase(
            number,
            self._open(row["content"], _case_place(run, number)),
            row["tries"],
            row["status"],
            None if sealed is None else self._open(sealed, _result_place(run, number)),
        )

    def _seal(self, body: Mapping[str, Any], place: str) -> bytes:
        return self._cipher.seal_bytes(zlib.compress(write_exact(body).encode(), 1), place)

    def _open(self, sealed: bytes, place: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(zlib.decompress(self._cipher.open_bytes(sealed, place)))
        return body


_RUN_COLUMNS = (
    "id",
    "batch",
    "suite",
    "suite_hash",
    "cases_hash",
    "app",
    "release",
    "endpoint",
    "fingerprint",
    "recorded",
    "total",
    "started_by",
    "created_at",
)


def _case_place(run: str, ordinal: int) -> str:
    return f"evaluation/{run}/{ordinal}/case"


def _result_place(run: str, ordinal: int) -> str:
    return f"evaluation/{run}/{ordinal}/result"


def _suite_place(suite: str, version: int) -> str:
    return f"evaluation_suite/{suite}/{version}"


def _run(row: RowMapping) -> EvaluationRun:
    return EvaluationRun(**{**row, "started_by": PrincipalId(row["started_by"])})


def _suite(row: RowMapping, content: Mapping[str, Any] | None = None) -> OwnSuite:
    return OwnSuite(**{**row, "written_by": PrincipalId(row["written_by"]), "content": content})


def _no_such_evaluation() -> NotFoundError:
    return NotFoundError(
        "no_such_evaluation",
        Bilingual(
            zh="没有这次评测；suwen evaluate list 列出全部。",
            en="There is no such evaluation; suwen evaluate list shows all.",
        ),
        field="ID",
    )
