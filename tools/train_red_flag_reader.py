"""Trains the second reader of red flags and writes its weights.

Training text is ours alone: ``tools/red_flag_texts``, written for it by people who had read neither
the rules nor the vignettes (``short.jsonl`` by those who write the rules); the complaints on which
the model's part is judged; and of the vignettes those halves that people who write rules have read
(the first half of the first set, both of the third). The second half of the first set and the whole
fourth set are never opened here. No public set is. The result is the same for the same input.

    python tools/train_red_flag_reader.py [--output FILE] [--folds 5]

With ``--folds`` nothing is written: messages are judged by weights that were learned without them,
and what each score would find and divert is told.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from suwen.clinical.red_flag_reader import (
    ARTEFACT,
    GROUP_PIECES,
    GROUPS,
    PIECES,
    PIECES_OWED,
    SIGNS,
    SIGNS_OWED,
    SIGNS_WEIGH,
    Weights,
    pieces,
    sign_places,
)
from suwen.clinical.red_flag_rules import READER, red_flag_rules
from suwen.clinical.red_flags import find_red_flags, signs_in

ROOT = Path(__file__).parents[1]
TEXTS = Path(__file__).parent / "red_flag_texts"
EVALUATION = ROOT / "src/suwen/apps/triage/evaluation"
VIGNETTES = EVALUATION / "vignettes"
OUTPUT = ROOT / "src/suwen/clinical/data" / ARTEFACT
READ_HALVES = {"": {"first"}, "third": {"first", "second"}}
"""The halves of the vignettes that may be learned from, by folder."""

_GROUP_OF = {
    "heart": "RF01 RF03 RF04 RF16 RF17 RF18",
    "brain": "RF02 RF05 RF06 RF22 RF54",
    "belly": "RF07 RF08 RF09 RF20 RF21",
    "poison": "RF10 RF11 RF26 RF58 RF59",
    "injury": "RF12 RF19 RF23 RF24 RF25 RF28 RF29 RF60",
    "illness": "RF13 RF14 RF15 RF27 RF55 RF56 RF57",
    "mind": "RF30 RF31 RF32",
    "pregnancy": "RF33 RF34 RF35 RF36 RF37 RF38 RF39 RF40",
    "child": "RF41 RF42 RF43 RF44 RF45 RF46 RF47 RF48 RF49 RF50 RF51 RF52 RF53",
}
GROUP_OF = {flag: group for group, flags in _GROUP_OF.items() for flag in flags.split()}
_ROUNDS, _DECAY, _GROUP_ROUNDS = 120, 1e-5, 120
_UNFOUND_WEIGHS = 2.0
"""How much more an emergency that no rule finds weighs: those are what the reader is for."""


@dataclass(frozen=True)
class Sample:
    """One chat: its pieces and signs, the flag (``None`` for an ordinary one), whether the rules
    divert it, and who wrote it."""

    pieces: np.ndarray
    signs: np.ndarray
    flag: str | None
    found: bool
    writer: str


def samples() -> list[Sample]:
    """Everything that is learned from, in a fixed order."""
    complaints = _rows(EVALUATION / "complaints.jsonl")
    return [
        *_written(),
        *(_sample(row["request"], None, "complaints") for row in complaints),
        *_read_vignettes(),
    ]


def _written() -> Iterator[Sample]:
    for path in sorted(TEXTS.glob("*.jsonl")):
        for row in _rows(path):
            yield _sample({"messages": [_said(row["text"])]}, row["flag"], path.stem)


def _read_vignettes() -> Iterator[Sample]:
    for folder, halves in READ_HALVES.items():
        for name in ("red_flags", "ordinary"):
            for row in _rows(VIGNETTES / folder / f"{name}.jsonl"):
                if row["half"] in halves:
                    flag = row["red_flag"] if name == "red_flags" else None
                    yield _sample(row["request"], flag, folder or "vignettes")


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _said(text: str) -> dict[str, str]:
    return {"role": "patient", "text": text}


def _sample(request: dict[str, Any], flag: str | None, writer: str) -> Sample:
    said = [one["text"] for one in request["messages"] if one["role"] == "patient"]
    known = {key: request[key] for key in ("age_y", "pregnant") if key in request}
    plain, signs = signs_in(said, **known)
    rules = tuple(rule for rule in red_flag_rules() if rule.id != READER)
    found = bool(find_red_flags(said, **known, sex=request.get("sex"), rules=rules))
    return Sample(pieces(plain), sign_places(signs), flag, found, writer)


@dataclass(frozen=True)
class Rows:
    """The pieces or signs of many samples as one sparse matrix."""

    flat: np.ndarray
    starts: np.ndarray
    values: np.ndarray
    repeated: np.ndarray
    size: int

    @classmethod
    def of(cls, found: Sequence[np.ndarray], size: int, weigh: float, owed: int) -> Rows:
        """The matrix, each row as the reader weighs it; that of a sample without any is zero."""
        lengths = np.array([max(len(one), 1) for one in found])
        filled = [one % size if len(one) else np.zeros(1, np.uint32) for one in found]
        empty = np.array([not len(one) for one in found])
        return cls(
            np.concatenate(filled).astype(np.int64),
            np.concatenate([[0], np.cumsum(lengths)[:-1]]),
            np.where(empty, 0.0, weigh / np.sqrt(lengths + owed)),
            np.repeat(np.arange(len(found)), lengths),
            size,
        )

    def times(self, weights: np.ndarray) -> np.ndarray:
        """The matrix times a column."""
        result: np.ndarray = np.add.reduceat(weights[self.flat], self.starts) * self.values
        return result

    def back(self, errors: np.ndarray) -> np.ndarray:
        """A row times the matrix."""
        return np.bincount(
            self.flat, weights=(errors * self.values)[self.repeated], minlength=self.size
        )


Learned = tuple[np.ndarray, np.ndarray, float]
"""Weights of pieces and of signs, and the base."""


def descend(
    both: tuple[Rows, Rows], targets: np.ndarray, weights: np.ndarray, rounds: int
) -> Learned:
    """Logistic regression by Adam over all samples at once."""
    learned = [np.zeros(one.size) for one in both]
    base, rate = 0.0, 0.05
    first = [np.zeros(one.size) for one in both]
    second = [np.zeros(one.size) for one in both]
    for step in range(1, rounds + 1):
        logits = sum(one.times(w) for one, w in zip(both, learned, strict=True)) + base
        errors = (1 / (1 + np.exp(-np.clip(logits, -40, 40))) - targets) * weights
        for n, one in enumerate(both):
            gradient = one.back(errors) + _DECAY * learned[n]
            first[n] = 0.9 * first[n] + 0.1 * gradient
            second[n] = 0.999 * second[n] + 0.001 * gradient**2
            width = np.sqrt(second[n] / (1 - 0.999**step)) + 1e-7
            learned[n] -= rate * (first[n] / (1 - 0.9**step)) / width
        base -= 4.0 * errors.sum()
    return learned[0], learned[1], base


def learn_worry(chosen: Sequence[Sample]) -> Learned:
    """What tells an emergency from an ordinary chat; both sides weigh the same together."""
    targets = np.array([one.flag is not None for one in chosen], float)
    weights = np.array(
        [_UNFOUND_WEIGHS if one.flag is not None and not one.found else 1.0 for one in chosen]
    )
    weights[targets == 1] *= weights[targets == 0].sum() / weights[targets == 1].sum()
    return descend(_both(chosen, PIECES), targets, weights / weights.sum(), _ROUNDS)


def learn_groups(chosen: Sequence[Sample]) -> list[Learned]:
    """What tells the emergencies of a group from the others."""
    emergencies = [one for one in chosen if one.flag is not None]
    both = _both(emergencies, GROUP_PIECES)
    learned = []
    for group in GROUPS:
        targets = np.array([GROUP_OF[one.flag or ""] == group for one in emergencies], float)
        weights = np.full(len(emergencies), 1 / len(emergencies))
        learned.append(descend(both, targets, weights, _GROUP_ROUNDS))
    return learned


def _both(chosen: Sequence[Sample], size: int) -> tuple[Rows, Rows]:
    return (
        Rows.of([one.pieces for one in chosen], size, 1.0, PIECES_OWED),
        Rows.of([one.signs for one in chosen], SIGNS, SIGNS_WEIGH, SIGNS_OWED),
    )


def as_bytes(rows: np.ndarray) -> tuple[np.ndarray, float]:
    """The weights as signed bytes, and what a step is worth."""
    scale = float(np.abs(rows).max()) / 127
    return np.round(rows / scale).astype(np.int8), scale


def learn(chosen: Sequence[Sample]) -> Weights:
    """All that ships."""
    worry, groups = learn_worry(chosen), learn_groups(chosen)
    wording, wording_step = as_bytes(worry[0])
    signs, signs_step = as_bytes(worry[1])
    group_wording, group_step = as_bytes(np.array([one[0] for one in groups]))
    group_signs, group_signs_step = as_bytes(np.array([one[1] for one in groups]))
    return Weights(
        pieces=wording,
        signs=signs,
        group_pieces=group_wording,
        group_signs=group_signs,
        scales=np.array([wording_step, signs_step, group_step, group_signs_step]),
        bases=np.array([worry[2], *(one[2] for one in groups)]),
    )


def judged_by_others(every: Sequence[Sample], folds: int) -> np.ndarray:
    """The score of each sample by weights that were learned without its fold; ``folds`` of 0 takes
    each writer for a fold."""
    if folds:
        shuffled = np.random.default_rng(1).permutation(len(every))
        parts = [shuffled[number::folds] for number in range(folds)]
    else:
        writers = sorted({one.writer for one in every})
        parts = [
            np.array([n for n, one in enumerate(every) if one.writer == writer])
            for writer in writers
        ]
    scores = np.zeros(len(every))
    for part in parts:
        out = set(part.tolist())
        pieces_weigh, signs_weigh, base = learn_worry(
            [one for n, one in enumerate(every) if n not in out]
        )
        rows = _both([every[n] for n in part], PIECES)
        scores[part] = rows[0].times(pieces_weigh) + rows[1].times(signs_weigh) + base
    return np.asarray(1 / (1 + np.exp(-scores)))


def tell(every: Sequence[Sample], scores: np.ndarray) -> None:
    """Prints what each score would find and divert beside the rules."""
    found = np.array([one.found for one in every])
    grave = np.array([one.flag is not None for one in every])
    print(f"rules alone: found {found[grave].mean():.3f}, diverted {found[~grave].mean():.3f}")
    print("score  of those no rule finds: found, diverted; with the rules: found, diverted")
    for bound in np.arange(0.15, 0.95, 0.05):
        worried = scores >= bound
        either = worried | found
        print(
            f"{bound:.2f}   {worried[grave & ~found].mean():.3f} "
            f"{worried[~grave & ~found].mean():.3f}   "
            f"{either[grave].mean():.3f} {either[~grave].mean():.3f}"
        )


def main() -> None:
    """Reads, learns, writes or tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--folds", type=int, help="Only tell; 0: each writer by the others.")
    arguments = parser.parse_args()
    every = samples()
    print(f"{len(every)} messages, {sum(one.flag is not None for one in every)} emergencies")
    if arguments.folds is not None:
        tell(every, judged_by_others(every, arguments.folds))
        return
    weights = learn(every)
    np.savez_compressed(
        arguments.output, **{name: getattr(weights, name) for name in Weights.__slots__}
    )
    print(f"{arguments.output.name}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
