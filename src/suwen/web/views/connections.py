"""The connections on the operator's screen: how each stands, and never a word of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from suwen.bootstrap.connections.standing import Standing
from suwen.core.connection import ConnectionState, ErrorSample
from suwen.storage.inbound_types import MessageSummary
from suwen.storage.outbound import OutboundMessage
from suwen.web.texts import Texts

_GLYPHS: Mapping[ConnectionState, str] = {
    ConnectionState.UP: "●",
    ConnectionState.DOWN: "✕",
    ConnectionState.PAUSED: "❚❚",
    ConnectionState.OFF: "○",
    ConnectionState.WAITING: "◌",
}
"""A sign besides the colour, so that nobody depends on seeing colours."""

_LATE_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A line of the list of connections.

    Attributes:
        lag: time between the sender's clock and the handling of the last message, as shown;
            empty when it is not known.
        late: whether that is more than a minute.
        error: what is wrong, where it is down.
        ceiling: highest data class that leaves over it, where anything of a person does.
        acts: what may be done with it now.
    """

    name: str
    title: str
    state: str
    glyph: str
    since: datetime
    synthetic: bool
    port: int | None
    ceiling: int | None
    last_message_at: datetime | None
    rate: str
    lag: str
    late: bool
    waiting: int
    failed: int
    messages: int
    errors: int
    error: str
    error_code: str | None
    error_at: datetime | None
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting of a connection; a secret is only said to be there."""

    name: str
    value: str
    secret: bool


@dataclass(frozen=True, slots=True)
class ConnectionList:
    """The connections on a page.

    Attributes:
        counts: how many are in each state, by state.
    """

    rows: tuple[ConnectionRow, ...]
    counts: Mapping[str, int]
    may_manage: bool


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """One connection with its settings, errors and the messages that need a person."""

    row: ConnectionRow
    settings: tuple[SettingRow, ...]
    samples: tuple[ErrorSample, ...]
    received: tuple[MessageSummary, ...]
    sent: tuple[OutboundMessage, ...]
    may_manage: bool


def connection_list(
    standing: Sequence[Standing], texts: Texts, *, may_manage: bool
) -> ConnectionList:
    """The connections for the list, those that need a person first."""
    rows = sorted((_row(one, texts, may_manage) for one in standing), key=_urgency)
    counts = {state.value: 0 for state in ConnectionState}
    for row in rows:
        counts[row.state] += 1
    return ConnectionList(tuple(rows), counts, may_manage)


def connection_page(
    standing: Standing,
    samples: Sequence[ErrorSample],
    messages: tuple[Sequence[MessageSummary], Sequence[OutboundMessage]],
    texts: Texts,
    *,
    may_manage: bool,
) -> ConnectionPage:
    """One connection for its page."""
    received, sent = messages
    return ConnectionPage(
        row=_row(standing, texts, may_manage),
        settings=_settings(standing),
        samples=tuple(samples),
        received=tuple(received),
        sent=tuple(sent),
        may_manage=may_manage,
    )


def _row(standing: Standing, texts: Texts, may_manage: bool) -> ConnectionRow:
    connection, health = standing.connection, standing.health
    down = health.state is ConnectionState.DOWN and health.last_error_message is not None
    return ConnectionRow(
        name=connection.name,
        title=texts.of(standing.title),
        state=health.state.value,
        glyph=_GLYPHS[health.state],
        since=health.since,
        synthetic=connection.synthetic,
        port=health.port,
        ceiling=standing.ceiling,
        last_message_at=health.last_message_at,
        rate=f"{health.rate_per_minute:.0f}",
        lag=_lag(health.lag_s, texts),
        late=health.lag_s is not None and health.lag_s > _LATE_AFTER_S,
        waiting=health.queue_waiting,
        failed=health.queue_failed,
        messages=health.messages_total,
        errors=health.errors_total,
        error=texts.of(health.last_error_message) if down and health.last_error_message else "",
        error_code=health.last_error_code,
        error_at=health.last_error_at,
        acts=_acts(standing) if may_manage else (),
    )


def _acts(standing: Standing) -> tuple[str, ...]:
    holding = ("resume",) if standing.connection.paused else ("pause",)
    replaying = ("replay",) if standing.health.queue_failed else ()
    return (*(holding if standing.connection.enabled else ()), *replaying)


def _urgency(row: ConnectionRow) -> tuple[bool, bool, str]:
    return (row.state != ConnectionState.DOWN, not row.failed, row.name)


def _lag(seconds: float | None, texts: Texts) -> str:
    """A delay as a person reads it; a sender's clock that runs ahead shows as none."""
    if seconds is None:
        return ""
    if seconds < 1:
        return texts("connections.lag_none")
    whole = timedelta(seconds=round(seconds))
    if whole < timedelta(minutes=2):
        return texts("connections.lag_s", n=whole.seconds)
    if whole < timedelta(hours=2):
        return texts("connections.lag_min", n=whole.seconds // 60)
    return texts("connections.lag_h", n=int(whole.total_seconds() // 3600))


def _settings(standing: Standing) -> tuple[SettingRow, ...]:
    shown = [
        SettingRow(name, _value(value), secret=False)
        for name, value in sorted(standing.connection.settings.items())
    ]
    return (*shown, *(SettingRow(name, "", secret=True) for name in sorted(standing.secrets)))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_value(inner) for inner in value)
    return str(value)
