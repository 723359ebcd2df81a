"""Resources that cannot be stored wait in the queue of messages, each with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from suwen.core.errors import InputError
from suwen.core.exact_json import write_exact
from suwen.core.record import Resource
from suwen.integration.fhir.localising import last_updated
from suwen.integration.fhir.problems import refused
from suwen.integration.fhir.reading import read_checked
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_queue import InboundQueue
from suwen.storage.inbound_types import MessageState, NewMessage

_HASH_LENGTH: Final = 32
_AT_ONCE: Final = 500


async def set_apart(
    inbound: InboundStore, connection: str, resource: Mapping[str, Any], code: str, where: str
) -> bool:
    """Keeps a resource that cannot be stored where a person sees it; whether it is new there.

    Args:
        where: the element at fault; never a value.
    """
    now, body = datetime.now(UTC), write_exact(resource).encode("utf-8", "replace")
    kind, meta = str(resource.get("resourceType", "Resource")), resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    # Without a version only the content tells one state from the next.
    told = str(version) if version else hashlib.sha256(body).hexdigest()[:_HASH_LENGTH]
    message = NewMessage(
        connection=connection,
        control_id=f"{kind}/{resource.get('id', '-')}/{told}"[:200],
        message_type=kind,
        patient_key=None,
        body=body,
        character_set="utf-8",
        sent_at=last_updated(resource),
    )
    [receipt] = await inbound.receive_all([message], now)
    if receipt.duplicate:
        return False
    await inbound.fail(receipt.id, code, where, at=now)
    return True


def waiting_resources(body: bytes) -> Sequence[Resource]:
    """The one resource of a message that goes on, perhaps after a person edited it.

    Raises:
        InputError: it is no valid R4 resource, with the element's path; ``not_a_resource`` when
            it is a Bundle or has no id.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _no_single() from None
    found = read_checked(text)
    if len(found) != 1 or found[0]["resourceType"] == "Bundle" or '"id"' not in text:
        raise _no_single()
    return found


async def let_go(queue: InboundQueue, connection: str, code: str) -> int:
    """Lets every message go on that failed for one reason which may be gone now; how many."""
    failed = await queue.queue(connection, MessageState.FAILED, limit=_AT_ONCE)
    again = [message for message in failed if message.error_code == code]
    for message in again:
        await queue.replay(message.id, by=f"connection/{connection}", at=datetime.now(UTC))
    return len(again)


def _no_single() -> InputError:
    return refused(
        "not_a_resource",
        "",
        "必须是一个带 id 的 FHIR 资源（UTF-8 JSON）。",
        "It must be one FHIR resource with its id, as UTF-8 JSON.",
    )
