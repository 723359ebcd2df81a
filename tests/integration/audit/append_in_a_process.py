"""Appends entries to the chain of a site; run by a test in a process of its own.

Arguments: database address, folder of the keys, anchor file, number of entries. Begins at the
first line on standard input and answers the numbers of its events.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from suwen.control.audit import AuditWriter, FileAnchor, KeyFileSigner
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from tests.support.audit_chains import TickingClock, entry


async def main(url: str, keys: str, anchor: str, count: str) -> None:
    database = Database(url, pool_size=2)
    writer = AuditWriter(
        AuditStore(database),
        KeyFileSigner(Path(keys)),
        FileAnchor(Path(anchor), "general"),
        TickingClock(),
    )
    await writer.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    sequences = [(await writer.append(entry(1000 + n))).sequence for n in range(int(count))]
    await writer.stop()
    await database.close()
    sys.stdout.write(json.dumps(sequences) + "\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
