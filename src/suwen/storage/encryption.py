"""Encryption of single fields, so that the database alone gives no secret away."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.storage.secret_files import read_secret, secrets_folder, write_secret

KEY_FILE = "field_encryption_key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
# First byte of what is sealed: which method it was sealed by.
_AES_256_GCM = b"\x01"


class FieldCipher:
    """Seals fields by AES-256-GCM; each is bound to its place, so that none can be swapped.

    Args:
        key: 32 bytes.

    Raises:
        ConfigurationError: ``field_key_malformed``.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ConfigurationError(
                "field_key_malformed",
                Bilingual(
                    zh=f"字段加密密钥文件 {KEY_FILE} 已损坏，请从备份恢复。",
                    en=f"The field encryption key file {KEY_FILE} is damaged. Restore it.",
                ),
            )
        self._cipher = AESGCM(key)

    def seal(self, text: str, place: str) -> bytes:
        """The sealed text.

        Args:
            place: where it is kept, for example ``endpoint/general/ward-gpu``.
        """
        return self.seal_bytes(text.encode(), place)

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """The sealed bytes; ``place`` as for ``seal``."""
        nonce = os.urandom(_NONCE_BYTES)
        return _AES_256_GCM + nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """The text again.

        Raises:
            ConfigurationError: ``field_not_readable`` with another key, place or altered bytes.
        """
        try:
            return self.open_bytes(sealed, place).decode()
        except UnicodeDecodeError as error:
            raise _not_readable(place) from error

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """The bytes again.

        Raises:
            ConfigurationError: as ``open``.
        """
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _AES_256_GCM:
                raise InvalidTag
            return self._cipher.decrypt(nonce, rest, place.encode())
        except (InvalidTag, ValueError) as error:
            raise _not_readable(place) from error


def _not_readable(place: str) -> ConfigurationError:
    return ConfigurationError(
        "field_not_readable",
        Bilingual(
            zh="数据库中的加密字段无法解密：密钥不符，或内容已被改动。",
            en="An encrypted field of the database cannot be read: it is another key's, or was "
            "altered.",
        ),
        detail={"place": place},
    )


def field_cipher(home: Path) -> FieldCipher:
    """The cipher of a site; its key file (0600) is made when it is not there."""
    file = secrets_folder(home) / KEY_FILE
    if not file.exists():
        write_secret(file, os.urandom(_KEY_BYTES))
    return FieldCipher(read_secret(file))
