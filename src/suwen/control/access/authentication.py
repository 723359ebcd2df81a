"""Who somebody is: sign-in, sessions and tokens, lock-out, and the proof before a signature."""

from __future__ import annotations

import hashlib
import secrets
from asyncio import sleep
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from suwen.control.access.passwords import Passwords, check_strength
from suwen.control.access.purposes import purpose_of
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AuthenticationError, NotFoundError
from suwen.core.identity import Channel, Principal, PrincipalId, Purpose
from suwen.core.language import Bilingual, Language
from suwen.core.ports import AuditSink, Clock
from suwen.storage.people import DEMONSTRATION, PeopleStore, Person

_WRONG = Bilingual(zh="账号或密码不正确。", en="The account or the password is wrong.")
_ENDED = Bilingual(zh="登录已失效，请重新登录。", en="The session has ended; sign in again.")
_LOCKED = Bilingual(
    zh="失败次数过多，该账号暂时锁定，请 15 分钟后再试或联系安全管理员。",
    en="Too many failed attempts; this account is locked. Try again in 15 minutes or ask the "
    "security administrator.",
)


@dataclass(frozen=True, slots=True)
class SignInRules:
    """How long things last and how much is tolerated.

    Attributes:
        session: longest time of a sign-in at the screen or the command line.
        idle: a session at the screen ends after this long without a request, or up to
            ``seen_every`` earlier.
        token: longest time of an access token for programs.
        failures: failed attempts within ``window`` that lock an account for as long.
        calm_failures: failures of everybody per minute above which every attempt is slowed.
        slowest: longest such delay.
    """

    session: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=30)
    token: timedelta = timedelta(days=90)
    failures: int = 5
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
    """What a person presents at the moment of signing: their own session, or their password."""

    token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


