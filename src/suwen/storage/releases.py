"""Releases, their gate results, and the kill switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert_into

from suwen.core.identity import AppId, PrincipalId, ReleaseHash
from suwen.core.release import Release, ReleaseState, Suspension
from suwen.storage.database import Database
from suwen.storage.model_bindings import BindingStore
from suwen.storage.shadow_cases import ShadowStore
from suwen.storage.tables import gate_result, release, suspension


@dataclass(frozen=True, slots=True)
class GateResult:
    """How a Release did with one endpoint on one suite.

    Attributes:
        endpoint_fingerprint: hash of what makes the endpoint's answers (address, model …).
        suite: which suite, ``model_part`` for the application's own.
        suite_hash: SHA-256 of the suite's content, so that a result says what it was held against.
        report: JSON-ready scores, and the thresholds they were held against.
    """

    release: ReleaseHash
    endpoint_name: str
    endpoint_fingerprint: str
    suite: str
    suite_hash: str
    passed: bool
    report: Mapping[str, Any] = field(repr=False)
    at: datetime
    by: PrincipalId


class ReleaseStore:
    """What may run in one partition."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def bindings(self) -> BindingStore:
        """The model parts and their steps."""
        return BindingStore(self._database)

    @property
    def shadows(self) -> ShadowStore:
        """What engines on trial would have said."""
        return ShadowStore(self._database)

    async def put(self, wanted: Release) -> None:
        """Adds a Release, or changes the state and approval of a known one."""
        changing = {
            "state": wanted.state.value,
            "approved_at": wanted.approved_at,
            "approved_by": wanted.approved_by,
        }
        row = {"hash": wanted.hash, "app": wanted.app, "parts": dict(wanted.parts), **changing}
        statement = upsert_into(release).values(row)
        statement = statement.on_conflict_do_update(index_elements=["hash"], set_=changing)
        async with self._database.transaction() as connection:
            await connection.execute(statement)

    async def current(self, app: AppId) -> Release | None:
        """The active Release that was approved last, or ``None``."""
        query = (
            select(release)
            .where(release.c.app == app, release.c.state == ReleaseState.ACTIVE.value)
            .order_by(release.c.approved_at.desc(), release.c.hash)
            .limit(1)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return _release(row) if row is not None else None

    async def by_hash(self, wanted: ReleaseHash) -> Release | None:
        """The Release of a hash, or ``None``."""
        query = select(release).where(release.c.hash == wanted)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return _release(row) if row is not None else None

    async def suspend(self, wanted: Suspension) -> bool:
        """Takes an application out of use; false when it is out of use already."""
        statement = upsert_into(suspension).values(
            app=wanted.app,
            reason=wanted.reason,
            suspended_by=wanted.suspended_by,
            suspended_at=wanted.suspended_at,
        )
        standing = statement.on_conflict_do_nothing(
            index_elements=["app"], index_where=suspension.c.resumed_at.is_(None)
        ).returning(suspension.c.number)
        async with self._database.transaction() as connection:
            return (await connection.execute(standing)).one_or_none() is not None

    async def resume(self, app: AppId, by: PrincipalId) -> bool:
        """Takes an application into use again; false when it was not out of use."""
        statement = (
            update(suspension)
            .where(suspension.c.app == app, suspension.c.resumed_at.is_(None))
            .values(resumed_by=by, resumed_at=func.now())
            .returning(suspension.c.number)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def suspension(self, app: AppId) -> Suspension | None:
        """The standing suspension of an application, or ``None``."""
        standing = [found for found in await self.suspensions() if found.app == app]
        return standing[0] if standing else None

    async def suspensions(self) -> tuple[Suspension, ...]:
        """Every standing suspension, by application."""
        query = select(suspension).where(suspension.c.resumed_at.is_(None))
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(suspension.c.app))
            return tuple(
                Suspension(
                    app=AppId(row["app"]),
                    reason=row["reason"],
                    suspended_by=PrincipalId(row["suspended_by"]),
                    suspended_at=row["suspended_at"],
                )
                for row in rows.mappings()
            )

    async def put_gate(self, result: GateResult) -> None:
        """Keeps a result; the latest of a Release, endpoint, fingerprint and suite counts."""
        statement = insert(gate_result).values(
            release=result.release,
            endpoint=result.endpoint_name,
            fingerprint=result.endpoint_fingerprint,
            suite=result.suite,
            suite_hash=result.suite_hash,
            passed=result.passed,
            report=dict(result.report),
            measured_at=result.at,
            measured_by=result.by,
        )
        async with self._database.transaction() as connection:
            await connection.execute(statement)

    async def latest_gates(
        self, release_hash: ReleaseHash, endpoint_fingerprint: str
    ) -> Mapping[str, GateResult]:
        """The latest result of each suite for exactly this Release and engine."""
        query = (
            select(gate_result)
            .ext(distinct_on(gate_result.c.suite))
            .where(
                gate_result.c.release == release_hash,
                gate_result.c.fingerprint == endpoint_fingerprint,
            )
            .order_by(gate_result.c.suite, gate_result.c.number.desc())
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings()
            return {row["suite"]: _gate(row) for row in rows}

    async def gates(self, release_hash: ReleaseHash) -> tuple[GateResult, ...]:
        """Every result of a Release, latest first."""
        query = select(gate_result).where(gate_result.c.release == release_hash)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(gate_result.c.number.desc()))
            return tuple(_gate(row) for row in rows.mappings())

    async def list(self, app: AppId | None = None) -> list[Release]:
        """Releases, of one application or all, latest approval first."""
        query = select(release).order_by(release.c.approved_at.desc(), release.c.hash)
        if app is not None:
            query = query.where(release.c.app == app)
        async with self._database.reading() as connection:
            return [_release(row) for row in (await connection.execute(query)).mappings()]


def _release(row: RowMapping) -> Release:
    approved_by = row["approved_by"]
    return Release(
        app=AppId(row["app"]),
        hash=ReleaseHash(row["hash"]),
        parts=row["parts"],
        state=ReleaseState(row["state"]),
        approved_at=row["approved_at"],
        approved_by=PrincipalId(approved_by) if approved_by is not None else None,
    )


def _gate(row: RowMapping) -> GateResult:
    return GateResult(
        release=ReleaseHash(row["release"]),
        endpoint_name=row["endpoint"],
        endpoint_fingerprint=row["fingerprint"],
        suite=row["suite"],
        suite_hash=row["suite_hash"],
        passed=row["passed"],
        report=row["report"],
        at=row["measured_at"],
        by=PrincipalId(row["measured_by"]),
    )
