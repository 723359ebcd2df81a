"""The documents of the demonstration library: one Markdown file each, with what it is on top."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from suwen.core.knowledge import CollectionKind
from suwen.core.language import Bilingual

_BORDER = "+++\n"

COLLECTIONS = {
    "hospital_library": (
        Bilingual(zh="本院资料库（示范）", en="Hospital library (demonstration)"),
        CollectionKind.DOCUMENTS,
    ),
    "patient_services": (
        Bilingual(zh="患者就医须知（示范）", en="Information for patients (demonstration)"),
        CollectionKind.DOCUMENTS,
    ),
    "typical_cases": (
        Bilingual(zh="典型病例（示范）", en="Typical cases (demonstration)"),
        CollectionKind.CASES,
    ),
}
"""Title and kind of each collection, by id."""


def document_lines(collection: str) -> Iterator[dict[str, Any]]:
    """The documents of a collection as knowledge import lines, by id."""
    folder = files("suwen.bootstrap.demonstration").joinpath("library", collection)
    for name, file in sorted(_markdown(folder, "")):
        _, facts, text = file.read_text("utf-8").split(_BORDER, 2)
        yield {"id": name, "text": text.strip() + "\n", **tomllib.loads(facts)}


def _markdown(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _markdown(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(".md"):
            yield f"{above}{entry.name.removesuffix('.md')}", entry
