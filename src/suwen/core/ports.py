"""What lower layers need of higher or sibling ones; wired in bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from suwen.core.audit import AuditEntry, AuditEvent


class AuditSink(Protocol):
    """Makes audit entries durable."""

    async def append(self, entry: AuditEntry) -> AuditEvent:
        """Returns once the event is durable.

        Raises:
            AuditError: when it is not; the act that was to be audited must then not happen.
        """

    async def append_all(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEvent]:
        """As ``append``, for several entries in one group."""


class Clock(Protocol):
    """Tells the time, always with a zone."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""


class SignatureProvider(Protocol):
    """Signs for the installation or a person: our own key, a hospital's CA, a USB key."""

    @property
    def key_id(self) -> str:
        """Which key signs, so that a verifier finds it."""

    def sign(self, payload: bytes) -> bytes:
        """Signature over the payload."""

    def verify(self, payload: bytes, signature: bytes, key_id: str) -> bool:
        """Whether the signature is by that key over that payload."""


class NameFinder(Protocol):
    """Finds names of people in a text that no list knows."""

    def names(self, text: str) -> Sequence[tuple[int, int]]:
        """Start and end of each name, in code points, in order."""
