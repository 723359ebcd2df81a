"""Where the evaluation data lies, outside the repository; absent outside CI is a named skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data(folder: str) -> Path:
    """The folder of an evaluation set; skips (outside CI) or fails (in CI) when it is absent."""
    path = REPOSITORY.parent / "shared" / "data" / folder
    if not path.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"evaluation data '{folder}' must be present in CI")
        pytest.skip(f"evaluation data '{folder}' is not beside this checkout")
    return path
