"""Who somebody is: sign-in, sessions and tokens, lock-out, and the proof before a signature."""

from __future__ import annotations

from asyncio import sleep
from collections import deque
from datetime import datetime, timedelta

from suwen.control.access.passwords import Passwords, check_strength
from suwen.control.access.second_factor import SecondFactors
from suwen.control.access.sign_in_types import Proof, ProofsElsewhere, SignedIn, SignInRules
from suwen.control.access.tokens import ENDED, new_token, patient_of, principal_of, token_hash
from suwen.control.access.turns import Turns
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AuthenticationError, ConflictError, NotFoundError
from suwen.core.identity import Channel, PatientId, Principal, PrincipalId, Purpose
from suwen.core.language import Bilingual, Language
from suwen.core.ports import AuditSink, Clock
from suwen.storage.people import DEMONSTRATION, LDAP, OIDC, PeopleStore, Person, Session
from suwen.storage.sessions import Where

__all__ = ["ELSEWHERE", "Authenticator", "Proof", "SignInRules", "SignedIn", "token_hash"]

ELSEWHERE = frozenset({OIDC, LDAP})
"""Who keeps an account whose password is not kept here."""

_WRONG = Bilingual(zh="账号或密码不正确。", en="The account or the password is wrong.")
_LOCKED = Bilingual(
    zh="失败次数过多，该账号暂时锁定，请 15 分钟后再试或联系安全管理员。",
    en="Too many failed attempts; this account is locked. Try again in 15 minutes or ask the "
    "security administrator.",
)
_ADDRESS_LOCKED = Bilingual(
    zh="来自您所在网络地址的登录失败次数过多，请 15 分钟后再试。",
    en="Too many sign-ins from your network address failed. Try again in 15 minutes.",
)


