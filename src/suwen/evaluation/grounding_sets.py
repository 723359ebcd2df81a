"""Reads the texts whose statements are to be checked, each with its evidence and what is true."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from suwen.evaluation.corruption.context import (
    CorruptionContext,
    dialogue_context,
    record_context,
    text_values,
)

_TURN: Final = re.compile(r"^\s*\[?([A-Za-z_ ]{4,20})\]?\s*:?\s(.*)$")
_SPEAKERS: Final = {
    "doctor": "doctor",
    "patient": "patient",
    "patient_guest": "other",
    "guest_family": "other",
    "gest_family": "other",
    "guest_clinician": "other",
    "guest_clinican": "other",
}
_OTHER_TEXTS: Final = 60


@dataclass(frozen=True, slots=True)
class GroundedText:
    """A text taken as true, and the evidence it is true of.

    Attributes:
        evidence: the member of a ``suwen verify`` line that carries it: ``{"bundle": …}`` or
            ``{"dialogue": [{"speaker", "text"}]}``.
    """

    id: str
    text: str = field(repr=False)
    evidence: Mapping[str, Any] = field(repr=False)
    context: CorruptionContext = field(repr=False)


def parse_dialogue(text: str) -> list[tuple[str, str]]:
    """Turns of a transcript as (speaker, text); a line without a speaker continues the turn."""
    turns: list[tuple[str, str]] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        match = _TURN.match(line)
        speaker = _SPEAKERS.get(match.group(1).strip().lower()) if match else None
        if match and speaker:
            turns.append((speaker, match.group(2).strip()))
        elif turns and line.strip():
            turns[-1] = (turns[-1][0], f"{turns[-1][1]} {line.strip()}")
    return turns


def read_aci_bench(folder: Path, seed: int) -> list[GroundedText]:
    """Notes of ``aci_bench/dev`` against their dialogues."""
    rows = _rows(folder / "encounters.jsonl")
    return _against_dialogues([(r["id"], r["note"], r["dialogue"]) for r in rows], seed)


def read_mts_dialog(folder: Path, seed: int) -> list[GroundedText]:
    """Note sections of ``mts_dialog/dev`` against their dialogues."""
    rows = _rows(folder / "dialogue_sections.jsonl")
    return _against_dialogues([(r["id"], r["section_text"], r["dialogue"]) for r in rows], seed)


def own_texts(
    documents: Sequence[tuple[str, str, Mapping[str, Any]]], seed: int
) -> list[GroundedText]:
    """Our documents as (id, text, R4 Bundle); every other patient lends the wrong values."""
    bundles = {id(bundle): bundle for _, _, bundle in documents}
    contexts = {
        key: record_context(bundle, [b for k, b in bundles.items() if k != key], seed)
        for key, bundle in bundles.items()
    }
    return [
        GroundedText(name, _normal(text), {"bundle": bundle}, contexts[id(bundle)])
        for name, text, bundle in documents
    ]


def _against_dialogues(rows: Sequence[tuple[str, str, str]], seed: int) -> list[GroundedText]:
    stated = [text_values(note) for _, note, _ in rows]
    texts = []
    for position, (name, note, dialogue) in enumerate(rows):
        turns = parse_dialogue(dialogue)
        others = [v for n in range(1, _OTHER_TEXTS) for v in stated[(position + n) % len(rows)]]
        lines = [{"speaker": speaker, "text": text} for speaker, text in turns]
        context = dialogue_context(turns, others, seed)
        texts.append(GroundedText(name, _normal(note), {"dialogue": lines}, context))
    return texts


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n")
