"""The second factor: a code of the person's authenticator app, besides the password.

Source: RFC 6238 (TOTP: SHA-1, 6 digits, steps of 30 s); one step early or late is taken, and no
step twice (section 5.2).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import pyotp

from suwen.control.access.sign_in_types import SignInRules
from suwen.control.access.statements import SealedStatements
from suwen.control.access.tokens import token_hash
from suwen.control.access.turns import Turns
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AuthenticationError, ConflictError, NotFoundError
from suwen.core.identity import Channel, Principal, PrincipalId, Role
from suwen.core.language import Bilingual
from suwen.core.ports import AuditSink, Clock
from suwen.storage.people import DEMONSTRATION, PeopleStore, Person
from suwen.storage.second_factors import SecondFactorStore

STEP_S: Final = 30
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 8
_ABOUT: Final = "second factor"
_ISSUER: Final = "suwen"
# Counted apart from wrong passwords, which a right password forgets. No account has a colon.
_COUNTED_AS: Final = "second:"


class Step(StrEnum):
    """What somebody whose password was right has to do before they are signed in."""

    NOTHING = "nothing"
    CODE = "code"
    SET_UP = "set_up"


class SecondStepNeededError(AuthenticationError):
    """The password was right, and that is not enough.

    Attributes:
        ticket: says for three minutes that it was right; for the person's own browser only.
    """

    def __init__(self, step: Step, person: PrincipalId, ticket: str) -> None:
        code, message = _NEEDED[step]
        super().__init__(code, message, field="code")
        self.step = step
        self.person = person
        self.ticket = ticket


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app takes over; shown once, to the person alone."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorState:
    """How an account's second factor is."""

    on: bool
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class FactorParts:
    """What the second factor stands on; ``required`` are the roles that must have one."""

    store: SecondFactorStore
    people: PeopleStore
    statements: SealedStatements
    audit: AuditSink
    clock: Clock
    required: frozenset[Role] = frozenset()


