"""The MLLP sender: messages leave in their order, each until the receiver took it.

The same message has the same MSH-10 however often it is sent, so that a receiver that took it
before the answer was lost knows it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from suwen.core.connection import ConnectionReport, ConnectionTest
from suwen.core.errors import IntegrationError, PrivacyError, UnavailableError
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.integration.hl7v2.acknowledgement import read_acknowledgement
from suwen.integration.hl7v2.framing import FrameReader, framed
from suwen.integration.hl7v2.message import read_message
from suwen.integration.hl7v2.refusal import MessageRefusedError
from suwen.integration.hl7v2.settings import SenderSettings
from suwen.storage.outbound import OutboundMessage, OutboundStore

_AT_ONCE: Final = 50
_REST_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 300.0
_LARGEST_ANSWER: Final = 1024 * 1024
_TAKEN: Final = ("AA", "CA")
_WRONG: Final = ("AE", "CE")

Gather = Callable[[], Awaitable[None]]
BeforeSending = Callable[[OutboundMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said to one message."""

    code: str
    where: str
    raw: bytes


class MllpSender:
    """Sends the waiting messages of one connection; a ``Connector``.

    Args:
        gather: puts what is new to send into the outbound store.
        before_sending: what must be done before a message leaves: its audit; a ``PrivacyError``
            keeps the message here until a person decides.
    """

    def __init__(
        self,
        name: str,
        settings: SenderSettings,
        outbound: OutboundStore,
        clock: Clock,
        gather: Gather,
        before_sending: BeforeSending,
    ) -> None:
        self._name = name
        self._settings = settings
        self._outbound = outbound
        self._clock = clock
        self._gather = gather
        self._before_sending = before_sending

    async def run(self, report: ConnectionReport) -> None:
        """Sends until cancelled; waits longer after each failure to reach the receiver."""
        failures = 0
        while True:
            try:
                await self._gather()
                sent = await self._send_waiting(report)
                failures = 0
            except UnavailableError as error:
                failures += 1
                report.down(error)
                await asyncio.sleep(pause_s(failures))
                continue
            if not sent:
                await asyncio.sleep(_REST_S)

    async def test(self) -> ConnectionTest:
        """Whether the receiver can be reached; sends nothing."""
        begun = time.perf_counter()
        try:
            _, writer = await self._connect()
        except UnavailableError as error:
            return ConnectionTest(False, (time.perf_counter() - begun) * 1000, error.safe_message)
        await _close(writer)
        detail = Bilingual(zh="对端可以连接；未发送任何消息。", en="Reached; no message was sent.")
        return ConnectionTest(True, (time.perf_counter() - begun) * 1000, detail)

    async def _send_waiting(self, report: ConnectionReport) -> int:
        """Sends what is due over one connection; how many were taken.

        Raises:
            UnavailableError: the receiver cannot be reached or does not answer.
        """
        waiting = await self._outbound.next_messages(self._name, _AT_ONCE, self._clock.now())
        if not waiting:
            return 0
        reader, writer = await self._connect()
        report.up()
        taken = 0
        held: set[str] = set()
        try:
            conversation = _Conversation(reader, writer, self._settings)
            for message in waiting:
                if message.patient is not None and message.patient in held:
                    continue
                try:
                    await self._before_sending(message)
                except PrivacyError as error:
                    await self._outbound.failed(message.id, error.code, None, self._clock.now())
                    report.error(error.code, "")
                    continue
                fault_point("hl7.before_sent")
                try:
                    answer = await conversation.send(message.body)
                except IntegrationError as error:
                    await self._outbound.failed(message.id, error.code, None, self._clock.now())
                    report.error(error.code, "MSH")
                    continue
                if await self._settle(message, answer, report):
                    taken += 1
                elif message.patient is not None:
                    held.add(message.patient)
        finally:
            await _close(writer)
        return taken

    async def _settle(
        self, message: OutboundMessage, answer: Answer, report: ConnectionReport
    ) -> bool:
        now = self._clock.now()
        fault_point("hl7.after_answered")
        if answer.code in _TAKEN:
            await self._outbound.delivered(message.id, answer.raw, now)
            fault_point("hl7.after_settled")
            report.message(1, max((now - message.enqueued_at).total_seconds(), 0.0))
            return True
        code = "hl7_refused_by_receiver" if answer.code in _WRONG else "hl7_rejected_by_receiver"
        report.error(code, answer.where)
        # An error of the content needs a person; a rejection may be over in a while.
        final = answer.code in _WRONG or message.attempts + 1 >= self._settings.attempts
        retry = None if final else now + timedelta(seconds=pause_s(message.attempts + 1))
        await self._outbound.failed(message.id, code, retry, now)
        return False

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_s):
                return await asyncio.open_connection(
                    settings.host,
                    settings.port,
                    ssl=settings.tls,
                    server_hostname=(settings.server_name or settings.host)
                    if settings.tls
                    else None,
                )
        except (OSError, TimeoutError):
            raise unreachable() from None


