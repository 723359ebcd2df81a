"""The peer PostgreSQL: full text over segmented words (GIN), vectors by pgvector's HNSW."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import rjieba
from numpy.typing import NDArray
from sqlalchemy.engine import make_url

from library_cases import DIMENSIONS, Cases
from suwen.storage.cluster import Cluster
from suwen.storage.embedded import MIGRATION, EmbeddedPostgres
from suwen.storage.server_account import server_account

WHERE = {"unfiltered": "", "15 %": "AND department = 'A'", "0.5 %": "AND department = 'B'"}
_DEPTH = 50
_RRF = 60


class PostgresPeer:
    """A table of the cases on a connection, indexed, with iterative scans as pgvector advises."""

    name = "PostgreSQL full text + pgvector"

    def __init__(self, connection: psycopg.Connection[Any], cases: Cases) -> None:
        self._connection = connection
        self._backend = psutil.Process(connection.info.backend_pid)
        began = self._backend.cpu_times()
        wall = time.perf_counter()
        execute = connection.execute
        execute("CREATE EXTENSION vector")
        execute(
            "CREATE TABLE cases (row int PRIMARY KEY, department text NOT NULL, "
            f"words tsvector NOT NULL, vector vector({DIMENSIONS}) NOT NULL)"
        )
        statement = "COPY cases (row, department, words, vector) FROM STDIN"
        row = 0
        with connection.cursor().copy(statement) as copy:
            for one in cases.documents:
                department = next(iter(one.document.rights.departments))
                for span in one.document.passages:
                    words = _words(one.document.text[span.start : span.end])
                    lexemes = " ".join(f"'{word}'" for word in sorted(words))
                    copy.write_row((row, department, lexemes, _written(cases.vectors[row])))
                    row += 1
        execute("SET maintenance_work_mem = '800MB'")
        execute("SET max_parallel_maintenance_workers = 1")
        execute("CREATE INDEX ON cases USING gin (words)")
        execute("CREATE INDEX ON cases (department)")
        # Quicker to build than the usual 16 and 64, so that the whole bench stays short.
        execute(
            "CREATE INDEX ON cases USING hnsw (vector vector_cosine_ops) "
            "WITH (m = 8, ef_construction = 40)"
        )
        execute("ANALYZE cases")
        execute("SET hnsw.iterative_scan = strict_order")
        execute("SET hnsw.ef_search = 100")
        execute("SET max_parallel_workers_per_gather = 0")
        ended = self._backend.cpu_times()
        self.build_cpu_s = ended.user + ended.system - began.user - began.system
        self.build_wall_s = time.perf_counter() - wall
        size = execute("SELECT pg_total_relation_size('cases')").fetchone()
        self.disk_mb = (size[0] if size else 0) / 1e6

    def hybrid(self, text: str, vector: NDArray[Any], scope: str) -> list[int]:
        wanted = " | ".join(f"'{word}'" for word in sorted(_words(text)))
        by_words = self._rows(
            f"SELECT row FROM cases WHERE words @@ %s::tsquery {WHERE[scope]} "
            f"ORDER BY ts_rank_cd(words, %s::tsquery) DESC, row LIMIT {_DEPTH}",
            [wanted, wanted],
        )
        scores: dict[int, float] = {}
        for found in (by_words, self._nearest(vector, scope, _DEPTH)):
            for rank, row in enumerate(found, start=1):
                scores[row] = scores.get(row, 0.0) + 1 / (_RRF + rank)
        return sorted(scores, key=lambda row: -scores[row])[:10]

    def nearest(self, vector: NDArray[Any], scope: str) -> list[int]:
        return self._nearest(vector, scope, 10)

    def _nearest(self, vector: NDArray[Any], scope: str, limit: int) -> list[int]:
        where = WHERE[scope].replace("AND", "WHERE", 1)
        statement = f"SELECT row FROM cases {where} ORDER BY vector <=> %s::vector LIMIT {limit}"
        return self._rows(statement, [_written(vector)])

    def _rows(self, statement: str, values: list[Any]) -> list[int]:
        return [row for (row,) in self._connection.execute(statement, values)]  # type: ignore[arg-type]

    def cpu_s(self) -> float:
        """CPU so far of this process and the server's process for this connection."""
        times = self._backend.cpu_times()
        return time.process_time() + times.user + times.system


@contextmanager
def server(folder: Path) -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL with pgvector's programs, and a connection that may do everything."""
    folder.mkdir(mode=0o755)
    with EmbeddedPostgres(folder):
        pass
    Cluster(folder / "postgres", server_account()).administer([f"ALTER ROLE {MIGRATION} SUPERUSER"])
    with EmbeddedPostgres(folder) as urls:
        url = make_url(urls.migration).set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection


def _words(text: str) -> set[str]:
    return {word for word in rjieba.cut_for_search(text) if word.isalnum()}


def _written(vector: NDArray[Any]) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
