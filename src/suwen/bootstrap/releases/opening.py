"""The desk of Releases of a partition, wired."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from suwen.bootstrap.model_pool import asked_what_it_serves
from suwen.bootstrap.releases.demands import Demands
from suwen.bootstrap.releases.desk import ReleaseDesk
from suwen.control.governance.risk.rules import Jurisdiction
from suwen.core.manifest import Partition
from suwen.storage.register import RegisterStore

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform
    from suwen.bootstrap.settings import Settings
    from suwen.storage.database import Database


def open_releases(platform: Platform | DevicePlatform) -> ReleaseDesk:
    """The desk of the partition that a platform is of."""
    settings = platform.settings
    ca_file = settings.endpoints.ca_file
    return ReleaseDesk(
        parts=platform.parts,
        demands=demands_here(settings, platform.parts.partition, platform.database),
        signer=platform.signer,
        served=partial(asked_what_it_serves, Path(ca_file) if ca_file is not None else None),
    )


def demands_here(settings: Settings, partition: Partition, database: Database) -> Demands:
    """What approvals applications need at this place."""
    register = RegisterStore(database) if partition is Partition.GENERAL else None
    return Demands(Jurisdiction(settings.site.jurisdiction), register)
