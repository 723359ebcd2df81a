"""A file that only its passphrase opens, and that shows any change or cut.

Layout: magic, length and text of a JSON header, then chunks sealed by AES-256-GCM. Each chunk's
nonce holds its number and whether it is the last one, and each is bound to the header, so that a
chunk cannot be changed, moved, left out or put in from elsewhere, nor the end cut off.

Source: the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015); scrypt: RFC 7914.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

MAGIC = b"SUWEN-SEALED-1\n"
SHORTEST_PASSPHRASE = 12
_CHUNK = 1 << 20
_TAG = 16
_LONGEST_HEADER = 4096
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 1 << 16, 8, 1
_SCRYPT_MEMORY = 128 * 1024 * 1024


class SealedWriter:
    """Writes a sealed file; it is whole only after ``finish``.

    Args:
        stream: where it goes, opened for writing bytes.

    Raises:
        InputError: ``backup_passphrase_too_short``.
    """

    def __init__(self, stream: BinaryIO, passphrase: str) -> None:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise InputError(
                "backup_passphrase_too_short",
                Bilingual(
                    zh=f"备份口令至少需要 {SHORTEST_PASSPHRASE} 个字符。",
                    en=f"The backup's passphrase needs at least {SHORTEST_PASSPHRASE} characters.",
                ),
                field="passphrase",
            )
        salt = os.urandom(16)
        key, check = _keys(passphrase, salt)
        facts = {"salt": base64.b64encode(salt).decode(), "check": check, "kdf": "scrypt-65536-8-1"}
        self._header = json.dumps(facts, sort_keys=True).encode()
        self._cipher = AESGCM(key)
        self._stream = stream
        self._waiting = bytearray()
        self._number = 0
        stream.write(MAGIC + struct.pack(">I", len(self._header)) + self._header)

    def write(self, content: bytes) -> int:
        """Takes the next bytes; returns how many."""
        self._waiting += content
        while len(self._waiting) > _CHUNK:
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(content)

    def finish(self) -> None:
        """Writes the end, without which the file counts as cut off."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, content: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last)
        self._stream.write(self._cipher.encrypt(nonce, content, self._header))
        self._number += 1


class SealedReader:
    """Reads a sealed file; every byte handed out was verified, the end only at the end.

    Raises:
        InputError: ``backup_not_a_backup``, ``backup_wrong_passphrase`` or ``backup_damaged``.
    """

    def __init__(self, stream: BinaryIO, passphrase: str) -> None:
        if stream.read(len(MAGIC)) != MAGIC:
            raise InputError(
                "backup_not_a_backup",
                Bilingual(
                    zh="该文件不是 suwen 备份文件。", en="The file is not a backup of suwen."
                ),
            )
        length = stream.read(4)
        size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
        self._header = stream.read(size) if size <= _LONGEST_HEADER else b""
        try:
            facts = json.loads(self._header)
            salt, check = base64.b64decode(facts["salt"], validate=True), str(facts["check"])
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise damaged() from error
        key, expected = _keys(passphrase, salt)
        if not hmac.compare_digest(expected.encode(), check.encode()):
            raise InputError(
                "backup_wrong_passphrase",
                Bilingual(
                    zh="备份口令不正确，或文件头已损坏。",
                    en="The passphrase is not the backup's, or the file's header is damaged.",
                ),
                field="passphrase",
            )
        self._cipher = AESGCM(key)
        self._stream = stream
        self._next = stream.read(_CHUNK + _TAG)
        self._ready = b""
        self._number = 0
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes, fewer than ``size`` only at the end.

        Raises:
            InputError: ``backup_damaged`` at a changed, missing or foreign chunk.
        """
        pieces: list[bytes] = []
        wanted = size
        while (size < 0 or wanted > 0) and (self._ready or not self._ended):
            if not self._ready:
                self._ready = self._open()
                continue
            piece = self._ready if size < 0 else self._ready[:wanted]
            self._ready = self._ready[len(piece) :]
            wanted -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _open(self) -> bytes:
        sealed, self._next = self._next, self._stream.read(_CHUNK + _TAG)
        self._ended = not self._next
        try:
            content = self._cipher.decrypt(_nonce(self._number, self._ended), sealed, self._header)
        except (InvalidTag, ValueError) as error:
            raise damaged() from error
        self._number += 1
        return content


def damaged() -> InputError:
    """The refusal of a file that is not as it was written."""
    return InputError(
        "backup_damaged",
        Bilingual(
            zh="备份文件不完整或已被改动，未恢复任何内容。请使用另一份备份。",
            en="The backup is cut off or was altered; nothing was restored. Use another copy.",
        ),
    )


def _keys(passphrase: str, salt: bytes) -> tuple[bytes, str]:
    both = hashlib.scrypt(
        passphrase.encode(),
        salt=salt,
        n=_SCRYPT_N,
        r=_SCRYPT_R,
        p=_SCRYPT_P,
        maxmem=_SCRYPT_MEMORY,
        dklen=64,
    )
    return both[:32], base64.b64encode(both[32:48]).decode()


def _nonce(number: int, last: bool) -> bytes:
    return b"suwen\x00\x00" + struct.pack(">I", number) + (b"\x01" if last else b"\x00")
