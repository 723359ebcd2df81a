"""The notes of strangers, with the exact place of each identifier."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from suwen.evaluation.identifiers.scoring import AnnotatedText

FOLDER = Path(__file__).parent / "strangers"


def read_strange_notes(part: str) -> Iterator[tuple[AnnotatedText, tuple[str, ...]]]:
    """Each text of ``read`` or ``blind``, and the names known for its encounter."""
    for line in (FOLDER / f"{part}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        spans = tuple(_place(row["text"], span) for span in row["spans"])
        yield AnnotatedText(row["text"], spans), tuple(row["known_names"])


def _place(text: str, span: dict[str, Any]) -> tuple[int, int, str]:
    at = -1
    for _ in range(span["nth"] + 1):
        at = text.index(span["text"], at + 1)
    return at, at + len(span["text"]), span["kind"]
