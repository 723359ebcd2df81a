"""The MLLP sender against python-hl7's server and against one that misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hl7
import pytest
from hl7.mllp import start_hl7_server

from suwen.core.errors import ConfigurationError
from suwen.integration.hl7v2 import sender as sending
from suwen.integration.hl7v2.framing import FrameReader, framed
from suwen.integration.hl7v2.sender import MllpSender, pause_s
from suwen.integration.hl7v2.settings import SenderSettings, client_tls, server_tls
from suwen.storage.database import Database
from suwen.storage.outbound import Carried, OutboundState, OutboundStore
from tests.support.hl7 import CIPHER, PID, Remembered, SystemClock, adt, connected, lab, listening

OUT = "out"
Answering = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def sending_to(store: OutboundStore, port: int, **more: object) -> AsyncIterator[Remembered]:
    """A running sender."""
    settings = SenderSettings("127.0.0.1", port, **{"answer_s": 2.0, **more})  # type: ignore[arg-type]

    async def nothing() -> None:
        return

    report = Remembered()
    task = asyncio.create_task(
        MllpSender(OUT, settings, store, SystemClock(), nothing, _nothing_before).run(report)
    )
    try:
        yield report
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def answering(answer: Answering) -> AsyncIterator[int]:
    """A server that answers each frame in its own way."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader(1 << 20)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                for frame in frames.feed(data):
                    await answer(frame, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def ack(code: str, control_id: str) -> bytes:
    return framed(f"MSH|^~\\&|R|R|S|S|20240531||ACK|1|P|2.5.1\rMSA|{code}|{control_id}\r".encode())


def number(frame: bytes) -> str:
    return frame.decode().split("|")[9]


@pytest.fixture
def store(database: Database) -> OutboundStore:
    return OutboundStore(database, CIPHER)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No long pauses in tests."""
    monkeypatch.setattr(sending, "pause_s", lambda _failures: 0.05)
    monkeypatch.setattr(sending, "_REST_S", 0.05)


async def put(store: OutboundStore, name: str, patient: str = "P1", text: str = "") -> None:
    body = (text or lab(name, patient, "O1", "7")).encode()
    await store.enqueue(OUT, name, body, Carried(patient, 4), datetime.now(UTC))


async def comes(store: OutboundStore, state: OutboundState, names: set[str]) -> None:
    async with asyncio.timeout(20):
        while {m.key for m in await store.queue(OUT, state)} != names:  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.02)


async def test_messages_reach_python_hl7s_server_and_their_answers_are_kept(
    store: OutboundStore,
) -> None:
    came: list[str] = []

    async def serve(reader, writer) -> None:  # type: ignore[no-untyped-def]
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                got = await reader.readmessage()
                came.append(str(got.segment("MSH")[10]))
                writer.writemessage(got.create_ack())
                await writer.drain()
        writer.close()

    for turn in range(5):
        await put(store, f"M{turn}")
    server = await start_hl7_server(serve, "127.0.0.1", 0, encoding="utf-8")
    async with server, sending_to(store, server.sockets[0].getsockname()[1]) as report:
        await comes(store, OutboundState.DELIVERED, {f"M{turn}" for turn in range(5)})
    assert came == [f"M{turn}" for turn in range(5)]
    assert report.messages == 5
    kept = await store.read((await store.queue(OUT))[0].id)
    assert kept.reply is not None
    assert str(hl7.parse(kept.reply.decode()).segment("MSA")[1]) == "AA"


async def test_an_error_waits_for_a_person_and_a_rejection_is_tried_again(
    store: OutboundStore,
) -> None:
    seen: list[str] = []

    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        name = number(frame)
        seen.append(name)
        code = {"BAD": "AE", "BUSY": "AR" if seen.count("BUSY") < 3 else "AA"}.get(name, "CA")
        writer.write(ack(code, name))

    await put(store, "BAD", "P1")
    await put(store, "BUSY", "P2")
    await put(store, "AFTER", "P2")
    await put(store, "GOOD", "P3")
    async with answering(answer) as port, sending_to(store, port) as report:
        await comes(store, OutboundState.DELIVERED, {"BUSY", "AFTER", "GOOD"})
    # What comes after a held message for the same patient waits for it.
    assert seen.index("AFTER") > max(i for i, name in enumerate(seen) if name == "BUSY")
    assert seen.count("BAD") == 1
    assert report.errors["hl7_refused_by_receiver", ""] == 1
    [failed] = await store.queue(OUT, OutboundState.FAILED)
    assert (failed.key, failed.error_code) == ("BAD", "hl7_refused_by_receiver")


async def test_a_message_that_is_always_rejected_ends_in_the_queue(store: OutboundStore) -> None:
    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ack("AR", number(frame)))

    await put(store, "M1")
    async with answering(answer) as port, sending_to(store, port, attempts=3):
        await comes(store, OutboundState.FAILED, {"M1"})
    assert (await store.queue(OUT))[0].attempts == 3


async def test_silence_a_lost_connection_and_a_stranger_s_answer_lose_nothing(
    store: OutboundStore,
) -> None:
    turns = iter(["silence", "close", "stranger", "garbage", "right"])

    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        turn = next(turns, "right")
        if turn == "close":
            writer.close()
        elif turn == "stranger":
            writer.write(ack("AA", "SOMEBODY-ELSE"))
        elif turn == "garbage":
            writer.write(b"\x0b\x0b\x1c\r")
        elif turn == "right":
            writer.write(ack("AA", number(frame)))

    await put(store, "M1")
    async with answering(answer) as port, sending_to(store, port, answer_s=0.3) as report:
        await comes(store, OutboundState.DELIVERED, {"M1"})
    assert "hl7_no_answer" in report.downs


async def test_nobody_there_is_told_and_tried_again(store: OutboundStore) -> None:
    await put(store, "M1")
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with sending_to(store, port) as report:
        async with asyncio.timeout(60):
            while "hl7_receiver_unreachable" not in report.downs:  # noqa: ASYNC110 - polled
                await asyncio.sleep(0.02)
        tried = MllpSender(
            OUT, SenderSettings("127.0.0.1", port), store, SystemClock(), _nothing, _nothing_before
        )
        assert not (await tried.test()).ok

        async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(ack("AA", number(frame)))

        assert (await store.queue(OUT))[0].state is OutboundState.WAITING
    async with answering(answer) as other, sending_to(store, other):
        await comes(store, OutboundState.DELIVERED, {"M1"})
        tried = MllpSender(
            OUT, SenderSettings("127.0.0.1", other), store, SystemClock(), _nothing, _nothing_before
        )
        assert (await tried.test()).ok


async def _nothing() -> None:
    return


async def _nothing_before(_message: object) -> None:
    return


async def test_a_damaged_message_does_not_hold_up_the_others(store: OutboundStore) -> None:
    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ack("AA", number(frame)))

    await put(store, "DAMAGED", "P1", "no HL7")
    await put(store, "M1", "P2")
    async with answering(answer) as port, sending_to(store, port):
        await comes(store, OutboundState.DELIVERED, {"M1"})
        await comes(store, OutboundState.FAILED, {"DAMAGED"})


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1."""
    pair = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"]
    command += ["subjectAltName=IP:127.0.0.1", "-keyout", str(pair[1]), "-out", str(pair[0])]
    subprocess.run(command, check=True, capture_output=True)
    return pair


async def test_both_ends_speak_tls_and_check_each_other(
    database: Database,
    open_database: Callable[[str], Database],
    state_folder: Path,
    fresh_database_urls: object,
    store: OutboundStore,
) -> None:
    own, key = certificate(state_folder)
    receiving = open_database(fresh_database_urls.general)  # type: ignore[attr-defined]
    server = server_tls(own, key, own)
    async with listening(database, receiving, tls=server) as door:
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            async with connected(door.port) as plain:
                await plain.send(adt("A08", "M1", PID))
        await put(store, "M1")
        async with sending_to(store, door.port, tls=client_tls(own, None, None)) as report:
            async with asyncio.timeout(60):
                while not report.downs:  # noqa: ASYNC110 - polled
                    await asyncio.sleep(0.02)
        async with sending_to(store, door.port, tls=client_tls(own, own, key)):
            await comes(store, OutboundState.DELIVERED, {"M1"})
    with pytest.raises(ConfigurationError):
        server_tls(key, own, None)
    with pytest.raises(ConfigurationError):
        client_tls(state_folder / "none.pem", None, None)


def test_pauses_grow_and_are_bounded() -> None:
    pauses = [pause_s(n) for n in range(1, 40)]
    assert all(0 < p <= 300 for p in pauses)
    assert pauses[0] <= 2
    assert pauses[-1] >= 225
    assert timedelta(seconds=pauses[-1]) < timedelta(minutes=6)
