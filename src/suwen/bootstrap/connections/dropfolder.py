"""Connections that read a drop folder: their settings, and what runs them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from pydantic import Field, field_validator

from suwen.bootstrap.connections.kinds import read_connection_settings
from suwen.bootstrap.connections.numbering import NumberedConnector, numberings_field
from suwen.bootstrap.connections.parts import Builder, ConnectionParts, ConnectionSettings
from suwen.bootstrap.connections.rows import (
    MAPPING_FILE,
    RecordSink,
    check_row_resource,
    read_mapping_file,
)
from suwen.bootstrap.connections.said import SettingsFaultError
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.row_mapping import RowPlace
from suwen.integration.dropfolder.connector import DropFolderConnector, FilePace
from suwen.integration.dropfolder.folder import DropFolder


class DropFolderSettings(ConnectionSettings):
    """Which folder is looked after, and when a file in it is complete."""

    folder: str = Field(max_length=500, description="Absolute path of the folder.")
    mapping_file: str = Field(max_length=500, description=MAPPING_FILE)
    numberings: dict[str, str] = numberings_field()
    poll_s: float = Field(5.0, ge=0.2, le=86_400, description="Seconds between two looks.")
    settle_s: float = Field(
        10.0,
        ge=0,
        le=86_400,
        description="How long a file must not have changed before it is read, in seconds.",
    )
    done_marker: str | None = Field(
        None,
        max_length=20,
        pattern=r"^\.[A-Za-z0-9_.-]+$",
        description="Ending of an empty file that says that its namesake is complete, such as "
        ".ok; then settle_s does not matter.",
    )
    page_rows: int = Field(500, ge=1, le=10_000, description="Rows that are stored at once.")
    rows_per_second: int = Field(
        5000, ge=1, le=1_000_000, description="Most rows taken in a second."
    )
    largest_mib: int = Field(4096, ge=1, le=1_048_576, description="Larger files are refused, MiB.")
    largest_workbook_mib: int = Field(
        128, ge=1, le=1024, description="Larger workbooks are refused, in MiB."
    )

    @field_validator("folder")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not Path(value).is_absolute():
            raise SettingsFaultError("须为绝对路径", "it must be an absolute path")
        return value


def _build(connection: Connection, parts: ConnectionParts) -> NumberedConnector:
    settings = read_connection_settings(connection, DropFolderSettings)
    home = parts.settings.home
    folder = DropFolder(
        Path(settings.folder),
        home / "spool" / connection.name,
        settings.settle_s,
        settings.done_marker,
    )
    connector = DropFolderConnector(
        connection.name,
        folder,
        partial(read_mapping_file, home / Path(settings.mapping_file), RowPlace.FILES),
        RecordSink(connection, parts.cursors, parts.records, settings.numberings),
        check_row_resource,
        FilePace(
            poll_s=settings.poll_s,
            page_rows=settings.page_rows,
            rows_per_second=settings.rows_per_second,
            largest_mib=settings.largest_mib,
            largest_workbook_mib=settings.largest_workbook_mib,
        ),
    )
    return NumberedConnector(connector, connection, connection.name, parts)


BUILDERS: Final = {ConnectionKind.DROP_FOLDER: Builder(DropFolderSettings, _build)}
