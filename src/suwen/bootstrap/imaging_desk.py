"""What people do with images: whose a study is, fetching one, sending one; audited before."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.connections.dicom import peer_address, web_peer
from suwen.bootstrap.connections.dicom_parts import ImagingParts, imaging_parts
from suwen.bootstrap.connections.dicom_settings import (
    DicomListenerSettings,
    DicomPeerSettings,
    DicomWebPeerSettings,
    ImagingSource,
)
from suwen.bootstrap.connections.kinds import read_connection_settings
from suwen.bootstrap.connections.parts import ceiling_of
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.privacy import data_class
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.data_class import DEIDENTIFIED, IDENTIFIABLE, PUBLIC
from suwen.core.errors import InputError, NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.integration.dicom.confidentiality import UNCHECKED, Clearance, Deidentifier
from suwen.integration.dicom.header import read_header, shown_name
from suwen.integration.dicom.peer import DicomPeer, Outgoing, Retrieved, Sent, outgoing
from suwen.integration.dicom.queries import (
    FoundStudy,
    ScheduledStep,
    StudyQuery,
    WorklistQuery,
)
from suwen.integration.dicom.sop_classes import COMMON_STORAGE
from suwen.integration.dicom.web_peer import DicomWebPeer
from suwen.storage.imaging import ImagingStore, Study
from suwen.storage.secret_files import read_secret, secrets_folder, write_secret

KEY_FILE: Final = "deidentification_key"
_FORMS: Final[dict[ConnectionKind, type[ImagingSource]]] = {
    ConnectionKind.DICOM_LISTENER: DicomListenerSettings,
    ConnectionKind.DICOM_PEER: DicomPeerSettings,
    ConnectionKind.DICOMWEB_PEER: DicomWebPeerSettings,
}


@dataclass(frozen=True, slots=True)
class OpenedStudy:
    """A study that waits, with what its header says of the patient."""

    study: Study
    patient_number: str | None = field(repr=False)
    patient_issuer: str | None = field(repr=False)
    patient_name: str | None = field(repr=False)
    birth_date: str | None = field(repr=False)
    sex: str | None = field(repr=False)
    accession_number: str | None = field(repr=False)
    description: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Departure:
    """What became of the objects that were to be sent; refused ones by their code and place."""

    sent: tuple[Sent, ...]
    refused: tuple[tuple[str, str], ...]
    deidentified: bool


class ImagingDesk:
    """Studies and the systems that they come from and go to, for the operator."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = ImagingStore(platform.database)

    async def waiting(self, principal: Principal, limit: int = 100) -> Sequence[Study]:
        """Studies of which it is not known whose they are; nothing that tells who it may be.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(principal, Action.READ_CONNECTIONS)
        return await self._store.waiting(limit=limit)

    async def open(self, principal: Principal, study_uid: str, reason: str) -> OpenedStudy:
        """A waiting study with what its header says of the patient; audited before it is read.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_needed``.
            NotFoundError: ``no_such_study``.
        """
        self._require(principal, Action.READ_MESSAGES)
        said = _reason(reason)
        act = act_of(principal, "imaging.open", subject=f"Study/{study_uid}", reason=said)
        async with audited(self._platform.audit, act):
            study = await self._store.study(study_uid)
            instances = await self._store.of_study(study_uid)
            if study is None or not instances:
                raise _no_such_study()
        first = instances[0]
        return OpenedStudy(
            study=study,
            patient_number=first.patient_number,
            patient_issuer=first.patient_issuer,
            patient_name=shown_name(first.header.get("patient_name")),
            birth_date=first.header.get("patient_birth_date"),
            sex=first.header.get("patient_sex"),
            accession_number=first.header.get("accession_number"),
            description=first.header.get("study_description"),
        )

    async def link(self, principal: Principal, study_uid: str, patient: str) -> Study:
        """Links a study to a patient of the record store.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_study``, ``patient_not_found``.
            ConflictError: ``study_of_another_origin``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        self._require(principal, Action.READ_MESSAGES)
        act = act_of(principal, "imaging.link", subject=f"Study/{study_uid}", to=patient)
        async with audited(self._platform.audit, act):
            imaging = await self._of_study(study_uid)
            return await imaging.mapper.link(study_uid, patient, principal.id)

    async def set_aside(self, principal: Principal, study_uid: str, reason: str) -> Study:
        """Decides that a study is nobody's here, and takes it out of a record that it was in.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_needed``.
            NotFoundError: ``no_such_study``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        said = _reason(reason)
        act = act_of(principal, "imaging.set_aside", subject=f"Study/{study_uid}", reason=said)
        async with audited(self._platform.audit, act):
            imaging = await self._of_study(study_uid)
            return await imaging.mapper.set_aside(study_uid, said, principal.id)

    async def find(
        self, principal: Principal, connection: str, query: StudyQuery
    ) -> Sequence[FoundStudy]:
        """Studies that another system has (C-FIND or QIDO-RS).

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_connection``.
            InputError: ``connection_cannot`` where the connection is of another kind.
            IntegrationError: when the other side cannot be asked.
            PrivacyError: ``above_connection_ceiling`` where it is not cleared for what is asked.
        """
        named = query.patient_number is not None or query.accession_number is not None
        leaving = IDENTIFIABLE if named else PUBLIC
        act = ("imaging.find", leaving)
        async with self._called(principal, connection, *act) as (peer, _imaging, said):
            found = await peer.find(query)
            said["studies"] = len(found)
            return found

    async def worklist(
        self, principal: Principal, connection: str, query: WorklistQuery
    ) -> Sequence[ScheduledStep]:
        """Scheduled examinations of a modality worklist; raises as ``find``."""
        act = ("imaging.worklist", PUBLIC if query.patient_number is None else IDENTIFIABLE)
        async with self._called(principal, connection, *act) as (peer, _parts, said):
            if not isinstance(peer, DicomPeer):
                raise _cannot()
            found = await peer.worklist(query)
            said["steps"] = len(found)
            return found

    async def fetch(self, principal: Principal, connection: str, study_uid: str) -> Retrieved:
        """Fetches a study and keeps it (C-GET, C-MOVE or WADO-RS); raises as ``find``."""
        act = ("imaging.fetch", PUBLIC)
        async with self._called(principal, connection, *act) as (peer, imaging, said):
            got = await self._fetched(peer, imaging, connection, study_uid)
            said.update(study=study_uid, objects=got.completed, failed=got.failed)
            return got

    async def send(
        self,
        principal: Principal,
        connection: str,
        study_uid: str,
        clearance: Clearance = UNCHECKED,
    ) -> Departure:
        """Sends a study to another system; to one outside the clinical side without identity.

        Args:
            clearance: what was checked before objects leave without identity.

        Raises:
            As ``find``; NotFoundError: ``no_such_study``.
        """
        stored = await self._connection(connection)
        settings = _settings_of(stored)
        outside = getattr(settings, "side", "clinical") == "outside"
        act = ("imaging.send", await self._class_sent(study_uid, outside=outside))
        async with self._called(principal, connection, *act) as (peer, imaging, said):
            instances = await self._store.of_study(study_uid)
            if not instances:
                raise _no_such_study()
            ready: list[Outgoing] = []
            refused: list[tuple[str, str]] = []
            reading = settings.reading(self._platform.settings.zone)
            keys = await self._store.study_keys(study_uid)
            for one in instances:
                content = await asyncio.to_thread(imaging.files.read, one.digest, keys)
                try:
                    if outside:
                        content = await asyncio.to_thread(
                            self._deidentifier().cleaned, content, clearance
                        )
                    ready.append(outgoing(read_header(content, reading), content))
                except InputError as error:
                    refused.append((error.code, error.field or ""))
            sent = await peer.store(ready) if ready else []
            said.update(study=study_uid, sent=sum(s.taken for s in sent), refused=len(refused))
            said["deidentified"] = int(outside)
        return Departure(tuple(sent), tuple(refused), outside)

    async def _class_sent(self, study_uid: str, *, outside: bool) -> int:
        """The data class (1 to 5) of a study as it leaves."""
        if outside:
            return DEIDENTIFIED
        study = await self._store.study(study_uid)
        if study is None or study.patient is None:
            return IDENTIFIABLE
        patient = await self._platform.records.read_resource("Patient", study.patient)
        return IDENTIFIABLE if patient is None else data_class.class_of_item(patient)

    async def _fetched(
        self,
        peer: DicomPeer | DicomWebPeer,
        imaging: ImagingParts,
        connection: str,
        study_uid: str,
    ) -> Retrieved:
        if isinstance(peer, DicomPeer):
            settings = _settings_of(await self._connection(connection))
            if isinstance(settings, DicomPeerSettings) and settings.retrieve_by == "move":
                return await peer.move(study_uid, settings.calling_ae_title)
            return await peer.get(study_uid, COMMON_STORAGE, imaging.receiver.receive)
        refused: list[tuple[str, str]] = []
        completed = 0
        for content in await peer.retrieve(study_uid):
            try:
                await imaging.receiver.receive(content)
                completed += 1
            except InputError as error:
                refused.append((error.code, error.field or ""))
        return Retrieved(completed, len(refused), tuple(refused))

    @contextlib.asynccontextmanager
    async def _called(
        self, principal: Principal, name: str, action: str, leaving: int
    ) -> AsyncIterator[tuple[DicomPeer | DicomWebPeer, ImagingParts, dict[str, Any]]]:
        """Another system, called for one audited act by which data of a class leave."""
        self._require(principal, Action.MANAGE_CONNECTIONS)
        connection = await self._connection(name)
        settings = _settings_of(connection)
        imaging = imaging_parts(connection, settings, self._platform.connection_parts)
        act = act_of(principal, action, subject=f"Connection/{name}")
        async with audited(self._platform.audit, act) as said:
            # Its own process may never have run: then the folder is not there yet.
            await asyncio.to_thread(imaging.files.prepare, time.time())
            data_class.check_connection_ceiling(leaving, ceiling_of(connection.settings), name)
            if isinstance(settings, DicomPeerSettings):
                yield DicomPeer(peer_address(settings), settings.largest), imaging, said
            elif isinstance(settings, DicomWebPeerSettings):
                peer = web_peer(settings)
                try:
                    yield peer, imaging, said
                finally:
                    await peer.close()
            else:
                raise _cannot()

    async def _of_study(self, study_uid: str) -> ImagingParts:
        """The parts of the connection that a study came over."""
        instances = await self._store.of_study(study_uid)
        if not instances:
            raise _no_such_study()
        connection = await self._connection(instances[0].connection)
        return imaging_parts(connection, _settings_of(connection), self._platform.connection_parts)

    async def _connection(self, name: str) -> Connection:
        return await self._platform.connection_parts.connections.read(name)

    def _deidentifier(self) -> Deidentifier:
        return Deidentifier(deidentification_secret(self._platform.settings.home))

    def _require(self, principal: Principal, action: Action) -> None:
        self._platform.access.require(principal, action, InstallationTarget())


def deidentification_secret(home: Path) -> bytes:
    """The secret by which UIDs are mapped, made when it is not there."""
    file = secrets_folder(home) / KEY_FILE
    if not file.exists():
        write_secret(file, os.urandom(32))
    return read_secret(file)


def day_of(text: str | None, name: str) -> date | None:
    """A day as given on the command line.

    Raises:
        InputError: ``field_wrong``.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(
            "field_wrong",
            Bilingual(zh="须为日期，例如 2026-11-22。", en="Must be a date such as 2026-11-22."),
            field=name,
        ) from None


def _settings_of(connection: Connection) -> ImagingSource:
    form = _FORMS.get(connection.kind)
    if form is None:
        raise _cannot()
    return read_connection_settings(connection, form)


def _reason(text: str) -> str:
    said = " ".join(text.split())
    if not 4 <= len(said) <= 200:
        raise InputError(
            "reason_needed",
            Bilingual(zh="请用 4 至 200 个字说明原因。", en="State why, in 4 to 200 characters."),
            field="reason",
        )
    return said


def _cannot() -> InputError:
    return InputError(
        "connection_cannot",
        Bilingual(
            zh="该连接的类型不支持此操作。",
            en="A connection of this kind cannot do that.",
        ),
        field="connection",
    )


def _no_such_study() -> NotFoundError:
    return NotFoundError(
        "no_such_study", Bilingual(zh="没有该检查。", en="There is no such study.")
    )
