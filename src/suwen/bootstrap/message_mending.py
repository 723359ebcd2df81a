"""A message that failed, as text that a person can mend, and what reading it would find."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.bootstrap.connections.hl7v2 import channel_facts
from suwen.bootstrap.connections.hl7v2_settings import Hl7ListenerSettings
from suwen.bootstrap.connections.kinds import read_connection_settings
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.core.connection import ConnectionKind
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.integration.hl7v2.message import with_segment_ends
from suwen.integration.hl7v2.reading import read
from suwen.storage.inbound_types import WholeMessage

LONGEST_TEXT = 500_000


@dataclass(frozen=True, slots=True)
class Checked:
    """What reading an edited message would find.

    Attributes:
        problem: why it would fail again; ``None`` when it can be read.
        place: segment and field at fault, empty without one.
        unmapped: fields that nothing would carry over.
    """

    problem: Bilingual | None
    place: str
    unmapped: tuple[str, ...]


def as_text(message: WholeMessage) -> str | None:
    """The message with one segment on each line; ``None`` when it is no text or too long."""
    try:
        text = message.body.decode(message.character_set)
    except (UnicodeDecodeError, LookupError):
        return None
    if len(text) > LONGEST_TEXT or "\0" in text:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def as_body(text: str, message: WholeMessage) -> bytes:
    """The bytes of an edited text, in the message's own character set.

    Raises:
        InputError: ``message_characters`` when the set does not hold a character of it.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = with_segment_ends(lines) if lines.startswith("MSH") else lines
    try:
        return plain.encode(message.character_set)
    except UnicodeEncodeError as error:
        raise InputError(
            "message_characters",
            Bilingual(
                zh=f"第 {error.start + 1} 个字符不在该消息的字符集（{message.character_set}）中。",
                en=f"Character {error.start + 1} is not in the message's character set "
                f"({message.character_set}).",
            ),
            field="text",
        ) from None


async def check_edited(
    parts: ConnectionParts, message: WholeMessage, body: bytes
) -> Checked | None:
    """What reading the body over the message's connection would find; stores nothing.

    ``None`` when the connection does not bring HL7 v2 messages.

    Raises:
        NotFoundError: ``no_such_connection``.
        InputError, ConfigurationError: as building the connection.
    """
    connection = await parts.connections.read(message.summary.connection)
    if connection.kind is not ConnectionKind.HL7V2_LISTENER:
        return None
    settings = read_connection_settings(connection, Hl7ListenerSettings)
    channel = channel_facts(connection.name, settings, parts)
    outcome = read(body.decode(message.character_set), channel, message.character_set)
    if outcome.refusal is not None:
        return Checked(outcome.refusal.safe_message, outcome.refusal.where, ())
    unmapped = tuple(outcome.mapped.unmapped) if outcome.mapped is not None else ()
    return Checked(None, "", unmapped)
