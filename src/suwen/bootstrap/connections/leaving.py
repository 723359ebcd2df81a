"""The last look at what leaves to another system: whether that is cleared for its data class."""

from __future__ import annotations

from dataclasses import replace

from suwen.control.privacy import data_class
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import PrivacyError
from suwen.core.ports import AuditSink
from suwen.core.record import Resource
from suwen.storage.outbound import OutboundMessage
from suwen.storage.signed_feed import SignedEntry


def class_leaving(entry: SignedEntry, *beside: Resource | None) -> int:
    """The data class (1 to 5) of a signed document with the resources that go beside it."""
    resources = [data_class.class_of_item(one) for one in beside if one is not None]
    return max([entry.data_class, *resources])


async def let_leave(
    message: OutboundMessage, ceiling: int, sending: AuditEntry, audit: AuditSink
) -> None:
    """Audits that a message leaves, or that it must not.

    Args:
        ceiling: highest data class that the connection is cleared for.
        sending: the event of its leaving.

    Raises:
        PrivacyError: ``above_connection_ceiling``; the message may not be sent.
    """
    try:
        data_class.check_connection_ceiling(message.data_class, ceiling, message.connection)
    except PrivacyError as error:
        refused = {**sending.detail, **(error.detail or {}), "code": error.code}
        await audit.append(replace(sending, outcome=AuditOutcome.REFUSED, detail=refused))
        raise
    await audit.append(sending)
