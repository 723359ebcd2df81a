"""A synthetic hospital's database and folder, and connectors that read them, for tests.

``python -m tests.support.rows KIND STORE_URL SOURCE HOME`` runs a connector until it is told to
end, in a process of its own that a test may kill at fault points.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from suwen.bootstrap.connections.rows import RecordSink, check_row_resource, read_mapping_file
from suwen.bootstrap.faults import arm_faults
from suwen.core.connection import Connection, ConnectionKind, Connector
from suwen.core.errors import SuwenError
from suwen.core.row_mapping import RowPlace
from suwen.integration.dropfolder.connector import DropFolderConnector, FilePace
from suwen.integration.dropfolder.folder import DropFolder
from suwen.integration.sqlviews.connector import ReadingPace, ReadingParts, SqlViewsConnector
from suwen.storage.cursors import CursorStore
from suwen.storage.database import Database
from suwen.storage.records import RecordStore

NAME = "his"

TABLES = """
CREATE SCHEMA his;
CREATE TABLE his.patients (
  pid text PRIMARY KEY, name text, sex text, born date, phone text, updated timestamp NOT NULL
);
CREATE TABLE his.results (
  rid bigint PRIMARY KEY, pid text, item text, val text, unit text, ref text, at timestamp,
  updated timestamp NOT NULL
);
CREATE VIEW his.v_patient AS SELECT pid, name, sex, born, updated FROM his.patients;
CREATE VIEW his.v_result AS SELECT * FROM his.results;
"""

HEAD = """\
format = 1
version = "test-1"
time_zone = "Asia/Shanghai"
absent = ["NULL"]

[systems]
mrn = "urn:oid:1.2.156.1000.1"

[codes.sex]
unmapped = "refuse"
[codes.sex.values]
"1" = "male"
"2" = "female"

[codes.ucum]
unmapped = "leave_out"
[codes.ucum.values]
"mmol/L" = "mmol/L"
"%" = "%"
"""

PATIENT = """
"identifier[0].type.coding[0].system" = { fixed = "http://terminology.hl7.org/CodeSystem/v2-0203" }
"identifier[0].type.coding[0].code" = { fixed = "MR" }
"identifier[0].system" = { system = "mrn" }
"identifier[0].value" = "pid"
"name[0].text" = "name"
gender = { column = "sex", codes = "sex" }
birthDate = "born"
"""

RESULT = """
status = { fixed = "final" }
"category[0].coding[0].system" = \
{ fixed = "http://terminology.hl7.org/CodeSystem/observation-category" }
"category[0].coding[0].code" = { fixed = "laboratory" }
subject = { reference = "Patient", key = ["pid"] }
"code.text" = "item"
"value[x]" = { column = "val", unit = "unit", units = "ucum" }
"referenceRange[0]" = { column = "ref", unit = "unit" }
effectiveDateTime = "at"
"""

VIEWS = f"""{HEAD}
[[rows]]
name = "patients"
resource = "Patient"
view = "his.v_patient"
key = ["pid"]
watermark = "updated"
overlap_s = 60
[rows.columns]
pid = "text"
name = "text"
sex = "text"
born = "date"
updated = "timestamp"
[rows.elements]{PATIENT}
[[rows]]
name = "results"
resource = "Observation"
view = "his.v_result"
key = ["rid"]
watermark = "updated"
overlap_s = 60
[rows.columns]
rid = "whole"
pid = "text"
item = "text"
val = "text"
unit = "text"
ref = "text"
at = "timestamp"
updated = "timestamp"
[rows.elements]{RESULT}"""

FILES = f"""{HEAD}
[[rows]]
name = "patients"
resource = "Patient"
file = "patients*"
key = ["pid"]
columns = ["pid", "name", "sex", "born"]
[rows.elements]{PATIENT}
[[rows]]
name = "results"
resource = "Observation"
file = "results*"
key = ["rid"]
columns = ["rid", "pid", "item", "val", "unit", "ref", "at"]
[rows.elements]{RESULT}"""


@dataclass
class Report:
    """What a connector said of itself."""

    ups: int = 0
    downs: list[SuwenError] = field(default_factory=list)
    messages: int = 0
    lag_s: float | None = None
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    def up(self, *, port: int | None = None) -> None:
        """It works."""
        self.ups += 1

    def down(self, error: SuwenError) -> None:
        """It does not."""
        self.downs.append(error)

    def message(self, count: int = 1, lag_s: float | None = None) -> None:
        """Resources were stored."""
        self.messages += count
        self.lag_s = lag_s

    def error(self, code: str, where: str) -> None:
        """Something was refused."""
        self.errors[code, where] += 1


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


def sink_on(database: Database, kind: ConnectionKind, name: str = NAME) -> RecordSink:
    """The way of a connection's rows into a record store."""
    connection = Connection(name, kind, {})
    return RecordSink(connection, CursorStore(database), RecordStore(database))


def views_on(
    database: Database,
    address: str,
    mapping: Path,
    pace: ReadingPace | None = None,
    name: str = NAME,
) -> SqlViewsConnector:
    """A connector that reads the views of a source into a record store."""
    sink = sink_on(database, ConnectionKind.SQL_VIEWS, name)
    return SqlViewsConnector(
        name,
        address,
        lambda: read_mapping_file(mapping, RowPlace.VIEWS),
        ReadingParts(sink, check_row_resource, WallClock()),
        pace or ReadingPace(poll_s=0.05, page_rows=7, rows_per_second=1_000_000),
    )


def folder_on(
    database: Database, place: Path, mapping: Path, pace: FilePace | None = None
) -> DropFolderConnector:
    """A connector that reads a folder into a record store."""
    place.mkdir(exist_ok=True)
    return DropFolderConnector(
        NAME,
        DropFolder(place, place.parent / "spool", 0.0, None),
        lambda: read_mapping_file(mapping, RowPlace.FILES),
        sink_on(database, ConnectionKind.DROP_FOLDER),
        check_row_resource,
        pace or FilePace(poll_s=0.05, page_rows=7, rows_per_second=1_000_000),
    )


async def run_until(
    connector: Connector, reached: Callable[[Report], Awaitable[bool]], seconds: float = 30
) -> Report:
    """Runs a connector until something is so, then stops it in order."""
    report = Report()
    task = asyncio.create_task(connector.run(report))
    try:
        async with asyncio.timeout(seconds):
            while not await reached(report):
                if task.done():
                    await task
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return report


async def rounds(report: Report, count: int = 1) -> bool:
    """Whether so many rounds went well."""
    return report.ups >= count


async def _main(kind: str, store_url: str, source: str, home: Path) -> None:
    database = Database(store_url, pool_size=4)
    mapping = home / "mapping.toml"
    connector: Connector = (
        views_on(database, source, mapping)
        if kind == "views"
        else folder_on(database, Path(source), mapping)
    )
    task = asyncio.create_task(connector.run(Report()))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    await database.close()


if __name__ == "__main__":
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    asyncio.run(_main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
    os._exit(0)
