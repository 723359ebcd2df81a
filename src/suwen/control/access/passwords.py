"""Passwords as argon2id hashes; several at once must not take the machine down."""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from suwen.control.access.turns import sign_in_busy
from suwen.core.errors import InputError
from suwen.core.language import Bilingual

LEAST_CHARACTERS = 10
_MOST_CHARACTERS = 256
_AT_ONCE = 2
_MOST_WAITING = 64


class Passwords:
    """Hashes and checks passwords in threads, two at a time.

    Parameters of argon2id: 19 MiB, two passes, one lane. Source: OWASP Password Storage Cheat
    Sheet (2024).
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(
            time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID
        )
        # Checked for an account that does not exist, so that it takes as long as for one that does.
        self._nobody = _hash_of_nobody(self._hasher)
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._in_turn(password, None) or ""

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; ``stored`` ``None`` takes as long and is never so.

        Raises:
            UnavailableError: ``sign_in_busy`` when too many wait already.
        """
        matched = await self._in_turn(password, stored or self._nobody)
        return matched is not None and stored is not None

    def needs_new_hash(self, stored: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    async def _in_turn(self, password: str, stored: str | None) -> str | None:
        if self._waiting >= _MOST_WAITING:
            raise sign_in_busy()
        self._waiting += 1
        try:
            async with self._turn:
                if stored is None:
                    return await asyncio.to_thread(self._hasher.hash, password)
                return await asyncio.to_thread(self._checked, stored, password)
        finally:
            self._waiting -= 1

    def _checked(self, stored: str, password: str) -> str | None:
        try:
            self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return None
        return stored


def _hash_of_nobody(hasher: PasswordHasher) -> str:
    """A hash that no password has: by chance and not computed, which every start would wait for."""
    salt, drawn = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${drawn}"


def check_strength(account: str, password: str) -> None:
    """Lets a new password pass, or says what is wrong with it.

    Raises:
        InputError: ``password_too_weak``.
    """
    folded = password.casefold()
    weak = (
        not LEAST_CHARACTERS <= len(password) <= _MOST_CHARACTERS
        or len(set(folded)) < 5
        or account.casefold() in folded
        or folded.isdigit()
    )
    if weak:
        raise InputError(
            "password_too_weak",
            Bilingual(
                zh=f"密码须有 {LEAST_CHARACTERS} 至 {_MOST_CHARACTERS} 个字符、至少 5 个不同字符，"
                "不能只有数字，也不能包含账号名。",
                en=f"A password has {LEAST_CHARACTERS} to {_MOST_CHARACTERS} characters, at least "
                "5 different ones, not only digits, and does not contain the account name.",
            ),
            field="password",
        )
