"""The installation's own signing key: Ed25519, in a file that only its owner may read."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.storage.secret_files import read_secret, write_secret

_PRIVATE: Final = "signing_key.json"
_PUBLIC: Final = "public_keys.json"
_LOCK: Final = "signing.lock"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key of the installation.

    Attributes:
        id: ``ed25519-`` and the first 32 hexadecimal digits of the key's SHA-256, so that an id
            cannot be given to another key.
        public_key: 32 raw bytes.
        retired_at: when another key took over; ``None`` for the one that signs now.
    """

    id: str
    public_key: bytes
    created_at: datetime
    retired_at: datetime | None


def key_id_of(public_key: bytes) -> str:
    """The id that belongs to a raw public key."""
    return f"ed25519-{hashlib.sha256(public_key).hexdigest()[:32]}"


class KeyFileSigner:
    """Signs with the key in a folder; makes one at the first start; a SignatureProvider.

    Several processes may share the folder: a rotation by one is followed by the others.

    Args:
        folder: holds the private key (mode 0600) and every public key there ever was.

    Raises:
        ConfigurationError: ``signing_key_damaged`` or ``secret_file_readable_by_others``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._exclusively():
            if not (folder / _PRIVATE).exists():
                self._make_key(datetime.now(UTC))
        self._stamp = (0, 0)
        self._private, self._key_id = self._load()
        self._keys = {record.id: record.public_key for record in self.records()}

    @property
    def key_id(self) -> str:
        """Which key signs now."""
        self._follow()
        return self._key_id

    def sign(self, payload: bytes) -> bytes:
        """Ed25519 signature (64 bytes) by the present key."""
        self._follow()
        return self._private.sign(payload)

    def verify(self, payload: bytes, signature: bytes, key_id: str) -> bool:
        """Whether the signature is by that key of this installation, present or former."""
        if key_id not in self._keys:
            self._keys = {record.id: record.public_key for record in self.records()}
        raw = self._keys.get(key_id)
        if raw is None:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, payload)
        except (InvalidSignature, ValueError):
            return False
        return True

    def rotate(self, at: datetime) -> str:
        """Makes a new key that signs from now on and answers its id; the former private key is
        destroyed, its public key stays in the list."""
        with self._exclusively():
            self._make_key(at)
        self._follow()
        self._keys = {record.id: record.public_key for record in self.records()}
        return self._key_id

    def public_keys(self) -> Mapping[str, bytes]:
        """Every public key of the installation by its id, raw."""
        return {record.id: record.public_key for record in self.records()}

    def records(self) -> list[KeyRecord]:
        """Every key of the installation, oldest first."""
        path = self._folder / _PUBLIC
        if not path.exists():
            return []
        try:
            return [_record(entry) for entry in json.loads(path.read_bytes())]
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(_PUBLIC) from error

    def _make_key(self, at: datetime) -> None:
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        key_id = key_id_of(public)
        former = [_retired(record, at) for record in self.records()]
        records = [*former, KeyRecord(key_id, public, at, None)]
        # The public list first: a key must never sign before it is in the list.
        write_secret(
            self._folder / _PUBLIC, json.dumps([_entry(r) for r in records], indent=1).encode()
        )
        secret = {"key_id": key_id, "private_key": b64encode(private.private_bytes_raw()).decode()}
        write_secret(self._folder / _PRIVATE, json.dumps(secret).encode())

    def _load(self) -> tuple[Ed25519PrivateKey, str]:
        path = self._folder / _PRIVATE
        self._stamp = _stamp(path)
        try:
            data = json.loads(read_secret(path))
            private = Ed25519PrivateKey.from_private_bytes(b64decode(data["private_key"]))
            key_id = str(data["key_id"])
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(_PRIVATE) from error
        public = private.public_key().public_bytes_raw()
        if key_id != key_id_of(public) or public not in [r.public_key for r in self.records()]:
            raise _damaged(_PRIVATE)
        return private, key_id

    def _follow(self) -> None:
        """Takes over a key that another process made."""
        if _stamp(self._folder / _PRIVATE) != self._stamp:
            self._private, self._key_id = self._load()

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _stamp(path: Path) -> tuple[int, int]:
    """Changes whenever the file is replaced; a file that is gone is a damaged key."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise _damaged(path.name) from error
    return found.st_mtime_ns, found.st_ino


def _retired(record: KeyRecord, at: datetime) -> KeyRecord:
    return KeyRecord(record.id, record.public_key, record.created_at, record.retired_at or at)


def _entry(record: KeyRecord) -> dict[str, Any]:
    return {
        "key_id": record.id,
        "algorithm": "Ed25519",
        "public_key": b64encode(record.public_key).decode(),
        "created_at": record.created_at.isoformat(),
        "retired_at": record.retired_at.isoformat() if record.retired_at else None,
    }


def _record(entry: Mapping[str, Any]) -> KeyRecord:
    public = b64decode(entry["public_key"], validate=True)
    retired = entry["retired_at"]
    if entry["key_id"] != key_id_of(public):
        raise ValueError("key_id")
    return KeyRecord(
        id=entry["key_id"],
        public_key=public,
        created_at=datetime.fromisoformat(entry["created_at"]),
        retired_at=datetime.fromisoformat(retired) if retired else None,
    )


def _damaged(name: str) -> ConfigurationError:
    return ConfigurationError(
        "signing_key_damaged",
        Bilingual(
            zh=f"签名密钥文件 {name} 缺失或已损坏，请从备份恢复。",
            en=f"The signing key file {name} is missing or damaged. Restore it from a backup.",
        ),
        detail={"file": name},
    )