class Authenticator:
    """Signs people in and tells who a token belongs to."""

    def __init__(
        self,
        people: PeopleStore,
        audit: AuditSink,
        clock: Clock,
        rules: SignInRules | None = None,
        elsewhere: ProofsElsewhere | None = None,
        factors: SecondFactors | None = None,
    ) -> None:
        self._people = people
        self._audit = audit
        self._clock = clock
        self._rules = rules or SignInRules()
        self._elsewhere = elsewhere or ProofsElsewhere()
        self._factors = factors
        self._passwords, self._turns = Passwords(), Turns()
        self._failed: deque[datetime] = deque()

    async def sign_in(
        self,
        account: str,
        password: str,
        channel: Channel,
        code: str | None = None,
        where: Where | None = None,
    ) -> SignedIn:
        """Begins a session.

        Args:
            code: of the person's second factor, where it is known already.
            where: what they sign in with and from.

        Raises:
            AuthenticationError: ``credentials_wrong`` (also for an account that does not exist, is
                barred, or is a demonstration account where none may be), ``account_locked``,
                ``address_locked``; and as ``SecondFactors.require``.
            UnavailableError: ``sign_in_busy``.
        """
        person = await self._checked_person(account, password, channel, where)
        if self._factors is not None:
            await self._factors.require(person, code, channel)
        return await self.begin(person, channel, where=where)

    async def begin(
        self,
        person: Person,
        channel: Channel,
        by: str | None = None,
        patient: PatientId | None = None,
        where: Where | None = None,
    ) -> SignedIn:
        """Begins a session of a person whom the caller has just proved.

        Args:
            by: who proved them, for the audit; ``None`` when it was their password here.
            patient: the one patient whom the session is for; ``None`` for any.

        Raises:
            AuthenticationError: ``credentials_wrong`` for a person who may not be used.
        """
        if person.disabled or not self._may_be_used(person):
            raise AuthenticationError("credentials_wrong", _WRONG)
        expires_at = self._clock.now() + self._rules.session
        principal = principal_of(person, channel, None, patient)
        told = {} if by is None else {"by": by}
        subject = None if patient is None else f"Patient/{patient}"
        await self._tell(
            "session.open", principal.id, channel, AuditOutcome.DONE, subject=subject, **told
        )
        token = await self._new_session(person, channel, expires_at, patient, where)
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
        person, session = await self._person_of(token)
        if session.channel is Channel.LAUNCH:
            return principal_of(person, Channel.LAUNCH, purpose, patient_of(token))
        return principal_of(person, channel, purpose)

    async def language_of(self, token: str) -> Language:
        """The language of the person's screens; raises as ``principal_of``."""
        return (await self._person_of(token))[0].language

    async def issue_token(self, principal: Principal, valid: timedelta) -> SignedIn:
        """An access token for a program that acts as this person, at most 90 days.

        Raises:
            AuthenticationError: ``session_ended`` when the account was barred meanwhile.
        """
        person = await self._people.read(principal.id)
        if person.disabled or not self._may_be_used(person):
            raise AuthenticationError("session_ended", ENDED)
        expires_at = self._clock.now() + min(valid, self._rules.token)
        await self._tell("token.issue", principal.id, principal.channel, AuditOutcome.DONE)
        token = await self._new_session(person, Channel.API, expires_at)
        return SignedIn(token, principal_of(person, Channel.API, None), person.language, expires_at)

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
            ConflictError: ``password_elsewhere``.
            InputError: ``password_too_weak``.
        """
        check_strength(principal.id, new)
        await self._require_password_here(principal.id)
        await self._checked_person(principal.id, old, principal.channel)
        await self._tell("password.change", principal.id, principal.channel, AuditOutcome.DONE)
        await self._set_password(principal.id, new)

    async def set_password(self, account: PrincipalId, new: str, by: Principal) -> None:
        """Sets somebody's password (whoever calls has decided that they may), ends their sessions.

        Raises:
            ConflictError: ``password_elsewhere``.
            InputError: ``password_too_weak``.
            NotFoundError: ``no_such_account``.
        """
        check_strength(account, new)
        await self._require_password_here(account)
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

    async def confirm(self, principal: Principal, proof: Proof, about: str = "") -> None:
        """Makes sure that it is this very person who acts, at the moment of signing.

        Args:
            about: what exactly is signed; a statement of the hospital's provider must be for it.

        Raises:
            AuthenticationError: ``proof_missing``, ``proof_of_another``, ``proof_not_for_this``,
                or as ``sign_in``.
        """
        if proof.password is not None:
            person = await self._checked_person(principal.id, proof.password, principal.channel)
            if person.id != principal.id:
                raise _proof_of_another()
        elif proof.statement is not None:
            statements = self._elsewhere.statements
            await self._require_usable(principal.id)
            if statements is None or not statements.holds(proof.statement, principal.id, about):
                raise AuthenticationError(
                    "proof_not_for_this",
                    Bilingual(
                        zh="身份确认已过期，或不是为这份文书的这一版本作出的。请重新确认身份后签名。",
                        en="The confirmation of who you are is too old, or was for something else. "
                        "Confirm it again, then sign.",
                    ),
                )
        elif proof.token is not None:
            if (await self._person_of(proof.token))[0].id != principal.id:
                raise _proof_of_another()
        else:
            raise AuthenticationError(
                "proof_missing",
                Bilingual(
                    zh="签名需要本人的登录凭证或密码。",
                    en="A signature needs the signer's own session or password.",
                ),
            )

    async def _checked_person(
        self, account: str, password: str, channel: Channel, where: Where | None = None
    ) -> Person:
        async with self._turns.of(account.lower()):
            return await self._checked_in_turn(account, password, channel, where)

    async def _checked_in_turn(
        self, account: str, password: str, channel: Channel, where: Where | None
    ) -> Person:
        if self._elsewhere.passwords is not None:
            # A directory knows no case: every spelling of a name counts as the same.
            account = account.lower()
        await self._slow_down()
        now = self._clock.now()
        address = where.address if where is not None else None
        if await self._too_many_from(address, now):
            await self._passwords.matches(None, password)
            await self._refuse(account, channel, "address_locked", _ADDRESS_LOCKED)
        failures = await self._people.login_failures_since(account, now - self._rules.window)
        if failures >= self._rules.failures:
            # As slow as a real attempt, so that nothing is learnt from the time.
            await self._passwords.matches(None, password)
            await self._refuse(account, channel, "account_locked", _LOCKED)
        person = await self._known_person(account)
        stored = await self._people.password_hash(PrincipalId(account)) if person else None
        if stored is None and self._elsewhere.passwords is not None:
            person = await self._proved_elsewhere(account, person, password, channel)
        elif not await self._passwords.matches(stored, password):
            person = None
        if person is None:
            await self._people.add_login_failure(account, now, address)
            self._failed.append(now)
            await self._refuse(account, channel, "credentials_wrong", _WRONG)
            raise AssertionError("a refusal raises")
        if failures:
            await self._people.clear_login_failures(account)
        if stored is not None and self._passwords.needs_new_hash(stored):
            await self._people.set_password_hash(person.id, await self._passwords.hash(password))
        return person

    async def _proved_elsewhere(
        self, account: str, known: Person | None, password: str, channel: Channel
    ) -> Person | None:
        """The person, when it is their password in the hospital's directory."""
        passwords = self._elsewhere.passwords
        if passwords is None:
            return None
        if known is not None and await passwords.proves(known, password, channel):
            return await self._known_person(known.id)
        if known is not None:
            return None
        person = await passwords.person_by_password(account, password, channel)
        return None if person is None else await self._known_person(person.id)

    async def _require_password_here(self, account: PrincipalId) -> None:
        if (await self._people.read(account)).origin in ELSEWHERE:
            raise ConflictError(
                "password_elsewhere",
                Bilingual(
                    zh="该账号的密码由医院统一管理，请在医院的系统中修改。",
                    en="The hospital's own sign-in keeps this account's password: change it there.",
                ),
            )

    async def _require_usable(self, account: PrincipalId) -> None:
        if await self._known_person(account) is None:
            raise AuthenticationError("session_ended", ENDED)

    async def _known_person(self, account: str) -> Person | None:
        try:
            person = await self._people.read(PrincipalId(account))
        except NotFoundError:
            return None
        return person if not person.disabled and self._may_be_used(person) else None

    def _may_be_used(self, person: Person) -> bool:
        return person.origin != DEMONSTRATION or self._rules.demonstration_allowed

    async def _too_many_from(self, address: str | None, now: datetime) -> bool:
        """Whether too many attempts from this address failed, whoever's accounts they were for."""
        if address is None:
            return False
        failed = await self._people.login_failures_from(address, now - self._rules.window)
        return failed >= self._rules.failures_per_address

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

    async def _person_of(self, token: str) -> tuple[Person, Session]:
        now, digest = self._clock.now(), token_hash(token)
        found = await self._people.read_session(digest, now)
        if found is None or not self._may_be_used(found[0]):
            raise AuthenticationError("session_ended", ENDED)
        person, session = found
        if session.channel in (Channel.WEB, Channel.LAUNCH):
            unseen = now - session.seen_at
            if unseen > self._rules.idle:
                await self._people.end_session(digest, now)
                await self._tell(
                    "session.close", person.id, session.channel, AuditOutcome.DONE, code="idle"
                )
                raise AuthenticationError("session_ended", ENDED)
            if unseen >= self._rules.seen_every:
                await self._people.see_session(digest, now)
        return person, session

    async def _new_session(
        self,
        person: Person,
        channel: Channel,
        expires_at: datetime,
        patient: PatientId | None = None,
        where: Where | None = None,
    ) -> str:
        token, now = new_token(patient), self._clock.now()
        await self._people.create_session(
            token_hash(token), person.id, channel, expires_at, now, where
        )
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
        **said: str,
    ) -> None:
        await self._audit.append(
            AuditEntry(
                action=action,
                actor=actor,
                channel=channel.value,
                outcome=outcome,
                subject=subject,
                detail=said,
            )
        )


def _proof_of_another() -> AuthenticationError:
    return AuthenticationError(
        "proof_of_another",
        Bilingual(
            zh="出示的是他人的登录凭证，不能代签。",
            en="These are another person's credentials; nobody signs for another.",
        ),
    )
