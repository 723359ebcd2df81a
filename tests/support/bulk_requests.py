"""Requests of record_quality by the thousand, for runs over many records."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path

from tests.evaluation.corrupted_records.build import build_half


def write_requests(path: Path, documents: int) -> int:
    """Writes requests with at least so many documents in all; how many requests they are."""
    written = items = 0
    with path.open("w", encoding="utf-8") as output:
        for item in cycle(build_half("first")):
            if written >= documents:
                break
            line = {"id": items, "request": item.request}
            output.write(json.dumps(line, ensure_ascii=False) + "\n")
            written += len(item.request["documents"])
            items += 1
    return items
