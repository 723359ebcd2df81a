"""DICOM connections: the door for objects, and the systems that are called."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Final

from suwen.bootstrap.connections.dicom_delivery import SignedDelivery
from suwen.bootstrap.connections.dicom_parts import imaging_parts
from suwen.bootstrap.connections.dicom_settings import (
    DicomListenerSettings,
    DicomPeerSettings,
    DicomWebPeerSettings,
)
from suwen.bootstrap.connections.parts import Builder, ConnectionParts
from suwen.core.connection import (
    Connection,
    ConnectionKind,
    ConnectionReport,
    ConnectionTest,
)
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual
from suwen.integration.dicom.commitment import CommitmentDesk
from suwen.integration.dicom.listener import DicomListener, ListenerAddress
from suwen.integration.dicom.mapping import StudyMapper
from suwen.integration.dicom.network import PeerAddress, tls_context
from suwen.integration.dicom.peer import DicomPeer
from suwen.integration.dicom.web_peer import DicomWebPeer, WebAddress
from suwen.storage.imaging import Study, StudyState

_LOOK_EVERY_S: Final = 1.0
_RETRY_EVERY_S: Final = 60.0
_PROBE_EVERY_S: Final = 30.0


class DicomDoor:
    """Receives objects and brings them into the record."""

    def __init__(
        self, connection: Connection, settings: DicomListenerSettings, parts: ConnectionParts
    ) -> None:
        self._settings = settings
        self._imaging = imaging_parts(connection, settings, parts)
        self._commitments = CommitmentDesk(
            self._imaging.commitments,
            self._imaging.store,
            self._imaging.files,
            connection.name,
            parts.clock,
        )

    async def run(self, report: ConnectionReport) -> None:
        """Listens until cancelled."""
        await asyncio.to_thread(self._imaging.files.prepare, time.time())
        listener = DicomListener(self._address(), self._imaging.receiver, self._commitments)
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_mapping(self._imaging.mapper, report, self._imaging.note))
            group.create_task(listener.run(report))

    async def test(self) -> ConnectionTest:
        """Calls our own door as a sender would."""
        settings = self._settings
        calling = settings.callers[0] if settings.callers else settings.ae_title
        host = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 - compared only
        if settings.port == 0 or settings.ca_file is not None:
            return ConnectionTest(
                True,
                0.0,
                Bilingual(
                    zh="设置有效。请从发送方执行 C-ECHO 以验证连通。",
                    en="The settings are in order. Try C-ECHO from the sender to see it reach us.",
                ),
            )
        address = PeerAddress(host, settings.port, settings.ae_title, calling, timeout_s=5.0)
        return await _tested(DicomPeer(address).echo(), "C-ECHO")

    def _address(self) -> ListenerAddress:
        settings = self._settings
        tls: ssl.SSLContext | None = None
        if settings.ca_file is not None:
            tls = tls_context(settings.ca_file, certificate=settings.certificate_file, server=True)
        return ListenerAddress(
            host=settings.host,
            port=settings.port,
            ae_title=settings.ae_title,
            callers=settings.callers,
            peers=settings.places(),
            largest=settings.largest,
            at_once=settings.at_once,
            tls=tls,
        )


class CalledPeer:
    """A DICOM system that we call: sends what was signed, and maps what was fetched from it."""

    def __init__(
        self, connection: Connection, settings: DicomPeerSettings, parts: ConnectionParts
    ) -> None:
        self._imaging = imaging_parts(connection, settings, parts)
        self._peer = DicomPeer(peer_address(settings), settings.largest)
        commit = self._peer.request_commitment if settings.commitment else None
        self._delivery = SignedDelivery(
            connection, settings, parts, self._imaging, self._peer.store, commit
        )

    async def run(self, report: ConnectionReport) -> None:
        """Runs until cancelled."""
        await asyncio.to_thread(self._imaging.files.prepare, time.time())
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_mapping(self._imaging.mapper, report, self._imaging.note))
            group.create_task(self._delivery.run(report))
            group.create_task(_keep_probing(self._peer.echo, report))

    async def test(self) -> ConnectionTest:
        """C-ECHO."""
        return await _tested(self._peer.echo(), "C-ECHO")


class AskedWebPeer:
    """A DICOMweb server that we ask; else as ``CalledPeer``."""

    def __init__(
        self, connection: Connection, settings: DicomWebPeerSettings, parts: ConnectionParts
    ) -> None:
        self._settings = settings
        self._imaging = imaging_parts(connection, settings, parts)
        self._connection, self._parts = connection, parts

    async def run(self, report: ConnectionReport) -> None:
        """Runs until cancelled."""
        await asyncio.to_thread(self._imaging.files.prepare, time.time())
        async with contextlib.aclosing(_Closing(web_peer(self._settings))) as opened:
            peer = opened.peer
            delivery = SignedDelivery(
                self._connection, self._settings, self._parts, self._imaging, peer.store, None
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(keep_mapping(self._imaging.mapper, report, self._imaging.note))
                group.create_task(delivery.run(report))
                group.create_task(_keep_probing(peer.probe, report))

    async def test(self) -> ConnectionTest:
        """A QIDO-RS search for one study."""
        async with contextlib.aclosing(_Closing(web_peer(self._settings))) as opened:
            return await _tested(opened.peer.probe(), "QIDO-RS")


class _Closing:
    """A web peer for the length of a block."""

    def __init__(self, peer: DicomWebPeer) -> None:
        self.peer = peer

    async def aclose(self) -> None:
        """Closes its connections."""
        await self.peer.close()


def peer_address(settings: DicomPeerSettings) -> PeerAddress:
    """Where a peer is called.

    Raises:
        ConfigurationError: ``dicom_tls``.
    """
    tls: ssl.SSLContext | None = None
    if settings.ca_file is not None:
        tls = tls_context(settings.ca_file, certificate=settings.certificate_file, server=False)
    return PeerAddress(
        host=settings.host,
        port=settings.port,
        ae_title=settings.ae_title,
        calling=settings.calling_ae_title,
        tls=tls,
        timeout_s=settings.timeout_s,
    )


def web_peer(settings: DicomWebPeerSettings) -> DicomWebPeer:
    """A DICOMweb server; close it after use.

    Raises:
        ConfigurationError: ``dicom_tls`` or ``dicomweb_needs_tls``.
    """
    tls: ssl.SSLContext | None = None
    if settings.ca_file is not None:
        tls = tls_context(settings.ca_file, certificate=settings.certificate_file, server=False)
    return DicomWebPeer(
        WebAddress(
            url=settings.url,
            user=settings.user,
            password=settings.password,
            token=settings.token,
            tls=tls,
            timeout_s=settings.timeout_s,
            largest=settings.largest * 2,
        )
    )


async def keep_mapping(
    mapper: StudyMapper,
    report: ConnectionReport,
    note: Callable[[Study], Awaitable[None]] | None = None,
) -> None:
    """Brings what came into the record, and tries again what waits, until cancelled.

    Args:
        note: takes each study as it then stands, for the audit.
    """
    retry_at = time.monotonic() + _RETRY_EVERY_S
    while True:
        try:
            settled = await mapper.map_new()
            if time.monotonic() >= retry_at:
                settled.extend(await mapper.retry_waiting())
                retry_at = time.monotonic() + _RETRY_EVERY_S
            for study in settled:
                _tell(study, report)
                if note is not None:
                    await note(study)
        except SuwenError as error:
            report.error(error.code, error.field or "")
        await asyncio.sleep(_LOOK_EVERY_S)


def _tell(study: Study, report: ConnectionReport) -> None:
    if study.state is StudyState.WAITING and study.reason is not None:
        report.error(study.reason, "(0010,0020) PatientID")


async def _keep_probing(probe: Callable[[], Awaitable[float]], report: ConnectionReport) -> None:
    """Says whether the other side answers, until cancelled."""
    while True:
        try:
            await probe()
            report.up()
        except SuwenError as error:
            report.down(error)
        await asyncio.sleep(_PROBE_EVERY_S)


async def _tested(probe: Awaitable[float], what: str) -> ConnectionTest:
    began = time.perf_counter()
    try:
        took_ms = await probe
    except SuwenError as error:
        return ConnectionTest(False, (time.perf_counter() - began) * 1000, error.safe_message)
    return ConnectionTest(
        True,
        took_ms,
        Bilingual(zh=f"对方已应答 {what}。", en=f"The other side answered {what}."),
    )


def _door(connection: Connection, parts: ConnectionParts) -> DicomDoor:
    from suwen.bootstrap.connections.kinds import read_connection_settings

    settings = read_connection_settings(connection, DicomListenerSettings)
    return DicomDoor(connection, settings, parts)


def _called(connection: Connection, parts: ConnectionParts) -> CalledPeer:
    from suwen.bootstrap.connections.kinds import read_connection_settings

    settings = read_connection_settings(connection, DicomPeerSettings)
    return CalledPeer(connection, settings, parts)


def _asked(connection: Connection, parts: ConnectionParts) -> AskedWebPeer:
    from suwen.bootstrap.connections.kinds import read_connection_settings

    settings = read_connection_settings(connection, DicomWebPeerSettings)
    return AskedWebPeer(connection, settings, parts)


BUILDERS: Final = {
    ConnectionKind.DICOM_LISTENER: Builder(DicomListenerSettings, _door),
    ConnectionKind.DICOM_PEER: Builder(DicomPeerSettings, _called),
    ConnectionKind.DICOMWEB_PEER: Builder(DicomWebPeerSettings, _asked),
}