class SecondFactors:
    """Sets second factors up and asks for their codes."""

    def __init__(self, parts: FactorParts, rules: SignInRules) -> None:
        self._parts = parts
        self._rules = rules
        self._turns = Turns()

    async def step_of(self, person: Person) -> Step:
        """What this person has to do after the password."""
        factor = await self._parts.store.read(person.id)
        if factor is not None and factor.confirmed_at is not None:
            return Step.CODE
        required = person.origin != DEMONSTRATION and bool(person.roles & self._parts.required)
        return Step.SET_UP if required else Step.NOTHING

    async def state(self, principal: Principal) -> FactorState:
        """How the person's own factor is."""
        factor = await self._parts.store.read(principal.id)
        on = factor is not None and factor.confirmed_at is not None
        left = await self._parts.store.recovery_codes_left(principal.id) if on else 0
        return FactorState(on, left)

    async def require(self, person: Person, code: str | None, channel: Channel) -> None:
        """Lets pass whose password was right, when that is enough or the code is right too.

        Raises:
            SecondStepNeededError: ``second_factor_needed``, ``second_factor_not_set_up``.
            AuthenticationError: ``second_factor_wrong``, ``account_locked``.
        """
        step = await self.step_of(person)
        if step is Step.NOTHING:
            return
        if step is Step.SET_UP or code is None:
            ticket = self._parts.statements.state(person.id, _ABOUT)
            raise SecondStepNeededError(step, person.id, ticket)
        await self._check(person.id, code, channel)

    async def person_of(self, account: str, ticket: str) -> Person:
        """Who brings a ticket back.

        Raises:
            AuthenticationError: ``session_ended`` when it is too old or another's.
        """
        if not self._parts.statements.holds(ticket, PrincipalId(account), _ABOUT):
            raise AuthenticationError("session_ended", _TOO_LATE)
        return await self._parts.people.read(PrincipalId(account))

    async def finish(self, account: str, ticket: str, code: str, channel: Channel) -> Person:
        """The person, once the code is right too; raises as ``person_of`` and ``require``."""
        person = await self.person_of(account, ticket)
        await self._check(person.id, code, channel)
        return person

    async def begin(self, person: PrincipalId, channel: Channel) -> Enrolment:
        """A new secret for the person's app; no factor until ``confirm``.

        Raises:
            ConflictError: ``second_factor_exists``.
        """
        secret = pyotp.random_base32()
        await self._tell("second_factor.begin", person, channel, AuditOutcome.DONE)
        await self._parts.store.begin(person, secret, self._parts.clock.now())
        address = pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=_ISSUER)
        return Enrolment(secret, address)

    async def begun(self, person: PrincipalId) -> Enrolment | None:
        """What was begun and not confirmed yet, to be shown again after a wrong code."""
        factor = await self._parts.store.read(person)
        if factor is None or factor.confirmed_at is not None:
            return None
        address = pyotp.TOTP(factor.secret).provisioning_uri(name=person, issuer_name=_ISSUER)
        return Enrolment(factor.secret, address)

    async def confirm(self, person: PrincipalId, code: str, channel: Channel) -> tuple[str, ...]:
        """Puts the factor in force once the app shows its code; the recovery codes, shown once.

        Raises:
            AuthenticationError: ``second_factor_wrong``, ``account_locked``.
            ConflictError: ``second_factor_exists`` when it is in force already.
            NotFoundError: ``no_second_factor`` when none was begun.
        """
        factor = await self._parts.store.read(person)
        if factor is None:
            raise _none()
        if factor.confirmed_at is not None:
            raise ConflictError(
                "second_factor_exists",
                Bilingual(
                    zh="该账号已启用第二因素。", en="This account has a second factor already."
                ),
            )
        await self._check(person, code, channel, recovery=False)
        codes = tuple(_readable(secrets.token_hex(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))
        await self._tell("second_factor.confirm", person, channel, AuditOutcome.DONE)
        hashes = {_hash(person, one) for one in codes}
        await self._parts.store.confirm(person, hashes, self._parts.clock.now())
        return codes

    async def remove(self, principal: Principal, code: str) -> None:
        """Takes the person's own factor away, which a code of it allows; raises as ``confirm``."""
        await self._check(principal.id, code, principal.channel)
        await self._tell("second_factor.remove", principal.id, principal.channel, AuditOutcome.DONE)
        await self._parts.store.remove(principal.id)

    async def reset(self, account: PrincipalId, by: Principal) -> bool:
        """Takes somebody's factor away whose app is lost, and ends their sessions (whoever calls
        has decided that they may); false when there was none.

        Raises:
            NotFoundError: ``no_such_account``.
        """
        person = await self._parts.people.read(account)
        await self._tell(
            "second_factor.reset", by.id, by.channel, AuditOutcome.DONE, f"Person/{person.id}"
        )
        gone = await self._parts.store.remove(person.id)
        await self._parts.people.end_all(person.id, self._parts.clock.now())
        return gone

    async def _check(
        self, person: PrincipalId, code: str, channel: Channel, *, recovery: bool = True
    ) -> None:
        async with self._turns.of(person):
            await self._check_in_turn(person, code, channel, recovery=recovery)

    async def _check_in_turn(
        self, person: PrincipalId, code: str, channel: Channel, *, recovery: bool
    ) -> None:
        counted, now = f"{_COUNTED_AS}{person}", self._parts.clock.now()
        people = self._parts.people
        failures = await people.login_failures_since(counted, now - self._rules.window)
        if failures >= self._rules.failures:
            await self._refuse(person, channel, "account_locked", _LOCKED)
        right = await self._is_code(person, code)
        if not right and recovery:
            right = await self._is_recovery(person, code, channel)
        if not right:
            await people.add_login_failure(counted, now)
            await self._refuse(person, channel, "second_factor_wrong", _WRONG)
        if failures:
            await people.clear_login_failures(counted)

    async def _is_code(self, person: PrincipalId, code: str) -> bool:
        """Whether the app shows it now, and it was not used before."""
        factor = await self._parts.store.read(person)
        given = "".join(code.split())
        if factor is None or not given.isascii():
            return False
        app, present = pyotp.TOTP(factor.secret), int(self._parts.clock.now().timestamp()) // STEP_S
        matching = [
            step
            for step in (present - 1, present, present + 1)
            if hmac.compare_digest(app.at(step * STEP_S), given)
        ]
        return bool(matching) and await self._parts.store.use_step(person, matching[0])

    async def _is_recovery(self, person: PrincipalId, code: str, channel: Channel) -> bool:
        used = await self._parts.store.use_recovery_code(
            person, _hash(person, code), self._parts.clock.now()
        )
        if used:
            await self._tell("second_factor.recover", person, channel, AuditOutcome.DONE)
        return used

    async def _refuse(
        self, person: PrincipalId, channel: Channel, code: str, message: Bilingual
    ) -> None:
        await self._tell("session.open", person, channel, AuditOutcome.REFUSED, code=code)
        raise AuthenticationError(code, message, field="code")

    async def _tell(
        self,
        action: str,
        actor: str,
        channel: Channel,
        outcome: AuditOutcome,
        subject: str | None = None,
        **said: str,
    ) -> None:
        entry = AuditEntry(action, actor, channel.value, outcome, subject=subject, detail=said)
        await self._parts.audit.append(entry)


def _hash(person: PrincipalId, code: str) -> str:
    """What is stored of a recovery code, which has 64 random bits."""
    return token_hash(f"{person}/{''.join(code.lower().replace('-', ' ').split())}")


def _readable(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _none() -> NotFoundError:
    return NotFoundError(
        "no_second_factor",
        Bilingual(zh="还没有开始设置第二因素。", en="No second factor was begun."),
    )


_NEEDED: Final = {
    Step.CODE: (
        "second_factor_needed",
        Bilingual(
            zh="请输入身份验证器上的 6 位验证码。",
            en="Give the 6-digit code of your authenticator app.",
        ),
    ),
    Step.SET_UP: (
        "second_factor_not_set_up",
        Bilingual(
            zh="您的角色须启用第二因素：请在网页登录并按提示设置身份验证器。",
            en="Your role needs a second factor: sign in at the web page and set up an "
            "authenticator app there.",
        ),
    ),
}
_WRONG: Final = Bilingual(
    zh="验证码不正确，或已用过。请等待下一个验证码再试。",
    en="The code is wrong or was used before. Wait for the next one and try again.",
)
_LOCKED: Final = Bilingual(
    zh="验证码错误次数过多，请 15 分钟后再试或联系安全管理员。",
    en="Too many wrong codes. Try again in 15 minutes or ask the security administrator.",
)
_TOO_LATE: Final = Bilingual(
    zh="登录步骤已超时，请重新输入密码。", en="That took too long; give your password again."
)