class _Conversation:
    """Messages and answers over one connection, one after the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        settings: SenderSettings,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._settings = settings
        self._frames = FrameReader(_LARGEST_ANSWER)
        self._came: list[bytes] = []

    async def send(self, body: bytes) -> Answer:
        """Sends a message and waits for its own answer.

        Raises:
            UnavailableError: ``hl7_no_answer`` when none came in time or the connection was lost.
        """
        wanted = _control_id(body, self._settings.codec)
        try:
            async with asyncio.timeout(self._settings.answer_s):
                self._writer.write(framed(body))
                await self._writer.drain()
                while True:
                    answer = self._read(await self._next(), wanted)
                    if answer is not None:
                        return answer
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            raise _no_answer() from None

    async def _next(self) -> bytes:
        while not self._came:
            data = await self._reader.read(64 * 1024)
            if not data:
                raise ConnectionResetError
            self._came += self._frames.feed(data)
            if self._frames.faults:
                raise ConnectionResetError
        return self._came.pop(0)

    def _read(self, frame: bytes, wanted: str) -> Answer | None:
        """The answer, where it is the one to our message; one to an earlier message is passed
        over."""
        try:
            text = frame.decode(self._settings.codec, "replace")
            code, known, where = read_acknowledgement(read_message(text))
        except MessageRefusedError:
            return Answer("AR", "", frame)
        if known != wanted:
            return None
        return Answer(code, where, frame)


def pause_s(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, at most five minutes."""
    longest = min(2.0 ** min(failures, 12), _LONGEST_PAUSE_S)
    return longest * (0.75 + random.random() / 4)  # noqa: S311 - spreads load, hides nothing


def unreachable() -> UnavailableError:
    """The refusal when the receiver cannot be connected to."""
    return UnavailableError(
        "hl7_receiver_unreachable",
        Bilingual(
            zh="无法连接接收方：请检查地址、端口、防火墙与 TLS 设置。消息已保存，将自动重试。",
            en="The receiver cannot be reached: check address, port, firewall and TLS. The "
            "messages are kept and tried again.",
        ),
        field="host",
    )


def _no_answer() -> UnavailableError:
    return UnavailableError(
        "hl7_no_answer",
        Bilingual(
            zh="接收方没有在规定时间内确认。消息已保存，将以相同编号重发。",
            en="The receiver did not acknowledge in time. The messages are kept and sent again "
            "under the same ids.",
        ),
    )


def _control_id(body: bytes, codec: str) -> str:
    try:
        return read_message(body.decode(codec)).header.raw(10)
    except (MessageRefusedError, UnicodeDecodeError):
        raise IntegrationError(
            "hl7_outgoing_damaged",
            Bilingual(zh="待发送的消息已损坏。", en="A message to be sent is damaged."),
        ) from None


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(2):
            await writer.wait_closed()
