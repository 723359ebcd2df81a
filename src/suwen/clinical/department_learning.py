"""Learns a hospital's own departments from its visits: ridge regression, one against the rest.

Departments that are rarely visited count more, so that they are not swallowed by the busy ones.
The same visits give the same model: nothing is drawn at random.

Source: Hoerl and Kennard, Ridge Regression, Technometrics 1970; Hestenes and Stiefel, Methods of
Conjugate Gradients, 1952; Guo et al., On Calibration of Modern Neural Networks, 2017 (temperature).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from suwen.clinical.department_model import (
    SIZE,
    DepartmentModel,
    Floats,
    Places,
    pieces,
    table_features,
)
from suwen.clinical.departments import DepartmentTable, opening_of, plain_of, shares_of

LEAST_VISITS: Final = 3
"""A department with fewer visits is left to the table; so is a piece that fewer visits had."""

_PENALTY: Final = 0.1
_RARE_COUNT: Final = 0.5
"""Exponent by which a rare department's visits count more: 0 not at all, 1 as much as a busy one's
altogether."""
_ROUNDS: Final = 80
_EXACT: Final = 1e-4
_BLOCK: Final = 20_000
_SHARPNESS: Final = np.geomspace(0.5, 30.0, 24)

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: what the patient said, and the code of the department that was right."""

    text: str
    department: str


@dataclass(frozen=True, slots=True)
class _Read:
    """Visits as features: pieces row after row, and the table's scores.

    Attributes:
        places: the places that are learned, sorted; ``flat`` counts in them.
    """

    places: NDArray[np.int64]
    flat: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    values: Floats
    of_table: Floats

    def times(self, weights: Doubles) -> Doubles:
        """Scores of all rows; ``weights`` has a row for each place, then for the table's scores."""
        scores = self.of_table @ weights[len(self.places) :]
        for begin in range(0, len(self.lengths), _BLOCK):
            rows = slice(begin, begin + _BLOCK)
            first = int(self.starts[begin])
            last = first + int(self.lengths[rows].sum())
            held = weights[self.flat[first:last]] * self.values[first:last, None]
            scores[rows] += np.add.reduceat(held, self.starts[rows] - first, axis=0)
        return scores

    def gathered(self, errors: Doubles) -> Doubles:
        """What all rows together say of each weight: the transpose of ``times``."""
        many = errors.shape[1]
        learned = len(self.places)
        out = np.empty((learned + self.of_table.shape[1], many))
        row_of = np.repeat(np.arange(len(self.lengths)), self.lengths)
        for number in range(many):
            told = errors[row_of, number] * self.values
            out[:learned, number] = np.bincount(self.flat, weights=told, minlength=learned)
        out[learned:] = self.of_table.T @ errors
        return out


def learn(visits: Sequence[Visit], table: DepartmentTable) -> DepartmentModel:
    """The model of these visits.

    Args:
        visits: a fifth of them tells how sure the model may be; all are learned from.
        table: the departments and words that the model is laid over.

    Raises:
        ValueError: fewer than two departments have ``LEAST_VISITS`` visits.
    """
    counts: dict[str, int] = {}
    for visit in visits:
        counts[visit.department] = counts.get(visit.department, 0) + 1
    codes = tuple(sorted(code for code, n in counts.items() if n >= LEAST_VISITS))
    if len(codes) < 2:
        raise ValueError("at least two departments need visits")
    known = [visit for visit in visits if visit.department in codes]
    found = [_features(visit.text, table) for visit in known]
    labels = np.array([codes.index(visit.department) for visit in known])
    held = np.arange(len(known)) % 5 == 4
    sharpness = _sharpness(found, labels, held, len(codes))
    rarity = _rarity([places for places, _ in found])
    read = _read(found, rarity)
    weights, bases = _solve(read, labels, len(codes))
    of_pieces, of_table = weights[: len(read.places)], weights[len(read.places) :]
    scales = np.maximum(np.abs(of_pieces).max(axis=0) / 127, 1e-12)
    places = np.zeros((len(codes), SIZE), np.int8)
    places[:, read.places] = np.round(of_pieces / scales).astype(np.int8).T
    return DepartmentModel(
        codes=codes,
        table_codes=tuple(sorted(table.departments)),
        places=places,
        scales=scales.astype(np.float32),
        rarity=rarity,
        of_table=of_table.T.astype(np.float32).copy(),
        bases=bases.astype(np.float32),
        sharpness=sharpness,
    )


