"""Opened from the hospital's EMR by SMART App Launch: who came is proved there, for one patient.

What is kept while the browser is at the EMR is sealed, used once, and bound to the browser that
began: nobody can finish another's launch.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from suwen.control.access.authentication import token_hash
from suwen.control.access.launch_types import LaunchWish, OpenedLaunch
from suwen.control.access.launches import LaunchDesk
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AuthenticationError, InputError, SuwenError, meaning_of
from suwen.core.identity import Channel
from suwen.core.language import Bilingual
from suwen.core.ports import AuditSink, Clock
from suwen.integration.identity.oidc import Attempt
from suwen.integration.identity.smart import SmartServer, usable_launch
from suwen.storage.external_identities import ExternalIdentityStore
from suwen.storage.launches import PendingAuthorizationStore

TIME_TO_AUTHORIZE: Final = timedelta(minutes=10)
_KIND: Final = "smart"


@dataclass(frozen=True, slots=True)
class SmartStores:
    """What is kept of launches that are under way."""

    pending: PendingAuthorizationStore
    identities: ExternalIdentityStore
    audit: AuditSink
    clock: Clock


@dataclass(frozen=True, slots=True)
class SentToEmr:
    """Where the browser goes, and the key that it must bring back."""

    address: str
    state: str
    browser_key: str = field(repr=False)


class SmartLaunch:
    """The door for launches out of the EMR."""

    def __init__(self, server: SmartServer, launches: LaunchDesk, stores: SmartStores) -> None:
        self._server = server
        self._launches = launches
        self._stores = stores

    async def send(self, issuer: str | None, launch: str | None, redirect_uri: str) -> SentToEmr:
        """Begins a launch.

        Args:
            issuer: the FHIR address that the EMR called us with; ``None`` for a standalone launch.
            launch: the EMR's mark of the launch; ``None`` for a standalone launch.

        Raises:
            InputError: ``smart_issuer_unknown`` for any other EMR than the configured one,
                ``smart_launch_wrong``.
            ConfigurationError, UnavailableError: as ``SmartServer.address``.
        """
        try:
            if issuer is not None and issuer.rstrip("/") != self._server.fhir_base:
                raise _issuer_unknown()
            if issuer is not None and (launch is None or not usable_launch(launch)):
                raise _launch_wrong()
            attempt = Attempt.new(redirect_uri)
            address = await self._server.address(attempt, launch)
        except SuwenError as error:
            await self._tell_refusal(error)
            raise
        sent = SentToEmr(address, attempt.state, secrets.token_urlsafe(32))
        kept = {
            "nonce": attempt.nonce,
            "verifier": attempt.verifier,
            "redirect_uri": redirect_uri,
            "browser": token_hash(sent.browser_key),
        }
        expires_at = self._stores.clock.now() + TIME_TO_AUTHORIZE
        await self._stores.pending.put(token_hash(attempt.state), _KIND, kept, expires_at)
        return sent

    async def come_back(self, answer: Mapping[str, str], browser_key: str) -> OpenedLaunch:
        """Ends what ``send`` began: a session of the person, for the patient only.

        Raises:
            AuthenticationError: ``smart_not_begun`` when nothing was begun in this browser, or it
                was ended before; as ``SmartServer.finish``.
            NotFoundError, InputError: the patient or the person is not known here.
        """
        try:
            state, now = answer.get("state", ""), self._stores.clock.now()
            kept = await self._stores.pending.take(token_hash(state), _KIND, now) if state else None
            if kept is None or not hmac.compare_digest(kept["browser"], token_hash(browser_key)):
                raise _not_begun()
            attempt = Attempt(state, kept["nonce"], kept["verifier"], kept["redirect_uri"])
            context = await self._server.finish(attempt, answer)
        except SuwenError as error:
            await self._tell_refusal(error)
            raise
        known = await self._stores.identities.person_of(context.issuer, context.subject)
        wish = LaunchWish(
            patient=context.patient,
            encounter=context.encounter,
            practitioner=context.practitioner if known is None else None,
            account=known,
        )
        return await self._launches.open_proved(wish, f"smart {context.issuer}"[:200])

    async def close(self) -> None:
        """Closes the connections to the EMR."""
        await self._server.close()

    async def _tell_refusal(self, error: SuwenError) -> None:
        said: dict[str, Any] = {"by": self._server.fhir_base, "code": error.code, **error.detail}
        await self._stores.audit.append(
            AuditEntry(
                action="launch.open",
                actor="unknown",
                channel=Channel.LAUNCH.value,
                outcome=AuditOutcome(meaning_of(error).audit_outcome),
                detail=said,
            )
        )


def _not_begun() -> AuthenticationError:
    return AuthenticationError(
        "smart_not_begun",
        Bilingual(
            zh="此次打开不是从本浏览器开始的，或已经用过。请从病历中重新打开。",
            en="This opening was not begun in this browser, or was used before. Open it from the "
            "EMR again.",
        ),
    )


def _issuer_unknown() -> InputError:
    return InputError(
        "smart_issuer_unknown",
        Bilingual(
            zh="发起打开的系统不是所配置的电子病历系统，已拒绝。请核对 [smart] 的 fhir_base。",
            en="The system that called is not the configured EMR, and was refused. Check "
            "fhir_base in the section [smart].",
        ),
        field="iss",
    )


def _launch_wrong() -> InputError:
    return InputError(
        "smart_launch_wrong",
        Bilingual(
            zh="缺少 launch 参数或其格式不对。请从病历中打开。",
            en="The parameter launch is missing or not in the right form. Open it from the EMR.",
        ),
        field="launch",
    )
