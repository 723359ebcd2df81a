"""What exactly is signed when the head of the chain is stated, and how that is checked."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suwen.core.audit import AuditEvent, Checkpoint, canonical_json
from suwen.core.ports import SignatureProvider

# Stands in everything that is signed, so that no other signature of the same key can pass for a
# checkpoint.
_PURPOSE: Final = "suwen-audit-checkpoint-1"


def signed_checkpoint(head: AuditEvent, at: datetime, signer: SignatureProvider) -> Checkpoint:
    """A signed statement that the chain ended in ``head`` at the moment ``at``."""
    key_id, at = signer.key_id, at.astimezone(UTC)
    payload = _payload(head.sequence, head.hash, at, key_id)
    signature = b64encode(signer.sign(payload)).decode()
    return Checkpoint(head.sequence, head.hash, at, key_id, signature)


def is_signed(checkpoint: Checkpoint, public_keys: Mapping[str, bytes]) -> bool:
    """Whether the signature is by the key that the checkpoint names, and that key is known.

    Args:
        public_keys: raw Ed25519 public keys (32 bytes) by key id.
    """
    raw = public_keys.get(checkpoint.key_id)
    if raw is None:
        return False
    payload = _payload(checkpoint.sequence, checkpoint.head_hash, checkpoint.at, checkpoint.key_id)
    try:
        signature = b64decode(checkpoint.signature, validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, payload)
    except (InvalidSignature, ValueError):
        return False
    return True


def checkpoint_as_json(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint as it stands in anchors and exports."""
    return {
        "sequence": checkpoint.sequence,
        "head_hash": checkpoint.head_hash,
        "at": checkpoint.at.isoformat(),
        "key_id": checkpoint.key_id,
        "signature": checkpoint.signature,
    }


def checkpoint_from_json(data: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of an anchor or export line.

    Raises:
        ValueError, KeyError, TypeError: when it is not one.
    """
    if not isinstance(data["sequence"], int) or isinstance(data["sequence"], bool):
        raise TypeError("sequence")
    at = datetime.fromisoformat(data["at"])
    if at.tzinfo is None:
        raise ValueError("at")
    texts = [data["head_hash"], data["key_id"], data["signature"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("checkpoint")
    return Checkpoint(data["sequence"], texts[0], at, texts[1], texts[2])


def _payload(sequence: int, head_hash: str, at: datetime, key_id: str) -> bytes:
    return canonical_json(
        {
            "purpose": _PURPOSE,
            "sequence": sequence,
            "head_hash": head_hash,
            "at": at.astimezone(UTC).isoformat(),
            "key_id": key_id,
        }
    )
