"""What signing in goes by and leads to: its rules, a session, the proof before a signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from suwen.core.identity import Channel, Principal, PrincipalId
from suwen.core.language import Language
from suwen.storage.people import Person


@dataclass(frozen=True, slots=True)
class SignInRules:
    """How long things last and how much is tolerated.

    Attributes:
        session: longest time of a sign-in at the screen or the command line.
        idle: a session at the screen ends after this long without a request, or up to
            ``seen_every`` earlier.
        token: longest time of an access token for programs.
        failures: failed attempts within ``window`` that lock an account for as long.
        failures_per_address: failed attempts from one network address within ``window``, for
            whatever accounts, after which it waits.
        calm_failures: failures of everybody per minute above which every attempt is slowed.
        slowest: longest such delay.
    """

    session: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=30)
    token: timedelta = timedelta(days=90)
    failures: int = 5
    failures_per_address: int = 50
    window: timedelta = timedelta(minutes=15)
    calm_failures: int = 30
    slowest: timedelta = timedelta(seconds=5)
    demonstration_allowed: bool = False

    @property
    def seen_every(self) -> timedelta:
        """How long after a use that was kept the next one is kept."""
        return min(timedelta(minutes=1), self.idle / 10)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that began; the token is shown once and never stored."""

    token: str = field(repr=False)
    principal: Principal
    language: Language
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person presents at the moment of signing: their own session, their password, or the
    statement that the hospital's provider has just proved them for this very act."""

    token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    statement: str | None = field(default=None, repr=False)


class PasswordsElsewhere(Protocol):
    """Passwords that the hospital's directory checks."""

    async def person_by_password(
        self, account: str, password: str, channel: Channel
    ) -> Person | None:
        """Whose account and password these are there; ``None`` when nobody's."""

    async def proves(self, person: Person, password: str, channel: Channel) -> bool:
        """Whether it is the password there of this very person."""


class Statements(Protocol):
    """Statements that somebody was proved by the hospital's provider, for one act."""

    def holds(self, statement: str, person: PrincipalId, about: str) -> bool:
        """Whether it says so of this person and this act, and is fresh."""


@dataclass(frozen=True, slots=True)
class ProofsElsewhere:
    """How people prove themselves who have no password here; ``None`` where that is not set up."""

    passwords: PasswordsElsewhere | None = None
    statements: Statements | None = None
