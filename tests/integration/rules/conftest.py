"""A desk for the hospital's rows over a real database, with two pharmacists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from suwen.appkit.discover import discover
from suwen.bootstrap.rules.desk import Asked, RuleDesk
from suwen.bootstrap.rules.in_use import RulesOfSite, open_rules
from suwen.clinical.row_changes import ChangeKind, RowChange
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.run import Gateway
from suwen.control.governance.releases import register_releases
from suwen.core.identity import AppId, Principal, Role
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.rule_proposals import RuleProposal
from tests.support.applications import Site, build_site, person

PRESCRIPTION_REVIEW = AppId("prescription_review")
FIRST = person("ph.he", Role.PHARMACIST)
SECOND = person("ph.yu", Role.PHARMACIST)
PHYSICIAN = person("dr.lin")
PAIR = ("西地那非", "单硝酸异山梨酯")
ROW = ("interactions", "DDI086")


def change(kind: ChangeKind, table: str = ROW[0], row: str = ROW[1], /, **values: str) -> RowChange:
    """A decision with source and reason, as a form gives it."""
    return RowChange(
        table, row, kind, "本院药事会", "2026-03", "", datetime(2026, 3, 1, tzinfo=UTC), "评审",
        values,
    )  # fmt: skip


@dataclass
class Pharmacy:
    """Parts of the general partition with prescription review, and the desk of its rows."""

    site: Site
    parts: GatewayParts
    rules: RulesOfSite
    desk: RuleDesk

    async def propose(
        self, *changes: RowChange, by: Principal = FIRST, **more: Any
    ) -> list[RuleProposal]:
        """Proposes changes of the rules of prescriptions."""
        return await self.desk.propose(by, Asked("prescription", changes, "评审", **more))

    async def reviewed(self, *drugs: str) -> dict[str, Any]:
        """What the application says of two lines, through the gateway."""
        request = {
            "patient": {"age_y": 50, "sex": "male", "weight_kg": 70, "egfr": 95},
            "allergies": [],
            "diagnoses": [{"text": "高血压"}],
            "orders": [
                {"drug": drug, "dose": 20, "unit": "mg", "route": "po", "frequency": "qd"}
                for drug in drugs
            ],
            "setting": "inpatient",
        }
        run = await Gateway(self.parts).run(FIRST, PRESCRIPTION_REVIEW, request)
        return dict(run.output)

    async def finding(self, rule: str = ROW[1]) -> dict[str, Any] | None:
        """What the rule says of the pair, ``None`` where it is silent."""
        found = (await self.reviewed(*PAIR))["findings"]
        return next((one for one in found if one["rule"] == rule), None)


Open = Callable[[], Awaitable[Pharmacy]]


@pytest.fixture
async def open_pharmacy(database: Database, tmp_path: Path) -> Open:
    """Opens one process of the site; a second one shares the database."""
    site = await build_site(database, tmp_path)
    installed = discover()[PRESCRIPTION_REVIEW]
    here = replace(installed, manifest=replace(installed.manifest, partition=Partition.GENERAL))

    async def opened() -> Pharmacy:
        given = replace(site.parts, applications={PRESCRIPTION_REVIEW: here})
        parts, rules = await open_rules(database, given)
        register = partial(_register, site, parts)
        await register()
        rules.on_change(register)
        return Pharmacy(site, parts, rules, RuleDesk(parts, rules))

    return opened


async def _register(site: Site, parts: GatewayParts) -> None:
    # The Release in force is the one that was registered last.
    site.clock.forward(timedelta(seconds=1))
    await register_releases(parts.releases, parts.applications.values(), parts.clock.now())


@pytest.fixture
async def pharmacy(open_pharmacy: Open) -> Pharmacy:
    return await open_pharmacy()
