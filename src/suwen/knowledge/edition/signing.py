"""Who vouches for an edition: signing it, and knowing whose signature counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Verifier = Callable[[bytes, bytes, str], bool]
"""Whether (payload, signature, key id) is a signature by a key that counts here."""

_PURPOSE: Final = b"suwen edition\n"


class Signer(Protocol):
    """The part of a SignatureProvider that making an edition needs."""

    @property
    def key_id(self) -> str:
        """Which key signs, so that a verifier finds it."""

    def sign(self, payload: bytes) -> bytes:
        """Signature over the payload."""


def key_verifier(keys: Mapping[str, bytes]) -> Verifier:
    """Lets the signatures of these Ed25519 keys count: raw public keys by key id."""

    def verify(payload: bytes, signature: bytes, key_id: str) -> bool:
        raw = keys.get(key_id)
        if raw is None:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, payload)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify


def signed_payload(kind: str, content: bytes) -> bytes:
    """What is signed: the key signs other things too, so the payload says what it is."""
    return _PURPOSE + kind.encode() + b"\n" + content
