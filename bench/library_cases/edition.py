"""An edition of generated cases, and how much the reading of it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from library_cases import DIMENSIONS, Cases
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.knowledge.edition import (
    BuildFacts,
    CollectionFacts,
    Edition,
    EditionBuilder,
    key_verifier,
    open_edition,
)

COLLECTION = "cases"


class BenchKey:
    """Signs the edition of a bench."""

    key_id = "ed25519-bench"

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        public = self._private.public_key().public_bytes_raw()
        self.verify = key_verifier({self.key_id: public})

    def sign(self, payload: bytes) -> bytes:
        return self._private.sign(payload)


@dataclass(frozen=True)
class Built:
    """An edition, what it took in CPU seconds, and its megabytes on disk by kind of file."""

    edition: Edition
    cpu_s: float
    disk_mb: float
    words_mb: float
    vectors_mb: float


def build(folder: Path, cases: Cases) -> Built:
    """Builds and opens the edition of the cases with their vectors."""
    key, began = BenchKey(), time.process_time()
    facts = CollectionFacts(COLLECTION, Bilingual(zh="病例", en="Cases"))
    with EditionBuilder(folder / COLLECTION, facts, ("seeded", DIMENSIONS)) as builder:
        builder.add(cases.documents)
        waiting: dict[bytes, NDArray[np.float32]] = {}
        for row, (digest, _) in enumerate(builder.missing_vectors()):
            waiting[digest] = cases.vectors[row]
        builder.put_vectors(waiting)
        build_facts = BuildFacts(1, datetime.now(UTC), PrincipalId("bench"), None)
        place = builder.finish(build_facts, key)
    cpu_s = time.process_time() - began
    sizes = {path.name: path.stat().st_size / 1e6 for path in place.iterdir()}
    words = sum(size for name, size in sizes.items() if name.startswith(("term", "posting")))
    vectors = sum(size for name, size in sizes.items() if "vector" in name)
    return Built(open_edition(place, key.verify), cpu_s, sum(sizes.values()), words, vectors)


def department_masks(edition: Edition) -> dict[str, NDArray[np.bool_]]:
    """Which passages a reader of everything, of department A (15 %) and of B (0.5 %) may see."""
    departments = np.array(
        [next(iter(one.document.rights.departments)) for one in edition.documents()]
    )[edition.passage_documents]
    return {
        "unfiltered": np.ones(edition.passages, np.bool_),
        "15 %": departments == "A",
        "0.5 %": departments == "B",
    }


def memory_mb(folder: Path, questions: Path) -> dict[str, float]:
    """Memory of a process that opens the edition and asks every question under each filter."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("reader_process.py")), folder, questions],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
