"""Where the evaluation data lies, outside the repository; absent outside CI is a named skip."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data(folder: str) -> Path:
    """The folder of an evaluation set; skips (outside CI) or fails (in CI) when it is absent."""
    path = REPOSITORY.parent / "shared" / "data" / folder
    if not path.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"evaluation data '{folder}' must be present in CI")
        pytest.skip(f"evaluation data '{folder}' is not beside this checkout")
    return path


def shared_facts(name: str) -> Any:
    """One table of facts; skips (outside CI) or fails (in CI) when it is absent."""
    folder = shared_data("../facts")
    return yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
