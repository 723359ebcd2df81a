"""The peer LanceDB: vectors with IVF_PQ, words with its full-text index over character pairs."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
from numpy.typing import NDArray

from library_cases import DIMENSIONS, Cases

WHERE = {"unfiltered": None, "15 %": "department = 'A'", "0.5 %": "department = 'B'"}
_PROBES = 20
_REFINE = 5


class LancePeer:
    """A table of the cases in a folder, indexed by LanceDB."""

    name = "LanceDB"

    def __init__(self, folder: Path, cases: Cases) -> None:
        began = time.process_time()
        texts = cases.texts()
        departments = [
            next(iter(one.document.rights.departments))
            for one in cases.documents
            for _ in one.document.passages
        ]
        flat = pa.array(cases.vectors.reshape(-1))
        table = pa.table(
            {
                "row": pa.array(range(len(texts)), pa.int32()),
                "text": texts,
                "department": departments,
                "vector": pa.FixedSizeListArray.from_arrays(flat, DIMENSIONS),
            }
        )
        self._folder = folder
        self._table = lancedb.connect(str(folder)).create_table("cases", table)
        self._table.create_index(
            metric="cosine", num_partitions=256, num_sub_vectors=48, max_iterations=10
        )
        self._table.create_scalar_index("department", index_type="BITMAP")
        self._table.create_fts_index(
            "text", base_tokenizer="ngram", ngram_min_length=2, ngram_max_length=2, stem=False,
            remove_stop_words=False, with_position=False,
        )  # fmt: skip
        self.build_cpu_s = time.process_time() - began
        self.disk_mb = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6

    def hybrid(self, text: str, vector: NDArray[Any], scope: str) -> list[int]:
        query = self._table.search(query_type="hybrid").vector(vector).text(_plain(text))
        if WHERE[scope]:
            query = query.where(WHERE[scope], prefilter=True)
        query = query.nprobes(_PROBES).refine_factor(_REFINE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [int(row) for row in query.limit(10).to_arrow()["row"].to_pylist()]

    def nearest(self, vector: NDArray[Any], scope: str) -> list[int]:
        query = self._table.search(vector).distance_type("cosine")
        if WHERE[scope]:
            query = query.where(WHERE[scope], prefilter=True)
        query = query.nprobes(_PROBES).refine_factor(_REFINE)
        return [int(row) for row in query.limit(10).to_arrow()["row"].to_pylist()]

    def cpu_s(self) -> float:
        """CPU of the engine so far: it lives in this process, with all its threads."""
        return time.process_time()


def _plain(text: str) -> str:
    # The full-text query has an operator syntax of its own.
    return "".join(char if char.isalnum() else " " for char in text)
