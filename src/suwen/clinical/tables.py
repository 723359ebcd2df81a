"""Reading the tables of this package: data files beside the code, each row with its source."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from typing import Any

from suwen.core.finding import Confidence, Source


def read_table(name: str) -> dict[str, Any]:
    """The content of one data file of this package."""
    text = files("suwen.clinical").joinpath(f"data/{name}.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def read_edited_table(name: str) -> dict[str, Any]:
    """The content of one data file of this package that people write by hand, in TOML."""
    return tomllib.loads(files("suwen.clinical").joinpath(f"data/{name}.toml").read_text("utf-8"))


def row_source(row: dict[str, Any], table: dict[str, Any]) -> Source:
    """Where a row comes from: its named source, or the wording that the row itself states."""
    known = table.get("sources", {}).get(row["source"])
    if known is None:
        return Source(title=row["source"], edition="as cited")
    return Source(title=known["title"], edition=known["edition"])


def row_confidence(row: dict[str, Any]) -> Confidence:
    """How well a row's source is known."""
    return Confidence(row["confidence"])
