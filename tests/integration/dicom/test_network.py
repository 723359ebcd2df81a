"""Worklist, TLS and hostile callers."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydicom.dataset import Dataset

from suwen.core.errors import ConfigurationError, IntegrationError
from suwen.integration.dicom.header import read_header
from suwen.integration.dicom.network import PeerAddress, tls_context
from suwen.integration.dicom.peer import DicomPeer, outgoing
from suwen.integration.dicom.queries import StudyQuery, WorklistQuery
from suwen.integration.dicom.web_peer import DicomWebPeer, WebAddress
from tests.integration.dicom.conftest import READING, Imaging, listening
from tests.support.dicom_objects import ct_object, written
from tests.support.peers.dcmtk import worklist_server

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
    # The library leaves the socket of a refused connection to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def _entry(number: int, modality: str, day: str) -> bytes:
    """A worklist entry of an invented patient."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.AccessionNumber = f"A{number}"
    made.PatientName, made.PatientID = "Wang^Xiaoming=王^小明", f"P{number:07d}"
    made.PatientBirthDate, made.PatientSex = "19600203", "M"
    made.StudyInstanceUID = f"1.2.826.0.1.3680043.8.498.9.{number}"
    made.RequestedProcedureID, made.RequestedProcedureDescription = f"R{number}", "胸部CT平扫"
    step = Dataset()
    step.Modality, step.ScheduledStationAETitle = modality, "CT1"
    step.ScheduledProcedureStepStartDate = day
    step.ScheduledProcedureStepStartTime = "083000"
    step.ScheduledPerformingPhysicianName = ""
    step.ScheduledProcedureStepDescription = "平扫"
    step.ScheduledProcedureStepID = f"S{number}"
    step.ScheduledStationName, step.ScheduledProcedureStepLocation = "CT-1", ""
    made.ScheduledProcedureStepSequence = [step]
    return written(made)


async def test_a_worklist_is_asked_by_day_and_modality() -> None:
    entries = [
        _entry(1, "CT", "20261122"),
        _entry(2, "MR", "20261122"),
        _entry(3, "CT", "20261123"),
    ]
    with worklist_server(entries) as server:
        peer = DicomPeer(PeerAddress("127.0.0.1", server.port, server.ae_title, "SUWEN"))
        [step] = await peer.worklist(WorklistQuery(day=date(2026, 11, 22), modality="CT"))
        assert (step.patient_number, step.accession_number) == ("P0000001", "A1")
        assert step.starts == "2026-11-22T08:30:00" and step.station == "CT1"
        assert step.patient_name == "Wang^Xiaoming=王^小明" and step.step == "平扫"
        assert len(await peer.worklist(WorklistQuery())) == 3
        assert await peer.worklist(WorklistQuery(day=date(2030, 1, 1))) == []


