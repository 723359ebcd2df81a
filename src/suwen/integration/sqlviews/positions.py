"""How far a view was read: its cursor, as JSON text that keeps the types of what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Mark = int | Decimal | date | datetime
"""A watermark; a datetime is aware or not as its column is."""


@dataclass(frozen=True, slots=True)
class Position:
    """The last row of a page: what the next page begins behind.

    Attributes:
        mark: its watermark; ``None`` for a view that is read by its key alone.
        key: its business key, as the source gave it.
    """

    mark: Mark | None
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ViewCursor:
    """How far a view was read.

    Attributes:
        digest: of the source in the mapping; another one means that all is read anew.
        high: highest watermark read so far, never beyond the present time.
        start: where the pass in hand began; ``None`` at the very beginning of the view.
        position: last row of the pass in hand that was stored; ``None`` between passes.
        whole: whether the pass in hand reads the whole view.
        whole_at: when the whole view was last read to its end, ISO 8601.
    """

    digest: str
    high: Mark | None = None
    start: Mark | None = None
    position: Position | None = None
    whole: bool = True
    whole_at: str | None = None

    def at(self, position: Position) -> ViewCursor:
        """After one more page."""
        high = self.high
        if position.mark is not None:
            high = position.mark if high is None else max(high, position.mark)
        return replace(self, position=position, high=high)

    def as_text(self) -> str:
        """As it is kept."""
        position = self.position
        return json.dumps(
            {
                "digest": self.digest,
                "high": _written(self.high),
                "start": _written(self.start),
                "position": None
                if position is None
                else [_written(position.mark), [_written(part) for part in position.key]],
                "whole": self.whole,
                "whole_at": self.whole_at,
            }
        )

    @classmethod
    def of_text(cls, text: str) -> ViewCursor:
        """The cursor that ``as_text`` wrote."""
        body = json.loads(text)
        position = body["position"]
        return cls(
            digest=body["digest"],
            high=_read(body["high"]),
            start=_read(body["start"]),
            position=None
            if position is None
            else Position(_read(position[0]), tuple(_read(part) for part in position[1])),
            whole=body["whole"],
            whole_at=body["whole_at"],
        )


def _written(value: Any) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, bool):
        raise TypeError("a key is no truth value")
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, int):
        return ["i", str(value)]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    return ["s", str(value)]


def _read(value: list[str] | None) -> Any:
    if value is None:
        return None
    kind, text = value
    if kind == "t":
        return datetime.fromisoformat(text)
    if kind == "d":
        return date.fromisoformat(text)
    if kind == "i":
        return int(text)
    return Decimal(text) if kind == "n" else text
