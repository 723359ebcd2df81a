"""How we prove to a FHIR server who we are: header of every request, tokens renewed in time."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from suwen.core.errors import ConfigurationError, IntegrationError
from suwen.core.language import Bilingual
from suwen.integration.fhir.reading_bytes import read_at_most
from suwen.integration.fhir.server import (
    BasicProof,
    ClientCredentials,
    FhirServer,
    NoProof,
    TokenProof,
    check_address,
)

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_STATEMENT_S = 300
_RENEW_BEFORE_S = 30.0
_SHORTEST_S = 60.0
_MOST_TOKEN_BYTES = 64 * 1024


class Prover:
    """Makes the ``Authorization`` header of one server.

    Raises:
        ConfigurationError: ``fhir_proof_unusable`` when what is set cannot be used.
    """

    def __init__(self, server: FhirServer) -> None:
        self._server = server
        self._proof = server.proof
        self._token: str | None = None
        self._until = 0.0
        self._renewing = asyncio.Lock()
        if isinstance(self._proof, ClientCredentials):
            check_address(self._proof.token_url, "token_url")
            if self._proof.private_key is not None:
                _key_of(self._proof)
            elif self._proof.secret is None:
                raise _unusable("secret")
        if isinstance(self._proof, TokenProof) and not _sendable(self._proof.token):
            raise _unusable("token")

    async def header(self, session: aiohttp.ClientSession) -> str | None:
        """The header's value, ``None`` where the server asks nobody.

        Raises:
            IntegrationError: ``fhir_token_refused`` when the authorization server gives no token.
            aiohttp.ClientError, TimeoutError: when it does not answer.
        """
        proof = self._proof
        if isinstance(proof, NoProof):
            return None
        if isinstance(proof, BasicProof):
            pair = f"{proof.account}:{proof.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        if isinstance(proof, TokenProof):
            return f"Bearer {proof.token}"
        async with self._renewing:
            if self._token is None or time.monotonic() >= self._until:
                await self._renew(session, proof)
        return f"Bearer {self._token}"

    def forget(self) -> bool:
        """Drops a token that the server no longer takes; whether another one can be had."""
        had = self._token is not None
        self._token = None
        return had

    async def _renew(self, session: aiohttp.ClientSession, proof: ClientCredentials) -> None:
        form = {"grant_type": "client_credentials", "scope": proof.scope}
        headers = {"Accept": "application/json"}
        if proof.private_key is not None:
            form |= {"client_assertion_type": _ASSERTION, "client_assertion": _statement(proof)}
        else:
            pair = f"{proof.client_id}:{proof.secret}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        async with session.post(
            proof.token_url, data=form, headers=headers, allow_redirects=False
        ) as answer:
            body = await read_at_most(answer, _MOST_TOKEN_BYTES)
            if answer.status != 200:
                raise _refused(answer.status, _error_code(body))
        told = _object(body)
        token, lasts = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not _sendable(token):
            raise _refused(200, "no_access_token")
        seconds = float(lasts) if isinstance(lasts, int | float) else _SHORTEST_S
        self._token = token
        self._until = time.monotonic() + max(seconds - _RENEW_BEFORE_S, seconds / 2)


def _statement(proof: ClientCredentials) -> str:
    """The signed statement of who we are.

    Source: SMART App Launch 2.2, client-confidential-asymmetric.
    """
    now, key = int(time.time()), _key_of(proof)
    claims = {
        "iss": proof.client_id,
        "sub": proof.client_id,
        "aud": proof.token_url,
        "iat": now,
        "exp": now + _STATEMENT_S,
        "jti": secrets.token_urlsafe(24),
    }
    algorithm = "ES384" if isinstance(key, ECKey) else "RS384"
    header = {"alg": algorithm, "typ": "JWT"}
    if proof.key_id:
        header["kid"] = proof.key_id
    return jwt.encode(header, claims, key, algorithms=[algorithm])


def _key_of(proof: ClientCredentials) -> ECKey | RSAKey:
    for kind in ("EC", "RSA"):
        try:
            key = import_key(proof.private_key or "", kind)
        except (JoseError, ValueError, TypeError):
            continue
        if isinstance(key, ECKey | RSAKey) and key.is_private:
            return key
    raise _unusable("private_key")


def _sendable(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _error_code(body: bytes) -> str:
    """The OAuth error code, one of the standard's; free text is not kept."""
    code = _object(body).get("error")
    known = isinstance(code, str) and code.isascii() and code.replace("_", "").isalpha()
    return str(code)[:40] if known else "unknown"


def _refused(status: int, code: str) -> IntegrationError:
    return IntegrationError(
        "fhir_token_refused",
        Bilingual(
            zh=f"授权服务器未发放令牌（{code}）：请检查客户端编号、密钥与授权范围。",
            en=f"The authorization server gave no token ({code}): check client id, key and scope.",
        ),
        detail={"status": status, "error": code},
    )


def _unusable(name: str) -> ConfigurationError:
    return ConfigurationError(
        "fhir_proof_unusable",
        Bilingual(
            zh="FHIR 连接的凭证无法使用：请检查令牌、客户端密钥或私钥（PEM，RSA 或 EC P-384）。",
            en="What the FHIR connection signs in with cannot be used: check the token, the "
            "client's secret or the private key (PEM, RSA or EC P-384).",
        ),
        field=name,
    )