def _certificates(folder: Path, name: str) -> tuple[str, str]:
    """An authority, and a certificate of it for the loopback address with its key."""
    at = datetime.now(UTC)

    def issue(
        subject: str, issuer: x509.Name | None, signing: ec.EllipticCurvePrivateKey | None
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        made = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(issuer or own)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return made.sign(signing or key, hashes.SHA256()), key

    authority, authority_key = issue(f"{name} authority", None, None)
    own, key = issue(name, authority.subject, authority_key)
    ca_file, own_file = folder / f"{name}-ca.pem", folder / f"{name}.pem"
    pem = serialization.Encoding.PEM
    ca_file.write_bytes(authority.public_bytes(pem))
    own_file.write_bytes(
        own.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(ca_file), str(own_file)


async def test_with_tls_both_sides_know_each_other(imaging: Imaging, tmp_path: Path) -> None:
    ca_file, own = _certificates(tmp_path, "hospital")
    other_ca, other = _certificates(tmp_path, "stranger")
    server = tls_context(ca_file, certificate=own, server=True)
    async with listening(imaging, tls=server) as told:

        def peer(ca: str | None, certificate: str | None) -> DicomPeer:
            tls = tls_context(ca, certificate=certificate, server=False) if ca else None
            return DicomPeer(
                PeerAddress("localhost", told.port or 0, "SUWEN", "CT1", tls, timeout_s=5)
            )

        assert await peer(ca_file, own).echo() > 0
        for stranger in (peer(ca_file, other), peer(other_ca, own), peer(ca_file, None)):
            with pytest.raises(IntegrationError):
                await stranger.echo()
        with pytest.raises(IntegrationError):
            await peer(None, None).echo()
        assert await peer(ca_file, own).echo() > 0
    with pytest.raises(ConfigurationError, match="dicom_tls"):
        tls_context(str(tmp_path / "none.pem"), server=True)


def _hostile(port: int, chance: random.Random) -> None:
    """One connection that does not keep to the protocol."""
    first = struct.pack(">BBL", 1, 0, 68) + struct.pack(">HH", 1, 0)
    first += b"SUWEN".ljust(16) + b"X".ljust(16) + b"\x00" * 32
    pieces = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        first,
        struct.pack(">BBL", 4, 0, 0xFFFFFFFF) + b"x" * 100,
        struct.pack(">BBL", 1, 0, 0x7FFFFFFF),
        struct.pack(">BBL", chance.randrange(256), 0, chance.randrange(200))
        + chance.randbytes(300),
        first[: chance.randrange(len(first))],
        first + struct.pack(">BBL", 4, 0, 50) + chance.randbytes(50),
        chance.randbytes(chance.randrange(1, 2000)),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=2) as opened:
        opened.settimeout(0.05)
        try:
            opened.sendall(chance.choice(pieces))
            opened.recv(4096)
        except OSError:
            pass


# The library ends the thread of such a connection by an exception; its own thread alone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_hostile_connections_neither_stop_nor_fill_the_door(imaging: Imaging) -> None:
    chance = random.Random(5)
    content = ct_object(1, study=98)
    async with listening(imaging) as told:
        for _ in range(60):
            await asyncio.to_thread(_hostile, told.port or 0, chance)
        one = outgoing(read_header(content, READING), content)
        peer = DicomPeer(PeerAddress("127.0.0.1", told.port or 0, "SUWEN", "CT1", timeout_s=20))
        [sent] = await peer.store([one])
        assert sent.taken


@pytest.fixture
async def hostile_server() -> AsyncIterator[str]:
    """A web server that answers what no DICOMweb server should."""

    async def answer(request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        if kind == "redirect":
            raise web.HTTPFound("http://169.254.1.1/studies")
        if kind == "huge":
            return web.Response(body=b"[" + b" " * 200_000 + b"]")
        bodies = {
            "empty": b"",
            "json": b"[1, 2]",
            "object": b'{"a": 1}',
            "nested": b"[" * 100_000,
            "bytes": b"\xff\xfe",
        }
        return web.Response(body=bodies[kind], content_type="application/dicom+json")

    app = web.Application()
    app.router.add_route("*", "/{kind}/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("redirect", "dicomweb_failed"),
        ("huge", "dicomweb_answer_too_large"),
        ("empty", "dicomweb_answer_malformed"),
        ("json", "dicomweb_answer_malformed"),
        ("object", "dicomweb_answer_malformed"),
        ("nested", "dicomweb_answer_malformed"),
        ("bytes", "dicomweb_answer_malformed"),
    ],
)
async def test_a_hostile_answer_is_an_error_that_says_so(
    hostile_server: str, kind: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from suwen.integration.dicom import web_peer

    monkeypatch.setattr(web_peer, "LARGEST_JSON", 150_000)
    peer = DicomWebPeer(WebAddress(f"{hostile_server}/{kind}", timeout_s=10))
    try:
        with pytest.raises(IntegrationError, match=code):
            await peer.find(StudyQuery())
    finally:
        await peer.close()


def test_a_password_never_goes_over_plain_http() -> None:
    with pytest.raises(ConfigurationError, match="dicomweb_needs_tls"):
        DicomWebPeer(WebAddress("http://pacs.example/dicom-web", user="u", password="p"))
    assert DicomWebPeer(WebAddress("https://pacs.example/dicom-web", user="u", password="p"))
