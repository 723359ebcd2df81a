"""Where sentences stand, as far as it matters for finding the one that is an order."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[。！？!?；\n])|(?<=[.;|])(?=\s|$)")
_LONGEST = 600


def sentences(text: str) -> list[tuple[int, int]]:
    """The places of sentences without the space around them; a very long one is cut."""
    found: list[tuple[int, int]] = []
    start = 0
    for end in [*(match.start() for match in _END.finditer(text)), len(text)]:
        while start < end:
            cut = min(end, start + _LONGEST)
            part = text[start:cut]
            if part.strip():
                lead = len(part) - len(part.lstrip())
                found.append((start + lead, start + len(part.rstrip())))
            start = cut
    return found
