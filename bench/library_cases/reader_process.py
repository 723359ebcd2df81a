"""A process that does nothing but read an edition; prints its memory as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import psutil

from suwen.knowledge.edition.manifest import MANIFEST, parse_manifest
from suwen.knowledge.edition.opened import Edition
from suwen.knowledge.retrieval import EditionSearcher, ReadableRows, RetrievalQuery


def main() -> None:
    folder, questions = Path(sys.argv[1]), np.load(sys.argv[2], allow_pickle=False)
    started = psutil.Process().memory_full_info()
    searcher = EditionSearcher(Edition(folder, parse_manifest((folder / MANIFEST).read_bytes())))
    for name in ("mask_0", "mask_1", "mask_2"):
        readable = ReadableRows(questions[name])
        for text, vector in zip(questions["texts"], questions["vectors"], strict=True):
            searcher.search(RetrievalQuery(str(text), vector), readable, 10)
    ended = psutil.Process().memory_full_info()
    print(
        json.dumps(
            {
                "resident": ended.rss / 1e6,
                "own": ended.uss / 1e6,
                "before": started.rss / 1e6,
            }
        )
    )


if __name__ == "__main__":
    main()
