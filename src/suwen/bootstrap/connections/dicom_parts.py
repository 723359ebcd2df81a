"""What every DICOM connection works with: the stores, the receiver and the mapper."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.bootstrap.connections.dicom_settings import ImagingSource
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.connection import Connection
from suwen.core.identity import Channel
from suwen.core.ports import AuditSink
from suwen.integration.dicom.mapping import StudyMapper
from suwen.integration.dicom.receiving import ObjectReceiver, Origin
from suwen.storage.imaging import ImagingStore, Study
from suwen.storage.imaging_commitments import CommitmentStore
from suwen.storage.imaging_files import ImagingFiles, imaging_cipher


@dataclass(frozen=True)
class ImagingParts:
    """What every DICOM connection works with."""

    store: ImagingStore
    files: ImagingFiles
    commitments: CommitmentStore
    receiver: ObjectReceiver
    mapper: StudyMapper
    audit: AuditSink

    async def note(self, study: Study) -> None:
        """Audits that objects of a study came, and whose it is taken to be."""
        await self.audit.append(
            AuditEntry(
                action="imaging.received",
                actor=f"connection/{study.connection}",
                channel=Channel.DICOM.value,
                outcome=AuditOutcome.DONE,
                subject=f"Study/{study.study_uid}",
                patient=study.patient,
                detail={
                    "objects": study.instances,
                    "state": study.state.value,
                    "reason": study.reason or "",
                },
            )
        )


def imaging_parts(
    connection: Connection, source: ImagingSource, parts: ConnectionParts
) -> ImagingParts:
    """The parts of one connection."""
    store = ImagingStore(parts.database)
    files = ImagingFiles(parts.settings.home, imaging_cipher(parts.settings.home))
    return ImagingParts(
        store,
        files,
        CommitmentStore(parts.database),
        ObjectReceiver(
            files,
            store,
            Origin(connection.name, connection.synthetic),
            source.reading(parts.settings.zone),
            parts.clock,
        ),
        StudyMapper(store, connection.name, source.rules(), parts.clock),
        parts.audit,
    )
