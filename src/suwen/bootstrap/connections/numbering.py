"""By which numbers the patients of a connection are matched with those of other connections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from pydantic import Field

from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.connection import Connection, ConnectionReport, ConnectionTest, Connector
from suwen.core.dry_run import DryRun, DryRunner
from suwen.core.patient_numbers import numbered_patient
from suwen.storage.patient_matches import PatientMatchStore
from suwen.storage.patient_renumbering import renumber
from suwen.storage.record_import import StoredResource

CURSOR: Final = "numberings"
_PREFIX: Final = "urn:suwen:"


def numberings_field() -> Any:
    """The field of a form that says which numbers name a person beyond this connection."""
    return Field(
        default_factory=dict,
        description="Which numbers name a person in other systems too: the hospital's name of a "
        "numbering by identifier system, or by assigning authority where no system is known, such "
        'as {"urn:oid:1.2.3": "mrn"}. Patients of two connections with one number of one '
        "numbering are one person; what speaks against it waits for somebody's decision.",
    )


def with_numbers(
    resources: Sequence[StoredResource], numberings: Mapping[str, str], source: str
) -> list[StoredResource]:
    """Resources on their way into the store; Patients with what others are matched with.

    Args:
        source: what numbers the patients: a connection, or what several of them share.
    """
    return [
        replace(one, numbered=numbered_patient(one.body, numberings, source))
        if numberings and one.type == "Patient"
        else one
        for one in resources
    ]


class NumberedConnector:
    """A connector whose patients are brought in line with its numberings before it runs."""

    def __init__(
        self,
        connector: Connector,
        connection: Connection,
        source: str,
        parts: ConnectionParts,
    ) -> None:
        self._connector = connector
        self._name = connection.name
        self._numberings: Mapping[str, str] = connection.settings.get("numberings", {})
        self._source = source
        self._parts = parts

    async def run(self, report: ConnectionReport) -> None:
        """As the connector; patients from before the numberings were declared are matched first."""
        parts = self._parts
        wanted = _told_by(self._numberings, self._source)
        known = await parts.cursors.read(self._name, CURSOR)
        if known != wanted and not (known is None and not self._numberings):
            now = parts.clock.now()
            meta_source = f"{_PREFIX}{self._name}"
            await renumber(parts.database, meta_source, self._source, self._numberings, now)
            await parts.cursors.advance(self._name, CURSOR, wanted)
        await self._connector.run(report)

    async def test(self) -> ConnectionTest:
        """As the connector."""
        return await self._connector.test()

    async def dry_run(self, most_rows: int) -> DryRun:
        """As the connector, which must read rows."""
        return await cast(DryRunner, self._connector).dry_run(most_rows)


async def audit_matches(parts: ConnectionParts) -> int:
    """Tells the audit which patients became one by their numbers, or no longer are; how many.

    The match is kept first, with the patients; what the audit has not heard of is told again.
    """
    store = PatientMatchStore(parts.database)
    waiting = await store.not_audited()
    for match in waiting:
        await parts.audit.append(
            AuditEntry(
                action="patient.match",
                actor="connections",
                channel="connection",
                outcome=AuditOutcome.DONE,
                subject=f"Patient/{match.other}",
                patient=match.one,
                detail={
                    "state": match.state.value,
                    "reason": match.reason.value if match.reason is not None else "",
                    "numbering": match.numbering,
                },
            )
        )
        await store.mark_audited(match)
    return len(waiting)


def _told_by(numberings: Mapping[str, str], source: str) -> str:
    said = json.dumps([sorted(numberings.items()), source])
    return hashlib.sha256(said.encode()).hexdigest()
