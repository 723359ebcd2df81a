"""The systems that may call our CDS services, as the operator has registered them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from suwen.core.language import Language

ALGORITHMS: Final = ("ES256", "ES384", "ES512", "RS384", "RS512", "PS384", "PS512", "Ed25519")
"""What a client may sign with: asymmetric only, SHA-384 or longer for RSA.

Source: CDS Hooks 2.0, JWT signing algorithm (ES384 and RS384 recommended; none and symmetric ones
forbidden).
"""


@dataclass(frozen=True, slots=True)
class CdsClient:
    """One system.

    Attributes:
        name: how the audit and the feedback name it.
        issuer: the ``iss`` of its tokens.
        key_file: JWK Set of its public keys, a local file; exactly one of the two is set.
        key_url: where the JWK Set is fetched.
        stated_key_url: the only ``jku`` that its tokens may state; ``None`` where they state none.
        algorithms: what it may sign with.
        fhir_server: the one FHIR server that may be asked with the access it grants.
        language: of the cards.
        ceiling: highest data class (1 to 5) of our own record that goes into its cards.
        smart_launch: whether it can start our review screen by SMART App Launch.
    """

    name: str
    issuer: str
    key_file: Path | None
    key_url: str | None
    stated_key_url: str | None
    algorithms: frozenset[str]
    fhir_server: str | None
    language: Language
    ceiling: int
    smart_launch: bool


def is_safe_address(url: str) -> bool:
    """Whether keys may be fetched there: over TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return bool(host)
        return parts.scheme == "http" and (
            host == "localhost" or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False
