"""A hospital's own PostgreSQL with views, and the record store that they are read into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from suwen.storage.database import Database
from tests.support.database import TestServer, connect
from tests.support.rows import TABLES, VIEWS


@dataclass(frozen=True)
class Hospital:
    """The source: its address as its owner, who could write, and a connection of the test's own."""

    address: str
    own: psycopg.Connection

    def patient(
        self, number: int, updated: str = "2026-05-01 08:00:00", name: str = "某某"
    ) -> None:
        """Adds or changes a patient."""
        self.own.execute(
            "INSERT INTO his.patients VALUES (%s, %s, %s, '1980-02-03', '139', %s) "
            "ON CONFLICT (pid) DO UPDATE SET name = excluded.name, updated = excluded.updated",
            (f"P{number:05}", name, "12"[number % 2], updated),
        )


@pytest.fixture(scope="package")
def source_address(postgres_server: TestServer) -> Iterator[str]:
    """A database of the hospital's own."""
    with postgres_server.copies(empty=True) as urls:
        yield urls.migration


@pytest.fixture
def hospital(source_address: str) -> Iterator[Hospital]:
    """A source with tables and views, and nothing in them."""
    with connect(source_address) as own:
        own.execute(f"DROP SCHEMA IF EXISTS his CASCADE; {TABLES}")
        yield Hospital(source_address, own)


@pytest.fixture
def mapping(state_folder: Path) -> Path:
    """The mapping of both views."""
    place = state_folder / "mapping.toml"
    place.write_text(VIEWS, encoding="utf-8")
    return place


@pytest.fixture
async def store(database: Database) -> Database:
    """The record store, empty."""
    return database
