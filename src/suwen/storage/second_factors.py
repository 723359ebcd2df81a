"""The second factor of people: secrets of authenticator apps and recovery codes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_into

from suwen.core.errors import ConflictError
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.access_tables import recovery_code, second_factor
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher


@dataclass(frozen=True, slots=True)
class Factor:
    """A person's second factor.

    Attributes:
        secret: base32, as the app has it.
        confirmed_at: when the person showed that the app has it; ``None`` while they have not,
            and then it is no factor yet.
    """

    secret: str = field(repr=False)
    confirmed_at: datetime | None


class SecondFactorStore:
    """Second factors in the general database; secrets are sealed, recovery codes hashed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def read(self, person: PrincipalId) -> Factor | None:
        """The person's factor, ``None`` where there is none."""
        query = select(second_factor).where(second_factor.c.person == person)
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return Factor(self._cipher.open(row["secret"], _place(person)), row["confirmed_at"])

    async def begin(self, person: PrincipalId, secret: str, at: datetime) -> None:
        """Keeps a new secret until it is confirmed, instead of one that never was.

        Raises:
            ConflictError: ``second_factor_exists`` when there is one in force.
        """
        values = {
            "secret": self._cipher.seal(secret, _place(person)),
            "begun_at": at,
            "confirmed_at": None,
            "last_step": 0,
        }
        statement = (
            upsert_into(second_factor)
            .values(person=person, **values)
            .on_conflict_do_update(
                index_elements=["person"],
                set_=values,
                where=second_factor.c.confirmed_at.is_(None),
            )
            .returning(second_factor.c.person)
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(statement)).one_or_none() is None:
                raise ConflictError(
                    "second_factor_exists",
                    Bilingual(
                        zh="该账号已启用第二因素。",
                        en="This account has a second factor already.",
                    ),
                )

    async def use_step(self, person: PrincipalId, step: int) -> bool:
        """Whether no code of this time step or a later one was used before; from now on it was."""
        statement = (
            update(second_factor)
            .where(second_factor.c.person == person, second_factor.c.last_step < step)
            .values(last_step=step)
            .returning(second_factor.c.person)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def confirm(
        self, person: PrincipalId, code_hashes: Collection[str], at: datetime
    ) -> None:
        """Puts the factor in force with its recovery codes; those before it are gone."""
        rows = [{"person": person, "code_hash": one} for one in sorted(code_hashes)]
        async with self._database.transaction() as connection:
            await connection.execute(
                update(second_factor)
                .where(second_factor.c.person == person)
                .values(confirmed_at=at)
            )
            await connection.execute(delete(recovery_code).where(recovery_code.c.person == person))
            await connection.execute(insert(recovery_code), rows)

    async def use_recovery_code(self, person: PrincipalId, code_hash: str, at: datetime) -> bool:
        """Whether it is an unused recovery code of the person; from now on it is used."""
        statement = (
            update(recovery_code)
            .where(
                recovery_code.c.person == person,
                recovery_code.c.code_hash == code_hash,
                recovery_code.c.used_at.is_(None),
            )
            .values(used_at=at)
            .returning(recovery_code.c.person)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def recovery_codes_left(self, person: PrincipalId) -> int:
        """How many recovery codes were not used."""
        query = select(func.count()).where(
            recovery_code.c.person == person, recovery_code.c.used_at.is_(None)
        )
        async with self._database.transaction() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def remove(self, person: PrincipalId) -> bool:
        """Takes the factor away with its recovery codes; false when there was none."""
        gone = delete(second_factor).where(second_factor.c.person == person)
        async with self._database.transaction() as connection:
            await connection.execute(delete(recovery_code).where(recovery_code.c.person == person))
            found = await connection.execute(gone.returning(second_factor.c.person))
            return found.one_or_none() is not None


def _place(person: PrincipalId) -> str:
    return f"second_factor/{person}"
