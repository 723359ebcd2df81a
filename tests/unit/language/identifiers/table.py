"""What a table of examples asks of a recogniser."""

from __future__ import annotations

import time
from collections.abc import Iterable

from suwen.language.identifiers.scanning import Recogniser, ScannedText

LONG = 60_000
SLOWEST_S = 5.0


def found_by(recogniser: Recogniser, text: str) -> list[str]:
    """The wordings that it finds, in order of their place."""
    spans = sorted(recogniser.spans(ScannedText(text)), key=lambda s: (s.start, -s.end))
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert 0 < span.score <= 1
    return [text[s.start : s.end] for s in spans]


def assert_finds(recogniser: Recogniser, text: str, wording: str | None) -> None:
    """That it finds exactly this wording somewhere in the text; ``None``: that it finds nothing."""
    found = found_by(recogniser, text)
    if wording is None:
        assert found == [], text
    else:
        assert wording in found, (text, found)


def assert_linear(recogniser: Recogniser, pieces: Iterable[str]) -> None:
    """That long hostile texts take time in proportion to their length."""
    for piece in pieces:
        text = (piece * (LONG // len(piece) + 1))[:LONG]
        begun = time.process_time()
        list(recogniser.spans(ScannedText(text)))
        took = time.process_time() - begun
        assert took < SLOWEST_S, (piece, took)
