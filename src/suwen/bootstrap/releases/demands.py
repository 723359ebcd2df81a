"""What approvals each application needs: by its class on the register and the law of the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suwen.control.governance.approvals import ApprovalDemand, demand_of
from suwen.control.governance.register import row_of
from suwen.control.governance.risk.deciding import decide
from suwen.control.governance.risk.rules import Jurisdiction, rule_set
from suwen.core.manifest import Manifest
from suwen.storage.register import RegisterStore


@dataclass(frozen=True)
class Demands:
    """The demands of one partition.

    Args:
        jurisdiction: whose law counts here.
        register: what people wrote on the register; ``None`` in the device partition, which has
            none: there the strictest demand holds all the same.
    """

    jurisdiction: Jurisdiction
    register: RegisterStore | None

    async def of(self, manifest: Manifest) -> ApprovalDemand:
        """What an application's class demands, by what its manifest and people say of it."""
        rules = rule_set()
        written = await self._written(manifest)
        answers = row_of(None, manifest.id, written, 0, rules).answers
        return demand_of(
            manifest, decide({**manifest.function, **answers}, self.jurisdiction, rules)
        )

    async def _written(self, manifest: Manifest) -> Mapping[str, object]:
        if self.register is None:
            return {}
        versions = await self.register.versions(manifest.id)
        return versions[0].body if versions else {}
