"""HL7 v2 under test: messages, a report that remembers, a running listener, a plain sender."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from suwen.bootstrap.connections.hl7v2 import checked
from suwen.core.errors import SuwenError
from suwen.integration.hl7v2.framing import FrameReader, framed
from suwen.integration.hl7v2.listener import MllpListener
from suwen.integration.hl7v2.mapping import ChannelFacts
from suwen.integration.hl7v2.message import read_message
from suwen.integration.hl7v2.processing import Processor, Stores
from suwen.integration.hl7v2.receiving import MessageReceiver
from suwen.integration.hl7v2.settings import ListenerSettings
from suwen.integration.hl7v2.site_mapping import SiteMapping
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound import InboundStore

ZONE = ZoneInfo("Asia/Shanghai")
CIPHER = FieldCipher(b"k" * 32)


class SystemClock:
    """The time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Remembered:
    """What a connection reported."""

    port: int | None = None
    is_up: bool = False
    downs: list[str] = field(default_factory=list)
    messages: int = 0
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    def up(self, *, port: int | None = None) -> None:
        self.is_up, self.port = True, port or self.port

    def down(self, error: SuwenError) -> None:
        self.is_up = False
        self.downs.append(error.code)

    def message(self, count: int = 1, lag_s: float | None = None) -> None:
        assert lag_s is None or lag_s >= 0
        self.messages += count

    def error(self, code: str, where: str) -> None:
        self.errors[code, where] += 1


def facts(mapping: SiteMapping | None = None, **more: Any) -> ChannelFacts:
    """The channel ``his``."""
    given = {"name": "his", "namespace": "his", "zone": ZONE, **more}
    return ChannelFacts(**given, mapping=mapping or SiteMapping())


def adt(event: str, control_id: str, *segments: str, at: str = "20240531083000", **msh: str) -> str:
    """An ADT message of one patient; ``segments`` follow the EVN."""
    return message(f"ADT^{event}", control_id, f"EVN||{at}", *segments, at=at, **msh)


def message(
    kind: str, control_id: str, *segments: str, at: str = "20240531083000", **msh: str
) -> str:
    """A message with its header.

    Args:
        msh: values of further header fields, as ``f15="AL"``.
    """
    fields = [
        "MSH",
        "^~\\&",
        "HIS",
        "HOSP",
        "SUWEN",
        "HOSP",
        at,
        "",
        kind,
        control_id,
        "P",
        "2.5.1",
    ]
    for name, value in msh.items():
        number = int(name[1:])
        # MSH-1 is the separator itself: field n stands at index n - 1.
        fields += [""] * (number - len(fields))
        fields[number - 1] = value
    return "\r".join(["|".join(fields), *segments]) + "\r"


PID = "PID|1||P100^^^HOSP^MR||王^小明||19570214|M"
PV1 = (
    "PV1|1|I|6N^12^03^HOSP||||0100^李^医生|||SUR|||||||||V100^^^HOSP" + "|" * 25 + "20240531080000"
)


def lab(control_id: str, patient: str, order: str, value: str, at: str = "20240531083000") -> str:
    """A laboratory result of one number."""
    return message(
        "ORU^R01^ORU_R01",
        control_id,
        f"PID|1||{patient}^^^HOSP^MR||王^小明||19570214|M",
        f"ORC|RE|{order}^HIS",
        f"OBR|1|{order}^HIS||57021-8^CBC^LN|||{at}||||||||||||||||||F",
        f"OBX|1|NM|718-7^Hemoglobin^LN||{value}|g/L^^UCUM|130-175|L|||F|||{at}",
        at=at,
    )


@dataclass
class Running:
    """A listener that runs on a free port of this machine."""

    port: int
    inbound: InboundStore
    report: Remembered
    processor: Processor

    async def settled(self, within_s: float = 20.0) -> None:
        """Waits until no message waits to be processed."""
        async with asyncio.timeout(within_s):
            while await self._waiting():  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.02)

    async def _waiting(self) -> bool:
        return any(waiting for waiting, _ in (await self.inbound.counts()).values())


@asynccontextmanager
async def listening(
    database: Database,
    receiving: Database,
    channel: ChannelFacts | None = None,
    *,
    reviews: bool = False,
    **settings: Any,
) -> AsyncIterator[Running]:
    """A running listener with its processing."""
    used = replace(ListenerSettings("127.0.0.1", 0), **settings)
    known = channel or facts()
    inbound = InboundStore(receiving, CIPHER)

    def to_store(resources: Sequence[Any]) -> Any:
        return checked(resources, "imported")

    clock = SystemClock()
    processor = Processor(known, Stores(inbound, database, to_store, clock, reviews))
    receiver = MessageReceiver(known, used, inbound, clock, processor.notice)
    report = Remembered()
    task = asyncio.create_task(MllpListener(used, receiver, processor).run(report))
    try:
        async with asyncio.timeout(10):
            while report.port is None:
                await asyncio.sleep(0.01)
                if task.done():
                    task.result()
        yield Running(report.port, inbound, report, processor)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.timeout(3):
                await task


class Sender:
    """A plain MLLP client that waits for each answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._frames = FrameReader(1 << 20)
        self._came: list[bytes] = []

    async def send(self, text: str | bytes, codec: str = "utf-8") -> tuple[str, str, str]:
        """Sends a message; code, control id and ERR-2 of the answer."""
        self.write(text, codec)
        return await self.answer(codec)

    def write(self, text: str | bytes, codec: str = "utf-8") -> None:
        """Sends a message and does not wait."""
        self.writer.write(framed(text if isinstance(text, bytes) else text.encode(codec)))

    async def answer(self, codec: str = "utf-8") -> tuple[str, str, str]:
        """The next answer."""
        told = read_message((await self.raw_answer()).decode(codec))
        msa, err = told.first("MSA"), told.first("ERR")
        assert msa is not None
        where = "" if err is None else "-".join(p for p in (err.text(2, 1), err.text(2, 3)) if p)
        return msa.text(1), msa.text(2), where

    async def ended(self) -> None:
        """Waits until the listener closed the connection, having said nothing more."""
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                assert await self.reader.read() == b""

    async def raw_answer(self) -> bytes:
        """Bytes of the next answer."""
        async with asyncio.timeout(10):
            while not self._came:
                data = await self.reader.read(65536)
                if not data:
                    raise ConnectionResetError
                self._came += self._frames.feed(data)
        return self._came.pop(0)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Sender]:
    """A client of a listener on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Sender(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
