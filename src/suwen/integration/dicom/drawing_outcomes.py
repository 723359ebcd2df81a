"""Exit statuses of the process that draws, known to whoever starts it without its libraries."""

from __future__ import annotations

from typing import Final

NOTHING_TO_DRAW: Final = 3
NO_DECODER: Final = 4
