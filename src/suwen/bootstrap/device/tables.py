"""The tables that operators edit: which edition of each is in use."""

from __future__ import annotations

from suwen.bootstrap.device.platform import DevicePlatform
from suwen.clinical.indoor_routes import HospitalMap, example_map


class TableDesk:
    """The tables in use."""

    def __init__(self, platform: DevicePlatform) -> None:
        self._platform = platform

    def hospital_map(self) -> HospitalMap:
        """The plan of the hospital."""
        return example_map()
