"""The index in PostgreSQL with pgvector, for sites that outgrow one machine's files.

Each published edition has tables of its own, derived from the edition and made anew at will. The
search is exact, as that of the files: an approximate index would let passages that a reader may
not see decide which of the others are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

import numpy as np
import psycopg
from psycopg import sql

from suwen.knowledge.edition import Edition
from suwen.knowledge.edition.refusals import pgvector_missing
from suwen.knowledge.edition.vectors import unit_vector
from suwen.knowledge.retrieval.backend import ExactName, Hit, WordHits
from suwen.knowledge.retrieval.bm25 import K1, B
from suwen.knowledge.retrieval.readable import ReadableRows
from suwen.knowledge.retrieval.verbatim import CHECKED, read_and_rank

_LISTED_BELOW = 0.05
"""Share of readable passages below which they are named one by one instead of by a bit mask."""

# Rounded, so that the order in which the server adds cannot be seen.
_SCORED: LiteralString = """
WITH wanted AS (
  SELECT * FROM unnest(%(keys)s::bigint[], %(weights)s::float8[]) AS w(term, weight)
), found AS (
  SELECT w.term, w.weight, u.passage, u.count,
         count(*) OVER (PARTITION BY w.term)::float8 AS holding
  FROM wanted w JOIN {postings} p ON p.term = w.term,
       unnest(p.passages, p.counts) AS u(passage, count)
  WHERE {readable}
), scored AS (
  SELECT f.passage, round(sum(
    f.weight * ln(1 + (%(passages)s - holding + 0.5) / (holding + 0.5)) * {k1_and_one}
    * f.count / (f.count + {k1} * (1 - {b} + {b} * l.length / %(average)s))
  )::numeric, 9)::float8 AS score
  FROM found f JOIN {texts} l ON l.passage = f.passage GROUP BY f.passage
)
"""
_LEXICAL: LiteralString = "SELECT passage, score FROM scored ORDER BY 2 DESC, 1 LIMIT %(limit)s"
_VERBATIM: LiteralString = """, asked AS (
  SELECT * FROM unnest(%(name_of)s::int[], %(name_keys)s::bigint[]) AS n(name, term)
), holding AS (
  SELECT n.name, u.passage FROM asked n JOIN {postings} p ON p.term = n.term,
         unnest(p.passages) AS u(passage)
  WHERE {readable}
  GROUP BY n.name, u.passage
  HAVING count(*) = (SELECT count(*) FROM asked other WHERE other.name = n.name)
), weighed AS (
  SELECT name, passage,
         ln(1 + (%(passages)s - holding + 0.5) / (holding + 0.5)) AS weight
  FROM (SELECT *, (count(*) OVER (PARTITION BY name))::float8 AS holding FROM holding) h
)
SELECT w.passage, coalesce(max(s.score), 0), array_agg(w.name ORDER BY w.name),
       array_agg(w.weight ORDER BY w.name)
