"""Dry runs of connections: what would be read, by who may manage connections, audited before."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final, cast

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.connections.kinds import build_connector
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.control.access.decision import AccessDecider, Action, InstallationTarget
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.dry_run import DryRun, DryRunner
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

DRY_RUN_KINDS: Final = frozenset({ConnectionKind.SQL_VIEWS, ConnectionKind.DROP_FOLDER})
MOST_ROWS: Final = 100_000
USUAL_ROWS: Final = 1_000


class DryRunDesk:
    """Lets an operator see what a connection would read, before or while it is switched on."""

    def __init__(self, parts: ConnectionParts, access: AccessDecider) -> None:
        self._parts = parts
        self._access = access

    async def admit(self, principal: Principal, name: str) -> Connection:
        """The connection, for who may look at what it would read.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_connection``.
            InputError: ``no_dry_run`` for a connection that reads no rows.
        """
        self._access.require(principal, Action.MANAGE_CONNECTIONS, InstallationTarget())
        connection = await self._parts.connections.read(name)
        if connection.kind not in DRY_RUN_KINDS:
            raise InputError(
                "no_dry_run",
                Bilingual(
                    zh="此类连接没有试读；试读用于 SQL 视图与投递目录。",
                    en="A connection of this kind has no dry run: that is for SQL views and drop "
                    "folders.",
                ),
                field="connection",
            )
        return connection

    async def dry_run(
        self,
        principal: Principal,
        name: str,
        most_rows: int = USUAL_ROWS,
        mapping_file: Path | None = None,
    ) -> DryRun:
        """Looks at the first rows of each source; stores nothing and moves nothing.

        Args:
            most_rows: of each view or file, 1 to ``MOST_ROWS``.
            mapping_file: a mapping to try instead of the connection's.

        Raises:
            AccessError: as ``admit``.
        """
        connection = await self.admit(principal, name)
        if mapping_file is not None:
            connection = _with_mapping(connection, mapping_file)
        act = act_of(principal, "connection.dry_run", subject=f"Connection/{name}")
        async with audited(self._parts.audit, act) as said:
            runner = cast(DryRunner, build_connector(connection, self._parts))
            found = await runner.dry_run(max(1, min(most_rows, MOST_ROWS)))
            said["rows"] = sum(source.tally.read for source in found.sources)
            said["ok"] = int(found.ok)
        return found


def _with_mapping(connection: Connection, mapping_file: Path) -> Connection:
    settings = {**connection.settings, "mapping_file": str(mapping_file.absolute())}
    return dataclasses.replace(connection, settings=settings)
