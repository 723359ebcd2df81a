"""How one connection fares, counted in memory and written down once a second."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from suwen.core.connection import ConnectionHealth, ConnectionState, ErrorSample
from suwen.core.errors import SuwenError

_RATE_OVER = timedelta(minutes=1)
_PLACE_LENGTH = 200


@dataclass(slots=True)
class _Pending:
    """Errors that are not written down yet."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    last: dict[tuple[str, str], datetime] = field(default_factory=dict)


class RunningReport:
    """The report of one connection; see ``ConnectionReport``.

    Args:
        health: how it fared before, so that totals go on.
        now: tells the time.
    """

    def __init__(self, health: ConnectionHealth, now: Callable[[], datetime]) -> None:
        self._health = health
        self._now = now
        self._pending = _Pending()
        # One entry a second in which something came, so that a busy minute stays small.
        self._recent: deque[tuple[datetime, int]] = deque()

    @property
    def has_reported(self) -> bool:
        """Whether it said that it is up or down since it was started."""
        return self._health.state in (ConnectionState.UP, ConnectionState.DOWN)

    def set_state(self, state: ConnectionState) -> None:
        """Notes a state that the runner decides on: waiting, paused or off."""
        self._come_to(state, port=None)

    def up(self, *, port: int | None = None) -> None:
        """See ``ConnectionReport``."""
        self._come_to(ConnectionState.UP, port)

    def down(self, error: SuwenError) -> None:
        """See ``ConnectionReport``."""
        self._come_to(ConnectionState.DOWN, port=None)
        self._health = replace(
            self._health,
            last_error_code=error.code,
            last_error_at=self._now(),
            last_error_message=error.safe_message,
        )

    def message(self, count: int = 1, lag_s: float | None = None) -> None:
        """See ``ConnectionReport``."""
        now = self._now()
        if self._recent and self._recent[-1][0] > now - timedelta(seconds=1):
            at, before = self._recent.pop()
            self._recent.append((at, before + count))
        else:
            self._recent.append((now, count))
        health = self._health
        self._health = replace(
            health,
            last_message_at=now,
            messages_total=health.messages_total + count,
            lag_s=lag_s if lag_s is not None else health.lag_s,
        )

    def error(self, code: str, where: str) -> None:
        """See ``ConnectionReport``."""
        now = self._now()
        key = (code, where[:_PLACE_LENGTH])
        self._pending.counts[key] += 1
        self._pending.last[key] = now
        self._health = replace(
            self._health,
            errors_total=self._health.errors_total + 1,
            last_error_code=code,
            last_error_at=now,
            last_error_message=None,
        )

    def health(self) -> ConnectionHealth:
        """How it fares now."""
        since = self._now() - _RATE_OVER
        while self._recent and self._recent[0][0] <= since:
            self._recent.popleft()
        return replace(self._health, rate_per_minute=float(sum(count for _, count in self._recent)))

    def take_samples(self) -> list[ErrorSample]:
        """The errors since the last time."""
        pending, self._pending = self._pending, _Pending()
        return [
            ErrorSample(self._health.name, pending.last[key], key[0], key[1], count)
            for key, count in pending.counts.items()
        ]

    def put_back(self, samples: list[ErrorSample]) -> None:
        """Keeps samples that could not be written down for the next time."""
        for sample in samples:
            key = (sample.code, sample.where)
            self._pending.counts[key] += sample.count
            self._pending.last[key] = max(sample.at, self._pending.last.get(key, sample.at))

    def _come_to(self, state: ConnectionState, port: int | None) -> None:
        health = self._health
        since = health.since if health.state is state else self._now()
        self._health = replace(health, state=state, since=since, port=port)
