"""The chain in a file that anybody can check without the installation: JSON lines.

First a line with the signed head, then the public keys, the checkpoints, and every event.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

from suwen.control.audit.anchor import AnchorReading
from suwen.control.audit.checkpoints import (
    checkpoint_as_json,
    checkpoint_from_json,
    signed_checkpoint,
)
from suwen.control.audit.report import VerifyReport
from suwen.control.audit.signing import KeyFileSigner, key_id_of
from suwen.control.audit.verification import ChainVerifier
from suwen.core.audit import AuditEntry, AuditEvent, AuditOutcome, Checkpoint
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.storage.audit import AuditStore
from suwen.storage.secret_files import sync_folder

_FORMAT: Final = "suwen-audit-export-1"


async def export_chain(store: AuditStore, target: Path, signer: KeyFileSigner, at: datetime) -> int:
    """Writes the chain up to its present head into a file; answers the number of events.

    A file that is there already is replaced only once the new one is whole.

    Raises:
        OSError: when the file cannot be written.
        UnavailableError: when the database does not answer.
    """
    head = await store.head()
    last = head.sequence if head else 0
    stated = checkpoint_as_json(signed_checkpoint(head, at, signer)) if head else None
    temporary = target.with_name(f".{target.name}.writing")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    count = 0
    with temporary.open("w", encoding="utf-8") as stream:
        _write(stream, {"type": "export", "format": _FORMAT, "head": stated})
        for key_id, raw in signer.public_keys().items():
            key = {"key_id": key_id, "algorithm": "Ed25519", "public_key": b64encode(raw).decode()}
            _write(stream, {"type": "key", **key})
        for checkpoint in await store.checkpoints():
            if checkpoint.sequence <= last:
                _write(stream, {"type": "checkpoint", **checkpoint_as_json(checkpoint)})
        async for event in store.stream():
            if event.sequence > last:
                break
            _write(stream, {"type": "event", **event_as_json(event)})
            count += 1
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(target)
    sync_folder(target.parent)
    return count


def verify_file(
    path: Path,
    trusted_keys: Mapping[str, bytes] | None = None,
    anchors: AnchorReading | None = None,
) -> VerifyReport:
    """Whether an export is whole and as it was written.

    Args:
        trusted_keys: public keys known from elsewhere (the installation's own, or handed over on
            another way); ``None`` takes those in the file, which proves only that the file agrees
            with itself: compare its key ids with the installation's then.
        anchors: what stands outside; those made after the export are left out.

    Raises:
        InputError: ``not_an_audit_export``.
    """
    with path.open("rb") as stream:
        opening = _Opening(stream)
        keys = opening.keys if trusted_keys is None else trusted_keys
        verifier = ChainVerifier(opening.checkpoints, _up_to(opening.last_sequence, anchors), keys)
        for event in _events(opening.first_event, stream):
            if event is None:
                verifier.feed_unreadable()
            else:
                verifier.feed(event)
    return verifier.finish()


class _Opening:
    """What stands before the events: the signed head, keys, checkpoints."""

    def __init__(self, stream: BinaryIO) -> None:
        self.keys: dict[str, bytes] = {}
        self.checkpoints: list[Checkpoint] = []
        self.first_event: bytes | None = None
        self.last_sequence = 0
        try:
            head = self._header(stream.readline())
            for line in stream:
                if not self._take(line):
                    self.first_event = line
                    break
        except (ValueError, KeyError, TypeError) as error:
            raise _not_an_export() from error
        if head is not None:
            self.checkpoints.append(head)
            self.last_sequence = head.sequence
        elif self.first_event is not None:
            raise _not_an_export()

    def _header(self, line: bytes) -> Checkpoint | None:
        header = json.loads(line)
        if header["format"] != _FORMAT:
            raise ValueError("format")
        return checkpoint_from_json(header["head"]) if header["head"] is not None else None

    def _take(self, line: bytes) -> bool:
        """Takes a line before the events; answers whether it was one."""
        data = json.loads(line)
        if data["type"] == "key":
            raw = b64decode(data["public_key"], validate=True)
            self.keys[key_id_of(raw)] = raw
        elif data["type"] == "checkpoint":
            self.checkpoints.append(checkpoint_from_json(data))
        else:
            return False
        return True


def _events(first: bytes | None, stream: BinaryIO) -> Iterator[AuditEvent | None]:
    """The events in the order of the file; ``None`` for a line that is none."""
    for line in chain([first] if first is not None else [], stream):
        try:
            yield event_from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            yield None


def _up_to(last: int, anchors: AnchorReading | None) -> AnchorReading | None:
    if anchors is None:
        return None
    kept, others = (
        tuple(anchor for anchor in group if anchor.sequence <= last)
        for group in (anchors.anchors, anchors.others)
    )
    return AnchorReading(kept, anchors.unreadable, others)


def event_as_json(event: AuditEvent) -> dict[str, Any]:
    """An event as it stands in an export and on screens."""
    entry = event.entry
    return {
        "sequence": event.sequence,
        "at": event.at.isoformat(),
        "action": entry.action,
        "actor": entry.actor,
        "channel": entry.channel,
        "outcome": entry.outcome.value,
        "subject": entry.subject,
        "patient": entry.patient,
        "app": entry.app,
        "trace": entry.trace,
        "purpose": entry.purpose,
        "detail": dict(entry.detail),
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }


def event_from_json(data: Mapping[str, Any]) -> AuditEvent:
    """The event of an export line.

    Raises:
        ValueError, KeyError, TypeError: when it is not one.
    """
    entry = AuditEntry(
        action=data["action"],
        actor=data["actor"],
        channel=data["channel"],
        outcome=AuditOutcome(data["outcome"]),
        subject=data["subject"],
        patient=data["patient"],
        app=data["app"],
        trace=data["trace"],
        purpose=data["purpose"],
        detail=data["detail"],
    )
    return AuditEvent(
        data["sequence"],
        datetime.fromisoformat(data["at"]),
        entry,
        data["previous_hash"],
        data["hash"],
    )


def _write(stream: TextIO, data: Mapping[str, Any]) -> None:
    stream.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")


def _not_an_export() -> InputError:
    return InputError(
        "not_an_audit_export",
        Bilingual(
            zh="该文件不是审计导出文件，或其开头已损坏。",
            en="The file is no audit export, or its beginning is damaged.",
        ),
        field="file",
    )
