"""What a hospital learned of its departments: proposed with its figures, approved by a second
person, taken back by anybody who edits the tables, in one step.

The weights are a file of the device partition's own, named by its hash; the database keeps which
one is in use and what was measured. Red flags never look at it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.device.deciding import decided_on, keep_decision
from suwen.bootstrap.device.place import TRIAGE
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.secret_files import write_secret
from suwen.storage.table_editions import EditionState, TableEdition

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.clinical.department_model import DepartmentModel

MODEL: Final = "department_model"
"""The kind of its editions, beside those of the tables."""


class ModelFiles:
    """The weights of the partition, among its secrets so that backups hold them.

    Args:
        home: the partition's own state directory.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "secrets" / "department_models"

    def keep(self, content: bytes) -> str:
        """Keeps the weights and gives their name."""
        name = hashlib.sha256(content).hexdigest()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._file(name).exists():
            write_secret(self._file(name), content)
        return name

    def read(self, name: str) -> DepartmentModel:
        """The model of a name.

        Raises:
            InputError: ``model_damaged`` where the file is not there, or is not what was approved.
        """
        # Its arithmetic is loaded where a hospital has learned something, and nowhere else.
        from suwen.clinical.department_model import read_model

        try:
            content = self._file(name).read_bytes()
            if hashlib.sha256(content).hexdigest() != name:
                raise ValueError("another file")
            return read_model(content)
        except (OSError, ValueError):
            raise InputError(
                "model_damaged",
                Bilingual(
                    zh="科室模型的权重文件缺失或被改动，只用科室表。请重新训练。",
                    en="The weights of the department model are missing or were altered; the table "
                    "alone is used. Train it again.",
                ),
            ) from None

    def _file(self, name: str) -> Path:
        return self._folder / f"{Path(name).name}.npz"


def weights_of(edition: TableEdition | None) -> str | None:
    """Name of the weights that an edition uses; ``None`` is the table alone."""
    return None if edition is None else edition.content["weights"]


class ModelDesk:
    """Proposing, approving and taking back."""

    def __init__(self, platform: DevicePlatform) -> None:
        self._platform = platform
        self._files = ModelFiles(platform.settings.home)
        self.store = platform.tables

    def require(self, principal: Principal) -> None:
        """Lets those pass who may edit the tables; raises AccessError."""
        right = Action.EDIT_PATIENT_TABLES
        self._platform.access.require(principal, right, InstallationTarget())

    async def propose(
        self, principal: Principal, weights: bytes, report: Mapping[str, Any], reason: str
    ) -> TableEdition:
        """Keeps a model with what was measured of it, until a second person approves it.

        Raises:
            AccessError: for those who may not edit the tables.
            InputError: ``reason_missing``.
        """
        self.require(principal)
        if not reason.strip():
            raise InputError(
                "reason_missing", Bilingual(zh="请写明原因。", en="Say why."), field="reason"
            )
        name = await asyncio.to_thread(self._files.keep, weights)
        active = (await self.store.active()).get(MODEL)
        edition = TableEdition(
            kind=MODEL,
            number=0,
            base=active.number if active else 0,
            content={"weights": name, "report": dict(report)},
            changes=[{"row": "", "what": "trained", "at_once": False}],
            reason=reason.strip()[:500],
            state=EditionState.WAITING,
            made_at=self._platform.clock.now(),
            made_by=principal.id,
        )
        act = act_of(
            principal, "model.propose", app=TRIAGE, subject=f"Table/{MODEL}", hash=edition.hash
        )
        async with audited(self._platform.audit, act) as said:
            edition = await self.store.add(edition)
            said["number"] = edition.number
        return edition

    async def decide(self, principal: Principal, number: int, *, approve: bool) -> TableEdition:
        """Approves or refuses what somebody else proposed.

        Raises:
            AccessError: for those who may not edit; ``own_change`` for one's own.
            ConflictError: ``edition_decided``.
            InputError: ``model_damaged``.
        """
        self.require(principal)
        waiting = await self.store.read(MODEL, number)
        now = self._platform.clock.now()
        decided = decided_on(waiting, principal, now, approve=approve)
        active = (await self.store.active()).get(MODEL)
        if approve:
            await asyncio.to_thread(self._files.read, waiting.content["weights"])
        decided = replace(decided, base=active.number if active else 0)
        await keep_decision(self._platform, decided, principal, ("model.approve", "model.refuse"))
        return decided

    async def take_back(self, principal: Principal, reason: str) -> TableEdition:
        """Takes the model out of use at once: back to the table alone, which is the floor.

        Raises:
            AccessError: for those who may not edit.
            InputError: ``reason_missing``; ``nothing_changed`` where no model is in use.
        """
        self.require(principal)
        if not reason.strip():
            raise InputError(
                "reason_missing", Bilingual(zh="请写明原因。", en="Say why."), field="reason"
            )
        active = (await self.store.active()).get(MODEL)
        if active is None or weights_of(active) is None:
            raise InputError(
                "nothing_changed",
                Bilingual(zh="没有使用中的模型。", en="No model is in use."),
                field="model",
            )
        edition = TableEdition(
            kind=MODEL,
            number=0,
            base=active.number,
            content={"weights": None, "report": {}},
            changes=[{"row": "", "what": "taken_back", "at_once": True}],
            reason=reason.strip()[:500],
            state=EditionState.ACTIVE,
            made_at=self._platform.clock.now(),
            made_by=principal.id,
        )
        act = act_of(principal, "model.take_back", app=TRIAGE, subject=f"Table/{MODEL}")
        async with audited(self._platform.audit, act) as said:
            edition = await self.store.add(edition)
            said["number"] = edition.number
            await self._platform.load_tables()
        return edition
