"""One data key: seals by AES-256-GCM or SM4-GCM, and says in what it sealed which key it was.

Layout of what is sealed: method (1 byte), id of the key (8), nonce (12), ciphertext with its tag
(16). Method, id and the place are authenticated, so that nothing can be put elsewhere or be said
to be another key's.

Source: NIST SP 800-38D (GCM); GB/T 32907-2016 (SM4); RFC 8998 (SM4 with GCM).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

KEY_BYTES: Final = 32
ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_HEAD: Final = 1 + ID_BYTES


class Algorithm(StrEnum):
    """By which method is sealed; what was sealed by the other one stays readable."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"


_METHODS: Final = {Algorithm.AES_256_GCM: b"\x02", Algorithm.SM4_GCM: b"\x03"}
_BY_METHOD: Final = {method: algorithm for algorithm, method in _METHODS.items()}

# Seals or opens: nonce, content, what is authenticated with it.
_Seal = Callable[[bytes, bytes, bytes], bytes]


class DataKey:
    """32 bytes under an id; each method has a key of its own that follows from them.

    Args:
        id: 16 hexadecimal digits.
        secret: 32 bytes.
    """

    __slots__ = ("_methods", "_secret", "id", "id_bytes")

    def __init__(self, id: str, secret: bytes) -> None:  # noqa: A002 - what it is
        self.id = id
        self.id_bytes = bytes.fromhex(id)
        if len(secret) != KEY_BYTES or len(self.id_bytes) != ID_BYTES:
            raise ValueError("a data key has 32 bytes and an id of 8")
        self._secret = secret
        self._methods: dict[Algorithm, tuple[_Seal, _Seal]] = {}

    @property
    def secret(self) -> bytes:
        """The bytes themselves, to be wrapped by another key."""
        return self._secret

    def derived(self, purpose: str) -> bytes:
        """32 bytes that follow from the key, other ones for each purpose (RFC 5869)."""
        return HKDF(SHA256(), 32, None, f"suwen {purpose}".encode()).derive(self._secret)

    def seal(self, content: bytes, place: str, algorithm: Algorithm) -> bytes:
        """The sealed bytes, bound to their place."""
        head = _METHODS[algorithm] + self.id_bytes
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._of(algorithm)[0](nonce, content, head + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The bytes again.

        Raises:
            ConfigurationError: ``field_not_readable`` with another key, place or altered bytes.
        """
        head, nonce = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE_BYTES]
        algorithm = _BY_METHOD.get(sealed[:1])
        if algorithm is None or head[1:] != self.id_bytes:
            raise not_readable(place)
        try:
            return self._of(algorithm)[1](
                nonce, sealed[_HEAD + _NONCE_BYTES :], head + place.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise not_readable(place) from error

    def _of(self, algorithm: Algorithm) -> tuple[_Seal, _Seal]:
        made = self._methods.get(algorithm)
        if made is None:
            key = self.derived(f"seal/{algorithm.value}")
            made = _aes(key) if algorithm is Algorithm.AES_256_GCM else _sm4(key[:16])
            self._methods[algorithm] = made
        return made


def _aes(key: bytes) -> tuple[_Seal, _Seal]:
    cipher = AESGCM(key)
    return cipher.encrypt, cipher.decrypt


def _sm4(key: bytes) -> tuple[_Seal, _Seal]:
    def seal(nonce: bytes, content: bytes, bound: bytes) -> bytes:
        encryptor = Cipher(SM4(key), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        return encryptor.update(content) + encryptor.finalize() + encryptor.tag

    def open_(nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        decryptor = Cipher(SM4(key), GCM(nonce, sealed[-_TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(bound)
        return decryptor.update(sealed[:-_TAG_BYTES]) + decryptor.finalize()

    return seal, open_


def method_of(algorithm: Algorithm) -> bytes:
    """The first byte of what is sealed by a method."""
    return _METHODS[algorithm]


def new_key_id() -> str:
    """A fresh id of a key; it says nothing about whose key it is."""
    return os.urandom(ID_BYTES).hex()


def named_key(sealed: bytes) -> str | None:
    """Id of the key that something was sealed by; ``None`` when it names none."""
    if sealed[:1] not in _BY_METHOD or len(sealed) < _HEAD + _NONCE_BYTES + _TAG_BYTES:
        return None
    return sealed[1:_HEAD].hex()


def not_readable(place: str) -> ConfigurationError:
    """The refusal of what no key of ours opens."""
    return ConfigurationError(
        "field_not_readable",
        Bilingual(
            zh="数据库中的加密字段无法解密：密钥不符，或内容已被改动。",
            en="An encrypted field of the database cannot be read: it is another key's, or was "
            "altered.",
        ),
        detail={"place": place},
    )
