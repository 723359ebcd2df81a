"""How much of two public sets of injections is found, and how often clean text is disturbed.

The floors are what was measured on the development halves when the rules were written (2026-11).
"""

from __future__ import annotations

import json
from pathlib import Path

from suwen.knowledge.ingestion.trust import find_untrusted
from tests.support.shared_data import REPOSITORY, shared_data

_HOST = "Community-acquired pneumonia is treated for five days."


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _share(texts: list[str]) -> float:
    return sum(bool(find_untrusted(text)) for text in texts) / len(texts)


def test_injections_of_bastioncorpus_are_found() -> None:
    rows = _lines(shared_data("bastioncorpus") / "dev" / "injections.jsonl")
    assert _share([r["text"] for r in rows if r["label"] == "malicious"]) >= 0.85
    assert _share([r["text"] for r in rows if r["label"] == "benign"]) <= 0.04


def test_injections_of_bipia_are_found_in_a_clinical_text() -> None:
    for name, floor in (("text", 0.60), ("code", 0.95)):
        kinds = json.loads(
            (shared_data("bipia") / "dev" / f"{name}_attack_train.json").read_text("utf-8")
        )
        attacks = [f"{_HOST}\n{attack}\n{_HOST}" for kind in kinds.values() for attack in kind]
        assert _share(attacks) >= floor
    mails = _lines(shared_data("bipia") / "dev" / "email" / "train.jsonl")
    assert _share([mail["context"] for mail in mails]) <= 0.02


def test_consumer_health_answers_are_left_alone() -> None:
    rows = _lines(shared_data("medquad_liveqa") / "dev" / "medquad_qa.jsonl")
    answers = [r["answer"] for r in rows[::40] if r["answer"]]
    assert len(answers) > 350
    assert _share(answers) <= 0.002


def test_chinese_answers_of_physicians_are_left_alone() -> None:
    (path,) = (shared_data("toyhom_dept") / "dev").glob("*.jsonl")
    rows = _lines(path)
    assert _share([r["answer"] for r in rows[::20] if r["answer"]]) <= 0.002


def test_our_own_manuals_are_disturbed_only_where_they_speak_of_models() -> None:
    texts = [path.read_text("utf-8") for path in (REPOSITORY / "docs").rglob("*.md")]
    for text in texts:
        for finding in find_untrusted(text):
            assert finding.rule.startswith("instruction_like.")
