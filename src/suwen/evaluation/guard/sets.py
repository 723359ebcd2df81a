"""The texts that the guard is measured on, from public sets outside the repository."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from suwen.core.audience import Audience
from suwen.evaluation.guard.families import (
    bastion_side,
    dialogue_side,
    jailbench_side,
    jailbreakbench_side,
    read_lines,
    seed_side,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One text of a set.

    Attributes:
        family: what attacks of a set have in common besides their goal.
        side: ``train``, ``test`` or ``neither``, see ``families``; ``test`` where nothing of the
            set was learned from.
        start, end: in an injected document, where the injection stands; else ``None``.
    """

    text: str
    family: str
    side: str = "test"
    start: int | None = None
    end: int | None = None


def attacks(data: Path) -> dict[str, list[Item]]:
    """Direct attacks by set."""
    bastion = read_lines(data / "bastioncorpus/dev/injections.jsonl")
    return {
        "medsafetybench": [
            Item(row["request"], f"principle {row['category']}")
            for row in read_lines(data / "medsafetybench/dev/harmful_medical_requests.jsonl")
        ],
        "jailbench_zh": [
            Item(row["query"], row["l1"], jailbench_side(row))
            for row in read_lines(data / "jailbench_zh/dev/jailbreak.jsonl")
        ],
        "jailbench_zh bare": [
            Item(row["query"], row["l1"], seed_side(row))
            for row in read_lines(data / "jailbench_zh/dev/seed.jsonl")
        ],
        "jailbreakbench_artifacts": [
            Item(row["prompt"], row["method"], jailbreakbench_side(row))
            for row in read_lines(data / "jailbreakbench_artifacts/dev/attack_prompts.jsonl")
        ],
        "bastioncorpus": [
            Item(row["text"], row["category"], bastion_side(row))
            for row in bastion
            if row["label"] == "malicious" and row["channel"] == "user_input"
        ],
    }


def injected_documents(data: Path) -> dict[str, list[Item]]:
    """Documents with an order in them, by set; each with the place of the order."""
    folder = data / "bipia/dev"
    mails = [row["context"] for row in read_lines(folder / "email/train.jsonl")]
    found: dict[str, list[Item]] = {}
    for name in ("text", "code"):
        table = json.loads((folder / f"{name}_attack_train.json").read_text(encoding="utf-8"))
        found[f"bipia {name}"] = [
            injected(mails[(7 * number + place) % len(mails)], order, place, family)
            for family, orders in table.items()
            for number, order in enumerate(orders)
            for place in range(3)
        ]
    found["bastioncorpus documents"] = [
        Item(row["text"], row["category"], bastion_side(row), 0, len(row["text"]))
        for row in read_lines(data / "bastioncorpus/dev/injections.jsonl")
        if row["label"] == "malicious" and row["channel"] != "user_input"
    ]
    return found


def injected(mail: str, order: str, place: int, family: str) -> Item:
    """A document with an order before (0), within (1) or after it (2)."""
    middle = mail.find(". ", len(mail) // 2) + 2 if place == 1 else (0, 0, len(mail))[place]
    start = max(middle, 0) + (1 if place else 0)
    text = f"{mail[: start - 1]}\n{order}\n{mail[start - 1 :]}" if place else f"{order}\n{mail}"
    return Item(text, family, "test", start, start + len(order))


def benign(data: Path, wanted: int) -> dict[tuple[str, Audience], list[Item]]:
    """Ordinary messages and clinical text, by set and by who would write it: ``wanted`` in all."""
    sources = dict(_benign(data))
    each = -(-wanted // len(sources))
    return {
        key: [Item(text, key[0]) for text in _drawn(texts, each)] for key, texts in sources.items()
    }


def benign_documents(data: Path, wanted: int) -> dict[str, list[Item]]:
    """Documents without an order: notes, answers of leaflets, and the mails that are injected."""
    mails = [row["context"] for row in read_lines(data / "bipia/dev/email/train.jsonl")]
    sources = {
        "chineseblue records": _of(data, "chineseblue/dev/cEHRNER.jsonl", "text"),
        "medquad_liveqa answers": _of(data, "medquad_liveqa/dev/medquad_qa.jsonl", "answer"),
        "mts_dialog notes": _notes(data),
    }
    found = {
        name: [Item(text, name) for text in _drawn(texts, wanted)]
        for name, texts in sources.items()
    }
    found["bipia mails"] = [Item(mail, "bipia mails") for mail in mails]
    return found


def _benign(data: Path) -> Iterator[tuple[tuple[str, Audience], Iterable[str]]]:
    blue = "chineseblue/dev"
    patient, clinician = Audience.PATIENT, Audience.CLINICIAN
    yield ("chineseblue questions", patient), _of(data, f"{blue}/cMedQQ.jsonl", "a")
    yield ("chineseblue searches", patient), _of(data, f"{blue}/cMedIR.jsonl", "query")
    yield ("chineseblue intents", patient), _of(data, f"{blue}/cMedIC.jsonl", "text")
    yield (
        ("chineseblue chats", patient),
        [
            turn["sentence"]
            for row in read_lines(data / f"{blue}/CMDD.jsonl")
            for turn in row["dialogue-content"]
            if turn["speaker"] == "患者"
        ],
    )
    yield ("chineseblue records", clinician), _of(data, f"{blue}/cEHRNER.jsonl", "text")
    yield ("chineseblue trial criteria", clinician), _of(data, f"{blue}/cMedTC.jsonl", "text")
    yield (
        ("toyhom_dept questions", patient),
        _of(data, "toyhom_dept/dev/internal_medicine_departments.jsonl", "question"),
    )
    yield (
        ("medquad_liveqa questions", patient),
        _of(data, "medquad_liveqa/dev/medquad_qa.jsonl", "question"),
    )
    yield (
        ("medquad_liveqa answers", clinician),
        _of(data, "medquad_liveqa/dev/medquad_qa.jsonl", "answer"),
    )
    yield ("mts_dialog notes", clinician), _notes(data)
    yield (
        ("mts_dialog turns", patient),
        [
            turn.partition(":")[2].strip()
            for row in read_lines(data / "mts_dialog/dev/dialogue_sections.jsonl")
            if dialogue_side(row) == "test"
            for turn in row["dialogue"].splitlines()
            if turn.startswith("Patient:")
        ],
    )


def _notes(data: Path) -> list[str]:
    return [
        row["section_text"]
        for row in read_lines(data / "mts_dialog/dev/dialogue_sections.jsonl")
        if dialogue_side(row) == "test"
    ]


def _of(data: Path, path: str, field: str) -> list[str]:
    rows: list[dict[str, Any]] = read_lines(data / path)
    return [str(row[field]) for row in rows]


def _drawn(texts: Iterable[str], wanted: int) -> list[str]:
    """So many different texts, drawn by their content: the same on every machine."""
    different = {text.strip() for text in texts if text.strip()}
    return sorted(different, key=lambda text: sha256(text.encode()).digest())[:wanted]
