"""Fills the wheel's dependencies from deploy/lock/runtime.in, so that they are stated once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class DependenciesHook(MetadataHookInterface):
    """Reads the run-time dependencies from the file that the lock is made from."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Sets ``dependencies`` in the project's metadata."""
        lines = Path(self.root, "deploy/lock/runtime.in").read_text(encoding="utf-8").splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]
