"""Model parts of one partition and every step of theirs; a step and what it changes are one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from suwen.core.errors import ConflictError
from suwen.core.faults import fault_point
from suwen.core.identity import AppId, BindingId, PrincipalId, ReleaseHash, Role
from suwen.core.language import Bilingual
from suwen.core.release import (
    ChangeClass,
    ModelBinding,
    ReleaseAct,
    ReleaseState,
    ReleaseStep,
    RolloutStage,
)
from suwen.storage.database import Database
from suwen.storage.release_tables import model_binding, release_act

_TURN = 7_180_226
"""Advisory lock: steps of model parts are taken one after the other."""


class BindingStore:
    """The model parts of one partition's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, wanted: ModelBinding, act: ReleaseAct) -> bool:
        """Adds a model part with its first step; false, and nothing is done, for a known one."""
        statement = (
            insert_or_leave(model_binding)
            .values(_row(wanted))
            .on_conflict_do_nothing()
            .returning(model_binding.c.id)
        )
        async with self._database.transaction() as connection:
            added = (await connection.execute(statement)).one_or_none() is not None
            if added:
                await connection.execute(insert(release_act).values(_act_row(act)))
        return added

    async def take_step(self, changed: Sequence[ModelBinding], act: ReleaseAct) -> None:
        """Stores a step and the state of every model part that it changes, all or nothing.

        Args:
            changed: as they are to be, each with the version that was seen.

        Raises:
            ConflictError: ``release_changed`` when somebody else took a step meanwhile;
                ``approved_already`` when this person has approved already.
        """
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            for one in changed:
                row = _row(one)
                row["version"] = one.version + 1
                statement = (
                    update(model_binding)
                    .where(model_binding.c.id == one.id, model_binding.c.version == one.version)
                    .values({name: row[name] for name in _CHANGING})
                )
                if not (await connection.execute(statement)).rowcount:
                    raise release_changed()
            if act.step is ReleaseStep.APPROVE:
                await _require_first(connection, act)
            await connection.execute(insert(release_act).values(_act_row(act)))
            fault_point("release.before_commit")
        fault_point("release.after_commit")

    async def read(self, wanted: BindingId) -> ModelBinding | None:
        """One model part, or ``None``."""
        query = select(model_binding).where(model_binding.c.id == wanted)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return _binding(row) if row is not None else None

    async def evaluated(self, binding: ModelBinding) -> ModelBinding:
        """The model part whose evaluation counts for this one: itself, or the one that it has it
        from."""
        if binding.evaluated_as == binding.id:
            return binding
        return await self.read(binding.evaluated_as) or binding

    async def changes_since_approval(self, binding: ModelBinding) -> int:
        """How many changes followed one another since people approved; 0 where they approved
        this very model part."""
        count, one = 0, binding
        while one.id != binding.approved_as and one.predecessor is not None:
            former = await self.read(one.predecessor)
            if former is None:
                break
            count, one = count + 1, former
        return count

    async def of_release(self, release: ReleaseHash) -> tuple[ModelBinding, ...]:
        """The model parts of one Release, by engine."""
        query = (
            select(model_binding)
            .where(model_binding.c.release == release)
            .order_by(model_binding.c.endpoint, model_binding.c.proposed_at.desc())
        )
        return await self._bindings(query)

    async def list(self, app: AppId | None = None) -> tuple[ModelBinding, ...]:
        """Model parts, of one application or all, proposed last first."""
        query = select(model_binding).order_by(
            model_binding.c.proposed_at.desc(), model_binding.c.id
        )
        if app is not None:
            query = query.where(model_binding.c.app == app)
        return await self._bindings(query)

    async def acts(self, binding: BindingId) -> tuple[ReleaseAct, ...]:
        """Every step of one model part, the first first."""
        return await self._acts(release_act.c.binding == binding)

    async def acts_of_app(self, app: AppId) -> tuple[ReleaseAct, ...]:
        """Every step of an application's model parts, the first first."""
        return await self._acts(release_act.c.app == app)

    async def approvals(self, binding: ModelBinding) -> tuple[ReleaseAct, ...]:
        """The approvals that count for a model part: given in its round, or where it inherits
        them, in the last round of the one that it has them from."""
        origin = await self.read(binding.approved_as)
        if origin is None:
            return ()
        return await self._acts(
            (release_act.c.binding == origin.id)
            & (release_act.c.step == ReleaseStep.APPROVE.value)
            & (release_act.c.round == origin.round)
        )

    async def _bindings(self, query: Any) -> tuple[ModelBinding, ...]:
        async with self._database.reading() as connection:
            return tuple(_binding(row) for row in (await connection.execute(query)).mappings())

    async def _acts(self, condition: Any) -> tuple[ReleaseAct, ...]:
        query = select(release_act).where(condition).order_by(release_act.c.number)
        async with self._database.reading() as connection:
            return tuple(_act(row) for row in (await connection.execute(query)).mappings())


