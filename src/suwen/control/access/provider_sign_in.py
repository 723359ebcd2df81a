"""Signing in through the hospital's OpenID Connect provider, from the first redirect to the logout.

What is kept while the person is at the provider is sealed, used once, and bound to the browser
that began: nobody can finish another's sign-in.
"""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from suwen.control.access.authentication import Authenticator, token_hash
from suwen.control.access.external import ExternalPeople, RightsMapping
from suwen.control.access.sign_in_types import SignedIn
from suwen.control.access.statements import SealedStatements
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AuthenticationError, SuwenError, UnavailableError, meaning_of
from suwen.core.identity import Channel, Principal, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.ports import AuditSink, Clock
from suwen.integration.identity.oidc import Attempt, OidcProvider, Proved
from suwen.storage.external_identities import ExternalIdentityStore, ExternalSession
from suwen.storage.launches import PendingAuthorizationStore, UsedTokenStore

TIME_TO_SIGN_IN: Final = timedelta(minutes=10)
MOST_UNDER_WAY: Final = 6000
"""Sign-ins that one process lets be under way at once, so that nobody fills the store with them."""

_KIND: Final = "oidc"
_ISSUER_OF_LOGOUTS: Final = "logout "


@dataclass(frozen=True, slots=True)
class ProviderStores:
    """What is kept of sign-ins through the provider."""

    pending: PendingAuthorizationStore
    used: UsedTokenStore
    identities: ExternalIdentityStore
    audit: AuditSink
    clock: Clock


