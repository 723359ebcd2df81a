"""The MLLP listener: frames in, acknowledgements out, each only after its message is durable."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from typing import Any

from suwen.core.connection import ConnectionReport, ConnectionTest
from suwen.core.errors import SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.integration.hl7v2.framing import FrameFault, FrameReader, framed
from suwen.integration.hl7v2.processing import Processor
from suwen.integration.hl7v2.receiving import MessageReceiver
from suwen.integration.hl7v2.settings import ListenerSettings

_PIECE = 64 * 1024
_GRACE_S = 2.0
_MOST_FAULTS = 20


class MllpListener:
    """One listener with its processing; a ``Connector``."""

    def __init__(
        self, settings: ListenerSettings, receiver: MessageReceiver, processor: Processor
    ) -> None:
        self._settings = settings
        self._receiver = receiver
        self._processor = processor
        self._open: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def run(self, report: ConnectionReport) -> None:
        """Listens and processes until cancelled.

        Raises:
            UnavailableError: ``port_unavailable`` when the port is taken.
        """
        self._stopping = False
        server = await self._listen(report)
        port = server.sockets[0].getsockname()[1]
        report.up(port=port)
        processing = asyncio.create_task(self._processor.run(report), name="HL7 processing")
        try:
            async with server:
                await processing
        finally:
            self._stopping = True
            server.close()
            processing.cancel()
            await self._end_connections()
            with contextlib.suppress(asyncio.CancelledError):
                await processing

    async def test(self) -> ConnectionTest:
        """Whether its port can be reached from this machine."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(3):
                _, writer = await asyncio.open_connection(self._settings.host, self._settings.port)
            writer.close()
        except (OSError, TimeoutError):
            detail = Bilingual(
                zh="监听端口没有应答：请确认该连接已启用，且 suwen listen 正在运行。",
                en="The port does not answer: check that the connection is switched on and that "
                "suwen listen runs.",
            )
            return ConnectionTest(False, (time.perf_counter() - begun) * 1000, detail)
        detail = Bilingual(zh="监听端口有应答。", en="The port answers.")
        return ConnectionTest(True, (time.perf_counter() - begun) * 1000, detail)

    async def _listen(self, report: ConnectionReport) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._open.add(task)
                task.add_done_callback(self._open.discard)
            await self._serve(reader, writer, report)

        try:
            return await asyncio.start_server(
                serve,
                self._settings.host,
                self._settings.port,
                ssl=self._settings.tls,
                limit=_PIECE,
                backlog=self._settings.most_connections,
            )
        except OSError as error:
            raise UnavailableError(
                "port_unavailable",
                Bilingual(
                    zh=f"无法监听 {self._settings.host}:{self._settings.port}，端口已被占用或地址"
                    "不存在。请更改该连接的端口。",
                    en=f"{self._settings.host}:{self._settings.port} cannot be listened on: it is "
                    "taken or the address does not exist. Change the port of the connection.",
                ),
                field="port",
            ) from error

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        report: ConnectionReport,
    ) -> None:
        try:
            if not self._may_connect(writer, report):
                return
            await self._converse(reader, writer, report)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            return
        except UnavailableError as error:
            # Not acknowledged: the sender keeps its message and sends it again.
            report.error(error.code, "")
        except SuwenError as error:
            report.error(error.code, error.field or "")
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await writer.wait_closed()

    async def _converse(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        report: ConnectionReport,
    ) -> None:
        frames = FrameReader(self._settings.largest_message)
        deadline: float | None = None
        loop = asyncio.get_running_loop()
        faults = 0
        while not self._stopping:
            async with asyncio.timeout(self._patience(deadline, loop.time())):
                data = await reader.read(_PIECE)
            if not data:
                if frames.unfinished:
                    report.error(FrameFault.UNFINISHED.value, "")
                return
            messages = frames.feed(data)
            faults += len(frames.faults)
            if messages:
                answers = await self._receiver.take(messages, report)
                writer.write(b"".join(framed(answer) for answer in answers))
                await writer.drain()
            for fault in frames.faults:
                report.error(fault.value, "")
            if FrameFault.TOO_LARGE in frames.faults:
                writer.write(framed(self._receiver.too_large(frames.head)))
                await writer.drain()
                return
            frames.faults.clear()
            if faults > _MOST_FAULTS:
                # Whoever speaks another protocol here is not listened to for ever.
                return
            if not frames.unfinished:
                deadline = None
            elif deadline is None or messages:
                deadline = loop.time() + self._settings.frame_s

    def _patience(self, deadline: float | None, now: float) -> float:
        """Seconds to wait for the next bytes: a begun frame must end in its time."""
        if deadline is None:
            return self._settings.idle_s
        return max(deadline - now, 0.001)

    def _may_connect(self, writer: asyncio.StreamWriter, report: ConnectionReport) -> bool:
        if len(self._open) > self._settings.most_connections:
            report.error("hl7_too_many_connections", "")
            return False
        peers = self._settings.peers
        if not peers:
            return True
        address = ipaddress.ip_address(str(writer.get_extra_info("peername")[0]))
        if any(address in network for network in peers):
            return True
        report.error("hl7_peer_not_allowed", "")
        return False

    async def _end_connections(self) -> None:
        """Lets what is being acknowledged be said, then closes."""
        if not self._open:
            return
        await asyncio.wait(self._open, timeout=0.3)
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(list(self._open), timeout=1.0)
