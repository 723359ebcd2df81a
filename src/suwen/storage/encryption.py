"""Encryption of single fields, so that the database alone gives no secret away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.storage.data_keys import KEY_BYTES, named_key, not_readable
from suwen.storage.keyring import KeyRing, Module

_NONCE_BYTES: Final = 12
# First byte of what names no key: the method of installations from before there was a ring.
_LEGACY: Final = b"\x01"


class FieldCipher:
    """Seals fields of one module; each is bound to its place, so that none can be swapped.

    Args:
        key: 32 bytes that are always used, or the ring of an installation.
        module: whose keys of the ring.

    Raises:
        ConfigurationError: ``field_key_malformed``.
    """

    def __init__(self, key: bytes | KeyRing, module: Module = Module.FIELDS) -> None:
        self._source: _Fixed | _OfRing = (
            _OfRing(key, module) if isinstance(key, KeyRing) else _Fixed(key)
        )

    def seal(self, text: str, place: str) -> bytes:
        """The sealed text.

        Args:
            place: where it is kept, for example ``endpoint/general/ward-gpu``.
        """
        return self.seal_bytes(text.encode(), place)

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """The sealed bytes; ``place`` as for ``seal``."""
        return self._source.seal(content, place)

    def open(self, sealed: bytes, place: str) -> str:
        """The text again.

        Raises:
            ConfigurationError: ``field_not_readable`` with another key, place or altered bytes.
        """
        try:
            return self.open_bytes(sealed, place).decode()
        except UnicodeDecodeError as error:
            raise not_readable(place) from error

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """The bytes again.

        Raises:
            ConfigurationError: as ``open``.
        """
        return self._source.open(sealed, place)

    def is_current(self, sealed: bytes) -> bool:
        """Whether it was sealed by the key that seals now."""
        return self._source.is_current(sealed)


class _Fixed:
    """One key of 32 bytes, in the layout that names none."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ConfigurationError(
                "field_key_malformed",
                Bilingual(
                    zh="字段加密密钥已损坏，请从备份恢复。",
                    en="A field encryption key is damaged. Restore it.",
                ),
            )
        self._cipher = AESGCM(key)

    def seal(self, content: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _LEGACY + nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _LEGACY:
                raise InvalidTag
            return self._cipher.decrypt(nonce, rest, place.encode())
        except (InvalidTag, ValueError) as error:
            raise not_readable(place) from error

    def is_current(self, sealed: bytes) -> bool:
        return sealed[:1] == _LEGACY


class _OfRing:
    """The keys of a module, and for what names none the key from before there was a ring."""

    def __init__(self, ring: KeyRing, module: Module) -> None:
        self._ring, self._module = ring, module
        ring.opened()

    def seal(self, content: bytes, place: str) -> bytes:
        keys = self._ring.opened()
        return keys.current(self._module).seal(content, place, keys.state.algorithm)

    def open(self, sealed: bytes, place: str) -> bytes:
        keys = self._ring.opened()
        name = named_key(sealed)
        if name is None:
            if keys.legacy is None:
                raise not_readable(place)
            return _Fixed(keys.legacy.secret).open(sealed, place)
        key = keys.of(self._module, name)
        if key is None:
            raise not_readable(place)
        return key.open(sealed, place)

    def is_current(self, sealed: bytes) -> bool:
        return named_key(sealed) == self._ring.opened().current(self._module).id


def field_cipher(home: Path, module: Module = Module.FIELDS) -> FieldCipher:
    """The cipher of a module of a site; its keys are made when they are not there."""
    return FieldCipher(KeyRing(home), module)
