from __future__ import annotations

import pytest

from suwen.bootstrap.demonstration import DemonstrationHospital
from tests.unit.bootstrap.demonstration.chart_reader import Json, build, bundles_of


@pytest.fixture(scope="session")
def hospital() -> DemonstrationHospital:
    return build()


@pytest.fixture(scope="session")
def bundles(hospital: DemonstrationHospital) -> list[Json]:
    return bundles_of(hospital)
