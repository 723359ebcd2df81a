"""Views and drop folders run from the table of connections, like every other kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suwen.bootstrap.connections import runner as runner_module
from suwen.bootstrap.connections.kinds import build_connector
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.connections.runner import Runner
from suwen.core.connection import Connection, ConnectionHealth, ConnectionKind, ConnectionState
from suwen.storage.database import Database
from suwen.storage.runner_turn import RunnerTurn
from suwen.storage.urls import DatabaseUrls
from tests.support.database import TestServer, connect
from tests.support.rows import FILES, TABLES, VIEWS


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "EVERY_S", 0.05)
    monkeypatch.setattr(runner_module, "FIRST_PAUSE_S", 0.02)


@asynccontextmanager
async def running(parts: ConnectionParts, urls: DatabaseUrls) -> AsyncIterator[None]:
    database = Database(urls.general, pool_size=1)
    ended = asyncio.Event()
    runner = Runner(
        parts, RunnerTurn(database), lambda one: build_connector(one, parts), lambda ports: None
    )
    task = asyncio.create_task(runner.run(ended))
    try:
        yield
    finally:
        ended.set()
        await task
        await database.close()


async def becomes(
    parts: ConnectionParts, reached: Callable[[ConnectionHealth], Awaitable[bool]]
) -> ConnectionHealth:
    async with asyncio.timeout(30):
        while True:
            for one in await parts.connections.health():
                if await reached(one):
                    return one
            await asyncio.sleep(0.05)


async def put(parts: ConnectionParts, wanted: Connection) -> None:
    await parts.connections.put(wanted, None, by="test", at=datetime.now(UTC))


def lay_out(home: Path, mapping: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "mapping.toml").write_text(mapping, encoding="utf-8")


async def test_a_drop_folder_runs_from_the_table(
    parts: ConnectionParts, fresh_database_urls: DatabaseUrls, state_folder: Path
) -> None:
    lay_out(parts.settings.home, FILES)
    (state_folder / "patients.csv").write_text("pid,name,sex,born\nP1,a,1,\n", encoding="utf-8")
    settings = {
        "folder": str(state_folder),
        "mapping_file": "mapping.toml",
        "poll_s": 0.2,
        "settle_s": 0,
    }
    await put(parts, Connection("files", ConnectionKind.DROP_FOLDER, settings, synthetic=True))

    async def stored(one: ConnectionHealth) -> bool:
        return one.state is ConnectionState.UP and one.messages_total > 0

    async with running(parts, fresh_database_urls):
        await becomes(parts, stored)
    (patient,) = await parts.records.list_patients()
    assert (patient.name, patient.origin) == ("a", "synthetic")


async def test_views_run_from_the_table_and_drift_is_the_health_that_is_shown(
    parts: ConnectionParts, fresh_database_urls: DatabaseUrls, postgres_server: TestServer
) -> None:
    lay_out(parts.settings.home, VIEWS)
    with postgres_server.copies(empty=True) as source, connect(source.migration) as own:
        own.execute(TABLES)
        own.execute("INSERT INTO his.patients VALUES ('P1', 'a', '1', NULL, NULL, '2026-05-01')")
        settings = {"mapping_file": "mapping.toml", "poll_s": 1}
        await put(
            parts,
            Connection(
                "views", ConnectionKind.SQL_VIEWS, settings, secrets={"url": source.migration}
            ),
        )

        async def stored(one: ConnectionHealth) -> bool:
            return one.state is ConnectionState.UP and one.messages_total == 1

        async def down(one: ConnectionHealth) -> bool:
            return one.state is ConnectionState.DOWN

        async with running(parts, fresh_database_urls):
            await becomes(parts, stored)
            own.execute("DROP VIEW his.v_patient")
            own.execute("CREATE VIEW his.v_patient AS SELECT pid, name FROM his.patients")
            health = await becomes(parts, down)
    assert health.last_error_code == "view_changed"
    assert health.last_error_message is not None
    assert "patients.sex" in health.last_error_message.zh
    (patient,) = await parts.records.list_patients()
    assert (patient.name, patient.origin) == ("a", "imported")


async def test_wrong_secrets_and_a_missing_mapping_are_told_by_the_test(
    parts: ConnectionParts,
) -> None:
    settings = {"mapping_file": "nowhere.toml"}
    views = Connection("views", ConnectionKind.SQL_VIEWS, settings, secrets={"url": "x"})
    found = await build_connector(views, parts).test()
    assert not found.ok
    assert "mapping file" in found.detail.en
    lay_out(parts.settings.home, VIEWS)
    there = {"mapping_file": "mapping.toml"}
    for url, said in (("x", "address"), ("db2://a@127.0.0.1/x", "kind"), ("", "address")):
        wrong = Connection("views", ConnectionKind.SQL_VIEWS, there, secrets={"url": url})
        found = await build_connector(wrong, parts).test()
        assert not found.ok
        assert said in found.detail.en
    away = "postgresql://nobody:secret@127.0.0.1:1/none"
    found = await build_connector(
        Connection("views", ConnectionKind.SQL_VIEWS, there, secrets={"url": away}), parts
    ).test()
    assert not found.ok
    assert "cannot be reached" in found.detail.en
    assert "secret" not in found.detail.en + found.detail.zh
