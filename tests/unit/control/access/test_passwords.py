"""Passwords: argon2id by OWASP's numbers, as slow for nobody as for somebody, limited at once."""

from __future__ import annotations

import asyncio
import time

import pytest

from suwen.control.access.passwords import Passwords, check_strength
from suwen.core.errors import InputError, UnavailableError


async def test_only_the_right_password_matches() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse 42")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(stored, "correct horse 42")
    assert not await passwords.matches(stored, "correct horse 43")
    assert not await passwords.matches(None, "nobody has this password")
    assert not await passwords.matches("damaged", "correct horse 42")
    assert not passwords.needs_new_hash(stored)
    assert passwords.needs_new_hash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA")


async def test_an_unknown_account_takes_as_long_as_a_known_one() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse 42")

    async def cpu(of: str | None) -> float:
        best = float("inf")
        for _ in range(5):
            start = time.process_time()
            await passwords.matches(of, "wrong")
            best = min(best, time.process_time() - start)
        return best

    known, unknown = await cpu(stored), await cpu(None)
    assert 0.5 < unknown / known < 2


async def test_too_many_at_once_are_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suwen.control.access.passwords._MOST_WAITING", 8)
    passwords = Passwords()
    tries = [passwords.matches(None, "x") for _ in range(12)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    refused = [r for r in results if isinstance(r, UnavailableError)]
    assert len(refused) == 12 - 8
    assert not await passwords.matches(None, "x")


@pytest.mark.parametrize(
    "password", ["short", "1234567890123", "aaaaaaaaaaaa", "dr.lin-2026-x", "x" * 300]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InputError) as refused:
        check_strength("dr.lin", password)
    assert password not in refused.value.safe_message.en


@pytest.mark.parametrize("password", ["correct horse 42", "晨光里的白色长廊与海棠"])
def test_a_good_password_is_taken(password: str) -> None:
    check_strength("dr.lin", password)
