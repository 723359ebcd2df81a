"""What an application's own suite demands of a model part."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

NEEDED: Final = (
    ("supported", "supported_share"),
    ("answered", "answered_share"),
    ("statements", "statements"),
)
"""Figure, and the key of its least value: without them nothing is measured."""

FIGURES: Final = (*NEEDED, ("found", "found_share"))


def gate_of(folder: Path) -> Mapping[str, Any]:
    """The section ``[gate]`` of an application's suite; empty where it demands nothing."""
    file = folder / "evaluation" / "suite.toml"
    body = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    gate: Mapping[str, Any] = body.get("gate", {})
    return gate


def is_measurable(gate: Mapping[str, Any]) -> bool:
    """Whether a gate states what is measured of an application's model part."""
    return all(key in gate for _, key in NEEDED)
