"""Files that one partition lays beside the other: signed, written whole or not at all."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suwen.core.ports import SignatureProvider


def signed(body: Mapping[str, Any], signer: SignatureProvider) -> bytes:
    """A JSON-ready body with the signature of the partition that lays it."""
    payload = json.dumps(body, ensure_ascii=False, sort_keys=True)
    signature = b64encode(signer.sign(payload.encode())).decode()
    return json.dumps(
        {"key": signer.key_id, "signature": signature, "payload": payload}, ensure_ascii=False
    ).encode()


def verified(content: bytes, keys: Path) -> Mapping[str, Any]:
    """The body of a signed file.

    Args:
        keys: file of the public keys of the partition that signs.

    Raises:
        ValueError: it is none, or its signature is by none of these keys.
        OSError: the keys cannot be read.
    """
    try:
        outer: Mapping[str, Any] = json.loads(content)
        payload = outer["payload"].encode()
        _verify(keys, outer["key"], payload, b64decode(outer["signature"]))
        body: Mapping[str, Any] = json.loads(payload)
    except (KeyError, TypeError, AttributeError, InvalidSignature) as error:
        raise ValueError("this is nothing that the partition signed") from error
    return body


def _verify(keys: Path, key_id: str, payload: bytes, signature: bytes) -> None:
    for entry in json.loads(keys.read_bytes()):
        if entry["key_id"] == key_id:
            key = Ed25519PublicKey.from_public_bytes(b64decode(entry["public_key"]))
            key.verify(signature, payload)
            return
    raise KeyError(key_id)


def keep_copy(file: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.new")
    draft.write_bytes(content)
    draft.replace(file)