FROM weighed w LEFT JOIN scored s ON s.passage = w.passage GROUP BY w.passage
ORDER BY sum(w.weight) DESC, 2 DESC, w.passage LIMIT %(limit)s
"""
_DENSE: LiteralString = """
SELECT u.passage, -(v.vector OPERATOR({extension}.<#>) %(vector)s::{extension}.vector) AS score
FROM {vectors} v, LATERAL (SELECT v.passage) AS u(passage)
WHERE {readable} ORDER BY score DESC, u.passage LIMIT %(limit)s
"""


class PostgresBackend:
    """A RetrievalBackend on the published tables of one edition.

    One connection, one search at a time; a service keeps one for each of its threads.

    Args:
        connection: may read the schema.
        schema: where the tables stand.

    Raises:
        KnowledgeError: ``pgvector_missing``.
    """

    def __init__(self, connection: psycopg.Connection[Any], schema: str, edition: Edition) -> None:
        self._connection = connection
        self._edition = edition
        self._names = _names(connection, schema, edition.hash)
        self._statistics: WeakKeyDictionary[ReadableRows, float] = WeakKeyDictionary()

    def by_words(
        self,
        terms: Mapping[int, float],
        names: Sequence[ExactName],
        readable: ReadableRows,
        limit: int,
    ) -> WordHits:
        """The best passages by BM25, and those that hold exact names."""
        if not readable.count or limit <= 0:
            return WordHits((), ())
        values = {
            **self._scope(readable),
            "keys": _signed(list(terms)),
            "weights": list(terms.values()),
            "average": self._average(readable),
            "passages": readable.count,
            "limit": limit,
        }
        lexical = tuple(Hit(*row) for row in self._ask(_SCORED + _LEXICAL, readable, values))
        if not names:
            return WordHits(lexical, ())
        pairs = [(number, key) for number, name in enumerate(names) for key in name.keys]
        values["name_of"] = [number for number, _ in pairs]
        values["name_keys"] = _signed([key for _, key in pairs])
        values["limit"] = CHECKED * limit
        candidates = [
            (row, score, [(names[n], w) for n, w in zip(numbers, weights, strict=True)])
            for row, score, numbers, weights in self._ask(_SCORED + _VERBATIM, readable, values)
        ]
        return WordHits(lexical, read_and_rank(candidates, self._texts, limit))

    def by_meaning(
        self, vector: Sequence[float], readable: ReadableRows, limit: int
    ) -> tuple[Hit, ...]:
        """The passages whose vectors have the greatest cosine with the question's."""
        edition = self._edition
        if edition.embedding is None or limit <= 0 or not readable.count:
            return ()
        query = unit_vector(vector, edition.dimensions, edition.embedding)
        values = {**self._scope(readable), "vector": _written(query), "limit": limit}
        return tuple(Hit(*row) for row in self._ask(_DENSE, readable, values))

    def _ask(
        self, query: LiteralString, readable: ReadableRows, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        listed = readable.count < _LISTED_BELOW * len(readable.mask)
        condition: LiteralString = (
            "u.passage = ANY(%(rows)s::int[])" if listed else "get_bit(%(bits)s, u.passage) = 1"
        )
        statement = sql.SQL(query).format(
            **self._names,
            readable=sql.SQL(condition),
            k1=sql.Literal(K1),
            k1_and_one=sql.Literal(K1 + 1),
            b=sql.Literal(B),
        )
        return self._connection.execute(statement, values).fetchall()

    def _scope(self, readable: ReadableRows) -> dict[str, Any]:
        if readable.count < _LISTED_BELOW * len(readable.mask):
            return {"rows": readable.rows.tolist()}
        return {"bits": readable.bits}

    def _average(self, readable: ReadableRows) -> float:
        """Average length of the readable passages."""
        known = self._statistics.get(readable)
        if known is None:
            query: LiteralString = (
                "SELECT coalesce(sum(u.length), 0)::float8 FROM {texts} u WHERE {readable}"
            )
            total = self._ask(query, readable, self._scope(readable))[0][0]
            known = total / readable.count if total else 1.0
            self._statistics[readable] = known
        return known

    def _texts(self, row: int) -> Iterator[str]:
        query = sql.SQL("SELECT text FROM {texts} WHERE passage = %s").format(**self._names)
        for (text,) in self._connection.execute(query, [row]):
            yield text


def publish_edition(connection: psycopg.Connection[Any], schema: str, edition: Edition) -> None:
    """Writes an edition's tables in one transaction; what was there of it is replaced.

    Args:
        connection: may create in the schema; the extension ``vector`` is in the database.

    Raises:
        KnowledgeError: ``pgvector_missing``.
    """
    names = _names(connection, schema, edition.hash)
    with connection.transaction():
        for statement in (
            "CREATE SCHEMA IF NOT EXISTS {schema}",
            "DROP TABLE IF EXISTS {texts}, {postings}, {vectors}",
            "CREATE TABLE {texts} (passage int PRIMARY KEY, length int NOT NULL, "
            "text text NOT NULL)",
            "CREATE TABLE {postings} (term bigint PRIMARY KEY, passages int[] NOT NULL, "
            "counts smallint[] NOT NULL)",
            "CREATE TABLE {vectors} (passage int PRIMARY KEY, vector {extension}.vector NOT NULL)",
        ):
            connection.execute(sql.SQL(statement).format(**names))
        cursor = connection.cursor()
        with cursor.copy(sql.SQL("COPY {texts} FROM STDIN").format(**names)) as copy:
            for row in range(edition.passages):
                # PostgreSQL text cannot hold the character zero.
                text = edition.indexed(row).replace("\0", " ")
                copy.write_row((row, int(edition.terms.lengths[row]), text))
        with cursor.copy(sql.SQL("COPY {postings} FROM STDIN").format(**names)) as copy:
            for place, term in enumerate(_signed(edition.terms.keys)):
                first, after = edition.terms.offsets[place : place + 2]
                passages = edition.terms.rows[first:after].tolist()
                counts = edition.terms.counts[first:after].tolist()
                copy.write_row((term, passages, counts))
        with cursor.copy(sql.SQL("COPY {vectors} FROM STDIN").format(**names)) as copy:
            for row, vector in zip(edition.vector_rows.tolist(), edition.vectors, strict=True):
                copy.write_row((row, _written(vector)))
        for table in ("texts", "postings", "vectors"):
            connection.execute(sql.SQL("ANALYZE {}").format(names[table]))


def drop_edition(connection: psycopg.Connection[Any], schema: str, edition_hash: str) -> None:
    """Takes an edition's tables away."""
    tables = _tables(schema, edition_hash)
    statement = sql.SQL("DROP TABLE IF EXISTS {texts}, {postings}, {vectors}")
    connection.execute(statement.format(**tables))


def _names(
    connection: psycopg.Connection[Any], schema: str, edition_hash: str
) -> dict[str, sql.Composable]:
    found = connection.execute(
        "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
        "WHERE extname = 'vector'"
    ).fetchone()
    if found is None:
        raise pgvector_missing()
    return {**_tables(schema, edition_hash), "extension": sql.Identifier(found[0])}


def _tables(schema: str, edition_hash: str) -> dict[str, sql.Composable]:
    parts = ("texts", "postings", "vectors")
    tables = {part: sql.Identifier(schema, f"edition_{edition_hash[:24]}_{part}") for part in parts}
    return {**tables, "schema": sql.Identifier(schema)}


def _signed(keys: Any) -> list[int]:
    """Terms as PostgreSQL's signed numbers of 64 bits."""
    signed: list[int] = np.asarray(keys, np.uint64).view(np.int64).tolist()
    return signed


def _written(vector: Any) -> str:
    return "[" + ",".join(map(repr, np.asarray(vector, np.float32).astype(float).tolist())) + "]"
