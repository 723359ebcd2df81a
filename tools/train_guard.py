"""Trains the small model of the guard and writes its weights.

Training text is what we wrote (``tools/guard_texts``, and of ``tools/red_flag_texts`` what patients
say in a chat) and, read at training time only, the training
side of the public sets that may be used: ``jailbench_zh/dev``, ``jailbreakbench_artifacts/dev``,
``bastioncorpus/dev`` and ``mts_dialog/dev``. Sets that are marked "eval only" are never opened.
Which families are on which side says ``suwen.evaluation.guard.families``: nothing on the test side
is read here. The result is the same for the same input.

    python tools/train_guard.py --data FOLDER [--output FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from suwen.control.guardrails.weighing import ARTEFACT, HEADS, SIZE, Weights, pieces
from suwen.evaluation.guard.families import training_attacks, training_texts

TEXTS = Path(__file__).parent / "guard_texts"
CHATS = Path(__file__).parent / "red_flag_texts"
OUTPUT = Path(__file__).parents[1] / "src/suwen/control/guardrails" / ARTEFACT
_SLOT = re.compile(r"\{(\w+)\}")
_EACH = {"harm": 5000, "attack": 1900, "offtopic": 3600, "benign": 6500}
_OF_CHATS = 1.0
_ROUNDS, _DECAY = 260, 3e-5

Sample = tuple[str, str, float]
"""Text, kind (harm, attack, offtopic, benign, document, clinical), weight."""


def lines(name: str) -> list[str]:
    """The lines of a data file without its remarks."""
    content = (TEXTS / name).read_text(encoding="utf-8").splitlines()
    return [line for line in content if line.strip() and not line.startswith("#")]


def slots(language: str) -> dict[str, list[str]]:
    """What may stand in a template, by slot."""
    found = {}
    for line in lines(f"slots_{language}.txt"):
        name, _, fillers = line.partition(" = ")
        found[name] = fillers.split("|")
    return found


def filled(template: str, fillers: dict[str, list[str]], dice: random.Random) -> str:
    """A template with a drawn filler in each slot."""

    def filler(match: re.Match[str]) -> str:
        name = match.group(1)
        drawn = dice.choice(fillers[name.lower()])
        return drawn[0].upper() + drawn[1:] if name[0].isupper() else drawn

    while _SLOT.search(template):
        template = _SLOT.sub(filler, template)
    return template


def written(language: str, dice: random.Random) -> Iterator[Sample]:
    """Texts from our own templates."""
    fillers = slots(language)
    fillers["deed"] = lines(f"harm_{language}.txt")
    part = 1.0 if language == "en" else 0.5
    tables = {
        "harm": lines(f"harm_frames_{language}.txt"),
        "attack": lines(f"attack_{language}.txt"),
        "offtopic": lines(f"offtopic_{language}.txt"),
        "benign": lines(f"benign_{language}.txt"),
    }
    for kind, table in tables.items():
        wanted = int(_EACH[kind] * part)
        for number in range(wanted):
            text = filled(table[number % len(table)], fillers, dice)
            yield varied(text, dice), kind, 1.0
    if language == "en":
        for template in lines("documents_en.txt") * 30:
            yield varied(filled(template, fillers, dice), dice), "document", 1.0
    for index, deed in enumerate(fillers["deed"]):
        # Every deed several times bare: no frame is needed to know it.
        for _ in range(3):
            yield filled(deed, fillers, dice), "harm", 1.0
        if index % 2 == 0:
            yield filled(f"{deed} {{deed}}", fillers, dice), "harm", 0.5
    for number in range(int(1500 * part)):
        several = [
            filled(dice.choice(tables["benign"]), fillers, dice) for _ in range(2 + number % 5)
        ]
        yield " ".join(several), "benign", 1.0


def varied(text: str, dice: random.Random) -> str:
    """As people write it: sometimes without the last mark, sometimes in small letters."""
    if dice.random() < 0.25:
        text = text.rstrip(".?。？!")
    return text.lower() if dice.random() < 0.25 else text


def chats(dice: random.Random) -> Iterator[Sample]:
    """What patients say, emergencies too: nothing of it is harm or an attack."""
    for file in sorted(CHATS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield varied(json.loads(line)["text"], dice), "benign", _OF_CHATS


def all_samples(data: Path, seed: int) -> list[Sample]:
    """Everything that is learned from, in a fixed order."""
    dice = random.Random(seed)
    samples = [*written("en", dice), *written("zh", dice), *chats(dice)]
    samples.extend((text, "attack", 1.0) for text in training_attacks(data))
    samples.extend((text, kind, 1.0) for text, kind in training_texts(data))
    return samples


# Which kinds are for (1) and against (0) a head; what is not named is not used for it.
_FOR = {
    "harm": {"harm": 1, "benign": 0, "clinical": 0},
    "attack": {"attack": 1, "offtopic": 1, "benign": 0, "clinical": 0},
    "order": {"offtopic": 1, "benign": 0, "clinical": 0, "document": 0},
}


def learn(samples: list[Sample]) -> Weights:
    """Weights of all heads."""
    rows = [pieces(text) for text, _, _ in samples]
    places = np.zeros((len(HEADS), SIZE), np.int8)
    scales, bases = np.zeros(len(HEADS)), np.zeros(len(HEADS))
    for number, head in enumerate(HEADS):
        labels = _FOR[head]
        chosen = [
            i
            for i, (_, kind, _) in enumerate(samples)
            if labels.get(kind, -1) >= 0 and len(rows[i])
        ]
        targets = np.array([labels[samples[i][1]] for i in chosen], float)
        weights = np.array([samples[i][2] for i in chosen], float)
        # Both sides weigh the same together.
        positive = weights[targets == 1].sum()
        weights[targets == 1] *= weights[targets == 0].sum() / positive
        weights /= weights.sum()
        learned, base = descend([rows[i] for i in chosen], targets, weights)
        scale = np.abs(learned).max() / 127
        places[number] = np.round(learned / scale).astype(np.int8)
        scales[number], bases[number] = scale, base
        print(f"{head}: {len(chosen)} texts, {int(targets.sum())} for it", flush=True)
    return Weights(places, scales, bases)


def descend(
    rows: list[np.ndarray], targets: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    """Logistic regression by Adam over all texts at once."""
    lengths = np.array([len(row) for row in rows])
    flat = np.concatenate(rows).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    values = (1.0 / np.sqrt(lengths)).astype(np.float32)
    repeated = np.repeat(np.arange(len(rows)), lengths)
    learned, base = np.zeros(SIZE), 0.0
    first, second = np.zeros(SIZE), np.zeros(SIZE)
    rate = 0.05
    for step in range(1, _ROUNDS + 1):
        logits = np.add.reduceat(learned[flat], starts) * values + base
        errors = (1 / (1 + np.exp(-np.clip(logits, -40, 40))) - targets) * weights
        gradient = np.bincount(flat, weights=(errors * values)[repeated], minlength=SIZE)
        gradient += _DECAY * learned
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        learned -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-7)
        base -= 4.0 * errors.sum()
    return learned, base


def main() -> None:
    """Reads, learns, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="Folder of the public sets.")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--seed", type=int, default=23)
    arguments = parser.parse_args()
    weights = learn(all_samples(arguments.data, arguments.seed))
    np.savez_compressed(
        arguments.output, places=weights.places, scales=weights.scales, bases=weights.bases
    )
    print(f"{arguments.output.name}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
