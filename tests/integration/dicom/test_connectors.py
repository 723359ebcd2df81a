"""The connections as the platform runs them: what is signed reaches Orthanc, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from suwen.bootstrap.connections.dicom import AskedWebPeer, CalledPeer, DicomDoor
from suwen.bootstrap.connections.dicom_settings import (
    DicomListenerSettings,
    DicomPeerSettings,
    DicomWebPeerSettings,
)
from suwen.bootstrap.connections.kinds import build_connector, checked_settings
from suwen.bootstrap.connections.opening import open_connection_parts
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.settings import Settings
from suwen.core.audit import AuditOutcome, content_hash
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.draft import Decision, DraftStatus
from suwen.core.errors import InputError
from suwen.integration.dicom.web_peer import DicomWebPeer, WebAddress
from suwen.storage.drafts import DraftStore
from suwen.storage.imaging import ImagingStore
from suwen.storage.outbound import OutboundState
from suwen.storage.record_import import StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls
from tests.integration.dicom.conftest import Told
from tests.integration.storage.test_drafts import decision, draft, signed_record
from tests.support.dicom_objects import ct_object, uid
from tests.support.peers.dcmtk import free_port
from tests.support.peers.orthanc import AE_TITLE, Orthanc, orthanc

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
    # The library leaves the socket of a refused connection to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


class Sink:
    """An audit that keeps what it is told."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    async def append(self, entry: Any) -> Any:
        self.entries.append(entry)
        return entry

    async def append_all(self, entries: Any) -> Any:
        self.entries.extend(entries)
        return entries


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def parts(
    fresh_database_urls: DatabaseUrls, state_folder: Path
) -> AsyncIterator[ConnectionParts]:
    async with AsyncExitStack() as closing:
        yield open_connection_parts(
            Settings(home=state_folder), fresh_database_urls, Sink(), Clock(), closing
        )


async def _sign(parts: ConnectionParts, patient: str) -> str:
    """A signed discharge record of a patient."""
    unit = {
        "resourceType": "Patient",
        "id": patient,
        "identifier": [{"system": "urn:x", "value": "P0000001"}],
        "name": [{"family": "王", "given": ["小明"]}],
        "gender": "male",
        "birthDate": "1960-02-03",
    }
    await RecordStore(parts.database).import_unit(
        [StoredResource("Patient", patient, patient, None, None, None, "imported", unit)]
    )
    store = DraftStore(parts.database)
    section = {
        "id": "a",
        "code": None,
        "title": "住院经过",
        "text": "平稳。",
        "fields": [],
        "statements": [],
    }
    document = {
        "document_type": "discharge_summary",
        "language": "zh",
        "title": "出院记录",
        "sections": [section],
    }
    label = {
        "visible_zh": "【AI 生成】须经审核。",
        "visible_en": "[AI]",
        "attribute": "ai-generated",
        "provider": "示范医院",
        "system": "suwen",
        "content_id": "d",
    }
    content = {"result": {"document": document}, "label": label}
    made = replace(draft(), patient=patient, content=content, content_hash=content_hash(content))
    await store.create(made)
    signed = replace(decision(Decision.ACCEPT, made), decided_at=datetime.now(UTC))
    record = replace(signed_record(made, signed), signed_at=datetime.now(UTC))
    await store.decide(signed, DraftStatus.SIGNED, record, made.version)
    return str(record.id)


def _connection(kind: ConnectionKind, **settings: Any) -> Connection:
    return Connection("pacs-out", kind, settings)


