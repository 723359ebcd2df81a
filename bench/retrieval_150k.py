"""CPU of a hybrid search of 150,000 passages under rights, against LanceDB and PostgreSQL.

30,000 generated cases of five passages, seeded vectors of 384 numbers; the question's vector is
given. All three answer the same questions in turn, round by round, under the same filters: none,
15 % and 0.5 % of the passages. Recall is that of the nearest ten against brute force.
"""

# ruff: noqa: E402 - the number of threads is read when the libraries are imported.

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

# One thread each, so that CPU time is what one core does.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LANCE_CPU_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from library_cases import Cases, generate
from library_cases.edition import Built, build, department_masks, memory_mb
from library_cases.lance_peer import LancePeer
from library_cases.postgres_peer import PostgresPeer, server
from numpy.typing import NDArray

from suwen.knowledge.retrieval import (
    EditionSearcher,
    EmbeddedBackend,
    ReadableRows,
    RetrievalQuery,
)

CASES = int(os.environ.get("SUWEN_BENCH_CASES", "30000"))
QUESTIONS = 15
ROUNDS = 5
AIMS = {"unfiltered": 15.0, "15 %": 7.0, "0.5 %": 1.0}


class Engine(Protocol):
    name: str

    def hybrid(self, text: str, vector: NDArray[Any], scope: str) -> Sequence[int]: ...

    def nearest(self, vector: NDArray[Any], scope: str) -> Sequence[int]: ...

    def cpu_s(self) -> float: ...


class Ours:
    name = "suwen"

    def __init__(self, built: Built, scopes: Mapping[str, ReadableRows]) -> None:
        self._backend = EmbeddedBackend(built.edition)
        self._searcher = EditionSearcher(built.edition, self._backend)
        self._scopes = scopes

    def hybrid(self, text: str, vector: NDArray[Any], scope: str) -> Sequence[int]:
        query = RetrievalQuery(text, vector)  # type: ignore[arg-type]
        return [one.row for one in self._searcher.search(query, self._scopes[scope], 10)]

    def nearest(self, vector: NDArray[Any], scope: str) -> Sequence[int]:
        hits = self._backend.by_meaning(vector, self._scopes[scope], 10)  # type: ignore[arg-type]
        return [hit.row for hit in hits]

    def cpu_s(self) -> float:
        return time.process_time()


def told(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)


def one_round(engine: Engine, cases: Cases, scope: str) -> float:
    """CPU milliseconds of one question."""
    began = engine.cpu_s()
    for text, vector in zip(cases.questions, cases.question_vectors, strict=True):
        engine.hybrid(text, vector, scope)
    return (engine.cpu_s() - began) * 1000 / len(cases.questions)


def recall(engine: Engine, cases: Cases, scope: str, readable: ReadableRows) -> float:
    """Share of the true nearest ten that the engine finds."""
    found = 0
    for vector in cases.question_vectors:
        scores = cases.vectors[readable.rows] @ vector
        best = readable.rows[np.argsort(-scores)[:10]]
        found += len(set(best.tolist()) & set(engine.nearest(vector, scope)))
    return found / (10 * len(cases.question_vectors))


def measure(
    engines: Sequence[Engine], cases: Cases, scopes: Mapping[str, ReadableRows]
) -> tuple[dict[str, dict[str, list[float]]], dict[str, dict[str, float]]]:
    """CPU of each round and recall, by engine and filter."""
    for engine in engines:
        for scope in scopes:
            one_round(engine, cases, scope)
    cpu: dict[str, dict[str, list[float]]] = {
        engine.name: {scope: [] for scope in scopes} for engine in engines
    }
    for _ in range(ROUNDS):
        for scope in scopes:
            for engine in engines:
                cpu[engine.name][scope].append(one_round(engine, cases, scope))
    recalls = {
        engine.name: {scope: recall(engine, cases, scope, r) for scope, r in scopes.items()}
        for engine in engines
    }
    return cpu, recalls


def row(name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    empty = {"peer": None, "peer_value": None, "ratio": None, "aim": "as measured"}
    return {"name": name, "value": value, "unit": unit, **empty, **more}


def search_rows(cpu: Mapping[str, Any], recalls: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    peers = [name for name in cpu if name != Ours.name]
    for scope, rounds in cpu[Ours.name].items():
        own = statistics.median(rounds)
        for peer in peers:
            other = statistics.median(cpu[peer][scope])
            rows.append(
                row(
                    f"hybrid search, {scope}, peer {peer}",
                    own,
                    "CPU ms",
                    peer=peer,
                    peer_value=other,
                    ratio=own / other,
                    aim=f"<= {AIMS[scope]:g}",
                )
            )
            rows.append(
                row(
                    f"recall@10, {scope}, peer {peer}",
                    recalls[Ours.name][scope],
                    "share",
                    peer=peer,
                    peer_value=recalls[peer][scope],
                    ratio=None,
                    aim="= 1",
                )
            )
    return rows


def result(
    built: Built,
    engines: Sequence[Any],
    memory: Mapping[str, float],
    measured: tuple[dict[str, Any], dict[str, Any]],
) -> dict[str, Any]:
    cpu, recalls = measured
    rows = search_rows(cpu, recalls)
    for peer in engines[1:]:
        facts = {"peer": peer.name, "peer_value": peer.disk_mb}
        rows.append(row(f"disk, peer {peer.name}", built.disk_mb, "MB", **facts))
        facts = {"peer": peer.name, "peer_value": peer.build_cpu_s}
        rows.append(row(f"building, peer {peer.name}", built.cpu_s, "CPU s", **facts))
    rows += [
        row("disk, words", built.words_mb, "MB"),
        row("disk, vectors", built.vectors_mb, "MB"),
        row("memory of a reader, mapped files in it", memory["resident"], "MB"),
        row("memory of a reader, its own", memory["own"], "MB"),
        row("memory of a reader before it opened", memory["before"], "MB"),
    ]
    return {
        "bench": "retrieval_150k",
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": os.getloadavg(),
        "passages": built.edition.passages,
        "rounds": cpu,
        "recall": recalls,
        "rows": rows,
    }


def reader_memory(
    folder: Path, built: Built, cases: Cases, masks: Mapping[str, NDArray[np.bool_]]
) -> dict[str, float]:
    file = folder / "questions.npz"
    named = {f"mask_{number}": mask for number, mask in enumerate(masks.values())}
    np.savez(file, texts=np.array(cases.questions), vectors=cases.question_vectors, **named)
    return memory_mb(built.edition.folder, file)


def timed(what: str, work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    done = work()
    told(f"{what}: {time.perf_counter() - began:.0f} s")
    return done


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="suwen-bench-") as name:
        folder = Path(name)
        # The database server's own account must be able to walk there.
        folder.chmod(0o755)
        cases = timed("cases", lambda: generate(CASES, QUESTIONS))
        built = timed("edition", lambda: build(folder, cases))
        masks = department_masks(built.edition)
        scopes = {scope: ReadableRows(mask) for scope, mask in masks.items()}
        lance = timed("LanceDB", lambda: LancePeer(folder / "lance", cases))
        with server(folder / "postgres") as connection:
            postgres = timed("PostgreSQL", lambda: PostgresPeer(connection, cases))
            engines = [Ours(built, scopes), lance, postgres]
            measured = timed("rounds", lambda: measure(engines, cases, scopes))
        memory = reader_memory(folder, built, cases, masks)
        print(json.dumps(result(built, engines, memory, measured)))


if __name__ == "__main__":
    main()
