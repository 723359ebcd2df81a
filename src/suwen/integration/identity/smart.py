"""SMART App Launch: the hospital's EMR opens suwen with a person and a patient, as a client app.

The EMR is a FHIR server that says where its authorization server is. Whoever was signed in there
is proved by the id_token, whose patient it is by the launch context beside it.

Source: HL7 SMART App Launch 2.2, EHR launch, standalone launch, scopes-and-launch-context;
RFC 7636 (PKCE); OpenID Connect Core 1.0.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from suwen.core.errors import AuthenticationError, ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.integration.identity.issuer_http import IssuerHttp, origin_of
from suwen.integration.identity.oidc import Attempt, challenge_of
from suwen.integration.identity.token_checks import ProviderKeys, TokenChecks

_WELL_KNOWN: Final = "/.well-known/smart-configuration"
_OPENID: Final = "/.well-known/openid-configuration"
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LONGEST_LAUNCH: Final = 2048
METADATA_VALID: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SmartClient:
    """This installation as an app of the hospital's EMR.

    Attributes:
        fhir_base: the EMR's FHIR address, exactly as it names itself in ``iss``.
        authorization_server: origin that tokens and keys come from; ``None`` for that of
            ``fhir_base``.
        client_secret: ``None`` for a public client, whom PKCE alone protects.
        id_prefix: put before the EMR's ids here, as its FHIR source does.
    """

    fhir_base: str
    client_id: str
    client_secret: str | None = field(repr=False)
    authorization_server: str | None = None
    id_prefix: str = ""
    ca_file: Path | None = None
    skew: timedelta = timedelta(seconds=60)
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class SmartContext:
    """Who came, and for whom.

    Attributes:
        issuer: who says so; with ``subject`` it names the person for ever.
        practitioner: id of the person's Practitioner resource, where ``fhirUser`` is one.
        patient: id of the patient here.
        encounter: id of the encounter here, where the EMR named one.
    """

    issuer: str
    subject: str
    practitioner: str | None
    patient: str
    encounter: str | None


@dataclass(frozen=True, slots=True)
class _Metadata:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    capabilities: frozenset[str]


class SmartServer:
    """The hospital's EMR, as far as launching goes."""

    def __init__(self, client: SmartClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._base = client.fhir_base.rstrip("/")
        self._fhir = IssuerHttp(self._base, client.ca_file, client.timeout_s)
        there = client.authorization_server or self._base
        self._tokens = IssuerHttp(there, client.ca_file, client.timeout_s)
        self._keys = ProviderKeys(self._fetch_keys, clock)
        self._metadata: _Metadata | None = None
        self._fetched_at: Any = None

    @property
    def fhir_base(self) -> str:
        """The EMR's FHIR address."""
        return self._base

    async def address(self, attempt: Attempt, launch: str | None) -> str:
        """Where the browser goes.

        Args:
            launch: the EMR's own mark of the launch; ``None`` for a standalone launch, in which
                the EMR lets the person choose a patient.

        Raises:
            ConfigurationError: ``smart_metadata_wrong``, ``issuer_address_foreign``.
            UnavailableError: ``provider_unavailable``.
        """
        metadata = await self._known_metadata()
        wanted = "launch-ehr" if launch is not None else "launch-standalone"
        if wanted not in metadata.capabilities:
            raise _metadata_wrong("capabilities")
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": f"openid fhirUser {'launch' if launch is not None else 'launch/patient'}",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "aud": self._base,
            "code_challenge": challenge_of(attempt.verifier),
            "code_challenge_method": "S256",
        }
        if launch is not None:
            asked["launch"] = launch
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(asked, quote_via=quote)}"

    async def finish(self, attempt: Attempt, answer: Mapping[str, str]) -> SmartContext:
        """Who was proved and which patient is open, by what the EMR sent through the browser.

        Raises:
            AuthenticationError: ``smart_refused`` with the standard's code, ``id_token_refused``
                with the check that failed, ``smart_context_missing`` without a patient.
            ConfigurationError, UnavailableError: as ``address``.
        """
        metadata = await self._known_metadata()
        if answer.get("iss") not in (None, metadata.issuer):
            raise _refused("issuer")
        if "error" in answer or not answer.get("code"):
            raise _refused(answer.get("error", "code"))
        told = await self._exchange(metadata, attempt, answer["code"])
        access_token = told.get("access_token")
        checks = TokenChecks(
            metadata.issuer, self._client.client_id, self._keys, self._clock, self._client.skew
        )
        token = await checks.id_token(
            told.get("id_token"),
            nonce=attempt.nonce,
            access_token=access_token if isinstance(access_token, str) else None,
        )
        patient = self._local(told.get("patient"))
        if patient is None:
            raise _no_patient()
        return SmartContext(
            issuer=metadata.issuer,
            subject=token.subject,
            practitioner=self._practitioner(token.claims.get("fhirUser")),
            patient=patient,
            encounter=self._local(told.get("encounter")),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._fhir.close()
        await self._tokens.close()

    async def _exchange(
        self, metadata: _Metadata, attempt: Attempt, code: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        headers = {}
        secret = self._client.client_secret
        if secret is None:
            form["client_id"] = self._client.client_id
        else:
            # Source: RFC 6749 §2.3.1: both are form-encoded first.
            pair = f"{quote(self._client.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        told = await self._tokens.post(metadata.token_endpoint, form, headers)
        if told.status != 200:
            raise _refused(told.body.get("error"))
        return told.body

    def _local(self, identity: object) -> str | None:
        """An id of the EMR as it is here; ``None`` for what is no id."""
        if not isinstance(identity, str) or not _ID.fullmatch(identity):
            return None
        local = f"{self._client.id_prefix}{identity}"
        return local if _ID.fullmatch(local) else None

    def _practitioner(self, user: object) -> str | None:
        """The Practitioner's id out of ``fhirUser``: a resource of this EMR and no other."""
        if not isinstance(user, str):
            return None
        relative = user.removeprefix(f"{self._base}/")
        kind, _, identity = relative.partition("/")
        return self._local(identity) if kind == "Practitioner" else None

    async def _fetch_keys(self) -> Mapping[str, Any]:
        metadata = await self._known_metadata()
        answer = await self._tokens.get(metadata.jwks_uri)
        if answer.status != 200:
            raise _metadata_wrong("jwks_uri")
        return answer.body

    async def _known_metadata(self) -> _Metadata:
        now = self._clock.now()
        if self._metadata is None or now - self._fetched_at >= METADATA_VALID:
            self._metadata = await self._fetched_metadata()
            self._fetched_at = now
        return self._metadata

    async def _fetched_metadata(self) -> _Metadata:
        answer = await self._fhir.get(self._base + _WELL_KNOWN)
        if answer.status != 200:
            raise _metadata_wrong("status")
        told = answer.body
        # SMART 2 requires S256; one who does not offer it would leave the code unprotected.
        methods = told.get("code_challenge_methods_supported")
        if not isinstance(methods, list) or "S256" not in methods:
            raise _metadata_wrong("code_challenge_methods_supported")
        issuer = told.get("issuer")
        if not isinstance(issuer, str) or not issuer:
            raise _metadata_wrong("issuer")
        # Only whom the operator named vouches for people.
        self._tokens.check(issuer)
        jwks_uri = told.get("jwks_uri")
        if jwks_uri is None:
            openid = await self._tokens.get(issuer.rstrip("/") + _OPENID)
            if openid.status != 200 or openid.body.get("issuer") != issuer:
                raise _metadata_wrong("jwks_uri")
            jwks_uri = openid.body.get("jwks_uri")
        listed = told.get("capabilities")
        return _Metadata(
            issuer=issuer,
            authorization_endpoint=_for_browsers(told.get("authorization_endpoint")),
            token_endpoint=self._tokens.check(told.get("token_endpoint")),
            jwks_uri=self._tokens.check(jwks_uri),
            capabilities=frozenset(
                one for one in (listed if isinstance(listed, list) else []) if isinstance(one, str)
            ),
        )


def usable_launch(launch: str) -> bool:
    """Whether the EMR's mark of a launch can be sent back to it."""
    return 0 < len(launch) <= _LONGEST_LAUNCH and launch.isascii() and launch.isprintable()


def _for_browsers(address: object) -> str:
    if isinstance(address, str) and not urlsplit(address).fragment:
        try:
            origin_of(address)
        except ConfigurationError:
            raise _metadata_wrong("authorization_endpoint") from None
        return address
    raise _metadata_wrong("authorization_endpoint")


def _refused(code: object) -> AuthenticationError:
    known = code if isinstance(code, str) and code.isascii() and len(code) <= 64 else "unknown"
    return AuthenticationError(
        "smart_refused",
        Bilingual(
            zh="电子病历系统没有完成授权（可能已取消或已过期）。请从病历中重新打开。",
            en="The EMR did not authorize this; it may have been cancelled or have taken too "
            "long. Open it from the EMR again.",
        ),
        detail={"error": known},
    )


def _no_patient() -> AuthenticationError:
    return AuthenticationError(
        "smart_context_missing",
        Bilingual(
            zh="电子病历系统没有说明是哪位患者，未打开。请先在病历中选定患者。",
            en="The EMR did not say which patient is open, so nothing was opened. Choose a "
            "patient there first.",
        ),
    )


def _metadata_wrong(what: str) -> ConfigurationError:
    return ConfigurationError(
        "smart_metadata_wrong",
        Bilingual(
            zh=f"电子病历系统公布的 SMART 信息不可用（{what}）。请核对 [smart] 设置与对方配置。",
            en=f"What the EMR says of itself for SMART is not usable ({what}). Check the section "
            "[smart] and the EMR's configuration.",
        ),
        field="smart.fhir_base",
        detail={"metadata": what},
    )