async def test_what_is_signed_reaches_the_pacs_once_in_both_forms(parts: ConnectionParts) -> None:
    with orthanc() as pacs:
        connection = _connection(
            ConnectionKind.DICOM_PEER,
            host="127.0.0.1",
            port=pacs.dicom_port,
            ae_title=AE_TITLE,
            send_signed=["pdf", "sr"],
            issuer_of_patient_id="HIS",
        )
        peer, told = build_connector(connection, parts), Told()
        assert isinstance(peer, CalledPeer)
        assert (await peer.test()).ok
        await parts.cursors.advance(
            "pacs-out", "signed", (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        )
        record = await _sign(parts, "wang")
        task = asyncio.create_task(peer.run(told))
        await _until(lambda: pacs.instances == 2)
        await asyncio.sleep(2.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert pacs.instances == 2 and told.messages == 2 and told.errors == []
        sent = await parts.outbound.queue("pacs-out")
        assert {one.key for one in sent} == {f"{record}/pdf", f"{record}/sr"}
        assert {one.state for one in sent} == {OutboundState.DELIVERED}
        await _check_received(pacs)
    audited = [e for e in parts.audit.entries if e.action == "draft.send"]  # type: ignore[attr-defined]
    assert {e.detail["form"] for e in audited} == {"dicom-pdf", "dicom-sr"}
    assert {e.patient for e in audited} == {"wang"}


async def _check_received(pacs: Orthanc) -> None:
    web = DicomWebPeer(WebAddress(pacs.web))
    try:
        [study] = pacs.rest("/studies?expand")
        contents = await web.retrieve(study["MainDicomTags"]["StudyInstanceUID"])
    finally:
        await web.close()
    by_modality = {one.Modality: one for one in (dcmread(BytesIO(c)) for c in contents)}
    assert set(by_modality) == {"SR", "DOC"}
    assert by_modality["SR"].VerificationFlag == "VERIFIED"
    assert by_modality["DOC"].EncapsulatedDocument.startswith(b"%PDF")
    for one in by_modality.values():
        assert (one.PatientID, one.IssuerOfPatientID) == ("P0000001", "HIS")
        assert str(one.PatientName) == "=王^小明"


async def test_what_cannot_be_delivered_waits_and_goes_when_the_pacs_is_there(
    parts: ConnectionParts,
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/dicom-web"
    connection = _connection(ConnectionKind.DICOMWEB_PEER, url=url, send_signed=["sr"])
    peer, told = build_connector(connection, parts), Told()
    assert isinstance(peer, AskedWebPeer) and not (await peer.test()).ok
    await parts.cursors.advance(
        "pacs-out", "signed", (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    )
    await _sign(parts, "wang")
    task = asyncio.create_task(peer.run(told))
    await _until(lambda: ("dicomweb_unreachable", "") in told.errors and told.downs)
    async with asyncio.timeout(30):
        [waiting] = await parts.outbound.queue("pacs-out")
        while not waiting.attempts:
            await asyncio.sleep(0.05)
            [waiting] = await parts.outbound.queue("pacs-out")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert waiting.state is OutboundState.WAITING
    assert waiting.due_at is not None and told.downs == ["dicomweb_unreachable"]


async def test_what_is_above_the_ceiling_is_held_and_never_tried(parts: ConnectionParts) -> None:
    async def error_under(ceiling: int) -> tuple[str, OutboundState]:
        """What became of a signed document, with a ceiling, where nobody answers."""
        url = f"http://127.0.0.1:{free_port()}/dicom-web"
        settings = {"url": url, "send_signed": ["sr"], "ceiling": ceiling}
        connection = Connection(f"pacs-{ceiling}", ConnectionKind.DICOMWEB_PEER, settings)
        began = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        await parts.cursors.advance(connection.name, "signed", began)
        task = asyncio.create_task(build_connector(connection, parts).run(Told()))
        async with asyncio.timeout(30):
            tried = await parts.outbound.queue(connection.name)
            while not tried or tried[0].error_code is None:
                await asyncio.sleep(0.05)
                tried = await parts.outbound.queue(connection.name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return str(tried[0].error_code), tried[0].state

    await _sign(parts, "wang")
    assert await error_under(3) == ("above_connection_ceiling", OutboundState.FAILED)
    assert await error_under(4) == ("dicomweb_unreachable", OutboundState.WAITING)
    outcomes = [e.outcome for e in parts.audit.entries if e.action == "draft.send"]  # type: ignore[attr-defined]
    assert outcomes[0] is AuditOutcome.REFUSED and AuditOutcome.REFUSED not in outcomes[1:]


async def test_nothing_of_a_demonstration_goes_to_a_real_pacs(parts: ConnectionParts) -> None:
    connection = replace(
        _connection(ConnectionKind.DICOMWEB_PEER, url="http://127.0.0.1:9/", send_signed=["sr"]),
        synthetic=True,
    )
    peer = build_connector(connection, parts)
    await parts.cursors.advance(
        "pacs-out", "signed", (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    )
    await _sign(parts, "wang")
    task = asyncio.create_task(peer.run(Told()))
    await asyncio.sleep(1.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await parts.outbound.queue("pacs-out") == []


async def test_the_door_receives_maps_and_tests_itself(parts: ConnectionParts) -> None:
    from suwen.integration.dicom.header import read_header
    from suwen.integration.dicom.network import PeerAddress
    from suwen.integration.dicom.peer import DicomPeer, outgoing
    from tests.integration.dicom.conftest import READING

    port = free_port()
    door = build_connector(Connection("pacs", ConnectionKind.DICOM_LISTENER, {"port": port}), parts)
    assert isinstance(door, DicomDoor) and not (await door.test()).ok
    told = Told()
    task = asyncio.create_task(door.run(told))
    await asyncio.wait_for(told.is_up.wait(), 20)
    assert told.port == port and (await door.test()).ok
    content = ct_object(1, study=81)
    peer = DicomPeer(PeerAddress("127.0.0.1", port, "SUWEN", "CT1"))
    [sent] = await peer.store([outgoing(read_header(content, READING), content)])
    assert sent.taken
    await _until(lambda: ("patient_unknown", "(0010,0020) PatientID") in told.errors)
    [waiting] = await ImagingStore(parts.database).waiting("pacs")
    assert waiting.study_uid == uid(81)
    [entry] = [e for e in parts.audit.entries if e.action == "imaging.received"]  # type: ignore[attr-defined]
    assert (entry.subject, entry.patient) == (f"Study/{uid(81)}", None)
    assert entry.detail == {"objects": 1, "state": "waiting", "reason": "patient_unknown"}
    began = asyncio.get_running_loop().time()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert asyncio.get_running_loop().time() - began < 3.0


@pytest.mark.parametrize(
    ("form", "values", "field"),
    [
        (DicomListenerSettings, {"host": "0.0.0.0"}, ""),
        (DicomListenerSettings, {"ca_file": "/x.pem"}, ""),
        (DicomListenerSettings, {"ae_title": "A" * 17}, "ae_title"),
        (DicomListenerSettings, {"peers": {"X": "no port"}}, "peers"),
        (
            DicomPeerSettings,
            {"host": "h", "ae_title": "X", "side": "outside", "send_signed": ["sr"]},
            "",
        ),
        (
            DicomPeerSettings,
            {"host": "h", "ae_title": "X", "side": "outside", "ceiling": 4},
            "",
        ),
        (DicomPeerSettings, {"host": "h", "ae_title": "X", "ceiling": 6}, "ceiling"),
        (DicomWebPeerSettings, {"url": "http://pacs.example/dicom-web"}, ""),
        (DicomWebPeerSettings, {"url": "ftp://127.0.0.1/"}, ""),
        (DicomWebPeerSettings, {"url": "https://u:p@pacs.example/"}, ""),
    ],
)
def test_settings_that_are_not_safe_are_refused(
    form: Any, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError, match="connection_settings_wrong") as refused:
        checked_settings(form, values)
    assert (refused.value.field or "").startswith(field)


@pytest.mark.parametrize(
    ("form", "values"),
    [
        (DicomListenerSettings, {"host": "0.0.0.0", "callers": ["CT1"]}),
        (DicomPeerSettings, {"host": "h", "ae_title": "X", "side": "outside"}),
        (DicomWebPeerSettings, {"url": "https://pacs.example/dicom-web", "token": "t"}),
        (DicomWebPeerSettings, {"url": "http://127.0.0.1:8042/dicom-web"}),
    ],
)
def test_settings_that_are_safe_are_taken(form: Any, values: dict[str, Any]) -> None:
    assert checked_settings(form, values)


async def _until(condition: Any, limit_s: float = 30.0) -> None:
    for _ in range(int(limit_s / 0.1)):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen in time")
