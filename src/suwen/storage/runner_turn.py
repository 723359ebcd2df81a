"""Whose turn it is to run the connections, when several processes could."""

from __future__ import annotations

from typing import Final

from suwen.storage.database import Database

# Any fixed number; whoever holds it runs the connections.
_TURN: Final = 0x5357_434E


class RunnerTurn:
    """Held by one process at a time, given up when it ends, however it ends.

    Args:
        database: used for nothing else: the turn lasts as long as its kept connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self) -> bool:
        """Whether it is this process's turn: it was already, or nobody else has it.

        Raises:
            UnavailableError: when the database cannot be asked; the turn may be lost.
        """
        async with self._database.kept_connection() as connection:
            held = await connection.execute(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s "
                "AND pid = pg_backend_pid() AND granted) OR pg_try_advisory_lock(%s)",
                [_TURN, _TURN],
            )
            row = await held.fetchone()
        return row == (True,)
