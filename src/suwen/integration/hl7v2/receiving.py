"""From the bytes of a frame to the answer: durable first, then acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from suwen.core.connection import ConnectionReport
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.integration.hl7v2.acknowledgement import Reply, acknowledgement, replies
from suwen.integration.hl7v2.character_sets import decode
from suwen.integration.hl7v2.delimiters import STANDARD
from suwen.integration.hl7v2.header import Header, identity_of
from suwen.integration.hl7v2.mapping import ChannelFacts
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.reading import ReadMessage, read
from suwen.integration.hl7v2.refusal import Condition, MessageRefusedError, missing
from suwen.integration.hl7v2.settings import ListenerSettings
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import MessageState, NewMessage, Receipt

REPLAYED_BY = "resent"


@dataclass(frozen=True, slots=True)
class _Taken:
    """A frame as far as it could be read."""

    body: bytes
    codec: str
    msh: Segment | None
    outcome: ReadMessage | None
    refusal: MessageRefusedError | None

    @property
    def header(self) -> Header | None:
        return self.outcome.header if self.outcome is not None else None

    @property
    def storable(self) -> bool:
        """Whether it has a header to be known by; what has none cannot be taken into custody."""
        return self.header is not None


class MessageReceiver:
    """Takes messages of one connection into custody and says how to answer."""

    def __init__(
        self,
        channel: ChannelFacts,
        settings: ListenerSettings,
        inbound: InboundStore,
        clock: Clock,
        notice: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._settings = settings
        self._inbound = inbound
        self._clock = clock
        self._notice = notice

    async def take(self, frames: Sequence[bytes], report: ConnectionReport) -> list[bytes]:
        """The bytes to answer to frames of one connection, in their order.

        Raises:
            UnavailableError: nothing may be answered; the sender keeps its messages.
        """
        taken = [self._read(frame) for frame in frames]
        stored = [one for one in taken if one.storable and not self._is_not_for_us(one)]
        now = self._clock.now()
        receipts = iter(await self._inbound.receive_all([self._new(one) for one in stored], now))
        answers: list[bytes] = []
        for one in taken:
            refusal = one.refusal
            if any(one is kept for kept in stored):
                refusal = await self._outcome(one, next(receipts), report)
            if refusal is not None:
                report.error(refusal.code, refusal.where)
            reply = replies(one.msh, one.header, refusal, self._settings.acknowledgement, now)
            answers += _encoded(reply, one)
        if stored:
            self._notice()
        return answers

    def too_large(self, head: bytes) -> bytes:
        """The answer to a message that is larger than this listener takes; it is not stored."""
        refusal = MessageRefusedError(
            "hl7_frame_too_large",
            Bilingual(
                zh=f"消息超过 {self._settings.largest_message} 字节的上限。",
                en=f"The message is larger than {self._settings.largest_message} bytes.",
            ),
            "MSH",
            Condition.INTERNAL,
        )
        told = acknowledgement(_plain_header(head), "AR", refusal, self._clock.now())
        return told.encode("ascii", "replace")

    def _read(self, frame: bytes) -> _Taken:
        try:
            text, codec = decode(frame, self._settings.codec, self._settings.trust_header)
        except MessageRefusedError as refusal:
            return _Taken(frame, self._settings.codec, _plain_header(frame), None, refusal)
        outcome = read(text, self._channel, codec)
        msh = outcome.message.header if outcome.message is not None else None
        return _Taken(frame, codec, msh, outcome, self._refusal_of(outcome))

    def _refusal_of(self, outcome: ReadMessage) -> MessageRefusedError | None:
        header = outcome.header
        if header is None:
            return outcome.refusal
        processing = header.processing.upper()
        if processing and processing not in self._settings.processing:
            return MessageRefusedError(
                "hl7_processing_unsupported",
                Bilingual(
                    zh="MSH-11：本通道不接收该处理标识（如培训或调试）的消息。",
                    en="MSH-11: this channel does not take messages of this processing id (such "
                    "as training or debugging).",
                ),
                "MSH-11",
                Condition.UNSUPPORTED_PROCESSING,
            )
        if self._settings.require_control_id and not header.control_id:
            return missing("MSH-10", rejected=True)
        return outcome.refusal

    def _is_not_for_us(self, one: _Taken) -> bool:
        """Training messages and the like are refused and left with their sender."""
        codes = ("hl7_processing_unsupported",)
        without_number = one.refusal is not None and one.refusal.where == "MSH-10"
        return one.refusal is not None and (one.refusal.code in codes or without_number)

    def _new(self, one: _Taken) -> NewMessage:
        header = one.header
        if header is None:
            raise AssertionError("only a message with a header is stored")
        mapped = one.outcome.mapped if one.outcome is not None else None
        return NewMessage(
            connection=self._channel.name,
            control_id=identity_of(header, one.body),
            message_type=header.message_type,
            patient_key=mapped.patient if mapped is not None else None,
            body=one.body,
            character_set=one.codec,
            sent_at=header.sent_at,
        )

    async def _outcome(
        self, one: _Taken, receipt: Receipt, report: ConnectionReport
    ) -> MessageRefusedError | None:
        """What the answer says of a message that is durable now, or was before."""
        if not receipt.duplicate:
            return one.refusal
        if not receipt.same_body and not await self._is_resent(one, receipt):
            return await self._another_under_same_number(one)
        if one.refusal is None:
            await self._mend(receipt)
        return one.refusal

    async def _is_resent(self, one: _Taken, receipt: Receipt) -> bool:
        """Whether it is the message of before with only its header written anew."""
        known = await self._inbound.read(receipt.id)
        first = known.former[0].body if known.former else known.body
        return _without_header(first) == _without_header(one.body)

    async def _another_under_same_number(self, one: _Taken) -> MessageRefusedError | None:
        if self._settings.reused_control_id == "store":
            new = self._new(one)
            number = f"{new.control_id}#{sha256(one.body).hexdigest()[:16]}"
            await self._inbound.receive_all([replace(new, control_id=number)], self._clock.now())
            return one.refusal
        return MessageRefusedError(
            "hl7_control_id_reused",
            Bilingual(
                zh="MSH-10：该编号已用于另一条内容不同的消息，本条未保存。请发送方使用新的编号，"
                "或在通道设置中允许重复编号。",
                en="MSH-10: this id was used for a message of other content; this one was not "
                "stored. Use a new id, or let the channel accept reused ids.",
            ),
            "MSH-10",
            Condition.DUPLICATE_KEY,
        )

    async def _mend(self, receipt: Receipt) -> None:
        """A message that failed and is sent again works now: it is processed after all."""
        known = await self._inbound.read(receipt.id)
        if known.summary.state is MessageState.FAILED:
            await self._inbound.replay(receipt.id, REPLAYED_BY, self._clock.now())


def _plain_header(frame: bytes) -> Segment | None:
    """The MSH of a frame that cannot be read as a whole, as far as it is ASCII."""
    line = frame[:4096].replace(b"\n", b"\r").split(b"\r", 1)[0].decode("ascii", "replace")
    return Segment(line, 1, STANDARD) if line.startswith("MSH|^~\\&|") else None


def _without_header(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\r").replace(b"\n", b"\r").partition(b"\r")[2].strip()


def _encoded(reply: Reply, one: _Taken) -> list[bytes]:
    return [frame.encode(one.codec, "replace") for frame in reply.frames]
