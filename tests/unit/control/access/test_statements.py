"""A statement holds for one person, one act, and three minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from suwen.control.access.statements import VALID, SealedStatements
from suwen.core.identity import PrincipalId
from suwen.storage.encryption import FieldCipher

LIN, HE = PrincipalId("dr.lin"), PrincipalId("dr.he")


class Clock:
    """A clock that a test sets."""

    at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def statements(clock: Clock) -> SealedStatements:
    return SealedStatements(FieldCipher(b"k" * 32), clock)


def test_it_holds_for_what_it_was_made_for(statements: SealedStatements) -> None:
    made = statements.state(LIN, "draft/1/hash")
    assert statements.holds(made, LIN, "draft/1/hash")
    assert not statements.holds(made, HE, "draft/1/hash")
    assert not statements.holds(made, LIN, "draft/2/hash")


def test_a_statement_about_nothing_holds_for_nothing(statements: SealedStatements) -> None:
    assert not statements.holds(statements.state(LIN, ""), LIN, "")


@pytest.mark.parametrize(
    ("after", "holds"),
    [
        (timedelta(0), True),
        (VALID, True),
        (VALID + timedelta(seconds=1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_it_holds_for_a_while(
    statements: SealedStatements, clock: Clock, after: timedelta, holds: bool
) -> None:
    made = statements.state(LIN, "x")
    clock.at += after
    assert statements.holds(made, LIN, "x") is holds


def test_another_installations_statement_does_not_hold(clock: Clock) -> None:
    theirs = SealedStatements(FieldCipher(b"o" * 32), clock).state(LIN, "x")
    ours = SealedStatements(FieldCipher(b"k" * 32), clock)
    assert not ours.holds(theirs, LIN, "x")
    assert ours.holds(ours.state(LIN, "x"), LIN, "x")