class Authenticator:
    """Signs people in and tells who a token belongs to."""

    def __init__(
        self,
        people: PeopleStore,
        audit: AuditSink,
        clock: Clock,
        rules: SignInRules | None = None,
    ) -> None:
        self._people = people
        self._audit = audit
        self._clock = clock
        self._rules = rules or SignInRules()
        self._passwords = Passwords()
        self._failed: deque[datetime] = deque()

    async def sign_in(self, account: str, password: str, channel: Channel) -> SignedIn:
        """Begins a session.

        Raises:
            AuthenticationError: ``credentials_wrong`` (also for an account that does not exist, is
                barred, or is a demonstration account where none may be), ``account_locked``.
            UnavailableError: ``sign_in_busy``.
        """
        person = await self._checked_person(account, password, channel)
        now = self._clock.now()
        expires_at = now + self._rules.session
        principal = _principal(person, channel, None)
        await self._tell("session.open", principal.id, channel, AuditOutcome.DONE)
        token = await self._new_session(person, channel, expires_at)
        return SignedIn(token, principal, person.language, expires_at)

    async def principal_of(
        self, token: str, channel: Channel, purpose: Purpose | None = None
    ) -> Principal:
        """Whose token it is.

        Args:
            purpose: why the person acts, where their roles leave a choice.

        Raises:
            AuthenticationError: ``session_ended`` when unknown, ended, expired or idle too long.
            AccessError: ``purpose_not_permitted``.
        """
        person = await self._person_of(token)
        return _principal(person, channel, purpose)

    async def language_of(self, token: str) -> Language:
        """The language of the person's screens; raises as ``principal_of``."""
        return (await self._person_of(token)).language

    async def issue_token(self, principal: Principal, valid: timedelta) -> SignedIn:
        """An access token for a program that acts as this person, at most 90 days.

        Raises:
            AuthenticationError: ``session_ended`` when the account was barred meanwhile.
        """
        person = await self._people.read(principal.id)
        if person.disabled or not self._may_be_used(person):
            raise AuthenticationError("session_ended", _ENDED)
        expires_at = self._clock.now() + min(valid, self._rules.token)
        await self._tell("token.issue", principal.id, principal.channel, AuditOutcome.DONE)
        token = await self._new_session(person, Channel.API, expires_at)
        return SignedIn(token, _principal(person, Channel.API, None), person.language, expires_at)

    async def sign_out(self, token: str) -> None:
        """Ends a session; one that has ended already stays so."""
        digest = token_hash(token)
        found = await self._people.read_session(digest, self._clock.now())
        if found is not None:
            person, session = found
            await self._people.end_session(digest, self._clock.now())
            await self._tell("session.close", person.id, session.channel, AuditOutcome.DONE)

    async def change_password(self, principal: Principal, old: str, new: str) -> None:
        """Changes the person's own password and ends all their sessions.

        Raises:
            AuthenticationError: as ``sign_in``.
            InputError: ``password_too_weak``.
        """
        check_strength(principal.id, new)
        await self._checked_person(principal.id, old, principal.channel)
        await self._tell("password.change", principal.id, principal.channel, AuditOutcome.DONE)
        await self._set_password(principal.id, new)

    async def set_password(self, account: PrincipalId, new: str, by: Principal) -> None:
        """Sets somebody's password (whoever calls has decided that they may), ends their sessions.

        Raises:
            InputError: ``password_too_weak``.
            NotFoundError: ``no_such_account``.
        """
        check_strength(account, new)
        await self._tell(
            "password.set", by.id, by.channel, AuditOutcome.DONE, subject=f"Person/{account}"
        )
        await self._set_password(account, new)

    async def hash_of_password(self, account: str, password: str) -> str:
        """The hash of a new account's password.

        Raises:
            InputError: ``password_too_weak``.
        """
        check_strength(account, password)
        return await self._passwords.hash(password)

    async def confirm(self, principal: Principal, proof: Proof) -> None:
        """Makes sure that it is this very person who acts, at the moment of signing.

        Raises:
            AuthenticationError: ``proof_missing``, ``proof_of_another``, or as ``sign_in``.
        """
        if proof.password is not None:
            await self._checked_person(principal.id, proof.password, principal.channel)
        elif proof.token is not None:
            person = await self._person_of(proof.token)
            if person.id != principal.id:
                raise AuthenticationError(
                    "proof_of_another",
                    Bilingual(
                        zh="出示的是他人的登录凭证，不能代签。",
                        en="These are another person's credentials; nobody signs for another.",
                    ),
                )
        else:
            raise AuthenticationError(
                "proof_missing",
                Bilingual(
                    zh="签名需要本人的登录凭证或密码。",
                    en="A signature needs the signer's own session or password.",
                ),
            )

    async def _checked_person(self, account: str, password: str, channel: Channel) -> Person:
        await self._slow_down()
        now = self._clock.now()
        failures = await self._people.login_failures_since(account, now - self._rules.window)
        if failures >= self._rules.failures:
            # As slow as a real attempt, so that nothing is learnt from the time.
            await self._passwords.matches(None, password)
            await self._refuse(account, channel, "account_locked", _LOCKED)
        person = await self._known_person(account)
        stored = await self._people.password_hash(PrincipalId(account)) if person else None
        if not await self._passwords.matches(stored, password) or person is None:
            await self._people.add_login_failure(account, now)
            self._failed.append(now)
            await self._refuse(account, channel, "credentials_wrong", _WRONG)
            raise AssertionError("a refusal raises")
        if failures:
            await self._people.clear_login_failures(account)
        if stored is not None and self._passwords.needs_new_hash(stored):
            await self._people.set_password_hash(person.id, await self._passwords.hash(password))
        return person

    async def _known_person(self, account: str) -> Person | None:
        try:
            person = await self._people.read(PrincipalId(account))
        except NotFoundError:
            return None
        return person if not person.disabled and self._may_be_used(person) else None

    def _may_be_used(self, person: Person) -> bool:
        return person.origin != DEMONSTRATION or self._rules.demonstration_allowed

    async def _slow_down(self) -> None:
        """Slows every attempt while failures pour in from anywhere."""
        now = self._clock.now()
        while self._failed and now - self._failed[0] > timedelta(minutes=1):
            self._failed.popleft()
        excess = len(self._failed) - self._rules.calm_failures
        if excess > 0:
            await sleep(min(0.1 * excess, self._rules.slowest.total_seconds()))

    async def _refuse(self, account: str, channel: Channel, code: str, message: Bilingual) -> None:
        known = await self._known_person(account)
        # What is typed into the account field may be a password: only real accounts are named.
        actor = known.id if known is not None else "unknown"
        await self._tell("session.open", actor, channel, AuditOutcome.REFUSED, code=code)
        raise AuthenticationError(code, message)

    async def _person_of(self, token: str) -> Person:
        now, digest = self._clock.now(), token_hash(token)
        found = await self._people.read_session(digest, now)
        if found is None or not self._may_be_used(found[0]):
            raise AuthenticationError("session_ended", _ENDED)
        person, session = found
        if session.channel is Channel.WEB:
            unseen = now - session.seen_at
            if unseen > self._rules.idle:
                await self._people.end_session(digest, now)
                await self._tell(
                    "session.close", person.id, session.channel, AuditOutcome.DONE, code="idle"
                )
                raise AuthenticationError("session_ended", _ENDED)
            if unseen >= self._rules.seen_every:
                await self._people.see_session(digest, now)
        return person

    async def _new_session(self, person: Person, channel: Channel, expires_at: datetime) -> str:
        token, now = secrets.token_urlsafe(32), self._clock.now()
        await self._people.create_session(token_hash(token), person.id, channel, expires_at, now)
        return token

    async def _set_password(self, account: PrincipalId, new: str) -> None:
        await self._people.set_password_hash(account, await self._passwords.hash(new))
        await self._people.end_all(account, self._clock.now())

    async def _tell(
        self,
        action: str,
        actor: str,
        channel: Channel,
        outcome: AuditOutcome,
        *,
        subject: str | None = None,
        code: str | None = None,
    ) -> None:
        await self._audit.append(
            AuditEntry(
                action=action,
                actor=actor,
                channel=channel.value,
                outcome=outcome,
                subject=subject,
                detail={"code": code} if code else {},
            )
        )


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256; the token has 256 random bits, so that suffices."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _principal(person: Person, channel: Channel, purpose: Purpose | None) -> Principal:
    return Principal(
        id=person.id,
        name=person.name,
        roles=person.roles,
        departments=person.departments,
        purpose=purpose_of(person.roles, purpose),
        channel=channel,
    )
