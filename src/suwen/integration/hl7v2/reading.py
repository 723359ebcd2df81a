"""One message, from text to what it says and how it is acknowledged; stores nothing."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.integration.hl7v2.header import Header, read_header
from suwen.integration.hl7v2.mapping import ChannelFacts, MappedMessage, map_message
from suwen.integration.hl7v2.message import Message, read_message
from suwen.integration.hl7v2.refusal import MessageRefusedError


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """What became of a message.

    Attributes:
        header: ``None`` when not even MSH could be read.
        mapped: ``None`` when it was refused.
        refusal: why, ``None`` when it was taken.
    """

    message: Message | None
    header: Header | None
    mapped: MappedMessage | None
    refusal: MessageRefusedError | None

    @property
    def acknowledgement(self) -> str:
        """AA, AE or AR."""
        return "AA" if self.refusal is None else self.refusal.acknowledgement

    @property
    def message_type(self) -> str:
        """MSH-9 as ``ADT^A01``; empty when it could not be read."""
        if self.header is not None:
            return self.header.message_type
        if self.message is None:
            return ""
        header = self.message.header
        code, event = header.text(9), header.text(9, 2)
        return f"{code}^{event}" if event else code


def read(text: str, channel: ChannelFacts, codec: str = "utf-8") -> ReadMessage:
    """Parses and maps a message; a refusal is an answer, never an exception.

    Args:
        codec: Python codec of the character set that it came in.
    """
    message: Message | None = None
    header: Header | None = None
    try:
        message = read_message(text, codec)
        header = read_header(message, channel.zone)
        return ReadMessage(message, header, map_message(message, header, channel), None)
    except MessageRefusedError as refusal:
        return ReadMessage(message, header, None, refusal)
