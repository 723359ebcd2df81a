"""An HL7 receiver or sender in a process of its own, for tests that kill it.

``python -m tests.support.hl7_process receiver|sender URL PORT`` runs until it is told to end. The
receiver listens on the port; the sender sends what waits on the connection ``out`` to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from suwen.bootstrap.connections.hl7v2 import checked
from suwen.bootstrap.faults import arm_faults
from suwen.integration.hl7v2.listener import MllpListener
from suwen.integration.hl7v2.processing import Processor, Stores
from suwen.integration.hl7v2.receiving import MessageReceiver
from suwen.integration.hl7v2.sender import MllpSender
from suwen.integration.hl7v2.settings import ListenerSettings, SenderSettings
from suwen.storage.database import Database
from suwen.storage.inbound import InboundStore
from suwen.storage.outbound import OutboundMessage, OutboundStore
from tests.support.hl7 import CIPHER, Remembered, SystemClock, facts

OUT = "out"


def to_store(resources: Sequence[Any]) -> Any:
    """Checks resources and gives them their columns."""
    return checked(resources, "imported")


def receiver(url: str, port: int) -> MllpListener:
    """The listener of the channel ``his``."""
    database, receiving = Database(url), Database(url)
    inbound = InboundStore(receiving, CIPHER)
    clock = SystemClock()
    used = ListenerSettings("127.0.0.1", port)
    processor = Processor(facts(), Stores(inbound, database, to_store, clock))
    taker = MessageReceiver(facts(), used, inbound, clock, processor.notice)
    return MllpListener(used, taker, processor)


def sender(url: str, port: int) -> MllpSender:
    """The sender of the connection ``out``."""

    async def gather() -> None:
        return

    async def before_sending(_message: OutboundMessage) -> None:
        return

    settings = SenderSettings("127.0.0.1", port, answer_s=5.0)
    outbound = OutboundStore(Database(url), CIPHER)
    return MllpSender(OUT, settings, outbound, SystemClock(), gather, before_sending)


async def main(role: str, url: str, port: int) -> None:
    """Runs until SIGTERM; starts again what failed, as the platform does."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    connector = receiver(url, port) if role == "receiver" else sender(url, port)
    with contextlib.suppress(asyncio.CancelledError):
        await connector.run(Remembered())


if __name__ == "__main__":
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    os._exit(0)
