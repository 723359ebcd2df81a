"""Chains, signers and clocks for tests of the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suwen.control.audit.anchor import AnchorReading
from suwen.control.audit.checkpoints import signed_checkpoint
from suwen.control.audit.signing import key_id_of
from suwen.core.audit import (
    GENESIS_HASH,
    AuditEntry,
    AuditEvent,
    AuditOutcome,
    Checkpoint,
    chain_hash,
)

BEGIN = datetime(2025, 11, 20, 1, 0, tzinfo=UTC)


class TickingClock:
    """Every look at it is a millisecond later."""

    def __init__(self) -> None:
        self._looks = 0

    def now(self) -> datetime:
        self._looks += 1
        return BEGIN + timedelta(milliseconds=self._looks)


class MemorySigner:
    """A key that lives in memory only."""

    def __init__(self, seed: int = 1) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._private.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public)

    def sign(self, payload: bytes) -> bytes:
        return self._private.sign(payload)

    def verify(self, payload: bytes, signature: bytes, key_id: str) -> bool:
        raise NotImplementedError


SIGNER = MemorySigner()
KEYS = {SIGNER.key_id: SIGNER.public}


def entry(number: int, **changed: object) -> AuditEntry:
    made = AuditEntry(
        action="run.open",
        actor=f"dr.{number % 3}",
        channel="web",
        outcome=AuditOutcome.OPENED,
        subject=f"Draft/{number}",
        patient="demo-p01" if number % 2 else None,
        app="record_writer",
        trace=f"t{number}",
        purpose="treatment",
        detail={"number": number, "字": "值"},
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def linked(
    entries: Sequence[AuditEntry], first: int = 1, previous: str = GENESIS_HASH
) -> list[AuditEvent]:
    """A right chain over the entries."""
    events = []
    for number, item in enumerate(entries, start=first):
        at = BEGIN + timedelta(seconds=number)
        own = chain_hash(number, at, item, previous)
        events.append(AuditEvent(number, at, item, previous, own))
        previous = own
    return events


def rehashed(event: AuditEvent) -> AuditEvent:
    own = chain_hash(event.sequence, event.at, event.entry, event.previous_hash)
    return replace(event, hash=own)


@dataclass(frozen=True)
class Chain:
    """A chain with its statements; ``tampered`` answers a copy with other events."""

    events: list[AuditEvent]
    checkpoints: list[Checkpoint]
    anchors: list[Checkpoint]

    def reading(self) -> AnchorReading:
        return AnchorReading(tuple(self.anchors), 0)


def make_chain(length: int, stated: Sequence[int], anchored: Sequence[int]) -> Chain:
    """A right chain of a length, with checkpoints at some events, some of them anchored."""
    events = linked([entry(n) for n in range(1, length + 1)])
    statements = {
        n: signed_checkpoint(events[n - 1], BEGIN + timedelta(seconds=n), SIGNER)
        for n in sorted({*stated, *anchored})
    }
    return Chain(events, list(statements.values()), [statements[n] for n in anchored])
