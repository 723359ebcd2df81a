"""All rows of one database as they are, out and in again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from suwen.core.audit import GENESIS_HASH, chain_hash
from suwen.storage.audit import event_of
from suwen.storage.database import translated
from suwen.storage.revision import VERSION_TABLE

Sink = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class TableContent:
    """What a table held.

    Attributes:
        sha256: of the rows in the order of their key, in PostgreSQL's COPY text form.
        sequences: identity column and the last number it gave, ``None`` when it gave none.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: int
    sha256: str
    sequences: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class ChainState:
    """The audit chain, recomputed.

    Attributes:
        first_bad: number of the first event that is not bound to the one before; ``None`` when
            the whole chain holds.
    """

    events: int
    head_hash: str
    first_bad: int | None


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table to copy: its columns and the key that its rows are ordered by."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Snapshot:
    """One owner's connection in one transaction that sees one state of the database."""

    def __init__(self, url: str) -> None:
        self._url = url
        address = make_url(url).set(drivername="postgresql")
        try:
            self._connection = psycopg.connect(
                address.render_as_string(hide_password=False), options="-c timezone=UTC"
            )
        except psycopg.Error as error:
            raise translated(error) from None
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    def __enter__(self) -> Snapshot:
        # The first statement fixes the state that all others see.
        self._connection.execute("SELECT 1")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        try:
            if kind is None:
                self._connection.commit()
        except psycopg.Error as lost:
            raise translated(lost) from None
        finally:
            self._connection.close()
        if isinstance(error, psycopg.Error):
            raise translated(error) from None

    def shapes(self) -> list[TableShape]:
        """Every table but the version's, those first that others refer to."""
        engine = create_engine(self._url, poolclass=NullPool, hide_parameters=True)
        found = MetaData()
        try:
            found.reflect(engine)
        finally:
            engine.dispose()
        return [
            TableShape(
                table.name,
                tuple(column.name for column in table.columns),
                tuple(column.name for column in table.primary_key.columns),
            )
            for table in found.sorted_tables
            if table.name != VERSION_TABLE
        ]

    def read(self, shape: TableShape, sink: Sink) -> TableContent:
        """Hands the table's rows to ``sink``, ordered by key, and says what they were."""
        query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
            _names(shape.columns), sql.Identifier(shape.name), _names(shape.key)
        )
        digest = hashlib.sha256()
        with self._connection.cursor() as cursor:
            with cursor.copy(query) as copy:
                for part in copy:
                    digest.update(part)
                    sink(bytes(part))
            rows = cursor.rowcount
        return TableContent(
            shape.name,
            shape.columns,
            shape.key,
            rows,
            digest.hexdigest(),
            tuple(self._sequences(shape)),
        )

    def write(self, content: TableContent, parts: Iterator[bytes]) -> None:
        """Puts rows into an empty table, and its identity columns where they stood."""
        table = sql.Identifier(content.name)
        query = sql.SQL("COPY {} ({}) FROM STDIN").format(table, _names(content.columns))
        with self._connection.cursor() as cursor:
            with cursor.copy(query) as copy:
                for part in parts:
                    copy.write(part)
            for column, last in content.sequences:
                if last is not None:
                    cursor.execute(
                        "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                        (content.name, column, last),
                    )

    def editions_in_use(self) -> list[tuple[str, str]]:
        """Collection and hash of each edition that searches use."""
        query = (
            "SELECT id, current_edition FROM knowledge_collection "
            "WHERE current_edition IS NOT NULL ORDER BY id"
        )
        return [(row[0], row[1]) for row in self._connection.execute(query)]

    def image_digests(self) -> list[str]:
        """SHA-256 of each image that is kept; none in a database older than images are."""
        known = self._connection.execute("SELECT to_regclass('dicom_instance')").fetchone()
        if known == (None,):
            return []
        query = "SELECT DISTINCT digest FROM dicom_instance ORDER BY digest"
        return [row[0] for row in self._connection.execute(query)]

    def is_empty(self) -> bool:
        """Whether the database was never used by the platform."""
        found = self._connection.execute("SELECT to_regclass(%s)", (VERSION_TABLE,)).fetchone()
        return found == (None,)

    def chain(self) -> ChainState:
        """Recomputes the audit chain."""
        events, previous, first_bad = 0, GENESIS_HASH, None
        with self._connection.cursor("chain", row_factory=dict_row) as cursor:
            cursor.itersize = 1000
            cursor.execute("SELECT * FROM audit_event ORDER BY sequence")
            for row in cursor:
                event = event_of({**row, "at": row["at"].astimezone(UTC)})
                events += 1
                own = chain_hash(event.sequence, event.at, event.entry, previous)
                bound = (event.sequence, event.previous_hash, event.hash) == (events, previous, own)
                if not bound and first_bad is None:
                    first_bad = event.sequence
                previous = event.hash
        return ChainState(events, previous, first_bad)

    def _sequences(self, shape: TableShape) -> Iterator[tuple[str, int | None]]:
        query = (
            "SELECT attname, pg_sequence_last_value(pg_get_serial_sequence(%s, attname)) "
            "FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> '' ORDER BY attnum"
        )
        yield from self._connection.execute(query, (shape.name, shape.name)).fetchall()


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def content_of(facts: dict[str, Any]) -> TableContent:
    """The description of a table from its JSON form."""
    return TableContent(
        name=facts["name"],
        columns=tuple(facts["columns"]),
        key=tuple(facts["key"]),
        rows=facts["rows"],
        sha256=facts["sha256"],
        sequences=tuple((name, last) for name, last in facts["sequences"]),
    )
