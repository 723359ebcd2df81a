"""How the connections stand, for screens and commands: the table, the health and the queues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from suwen.bootstrap.connections.kinds import KINDS
from suwen.bootstrap.connections.parts import ConnectionParts, ceiling_of
from suwen.core.connection import Connection, ConnectionHealth, ConnectionState
from suwen.core.language import Bilingual

SILENT: Final = "listener_not_running"
SILENT_AFTER: Final = timedelta(seconds=10)

NOT_RUNNING: Final = Bilingual(
    zh="接口进程未在运行，请启动 suwen up（或 suwen listen）。",
    en="The process of the connections does not run: start suwen up (or suwen listen).",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A connection and how it stands.

    Attributes:
        connection: without its secrets.
        secrets: names of the settings that have a secret.
    """

    connection: Connection
    health: ConnectionHealth
    secrets: frozenset[str]

    @property
    def ceiling(self) -> int | None:
        """Highest data class (1 to 5) that leaves over it; ``None`` where nothing of a person
        does."""
        sends = KINDS[self.connection.kind].sends
        return ceiling_of(self.connection.settings) if sends else None

    @property
    def title(self) -> Bilingual:
        """What its kind is called."""
        return KINDS[self.connection.kind].title


async def read_standing(parts: ConnectionParts) -> list[Standing]:
    """Every connection and how it stands, by name."""
    now = parts.clock.now()
    connections = await parts.connections.list()
    health = {state.name: state for state in await parts.connections.health()}
    received = await parts.inbound.counts()
    sent = await parts.outbound.counts()
    standing = []
    for connection in connections:
        waiting_in, failed_in = received.get(connection.name, (0, 0))
        waiting_out, failed_out = sent.get(connection.name, (0, 0))
        known = health.get(connection.name) or ConnectionHealth(
            connection.name, ConnectionState.WAITING, now
        )
        standing.append(
            Standing(
                replace(connection, secrets={}),
                replace(
                    _told(connection, known, now),
                    queue_waiting=waiting_in + waiting_out,
                    queue_failed=failed_in + failed_out,
                ),
                frozenset(connection.secrets),
            )
        )
    return standing


def _told(connection: Connection, health: ConnectionHealth, now: datetime) -> ConnectionHealth:
    """The health as it is now: what the table says counts before what the process last said."""
    if not connection.enabled:
        return replace(health, state=ConnectionState.OFF, rate_per_minute=0.0)
    if connection.paused:
        return replace(health, state=ConnectionState.PAUSED, rate_per_minute=0.0)
    if health.seen_at is None or health.seen_at > now - SILENT_AFTER:
        return health
    return replace(
        health,
        state=ConnectionState.DOWN,
        since=health.seen_at,
        rate_per_minute=0.0,
        port=None,
        last_error_code=SILENT,
        last_error_at=health.seen_at,
        last_error_message=NOT_RUNNING,
    )


def standing_as_json(standing: Standing) -> Mapping[str, Any]:
    """A connection and how it stands as commands and the API show it; secrets are only named."""
    connection, health = standing.connection, standing.health
    said = health.last_error_message
    return {
        "name": connection.name,
        "kind": connection.kind.value,
        "enabled": connection.enabled,
        "paused": connection.paused,
        "synthetic": connection.synthetic,
        "version": connection.version,
        "settings": dict(connection.settings),
        "ceiling": standing.ceiling,
        "secrets": sorted(standing.secrets),
        "state": health.state.value,
        "since": health.since.isoformat(),
        "port": health.port,
        "last_message_at": _iso(health.last_message_at),
        "messages_total": health.messages_total,
        "errors_total": health.errors_total,
        "rate_per_minute": health.rate_per_minute,
        "lag_s": health.lag_s,
        "queue_waiting": health.queue_waiting,
        "queue_failed": health.queue_failed,
        "last_error": None
        if health.last_error_code is None
        else {
            "code": health.last_error_code,
            "at": _iso(health.last_error_at),
            "message": None if said is None else {"zh": said.zh, "en": said.en},
        },
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
