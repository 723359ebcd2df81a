"""The tables that operators edited, taken into use by application, gateway and Release."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from suwen.apps.triage.app import Triage
from suwen.apps.triage.tables import TriageTables, tables_from
from suwen.bootstrap.device.department_models import MODEL, ModelFiles, weights_of
from suwen.bootstrap.placing import installed_here
from suwen.bootstrap.settings import Settings
from suwen.clinical.departments import LearnedDepartments
from suwen.clinical.red_flag_rules import RedFlagRule
from suwen.clinical.red_flags import RedFlag, find_red_flags
from suwen.core.application import InstalledApplication
from suwen.core.errors import InputError
from suwen.core.identity import AppId
from suwen.core.manifest import Partition
from suwen.storage.table_editions import TableEditionStore

_OF_TABLE = "table:"

log = logging.getLogger(__name__)


def device_applications(settings: Settings) -> dict[AppId, InstalledApplication]:
    """The installed applications of device grade, by the law of this place."""
    return {
        name: installed
        for name, installed in installed_here(settings).items()
        if installed.manifest.partition is Partition.DEVICE
    }


@dataclass
class InUse:
    """The applications as they run here, and the red flags by which they do.

    Attributes:
        applications: looked at by the gateway at each run.
        models: weights of what the hospital learned.
        rules: ``None`` is the platform's own table.
        model_trouble: why what was learned is not in use although it was approved.
    """

    applications: dict[AppId, InstalledApplication]
    models: ModelFiles
    rules: tuple[RedFlagRule, ...] | None = None
    model_trouble: InputError | None = None

    def red_flags(self, messages: Sequence[str]) -> Sequence[RedFlag]:
        """The flags that a patient's messages raise together."""
        return find_red_flags(messages, rules=self.rules)

    def tables(self, app: AppId) -> TriageTables:
        """The tables of an application that has some."""
        application = self.applications[app].application
        if not isinstance(application, Triage):
            raise AssertionError("this application has no tables")
        return application.tables

    async def load(self, store: TableEditionStore) -> None:
        """Takes the editions in use into use here; their hashes become part of the Release.

        Where the weights of what was learned are gone, the table alone is used: a chat waits for
        nobody.

        Raises:
            InputError: ``table_wrong``: an edition does not fit this program; the partition does
                not start with half of a table.
        """
        active = await store.active()
        edited = {kind: one.content for kind, one in active.items()}
        tables = await asyncio.to_thread(tables_from, edited)
        learned = await asyncio.to_thread(self._learned, weights_of(active.get(MODEL)))
        if learned is None:
            active.pop(MODEL, None)
        hashes = {f"{_OF_TABLE}{kind}": one.hash for kind, one in sorted(active.items())}
        for name, installed in self.applications.items():
            if isinstance(installed.application, Triage):
                own = {n: h for n, h in installed.parts.items() if not n.startswith(_OF_TABLE)}
                self.applications[name] = replace(
                    installed, application=Triage(tables, learned), parts={**own, **hashes}
                )
        self.rules = tables.red_flags

    def _learned(self, weights: str | None) -> LearnedDepartments | None:
        self.model_trouble = None
        if weights is None:
            return None
        try:
            return self.models.read(weights)
        except InputError as error:
            log.error("what was learned of the departments is not in use: %s", error.code)
            self.model_trouble = error
            return None
