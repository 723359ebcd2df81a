"""HL7 messages acknowledged durably over MLLP, end to end, with eight connections.

The receiver is our listener with its processing, in a process of its own, on the embedded
PostgreSQL with fsync; the senders are python-hl7's asyncio client, each waiting for every answer.
The peer is python-hl7's own server, which parses and acknowledges and stores nothing, in the same
run, round by round in turn.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from hl7.mllp import open_hl7_connection, start_hl7_server

CONNECTIONS = 8
SECONDS = 4.0
ROUNDS = 3
AIM = 500.0

ROWS = [
    ("6690-2", "WBC", "7.2", "10*9/L", "3.5-9.5", "N"),
    ("789-8", "RBC", "4.51", "10*12/L", "4.3-5.8", "N"),
    ("718-7", "Hemoglobin", "112", "g/L", "130-175", "L"),
    ("4544-3", "Hematocrit", "0.41", "L/L", "0.40-0.50", "N"),
    ("787-2", "MCV", "91", "fL", "82-100", "N"),
    ("777-3", "Platelets", "210", "10*9/L", "125-350", "N"),
]


def message(control_id: str, patient: str) -> str:
    """A blood count of a patient."""
    at = "20240531083000"
    segments = [
        f"MSH|^~\\&|LIS|LAB|SUWEN|HOSP|{at}||ORU^R01^ORU_R01|{control_id}|P|2.5.1"
        "||||||UNICODE UTF-8",
        f"PID|1||{patient}^^^HOSP^MR||王^小明^^^^^L||19570214|M",
        f"PV1|1|I|6N^12^03^HOSP||||0100^李^医生|||SUR|||||||||V{patient}^^^HOSP",
        f"ORC|RE|O{control_id}^HIS|F{control_id}^LIS||CM",
        f"OBR|1|O{control_id}^HIS|F{control_id}^LIS|57021-8^CBC^LN|||{at}|||||||||||||||{at}|||F",
        *(
            f"OBX|{n}|NM|{code}^{name}^LN||{value}|{unit}^^UCUM|{limits}|{flag}|||F|||{at}"
            for n, (code, name, value, unit, limits, flag) in enumerate(ROWS, start=1)
        ),
    ]
    return "\r".join(segments) + "\r"


async def receiver(home: str) -> None:
    """Our listener, until it is told to end; prints its port."""
    from zoneinfo import ZoneInfo

    from suwen.bootstrap.connections.hl7v2 import checked
    from suwen.integration.hl7v2.listener import MllpListener
    from suwen.integration.hl7v2.mapping import ChannelFacts
    from suwen.integration.hl7v2.processing import Processor, Stores
    from suwen.integration.hl7v2.receiving import MessageReceiver
    from suwen.integration.hl7v2.settings import ListenerSettings
    from suwen.storage.database import Database
    from suwen.storage.embedded import EmbeddedPostgres
    from suwen.storage.encryption import FieldCipher
    from suwen.storage.inbound import InboundStore
    from suwen.storage.migrate import migrate

    with EmbeddedPostgres(Path(home)) as urls:
        migrate(urls)
        channel = ChannelFacts("lis", "lis", ZoneInfo("Asia/Shanghai"))
        used = ListenerSettings("127.0.0.1", 0)
        database, receiving = Database(urls.general), Database(urls.general)
        inbound = InboundStore(receiving, FieldCipher(b"k" * 32))
        clock = Clock()
        stores = Stores(inbound, database, lambda found: checked(found, "imported"), clock)
        processor = Processor(channel, stores)
        taker = MessageReceiver(channel, used, inbound, clock, processor.notice)
        listening = asyncio.create_task(MllpListener(used, taker, processor).run(Report()))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listening.cancel)
        try:
            await listening
        except asyncio.CancelledError:
            await database.close()
            await receiving.close()


class Clock:
    def now(self):
        from datetime import UTC, datetime

        return datetime.now(UTC)


class Report:
    """Prints the port; counts what was processed."""

    def up(self, *, port: int | None = None) -> None:
        print(port, flush=True)

    def down(self, error: Exception) -> None: ...

    def message(self, count: int = 1, lag_s: float | None = None) -> None: ...

    def error(self, code: str, where: str) -> None:
        print(f"{code} {where}", file=sys.stderr, flush=True)


async def peer() -> None:
    """python-hl7's server: reads, parses, acknowledges; prints its port."""

    async def serve(reader, writer) -> None:
        try:
            while True:
                got = await reader.readmessage()
                writer.writemessage(got.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    server = await start_hl7_server(serve, "127.0.0.1", 0, encoding="utf-8")
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


async def rate(port: int, turn: str) -> tuple[float, float]:
    """Acknowledged messages per second and the median round trip in milliseconds."""
    end = time.perf_counter() + SECONDS
    trips: list[float] = []

    async def send(sender: int) -> None:
        reader, writer = await open_hl7_connection("127.0.0.1", port, encoding="utf-8")
        number = 0
        while time.perf_counter() < end:
            number += 1
            text = message(f"{turn}{sender}{number}", f"P{sender}{number % 40}")
            begun = time.perf_counter()
            writer.writeblock(text.encode())
            await writer.drain()
            answer = await reader.readblock()
            trips.append(time.perf_counter() - begun)
            if b"MSA|AA" not in answer:
                raise AssertionError(answer)
        writer.close()

    begin = time.perf_counter()
    await asyncio.gather(*(send(sender) for sender in range(CONNECTIONS)))
    return len(trips) / (time.perf_counter() - begin), statistics.median(trips) * 1000


def started(role: str, home: str) -> tuple[subprocess.Popen[str], int]:
    """A process of this file in a role, and its port."""
    process = subprocess.Popen(
        [sys.executable, __file__, role, home], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


async def measure(home: str) -> list[tuple[float, float, float]]:
    ours, our_port = started("receiver", home)
    theirs, their_port = started("peer", home)
    found = []
    try:
        async with AsyncExitStack():
            for turn in range(ROUNDS):
                mine, trip = await rate(our_port, f"T{turn}")
                their, _ = await rate(their_port, f"T{turn}")
                found.append((mine, their, trip))
    finally:
        for process in (ours, theirs):
            process.terminate()
            process.wait(30)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="suwen-bench-") as home:
        found = asyncio.run(measure(home))
    mine = statistics.median(one[0] for one in found)
    their = statistics.median(one[1] for one in found)
    trip = statistics.median(one[2] for one in found)
    rows = [
        {
            "name": f"durable acknowledgements, {CONNECTIONS} connections",
            "value": mine,
            "unit": "msg/s",
            "peer": "python-hl7's server, storing nothing",
            "peer_value": their,
            "ratio": mine / their,
            "aim": f">= {AIM:.0f} msg/s on 2 cores",
        },
        {"name": "round trip, median", "value": trip, "unit": "ms"},
    ]
    load = os.getloadavg()[0]
    print(json.dumps({"bench": "hl7_mllp", "measured": {"load": load}, "rows": rows}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work = receiver(sys.argv[2]) if sys.argv[1] == "receiver" else peer()
        asyncio.run(work)
    else:
        main()
