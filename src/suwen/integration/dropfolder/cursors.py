"""How far a dropped file was read: its cursor, as JSON text; holds nothing of the file itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

READING = "reading"
DONE = "done"
REFUSED_WHOLE = "refused"


@dataclass(frozen=True, slots=True)
class FileCursor:
    """How far a file of one content was read under one mapping.

    Attributes:
        digest: of the sources that read it; another one means that it is read anew.
        state: ``reading``, ``done`` or ``refused``.
        rows: rows behind the header that were worked through, over all its tables.
        changed: resources that are new, or took the place of an older state.
        refused: rows that were refused.
        moved: whether the file was put away.
    """

    digest: str
    state: str = READING
    rows: int = 0
    changed: int = 0
    refused: int = 0
    moved: bool = False

    def as_text(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> FileCursor:
        """The cursor that ``as_text`` wrote."""
        return cls(**json.loads(text))
