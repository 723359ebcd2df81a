"""Rows of views and files into checked FHIR resources, against the least that a program could do.

The limit is a plain loop of Python's own ``csv`` and ``json`` over the same bytes, which checks
nothing and knows no FHIR; for the whole way, the same rows read by psycopg and inserted as JSON
text, a page and a commit at a time, without history, lists of patients or cursor. Rounds are
interleaved. CPU time of this process for mapping, wall time for the whole way.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from suwen.bootstrap.connections.rows import check_row_resource
from suwen.core.row_mapper import RowMapper
from suwen.core.row_mapping import RowPlace
from suwen.core.row_mapping_reading import read_row_mapping
from suwen.integration.dropfolder.reading import FileReading
from suwen.integration.sqlviews.connector import ReadingPace
from suwen.storage.database import Database
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.migrate import migrate

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.support.database import new_state_folder  # noqa: E402 - the path stands above
from tests.support.rows import (  # noqa: E402
    FILES,
    TABLES,
    VIEWS,
    rounds,
    run_until,
    views_on,
)

ROUNDS = 5
ROWS = 10_000
STORED = 4_000
HEADER = ["rid", "pid", "item", "val", "unit", "ref", "at"]


def content() -> str:
    """A file of laboratory results."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for n in range(ROWS):
        at = f"2026-05-{n % 28 + 1:02} 08:{n % 60:02}:00"
        row = [n, f"P{n % 500:05}", "葡萄糖", f"{n % 90 / 10:.2f}", "mmol/L", "3.9-6.1", at]
        writer.writerow(row)
    return out.getvalue()


def plain_loop(path: Path) -> int:
    """The limit: each line parsed, each row written as JSON."""
    count = 0
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        for cells in reader:
            json.dumps(dict(zip(header, cells, strict=True)), ensure_ascii=False)
            count += 1
    return count


def ours(path: Path) -> int:
    """The file as the drop folder reads it: pages of checked resources."""
    mapping = read_row_mapping(FILES, RowPlace.FILES, "m.toml")
    mappers = [RowMapper(mapping, source, "bench") for source in mapping.sources]
    reading = FileReading(mappers, check_row_resource, path, "results.csv")
    return sum(len(page.new) for page in reading.pages(0, 500))


def timed(work: Callable[[], int], clock: Callable[[], float]) -> float:
    """Rows a second."""
    begun = clock()
    count = work()
    return count / (clock() - begun)


def read_files() -> dict[str, object]:
    """Mapping and checking a CSV file against the plain loop."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.csv"
        path.write_text(content(), encoding="utf-8")
        mine, limit = [], []
        for _ in range(ROUNDS):
            mine.append(timed(lambda: ours(path), time.process_time))
            limit.append(timed(lambda: plain_loop(path), time.process_time))
    value, peer = statistics.median(mine), statistics.median(limit)
    return {
        "name": "CSV rows to checked resources, against csv + json",
        "value": value,
        "unit": "rows/s CPU",
        "peer": "csv + json",
        "peer_value": peer,
        "ratio": value / peer,
        "aim": "",
    }


FILL = """
INSERT INTO his.results SELECT n, 'P' || (n %% 500), '葡萄糖', (n %% 90 / 10.0)::numeric(6,2)::text,
 'mmol/L', '3.9-6.1', '2026-05-01 08:00', '2026-05-01 08:00' FROM generate_series(1, %s) n
"""


def insert_loop(address: str) -> float:
    """The limit of the whole way, in rows a second."""
    with psycopg.connect(address) as opened:
        opened.execute("CREATE TABLE IF NOT EXISTS his.plain (id bigint PRIMARY KEY, body text)")
        opened.execute("TRUNCATE his.plain")
        opened.commit()
        begun, last = time.perf_counter(), 0
        page = "SELECT * FROM his.v_result WHERE rid > %s ORDER BY rid LIMIT 500"
        while rows := opened.execute(page, (last,)).fetchall():
            texts = [(row[0], json.dumps(row, default=str, ensure_ascii=False)) for row in rows]
            with opened.cursor() as cursor:
                cursor.executemany("INSERT INTO his.plain VALUES (%s, %s)", texts)
            opened.commit()
            last = rows[-1][0]
        return STORED / (time.perf_counter() - begun)


async def whole_way(store: str, source: str, mapping: Path, name: str) -> float:
    """Rows a second from the view into the record store, every page durable.

    Args:
        name: of the connection; another one makes other resources.
    """
    database = Database(store, pool_size=4)
    pace = ReadingPace(poll_s=60, page_rows=500, rows_per_second=1_000_000)
    connector = views_on(database, source, mapping, pace, name)
    begun = time.perf_counter()
    report = await run_until(connector, lambda report: rounds(report), seconds=300)
    took = time.perf_counter() - begun
    await database.close()
    if report.messages != STORED:
        raise RuntimeError(f"{report.messages} of {STORED} rows were stored")
    return STORED / took


def _plain(address: str) -> str:
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


def read_views() -> dict[str, object]:
    """The whole way from a view into the record store."""
    with new_state_folder() as home, EmbeddedPostgres(home / "site") as urls:
        migrate(urls)
        source = _plain(urls.migration)
        with psycopg.connect(source) as opened:
            opened.execute(TABLES)
            opened.execute(FILL, (STORED,))
        mapping = home / "mapping.toml"
        mapping.write_text(VIEWS, encoding="utf-8")
        mine, limit = [], []
        for name in ("his1", "his2", "his3"):
            mine.append(asyncio.run(whole_way(urls.general, urls.migration, mapping, name)))
            limit.append(insert_loop(source))
    value, peer = statistics.median(mine), statistics.median(limit)
    return {
        "name": "view to record store, 500 a page, each durable",
        "value": value,
        "unit": "rows/s",
        "peer": "psycopg SELECT + INSERT of JSON",
        "peer_value": peer,
        "ratio": value / peer,
        "aim": "",
    }


def main() -> None:
    """Prints one JSON object."""
    result = {"bench": "views_import", "rows": [read_files(), read_views()]}
    print(json.dumps({**result, "measured": time.strftime("%Y-%m-%d")}))


if __name__ == "__main__":
    main()
