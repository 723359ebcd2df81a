"""Connections that read the views of a hospital's database: their settings, and what runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from suwen.bootstrap.connections.kinds import read_connection_settings
from suwen.bootstrap.connections.numbering import NumberedConnector, numberings_field
from suwen.bootstrap.connections.parts import (
    Builder,
    ConnectionParts,
    ConnectionSettings,
    secret,
)
from suwen.bootstrap.connections.rows import (
    MAPPING_FILE,
    RecordSink,
    check_row_resource,
    read_mapping_file,
)
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.row_mapping import RowMapping, RowPlace
from suwen.integration.sqlviews.connector import ReadingPace, ReadingParts, SqlViewsConnector
from suwen.integration.sqlviews.select_only import require_queries


class SqlViewsSettings(ConnectionSettings):
    """How a hospital's database is reached and how gently it is read."""

    mapping_file: str = Field(max_length=500, description=MAPPING_FILE)
    numberings: dict[str, str] = numberings_field()
    poll_s: float = Field(10.0, ge=1, le=86_400, description="Seconds between two looks.")
    page_rows: int = Field(500, ge=10, le=10_000, description="Rows of one query.")
    rows_per_second: int = Field(
        1000, ge=1, le=100_000, description="Most rows read in a second, over all views."
    )
    timeout_s: int = Field(
        30, ge=1, le=3600, description="Longest that one query may take, in seconds."
    )
    url: str | None = secret(
        "Address of the database with account and password, such as "
        "postgresql://account:password@host:5432/name."
    )


def _build(connection: Connection, parts: ConnectionParts) -> NumberedConnector:
    settings = read_connection_settings(connection, SqlViewsSettings)
    path = parts.settings.home / Path(settings.mapping_file)

    def read_mapping() -> RowMapping:
        mapping = read_mapping_file(path, RowPlace.VIEWS)
        require_queries(mapping.sources)
        return mapping

    connector = SqlViewsConnector(
        connection.name,
        settings.url or "",
        read_mapping,
        ReadingParts(
            RecordSink(connection, parts.cursors, parts.records, settings.numberings),
            check_row_resource,
            parts.clock,
        ),
        ReadingPace(
            poll_s=settings.poll_s,
            page_rows=settings.page_rows,
            rows_per_second=settings.rows_per_second,
            timeout_s=settings.timeout_s,
        ),
    )
    return NumberedConnector(connector, connection, connection.name, parts)


BUILDERS: Final = {ConnectionKind.SQL_VIEWS: Builder(SqlViewsSettings, _build)}
