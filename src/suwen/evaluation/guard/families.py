"""Which families of public attacks are learned from and which are tested on.

A family is what the attacks of a set have in common besides their goal: the method that made them,
the frame that they stand in, the tactic. A family is on one side only, and so is a goal: a text is
on the training side when both its family and its goal are, on the test side when neither is, and
otherwise on no side.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

TRAINING_METHODS: Final = frozenset({"JailbreakChat", "GCG", "DSN"})
"""Of ``jailbreakbench_artifacts``. Both ways of optimised suffixes are one family."""
_BASTION_TRAINING: Final = frozenset({"jailbreak_persona", "exfiltration", "delimiter_injection"})
_FRAME: Final = 20


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def is_even(name: str) -> bool:
    """One of two halves of anything that has a name, the same on every machine."""
    return sha256(name.encode()).digest()[0] % 2 == 0


def jailbench_side(row: dict[str, Any]) -> str:
    """``train``, ``test`` or ``neither``: by the frame around the question and by its harm area."""
    query = str(row["query"])
    frame = is_even("frame " + query[:_FRAME])
    area = is_even("area " + str(row["l2"]))
    return _side(frame, area)


def seed_side(row: dict[str, Any]) -> str:
    """``train`` or ``test``: a bare question, by its harm area."""
    return "train" if is_even("area " + str(row["l2"])) else "test"


def jailbreakbench_side(row: dict[str, Any]) -> str:
    """``train``, ``test`` or ``neither``: by method and by behaviour."""
    return _side(row["method"] in TRAINING_METHODS, is_even("goal " + str(row["behavior"])))


def bastion_side(row: dict[str, Any]) -> str:
    """``train`` or ``test``: by category, benign ones included."""
    category = str(row["category"])
    if row["label"] == "benign":
        return "train" if is_even("benign " + category) else "test"
    return "train" if category in _BASTION_TRAINING else "test"


def dialogue_side(row: dict[str, Any]) -> str:
    """``train`` or ``test`` of ``mts_dialog``: ordinary text, halved by its identifier."""
    return "train" if is_even("mts " + str(row["id"])) else "test"


def training_attacks(data: Path) -> Iterator[str]:
    """Attacks of the training side."""
    for row in read_lines(data / "jailbench_zh/dev/jailbreak.jsonl"):
        if jailbench_side(row) == "train":
            yield row["query"]
    for row in read_lines(data / "jailbench_zh/dev/seed.jsonl"):
        if seed_side(row) == "train":
            yield row["query"]
    for row in read_lines(data / "jailbreakbench_artifacts/dev/attack_prompts.jsonl"):
        if jailbreakbench_side(row) == "train":
            yield row["prompt"]
    for row in read_lines(data / "bastioncorpus/dev/injections.jsonl"):
        if row["label"] == "malicious" and bastion_side(row) == "train":
            yield row["text"]


def training_texts(data: Path) -> Iterator[tuple[str, str]]:
    """Ordinary text of the training side, with its kind."""
    for row in read_lines(data / "mts_dialog/dev/dialogue_sections.jsonl"):
        if dialogue_side(row) == "train":
            yield row["section_text"], "clinical"
            yield row["dialogue"], "clinical"
            for turn in row["dialogue"].splitlines():
                yield turn.partition(":")[2].strip(), "clinical"


def _side(first: bool, second: bool) -> str:
    return "neither" if first != second else "train" if first else "test"
