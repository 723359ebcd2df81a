"""Connections to the hospital's systems: what one is, how it stands, what a protocol provides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual


class ConnectionKind(StrEnum):
    """Which protocol a connection speaks, and from which side."""

    HL7V2_LISTENER = "hl7v2_listener"
    HL7V2_SENDER = "hl7v2_sender"
    FHIR_SOURCE = "fhir_source"
    DICOM_LISTENER = "dicom_listener"
    DICOM_PEER = "dicom_peer"
    DICOMWEB_PEER = "dicomweb_peer"
    SQL_VIEWS = "sql_views"
    DROP_FOLDER = "drop_folder"


class ConnectionState(StrEnum):
    """How a connection stands.

    ``waiting`` means that it was started and has not yet reported; ``off`` that it is not switched
    on; ``paused`` that a person holds it.
    """

    UP = "up"
    DOWN = "down"
    PAUSED = "paused"
    OFF = "off"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection as the operator set it up.

    Attributes:
        name: lower-case letters, digits, ``-`` and ``_``; never reused for another system, because
            resources name it as their source.
        settings: JSON-ready, in the form of its kind; holds no secret.
        enabled: whether it is switched on.
        paused: whether a person holds it; what was received stays and waits.
        version: counts changes, from 1; 0 before it is stored.
        synthetic: whether everything that comes over it is invented (a demonstration).
        secrets: passwords and keys by the name of the setting that wants them.
    """

    name: str
    kind: ConnectionKind
    settings: Mapping[str, Any]
    enabled: bool = True
    paused: bool = False
    version: int = 0
    synthetic: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """How one connection stands; ``None`` means "never" or "not known".

    Attributes:
        since: when it came to this state.
        messages_total: messages or objects handled since the connection exists.
        errors_total: the same of errors.
        rate_per_minute: messages of the last minute.
        lag_s: seconds between the sender's own time of the last message and its handling.
        queue_waiting: messages received or to be sent, that are not yet worked through.
        queue_failed: messages that a person must look at.
        last_error_message: what it means and how to mend it, without patient text.
        port: the port that a listener is bound to.
        seen_at: when the process that runs the connection last said so.
    """

    name: str
    state: ConnectionState
    since: datetime
    last_message_at: datetime | None = None
    messages_total: int = 0
    errors_total: int = 0
    rate_per_minute: float = 0.0
    lag_s: float | None = None
    queue_waiting: int = 0
    queue_failed: int = 0
    last_error_code: str | None = None
    last_error_at: datetime | None = None
    last_error_message: Bilingual | None = None
    port: int | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ErrorSample:
    """An error that happened on a connection, without a word of what the message said.

    Attributes:
        at: when it last happened.
        where: segment, field, tag or path, for example ``PID-7`` or ``(0010,0030)``; never a value.
        count: how often this code happened at this place.
    """

    connection: str
    at: datetime
    code: str
    where: str
    count: int


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """What trying a connection out found; a finding, not an error.

    Attributes:
        took_ms: milliseconds until that was known.
        detail: what was reached, or what is wrong and how to mend it.
    """

    ok: bool
    took_ms: float
    detail: Bilingual


class ConnectionReport(Protocol):
    """Where a running connection says how it fares; cheap, never waits."""

    def up(self, *, port: int | None = None) -> None:
        """It works; a listener names the port that it is bound to."""

    def down(self, error: SuwenError) -> None:
        """It does not work for now, and tries on by itself."""

    def message(self, count: int = 1, lag_s: float | None = None) -> None:
        """Messages or objects were handled; ``lag_s`` is the delay since the sender's own time."""

    def error(self, code: str, where: str) -> None:
        """Something of it was refused: the code and the place, never a value."""


class Connector(Protocol):
    """What runs one connection; each protocol builds its own."""

    async def run(self, report: ConnectionReport) -> None:
        """Runs until cancelled; cancelling stops it in order within three seconds.

        Returning or raising means that it failed; it is started again after a while.
        """

    async def test(self) -> ConnectionTest:
        """Tries the connection out without changing anything on the other side."""
