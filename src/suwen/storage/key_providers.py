"""Who holds the master key: a file of this installation, or the hospital's key service.

A provider only wraps and unwraps the data keys of the ring; no record ever passes through it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.storage.data_keys import Algorithm, DataKey, new_key_id
from suwen.storage.secret_files import read_secret, secrets_folder, write_secret

MASTER_PREFIX: Final = "master_key-"
FILE: Final = "file"
TRANSIT: Final = "transit"


class KeyProvider(Protocol):
    """Wraps and unwraps data keys by a master key that it never gives away."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the ring keeps to find this provider and its key again; nothing secret."""

    def wrap(self, secret: bytes, place: str) -> bytes:
        """The wrapped key, bound to its place.

        Raises:
            UnavailableError: ``key_service_unavailable``.
        """

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """The key again.

        Raises:
            ConfigurationError: ``field_not_readable``, ``master_key_missing``,
                ``secret_file_readable_by_others``.
            UnavailableError: ``key_service_unavailable``.
        """

    def successor(self) -> KeyProvider:
        """The same provider with a new master key, made now; the present one stays usable."""

    def retire(self) -> None:
        """Gives this master key up for good, once nothing is wrapped by it."""


class FileKeyProvider:
    """A master key in a file of the state directory that only its owner may read (0600).

    Args:
        home: the state directory.
        key_id: which key; it is made when its file is not there and ``make`` says so.
    """

    def __init__(
        self, home: Path, key_id: str, algorithm: Algorithm, *, make: bool = False
    ) -> None:
        self._home, self._algorithm = home, algorithm
        self._file = secrets_folder(home) / f"{MASTER_PREFIX}{key_id}"
        if make:
            write_secret(self._file, os.urandom(32))
        try:
            secret = read_secret(self._file)
            self._key = DataKey(key_id, secret)
        except FileNotFoundError:
            raise _missing(self._file) from None
        except ValueError as error:
            raise _malformed(self._file) from error

    @classmethod
    def fresh(cls, home: Path, algorithm: Algorithm) -> FileKeyProvider:
        """With a new master key."""
        return cls(home, new_key_id(), algorithm, make=True)

    @property
    def facts(self) -> Mapping[str, Any]:
        """See ``KeyProvider``."""
        return {"provider": FILE, "key": self._key.id}

    def wrap(self, secret: bytes, place: str) -> bytes:
        """See ``KeyProvider``."""
        return self._key.seal(secret, place, self._algorithm)

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """See ``KeyProvider``."""
        return self._key.open(wrapped, place)

    def successor(self) -> FileKeyProvider:
        """See ``KeyProvider``."""
        return self.fresh(self._home, self._algorithm)

    def retire(self) -> None:
        """See ``KeyProvider``."""
        self._file.unlink(missing_ok=True)


def _missing(file: Path) -> ConfigurationError:
    return ConfigurationError(
        "master_key_missing",
        Bilingual(
            zh=f"主密钥文件 {file.name} 不存在，加密的数据无法读取。请从备份恢复该文件。",
            en=f"The master key file {file.name} is not there, so nothing sealed can be read. "
            "Restore it from a backup.",
        ),
    )


def _malformed(file: Path) -> ConfigurationError:
    return ConfigurationError(
        "field_key_malformed",
        Bilingual(
            zh=f"密钥文件 {file.name} 已损坏，请从备份恢复。",
            en=f"The key file {file.name} is damaged. Restore it.",
        ),
    )
