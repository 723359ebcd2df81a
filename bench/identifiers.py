"""Characters per CPU second against Presidio, in turns: known names, and the full path."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from identifier_texts import NAMES, notes

from suwen.inference.names.lac import LacNameFinder
from suwen.language.identifiers import find_identifiers

PEER = Path(__file__).parents[1] / ".venv/peers/presidio/bin/python"
PROGRAM = Path(__file__).parent / "identifier_texts/presidio_process.py"
ROUNDS = 5
OURS, THEIRS = 300, 30


class Peer:
    """Presidio in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(PEER), str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def rate(self, language: str) -> float:
        """Characters per CPU second of one round."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{language} {THEIRS}\n")
        self._process.stdin.flush()
        characters, seconds = json.loads(self._process.stdout.readline())
        return characters / seconds

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def rate(texts: list[str], work: Callable[[str], object]) -> float:
    begun = time.process_time()
    for text in texts:
        work(text)
    return sum(map(len, texts)) / (time.process_time() - begun)


def main() -> None:
    finder, peer = LacNameFinder(), Peer()
    paths: dict[str, Callable[[str, str], object]] = {
        "known names": lambda text, language: find_identifiers(
            text, language=language, known_names=NAMES[language]
        ),
        "full": lambda text, language: find_identifiers(text, language=language, names=finder),
    }
    aims = {
        ("known names", "en"): 50,
        ("known names", "zh"): 50,
        ("full", "en"): 1,
        ("full", "zh"): 1.2,
    }
    measured: dict[tuple[str, str], list[float]] = {key: [] for key in aims}
    peers: dict[str, list[float]] = {"en": [], "zh": []}
    for turn in range(ROUNDS + 1):
        for language in ("en", "zh"):
            theirs = peer.rate(language)
            texts = notes(language, OURS)
            ours = {
                path: rate(texts, lambda text, w=work, x=language: w(text, x))
                for path, work in paths.items()
            }
            if turn:  # the first turn warms both
                peers[language].append(theirs)
                for path, value in ours.items():
                    measured[path, language].append(value)
    peer.end()
    rows = []
    for (path, language), values in measured.items():
        value, other = statistics.median(values), statistics.median(peers[language])
        rows.append(
            {
                "name": f"{path}, {language}",
                "value": value,
                "unit": "characters/CPU-s",
                "peer": "presidio + en_core_web_sm" if language == "en" else "presidio stub + LAC",
                "peer_value": other,
                "ratio": value / other,
                "aim": f">= {aims[path, language]}x",
            }
        )
    print(json.dumps({"bench": "identifiers", "measured": time.strftime("%Y-%m-%d"), "rows": rows}))


if __name__ == "__main__":
    main()
