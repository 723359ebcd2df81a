"""The guards against over-reliance over the general database."""

from __future__ import annotations

from suwen.bootstrap.audit_opening import SystemClock
from suwen.control.gateway.reliance import Reliance
from suwen.storage.database import Database
from suwen.storage.first_opinions import FirstOpinionStore
from suwen.storage.planted_checks import PlantedCheckStore
from suwen.storage.training import TrainingStore


def open_reliance(database: Database) -> Reliance:
    """Training, own views and planted checks, as the gateway asks for them."""
    return Reliance(
        TrainingStore(database),
        FirstOpinionStore(database),
        PlantedCheckStore(database),
        SystemClock(),
    )
