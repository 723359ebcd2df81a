"""A worker in a process of its own, for tests that kill it: it writes each item down once.

``python -m tests.support.job_process URL NAME`` works until it is told to end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from sqlalchemy import text

from suwen.bootstrap.faults import arm_faults
from suwen.jobs.desk import JobDesk
from suwen.jobs.model import Batch, Cursor, JobContext, JobKind
from suwen.jobs.store import JobStore
from suwen.jobs.turns import JobTurns
from suwen.storage.database import Database
from tests.support.jobs import Jobs

LEDGER = "CREATE TABLE IF NOT EXISTS ledger (job text, item int, PRIMARY KEY (job, item))"
WRITE = "INSERT INTO ledger VALUES (:job, :item) ON CONFLICT DO NOTHING"


def ledger_kind(database: Database) -> JobKind:
    """Writes the numbers below ``arguments["items"]`` into a table, a batch at a time."""

    async def work(context: JobContext, cursor: Cursor | None) -> Batch:
        start = 0 if cursor is None else int(cursor["at"])
        end = min(int(context.arguments["items"]), start + context.most_items)
        async with database.transaction() as connection:
            await connection.execute(
                text(WRITE), [{"job": context.id, "item": n} for n in range(start, end)]
            )
        await asyncio.sleep(float(context.arguments.get("pause_s", 0)))
        ended = end == int(context.arguments["items"])
        return Batch(None if ended else {"at": end}, done=end - start, total=None)

    return JobKind("ledger", work, batch_items=5)


async def main(url: str, name: str) -> None:
    """Serves until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    database = Database(url, pool_size=4)
    store = JobStore(database)
    jobs = Jobs(url, database, store, JobTurns(database), JobDesk(store))
    kind = ledger_kind(database)
    await jobs.worker({kind.name: kind}, name).serve(ended, lambda: None)
    await database.close()


if __name__ == "__main__":
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    asyncio.run(main(sys.argv[1], sys.argv[2]))
    os._exit(0)