def release_changed() -> ConflictError:
    """What somebody hears who took a step at the same time as another."""
    return ConflictError(
        "release_changed",
        Bilingual(
            "别人刚刚改变了此版本的状态；请重新打开后再操作。",
            "Somebody else changed the state of this Release meanwhile; open it again.",
        ),
    )


def approved_already() -> ConflictError:
    """What somebody hears who approves a second time."""
    return ConflictError(
        "approved_already",
        Bilingual(
            "您已经批准过；第二次批准须由另一人作出。",
            "You have approved already; the second approval is another person's.",
        ),
    )


async def _require_first(connection: Any, act: ReleaseAct) -> None:
    query = select(release_act.c.number).where(
        release_act.c.binding == act.binding,
        release_act.c.round == act.round,
        release_act.c.step == ReleaseStep.APPROVE.value,
        release_act.c.by == act.by,
    )
    if (await connection.execute(query)).first() is not None:
        raise approved_already()


_CHANGING = ("state", "stage", "departments", "evaluated_as", "approved_as", "round", "version")


def _row(wanted: ModelBinding) -> dict[str, Any]:
    return {
        "id": wanted.id,
        "app": wanted.app,
        "release": wanted.release,
        "endpoint": wanted.endpoint,
        "fingerprint": wanted.fingerprint,
        "parts": dict(wanted.parts),
        "state": wanted.state.value,
        "stage": wanted.stage.value if wanted.stage is not None else None,
        "departments": sorted(wanted.departments),
        "evaluated_as": wanted.evaluated_as,
        "approved_as": wanted.approved_as,
        "round": wanted.round,
        "version": wanted.version,
        "proposed_at": wanted.proposed_at,
        "proposed_by": wanted.proposed_by,
        "predecessor": wanted.predecessor,
        "change": wanted.change.value if wanted.change is not None else None,
    }


def _binding(row: RowMapping) -> ModelBinding:
    parts: Mapping[str, str] = row["parts"]
    predecessor, stage, change = row["predecessor"], row["stage"], row["change"]
    return ModelBinding(
        id=BindingId(row["id"]),
        app=AppId(row["app"]),
        release=ReleaseHash(row["release"]),
        endpoint=row["endpoint"],
        fingerprint=row["fingerprint"],
        parts=parts,
        state=ReleaseState(row["state"]),
        stage=RolloutStage(stage) if stage is not None else None,
        departments=frozenset(row["departments"]),
        evaluated_as=BindingId(row["evaluated_as"]),
        approved_as=BindingId(row["approved_as"]),
        round=row["round"],
        version=row["version"],
        proposed_at=row["proposed_at"],
        proposed_by=PrincipalId(row["proposed_by"]),
        predecessor=BindingId(predecessor) if predecessor is not None else None,
        change=ChangeClass(change) if change is not None else None,
    )


def _act_row(act: ReleaseAct) -> dict[str, Any]:
    return {
        "binding": act.binding,
        "app": act.app,
        "step": act.step.value,
        "by": act.by,
        "at": act.at,
        "round": act.round,
        "role": act.role.value if act.role is not None else None,
        "reason": act.reason,
        "detail": dict(act.detail),
        "signature": act.signature,
        "key_id": act.key_id,
    }


def _act(row: RowMapping) -> ReleaseAct:
    role = row["role"]
    return ReleaseAct(
        binding=BindingId(row["binding"]),
        app=AppId(row["app"]),
        step=ReleaseStep(row["step"]),
        by=PrincipalId(row["by"]),
        at=row["at"],
        round=row["round"],
        role=Role(role) if role is not None else None,
        reason=row["reason"],
        detail=row["detail"],
        signature=row["signature"],
        key_id=row["key_id"],
        number=row["number"],
    )
