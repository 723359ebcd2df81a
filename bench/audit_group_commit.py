"""Durable audit events per second: 64 writers sharing commits, against one commit per event.

Both on the embedded PostgreSQL with fsync, in one run, round by round in turn. The peer is lean:
one bare driver connection that chains in memory and commits each event by one INSERT, without the
lock that lets several processes share a chain. A second peer does the same through the store.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from suwen.control.audit import AuditWriter, FileAnchor, KeyFileSigner, verify_store
from suwen.control.audit.verification import verify_chain
from suwen.core.audit import AuditEntry, AuditOutcome, canonical_json
from suwen.storage.audit import AuditStore, chained
from suwen.storage.database import Database
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.migrate import migrate
from suwen.storage.urls import DatabaseUrls

ROUNDS = 7
WRITERS = 64
SECONDS = 2.0
AIM = 15.0


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def entry(number: int) -> AuditEntry:
    return AuditEntry(
        action="run.open",
        actor=f"dr.{number % 40}",
        channel="web",
        outcome=AuditOutcome.OPENED,
        subject=f"Draft/{number:032x}",
        patient=f"demo-p{number % 47:02d}",
        app="record_writer",
        trace=f"{number:032x}",
        purpose="treatment",
        detail={"release": "a" * 64, "items": 120},
    )


async def grouped(writer: AuditWriter) -> float:
    """Events per second of 64 writers, each waiting for its event before the next."""
    end = time.perf_counter() + SECONDS
    counts = [0] * WRITERS

    async def one(person: int) -> None:
        while time.perf_counter() < end:
            await writer.append(entry(counts[person]))
            counts[person] += 1

    begin = time.perf_counter()
    await asyncio.gather(*(one(person) for person in range(WRITERS)))
    return sum(counts) / (time.perf_counter() - begin)


async def through_the_store(store: AuditStore) -> float:
    """Events per second of one writer with one commit per event, by the store."""
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS:
        await store.append_group([entry(count)], datetime.now(UTC))
        count += 1
    return count / (time.perf_counter() - begin)


def one_by_one(connection: psycopg.Connection) -> float:
    """Events per second of one bare connection with one commit per event."""
    found = connection.execute(
        "SELECT sequence, hash FROM audit_event ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    head: tuple[int, str] = found or (0, "0" * 64)
    marks = ", ".join(["%s"] * 14)
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS:
        event = chained([entry(count)], datetime.now(UTC), head)[0]
        item = event.entry
        connection.execute(
            f"INSERT INTO audit_event VALUES ({marks})",  # type: ignore[arg-type]
            (
                event.sequence, event.at, item.action, item.actor, item.channel,
                item.outcome.value, item.subject, item.patient, item.app, item.trace,
                item.purpose, canonical_json(dict(item.detail)).decode(), event.previous_hash,
                event.hash,
            ),
        )  # fmt: skip
        head = (event.sequence, event.hash)
        count += 1
    return count / (time.perf_counter() - begin)


async def measure(urls: DatabaseUrls, folder: Path) -> dict[str, object]:
    database = Database(urls.general)
    store = AuditStore(database)
    signer, anchor = KeyFileSigner(folder / "keys"), FileAnchor(folder / "anchor", "general")
    address = make_url(urls.general).set(drivername="postgresql")
    rates: dict[str, list[float]] = {"grouped": [], "store": [], "bare": []}
    with psycopg.connect(
        address.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        for _ in range(ROUNDS):
            writer = AuditWriter(store, signer, anchor, Clock())
            await writer.start()
            rates["grouped"].append(await grouped(writer))
            await writer.stop()
            rates["bare"].append(one_by_one(connection))
            rates["store"].append(await through_the_store(store))
    begin = time.perf_counter()
    report = await verify_store(store, anchor, signer.public_keys())
    stored_rate = report.events / (time.perf_counter() - begin)
    events = await store.events(1, limit=50_000)
    begin = time.perf_counter()
    verify_chain(events, (), None, {})
    memory_rate = len(events) / (time.perf_counter() - begin)
    await database.close()
    if not report.ok:
        raise SystemExit(f"the chain does not verify: {report.as_json()}")
    return rows(rates, stored_rate, memory_rate)


def rows(
    rates: dict[str, list[float]], stored_rate: float, memory_rate: float
) -> dict[str, object]:
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratios = [g / b for g, b in zip(rates["grouped"], rates["bare"], strict=True)]
    row = {"unit": "events/s", "aim": None, "peer_value": None, "ratio": None}
    return {
        "bench": "audit_group_commit",
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": os.getloadavg(),
        "rounds": {name: [round(v) for v in values] for name, values in rates.items()},
        "rows": [
            {
                **row,
                "name": "64 writers sharing commits, bare peer",
                "value": medians["grouped"],
                "peer": "one bare connection, one commit per event",
                "peer_value": medians["bare"],
                "ratio": statistics.median(ratios),
                "aim": f">= {AIM:g}",
            },
            {
                **row,
                "name": "64 writers sharing commits, store peer",
                "value": medians["grouped"],
                "peer": "one writer through the store, one commit per event",
                "peer_value": medians["store"],
                "ratio": medians["grouped"] / medians["store"],
            },
            {**row, "name": "verify from the database", "value": stored_rate, "peer": None},
            {**row, "name": "verify in memory", "value": memory_rate, "peer": None,
             "peer_value": 300_000.0, "ratio": memory_rate / 300_000, "aim": ">= 1"},
        ],
    }  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="suwen-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedPostgres(folder) as urls:
            migrate(urls)
            print(json.dumps(asyncio.run(measure(urls, folder))))


if __name__ == "__main__":
    main()
