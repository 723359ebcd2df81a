"""Departments as a hospital's own visits show them: a small linear model over the table's scores.

It weighs runs of characters and words, hashed, of all that was said and of its first sentence, and
what the table of words (``clinical.departments``) makes of both. Weights are one signed byte a
hashed piece, and a piece that fewer than three visits had has none: no wording can be read out of
them. Trained by ``clinical.department_learning`` on a hospital's own history; none ships.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from suwen.clinical.departments import opening_of

SIZE: Final = 1 << 17
"""Pieces are hashed into this many places."""
TABLE_SCALE: Final = 0.1
"""How much the table's log shares weigh beside a text's pieces, whose length is 1."""

_FORMAT: Final = 1
_LEAST_SHARE: Final = 1e-3
_CHARACTERS: Final = 4000
_UNIT: Final = re.compile(r"[a-z']+|[0-9]+|[\u3400-\u9fff]")
_FACTOR: Final = np.uint32(2654435761)
_LONGEST: Final = {0: 3, 1: 4}
"""Longest run of units: of the whole text (0) and of its first sentence (1)."""

Places = NDArray[np.uint32]
Floats = NDArray[np.float32]


def pieces(plain: str) -> Places:
    """The places of a folded text's pieces, each once, sorted; empty where nothing is said."""
    found = [
        _runs(_UNIT.findall(part), part_of)
        for part_of, part in enumerate((plain[:_CHARACTERS], opening_of(plain)))
    ]
    places: Places = np.unique(np.concatenate(found) % np.uint32(SIZE))
    return places


def _runs(units: Sequence[str], part_of: int) -> Places:
    codes = np.array([crc32(unit.encode()) for unit in units], np.uint32)
    parts = [np.zeros(0, np.uint32)]
    running = np.full(len(codes), np.uint32(97 + 31 * part_of))
    for length in range(1, _LONGEST[part_of] + 1):
        if len(codes) < length:
            break
        running = (running[: len(codes) - length + 1] ^ codes[length - 1 :]) * _FACTOR
        mixed = running ^ (running >> np.uint32(15))
        mixed = mixed * np.uint32(2246822519)
        parts.append(mixed ^ (mixed >> np.uint32(13)))
    return np.concatenate(parts)


def table_features(
    whole: Mapping[str, float], opening: Mapping[str, float], codes: Sequence[str]
) -> Floats:
    """The table's shares of the whole text and of its first sentence as features.

    Args:
        codes: departments in the order of the features; one that the table does not have any more
            counts as the least.
    """
    logs = np.log([[part.get(c, 0.0) + _LEAST_SHARE for c in codes] for part in (whole, opening)])
    centred = (logs - logs.mean(axis=1, keepdims=True)) * TABLE_SCALE
    features: Floats = centred.ravel().astype(np.float32)
    return features


@dataclass(frozen=True, slots=True)
class DepartmentModel:
    """What was learned.

    Attributes:
        codes: the departments that it knows, in the order of its scores.
        table_codes: departments of the table that it was trained with.
        places: (departments, ``SIZE``) signed bytes; times ``scales`` a department.
        rarity: of each place; 0 where too few visits had it.
        of_table: (departments, 2 x table's departments).
        bases: of each department.
        sharpness: what makes a score comparable to the logarithm of a share.
    """

    codes: tuple[str, ...]
    table_codes: tuple[str, ...]
    places: NDArray[np.int8]
    scales: Floats
    rarity: Floats
    of_table: Floats
    bases: Floats
    sharpness: float

    def shares(
        self, plain: str, whole: Mapping[str, float], opening: Mapping[str, float]
    ) -> Mapping[str, float]:
        """How likely each department is among those that it knows, 0 to 1, together 1.

        Args:
            plain: what was said, folded.
            whole: the table's shares for all of it.
            opening: the table's shares for its first sentence.
        """
        found = pieces(plain)
        values = self.rarity[found]
        length = float(np.sqrt(np.square(values).sum())) or 1.0
        scores = (self.places[:, found] @ values) * self.scales / length
        scores = scores + self.of_table @ table_features(whole, opening, self.table_codes)
        logits = self.sharpness * (scores + self.bases)
        spread = np.exp(logits - logits.max())
        spread /= spread.sum()
        return dict(zip(self.codes, spread.tolist(), strict=True))

    def as_bytes(self) -> bytes:
        """The model as a file."""
        target = BytesIO()
        np.savez_compressed(
            target,
            form=np.array(_FORMAT),
            codes=np.array(self.codes),
            table_codes=np.array(self.table_codes),
            places=self.places,
            scales=self.scales,
            rarity=self.rarity.astype(np.float16),
            of_table=self.of_table,
            bases=self.bases,
            sharpness=np.array(self.sharpness),
        )
        return target.getvalue()


def read_model(content: bytes) -> DepartmentModel:
    """The model of a file.

    Raises:
        ValueError: it is none, or of another form than this program's.
    """
    try:
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            if int(arrays["form"]) != _FORMAT:
                raise ValueError("the model has another form")
            model = DepartmentModel(
                codes=tuple(arrays["codes"].tolist()),
                table_codes=tuple(arrays["table_codes"].tolist()),
                places=arrays["places"],
                scales=arrays["scales"],
                rarity=arrays["rarity"].astype(np.float32),
                of_table=arrays["of_table"],
                bases=arrays["bases"],
                sharpness=float(arrays["sharpness"]),
            )
    except (OSError, KeyError, EOFError, TypeError) as error:
        raise ValueError("it is no model of departments") from error
    many = len(model.codes)
    if (
        model.places.shape != (many, SIZE)
        or model.places.dtype != np.int8
        or model.rarity.shape != (SIZE,)
        or model.of_table.shape != (many, 2 * len(model.table_codes))
        or model.bases.shape != (many,)
        or model.scales.shape != (many,)
    ):
        raise ValueError("the model's parts do not fit each other")
    return model