def _features(text: str, table: DepartmentTable) -> tuple[Places, Floats]:
    plain = plain_of([text])
    whole, opening = shares_of(plain, table), shares_of(opening_of(plain), table)
    return pieces(plain), table_features(whole, opening, sorted(table.departments))


def _rarity(found: Sequence[Places]) -> Floats:
    counts = np.bincount(np.concatenate(found), minlength=SIZE)
    rarity = np.log((1 + len(found)) / (1 + counts)) + 1
    rarity[counts < LEAST_VISITS] = 0
    # As a file keeps it.
    return rarity.astype(np.float16).astype(np.float32)


def _read(found: Sequence[tuple[Places, Floats]], rarity: Floats) -> _Read:
    known = np.flatnonzero(rarity)
    # Every row has a piece, so that no two rows begin at the same place; the first one of all
    # weighs nothing where it stands for none.
    rows = [places[rarity[places] > 0] for places, _ in found]
    lengths = np.array([max(len(row), 1) for row in rows])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    flat = np.zeros(int(lengths.sum()), np.int64)
    values = np.zeros(len(flat), np.float32)
    for start, row in zip(starts, rows, strict=True):
        flat[start : start + len(row)] = np.searchsorted(known, row)
        values[start : start + len(row)] = rarity[row]
    norms = np.sqrt(np.add.reduceat(np.square(values), starts))
    values /= np.repeat(np.where(norms > 0, norms, 1), lengths).astype(np.float32)
    return _Read(known, flat, starts, lengths, values, np.array([scores for _, scores in found]))


def _solve(read: _Read, labels: NDArray[np.int64], many: int) -> tuple[Doubles, Doubles]:
    """Weights and bases, by conjugate gradients on all departments at once."""
    counts = np.maximum(np.bincount(labels, minlength=many), 1)
    count_of = (len(labels) / counts / many) ** _RARE_COUNT
    each = count_of[labels][:, None]
    wanted = np.full((len(labels), many), -1.0)
    wanted[np.arange(len(labels)), labels] = 1.0
    bases = (each * wanted).sum(axis=0) / each.sum()
    weights = np.zeros((len(read.places) + read.of_table.shape[1], many))
    left = read.gathered(each * (wanted - bases))
    direction, rest = left.copy(), np.square(left).sum(axis=0)
    enough = rest * _EXACT**2
    for _ in range(_ROUNDS):
        if (rest <= enough).all():
            break
        image = read.gathered(each * read.times(direction)) + _PENALTY * direction
        step = rest / np.maximum((direction * image).sum(axis=0), 1e-30)
        weights += step * direction
        left -= step * image
        now = np.square(left).sum(axis=0)
        direction = left + (now / np.maximum(rest, 1e-30)) * direction
        rest = now
    return weights, bases


def _sharpness(
    found: Sequence[tuple[Places, Floats]],
    labels: NDArray[np.int64],
    held: NDArray[np.bool_],
    many: int,
) -> float:
    """The sharpness at which the shares of visits that were not learned from are most likely."""
    learned = [one for one, out in zip(found, held, strict=True) if not out]
    rarity = _rarity([places for places, _ in learned])
    weights, bases = _solve(_read(learned, rarity), labels[~held], many)
    kept = [one for one, out in zip(found, held, strict=True) if out]
    scores = _read(kept, rarity).times(weights) + bases
    right = labels[held]
    losses = []
    for sharpness in _SHARPNESS:
        logits = sharpness * (scores - scores.max(axis=1, keepdims=True))
        spread = np.log(np.exp(logits).sum(axis=1))
        losses.append(float((spread - logits[np.arange(len(right)), right]).mean()))
    return float(_SHARPNESS[int(np.argmin(losses))])


def counted(visits: Sequence[Visit]) -> Mapping[str, int]:
    """How many visits each department has, the most visited first."""
    counts: dict[str, int] = {}
    for visit in visits:
        counts[visit.department] = counts.get(visit.department, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