@dataclass(frozen=True, slots=True)
class Wanted:
    """Why somebody is sent to the provider.

    Attributes:
        next: the page of ours that they go on to.
        person: who must come back, where it is a proof and not a sign-in.
        about: what they want to sign; empty for a sign-in.
    """

    next: str = "/"
    person: PrincipalId | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the browser goes, and the key that it must bring back."""

    address: str
    state: str
    browser_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CameBack:
    """What a person came back with: a session that began, or a statement for a signature."""

    wanted: Wanted
    session: SignedIn | None = None
    statement: str | None = field(default=None, repr=False)


class ProviderSignIn:
    """The door to the hospital's provider."""

    def __init__(
        self,
        provider: OidcProvider,
        mapping: RightsMapping,
        authenticator: Authenticator,
        people: ExternalPeople,
        statements: SealedStatements,
        stores: ProviderStores,
    ) -> None:
        self._provider = provider
        self._mapping = mapping
        self._authenticator = authenticator
        self._people = people
        self._statements = statements
        self._stores = stores
        self._begun: deque[datetime] = deque()

    async def is_there(self) -> bool:
        """Whether the provider answers, as far as was known a few seconds ago."""
        return await self._provider.is_there()

    async def trouble(self) -> SuwenError | None:
        """Why nobody can be sent to the provider; ``None`` when everybody can."""
        try:
            await self._provider.address(Attempt.new("https://localhost/"), "en")
        except SuwenError as error:
            return error
        if await self._provider.is_there():
            return None
        return UnavailableError(
            "provider_unavailable",
            Bilingual(
                zh="医院统一登录暂时没有应答。", en="The hospital's sign-in does not answer."
            ),
        )

    async def knows(self, person: PrincipalId) -> bool:
        """Whether the person can prove themselves through this provider."""
        links = await self._stores.identities.list(person)
        return any(link.issuer == self._provider.issuer for link in links)

    async def send(self, wanted: Wanted, redirect_uri: str, language: str) -> Sent:
        """Begins a sign-in, or a proof of who somebody is.

        Raises:
            UnavailableError: ``provider_unavailable``, ``sign_in_busy``.
            ConfigurationError: as ``OidcProvider.address``.
        """
        now = self._stores.clock.now()
        self._count(now)
        attempt = Attempt.new(redirect_uri, now if wanted.person is not None else None)
        sent = Sent(
            await self._provider.address(attempt, language),
            attempt.state,
            secrets.token_urlsafe(32),
        )
        kept = {
            "nonce": attempt.nonce,
            "verifier": attempt.verifier,
            "redirect_uri": redirect_uri,
            "fresh_since": now.isoformat() if attempt.fresh_since is not None else None,
            "browser": token_hash(sent.browser_key),
            "wanted": asdict(wanted),
        }
        expires_at = now + TIME_TO_SIGN_IN
        await self._stores.pending.put(token_hash(attempt.state), _KIND, kept, expires_at)
        return sent

    def _count(self, now: datetime) -> None:
        while self._begun and now - self._begun[0] > TIME_TO_SIGN_IN:
            self._begun.popleft()
        if len(self._begun) >= MOST_UNDER_WAY:
            raise UnavailableError(
                "sign_in_busy",
                Bilingual(
                    zh="登录请求过多，请稍后再试。",
                    en="Too many are signing in; try again shortly.",
                ),
            )
        self._begun.append(now)

    async def come_back(
        self, answer: Mapping[str, str], browser_key: str, principal: Principal | None
    ) -> CameBack:
        """Ends what ``send`` began.

        Args:
            answer: the query of the redirect.
            browser_key: what the browser kept of ``Sent``.
            principal: who is signed in here, where somebody is.

        Raises:
            AuthenticationError: ``sign_in_not_begun`` when nothing was begun in this browser, or
                it was ended before; ``proof_of_another``; as ``OidcProvider.finish``.
            AccessError: as ``ExternalPeople.admit``.
        """
        try:
            return await self._came_back(answer, browser_key, principal)
        except SuwenError as error:
            if error.code not in _AUDITED_BELOW:
                await self._tell_refusal(error)
            raise

    async def _came_back(
        self, answer: Mapping[str, str], browser_key: str, principal: Principal | None
    ) -> CameBack:
        state, now = answer.get("state", ""), self._stores.clock.now()
        kept = await self._stores.pending.take(token_hash(state), _KIND, now) if state else None
        if kept is None or not hmac.compare_digest(kept["browser"], token_hash(browser_key)):
            raise _not_begun()
        wanted = Wanted(**kept["wanted"])
        proved = await self._provider.finish(_attempt(state, kept), answer)
        if wanted.person is not None:
            return await self._proof(wanted, proved, principal)
        person = await self._people.admit(proved.person, self._mapping, Channel.WEB)
        begun = await self._authenticator.begin(person, Channel.WEB, by=self._provider.issuer)
        await self._stores.identities.put_session(
            ExternalSession(
                token_hash(begun.token),
                self._provider.issuer,
                proved.person.subject,
                proved.session_id,
                proved.id_token,
            )
        )
        return CameBack(wanted, session=begun)

    async def _proof(self, wanted: Wanted, proved: Proved, principal: Principal | None) -> CameBack:
        """A statement for one signature, when the very person came back who went."""
        subject = proved.person.subject
        known = await self._stores.identities.person_of(self._provider.issuer, subject)
        here = principal.id if principal is not None else None
        if known is None or wanted.person is None or not known == wanted.person == here:
            raise AuthenticationError(
                "proof_of_another",
                Bilingual(
                    zh="出示的是他人的登录凭证，不能代签。",
                    en="These are another person's credentials; nobody signs for another.",
                ),
            )
        await self._people.admit(proved.person, self._mapping, Channel.WEB)
        await self._tell("session.prove", known, AuditOutcome.DONE, {"by": self._provider.issuer})
        return CameBack(wanted, statement=self._statements.state(known, wanted.about))

    async def where_to_sign_out(self, token: str, back_to: str) -> str | None:
        """Where the browser ends the provider's session too; ``None`` for a session that did not
        begin there. Asked before the session here is ended."""
        kept = await self._stores.identities.read_session(token_hash(token))
        if kept is None or kept.issuer != self._provider.issuer:
            return None
        return await self._provider.end_address(kept.id_token, back_to)

    async def signed_out_there(self, logout_token: str) -> int:
        """Ends the sessions that the provider says are over; how many there were.

        Raises:
            AuthenticationError: ``id_token_refused``, also for a token that was used before.
        """
        try:
            told = await self._provider.ended(logout_token)
            now = self._stores.clock.now()
            issuer = self._provider.issuer
            if not await self._stores.used.take(
                _ISSUER_OF_LOGOUTS + issuer, told.token_id, told.expires_at, at=now
            ):
                raise _used_before()
        except SuwenError as error:
            await self._tell_refusal(error, "session.close")
            raise
        ended = await self._stores.identities.end_sessions(
            issuer, subject=told.subject, session_id=told.session_id, at=now
        )
        person = None
        if told.subject is not None:
            person = await self._stores.identities.person_of(issuer, told.subject)
        said = {"by": issuer, "code": "signed_out_there", "sessions": ended}
        await self._tell("session.close", person or "unknown", AuditOutcome.DONE, said)
        return ended

    async def close(self) -> None:
        """Closes the connections to the provider."""
        await self._provider.close()

    async def _tell_refusal(self, error: SuwenError, action: str = "session.open") -> None:
        said = {"by": self._provider.issuer, "code": error.code, **error.detail}
        outcome = AuditOutcome(meaning_of(error).audit_outcome)
        await self._tell(action, "unknown", outcome, said)

    async def _tell(
        self, action: str, actor: str, outcome: AuditOutcome, said: Mapping[str, Any]
    ) -> None:
        await self._stores.audit.append(
            AuditEntry(
                action=action,
                actor=actor,
                channel=Channel.WEB.value,
                outcome=outcome,
                detail=said,
            )
        )


_AUDITED_BELOW: Final = frozenset(
    {
        "no_mapped_role",
        "offices_kept_apart",
        "account_out_of_use",
        "identity_not_linked",
        "account_name_taken",
        "account_name_unusable",
    }
)


def _attempt(state: str, kept: Mapping[str, Any]) -> Attempt:
    fresh = kept["fresh_since"]
    return Attempt(
        state=state,
        nonce=kept["nonce"],
        verifier=kept["verifier"],
        redirect_uri=kept["redirect_uri"],
        fresh_since=None if fresh is None else datetime.fromisoformat(fresh),
    )


def _not_begun() -> AuthenticationError:
    return AuthenticationError(
        "sign_in_not_begun",
        Bilingual(
            zh="这次登录不是在本浏览器中开始的，或已经用过、已过期。请从登录页重新开始。",
            en="This sign-in was not begun in this browser, was used before, or took too long. "
            "Begin again at the sign-in page.",
        ),
    )


def _used_before() -> AuthenticationError:
    return AuthenticationError(
        "logout_token_used",
        Bilingual(zh="该注销通知已处理过。", en="This logout was carried out before."),
    )
