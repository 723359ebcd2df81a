"""The MLLP listener over a real socket and a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hl7.client import MLLPClient
from hl7.mllp import open_hl7_connection

from suwen.integration.hl7v2.framing import framed
from suwen.storage.database import Database
from suwen.storage.inbound_types import MessageState
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls
from tests.support.hl7 import PID, PV1, adt, connected, facts, lab, listening, message


@pytest.fixture
async def receiving(
    fresh_database_urls: DatabaseUrls, open_database: Callable[[str], Database]
) -> Database:
    """A pool of its own, as the platform has."""
    return open_database(fresh_database_urls.general)


async def test_a_message_is_durable_and_acknowledged_then_in_the_record(
    database: Database, receiving: Database
) -> None:
    async with listening(database, receiving) as door, connected(door.port) as sender:
        assert await sender.send(adt("A01", "M1", PID, PV1)) == ("AA", "M1", "")
        await door.settled()
        patients = await RecordStore(database).list_patients()
        assert [
            (p.name, p.sex, p.identifier, p.department, p.bed, p.encounter_status) for p in patients
        ] == [("王小明", "male", "P100", "SUR", "03", "in-progress")]
        assert door.report.messages == 1


async def test_the_clients_of_python_hl7_are_answered(
    database: Database, receiving: Database
) -> None:
    async with listening(database, receiving) as door:
        reader, writer = await open_hl7_connection("127.0.0.1", door.port, encoding="utf-8")
        writer.writemessage(_parsed(adt("A01", "M1", PID, PV1)))
        await writer.drain()
        answer = await reader.readmessage()
        assert str(answer.segment("MSA")[1]) == "AA"
        assert str(answer.segment("MSA")[2]) == "M1"
        writer.close()

        def blocking() -> bytes:
            with MLLPClient("127.0.0.1", door.port, encoding="utf-8") as client:
                return client.send_message(adt("A08", "M2", PID))

        assert b"MSA|AA|M2" in await asyncio.to_thread(blocking)


def _parsed(text: str) -> Any:
    import hl7

    return hl7.parse(text)


async def test_a_duplicate_gets_the_same_answer_and_is_stored_once(
    database: Database, receiving: Database
) -> None:
    bad = adt("A01", "BAD", "PID|1||||王^小明")
    async with listening(database, receiving) as door, connected(door.port) as sender:
        for _ in range(3):
            assert await sender.send(adt("A01", "M1", PID, PV1)) == ("AA", "M1", "")
            assert await sender.send(bad) == ("AE", "BAD", "PID-3")
        await door.settled()
        messages = await door.inbound.queue()
        assert sorted((m.control_id, m.state.value) for m in messages) == [
            ("BAD", "failed"),
            ("M1", "processed"),
        ]


async def test_a_resend_with_only_its_header_written_anew_is_a_duplicate(
    database: Database, receiving: Database
) -> None:
    async with listening(database, receiving) as door, connected(door.port) as sender:
        first = message("ADT^A08", "M1", PID, at="20240531083000")
        again = message("ADT^A08", "M1", PID, at="20240531083500")
        assert (await sender.send(first))[0] == "AA"
        assert (await sender.send(again))[0] == "AA"
        assert len(await door.inbound.queue()) == 1


async def test_other_content_under_a_used_number_is_refused_unless_the_channel_takes_it(
    database: Database, receiving: Database
) -> None:
    other = PID.replace("P100", "P200")
    async with listening(database, receiving) as door, connected(door.port) as sender:
        assert (await sender.send(adt("A08", "M1", PID)))[0] == "AA"
        assert await sender.send(adt("A08", "M1", other)) == ("AR", "M1", "MSH-10")
        assert door.report.errors["hl7_control_id_reused", "MSH-10"] == 1
        await door.settled()
    async with (
        listening(database, receiving, reused_control_id="store") as door,
        connected(door.port) as sender,
    ):
        assert (await sender.send(adt("A08", "M1", other)))[0] == "AA"
        await door.settled()
        patients = await RecordStore(database).list_patients()
        assert sorted(str(p.identifier) for p in patients) == ["P100", "P200"]


async def test_what_cannot_be_taken_is_refused_with_its_place(
    database: Database, receiving: Database
) -> None:
    cases = [
        ("not HL7 at all", ("AR", "", "MSH")),
        (message("ADT^A01", "T1", PID, f11="T"), ("AR", "T1", "MSH-11")),
        (message("XYZ^Z01", "X1", PID), ("AR", "X1", "MSH-9")),
        (message("ADT^A43", "X2", PID), ("AR", "X2", "MSH-9")),
        (message("ADT^A01", "X3", PID, f12="3.0"), ("AR", "X3", "MSH-12")),
        (message("ADT^A01", "X4", PID, f18="EBCDIC"), ("AR", "X4", "MSH-18")),
        (message("ADT^A01", "X5", f7="20241399"), ("AE", "X5", "MSH-7")),
        (adt("A01", "X6"), ("AE", "X6", "PID")),
        (adt("A01", "X7", "PID|1||P1||王||19579999"), ("AE", "X7", "PID-7")),
    ]
    async with listening(database, receiving) as door, connected(door.port) as sender:
        for text, answer in cases:
            assert await sender.send(text) == answer, text
        await door.settled()
        states = {m.control_id: (m.state, m.error_place) for m in await door.inbound.queue()}
        assert states == {
            "X1": (MessageState.FAILED, "MSH-9.1"),
            "X2": (MessageState.FAILED, "MSH-9.2"),
            "X6": (MessageState.FAILED, "PID"),
            "X7": (MessageState.FAILED, "PID-7"),
        }


async def test_a_failed_message_is_edited_and_replayed(
    database: Database, receiving: Database
) -> None:
    async with listening(database, receiving) as door, connected(door.port) as sender:
        wrong = adt("A01", "M1", PID.replace("19570214", "19579914"), PV1)
        assert await sender.send(wrong) == ("AE", "M1", "PID-7")
        await door.settled()
        [failed] = await door.inbound.queue(state=MessageState.FAILED)
        from datetime import UTC, datetime

        now = datetime.now(UTC)
        mended = adt("A01", "M1", PID, PV1).encode()
        await door.inbound.edit(failed.id, mended, "operator", now)
        await door.inbound.replay(failed.id, "operator", now)
        await door.settled()
        [patient] = await RecordStore(database).list_patients()
        assert patient.birth_date is not None
        assert (await door.inbound.read(failed.id)).former[0].body == wrong.encode()


async def test_a_failed_message_that_is_sent_again_when_it_can_be_read_is_processed(
    database: Database, receiving: Database
) -> None:
    from suwen.integration.hl7v2.site_mapping import read_site_mapping

    odd = message("ZZZ^Z01", "M1", PID)
    async with listening(database, receiving) as door, connected(door.port) as sender:
        assert (await sender.send(odd))[0] == "AR"
        await door.settled()
    mapping = read_site_mapping('[message_types]\n"ZZZ^Z01" = "ADT^A08"\n')
    async with (
        listening(database, receiving, facts(mapping)) as door,
        connected(door.port) as sender,
    ):
        assert (await sender.send(odd))[0] == "AA"
        await door.settled()
        assert len(await RecordStore(database).list_patients()) == 1


@pytest.mark.parametrize(
    ("mode", "accept", "application", "codes"),
    [
        ("as_message", "", "", ["AA"]),
        ("as_message", "AL", "NE", ["CA"]),
        ("as_message", "AL", "AL", ["CA", "AA"]),
        ("as_message", "ER", "SU", ["AA"]),
        ("as_message", "NE", "NE", []),
        ("enhanced", "", "", ["CA"]),
        ("original", "AL", "AL", ["AA"]),
    ],
)
async def test_each_mode_of_acknowledgement(
    database: Database,
    receiving: Database,
    mode: str,
    accept: str,
    application: str,
    codes: list[str],
) -> None:
    async with (
        listening(database, receiving, acknowledgement=mode) as door,
        connected(door.port) as sender,
    ):
        sender.write(adt("A08", "M1", PID, f15=accept, f16=application))
        sender.write(adt("A08", "END", PID, f15="AL" if mode != "original" else ""))
        answers = [await sender.answer() for _ in range(len(codes) + 1)]
        assert [code for code, number, _ in answers if number == "M1"] == codes


async def test_enhanced_mode_tells_errors_of_content_in_the_application_acknowledgement(
    database: Database, receiving: Database
) -> None:
    bad = adt("A01", "M1", "PID|1||||王", f15="AL", f16="ER")
    unknown = message("XYZ^Z01", "M2", PID, f15="ER", f16="NE")
    async with listening(database, receiving) as door, connected(door.port) as sender:
        sender.write(bad)
        assert await sender.answer() == ("CA", "M1", "")
        assert await sender.answer() == ("AE", "M1", "PID-3")
        assert await sender.send(unknown) == ("CR", "M2", "MSH-9")


async def test_character_sets_by_msh_18_and_by_channel(
    database: Database, receiving: Database
) -> None:
    named = PID.replace("王^小明", "陈^岩丨")
    cases = [
        ("P1", "gb18030", "GB 18030-2000", "gb18030"),
        ("P2", "utf-8", "UNICODE UTF-8", "gb18030"),
        ("P3", "gb18030", "", "gb18030"),
        ("P4", "utf-8", "", "utf-8"),
    ]
    for number, codec, declared, channel in cases:
        async with (
            listening(database, receiving, codec=channel) as door,
            connected(door.port) as sender,
        ):
            text = adt("A08", number, named.replace("P100", number), f18=declared)
            assert await sender.send(text, codec) == ("AA", number, "")
            wrong = adt("A08", f"{number}X", named, f18="ASCII")
            assert (await sender.send(wrong, codec))[0] == "AR"
            await door.settled()
    names = {p.identifier: p.name for p in await RecordStore(database).list_patients()}
    assert names == dict.fromkeys(["P1", "P2", "P3", "P4"], "陈岩丨")


async def test_a_sender_whose_header_lies_is_read_by_the_channel(
    database: Database, receiving: Database
) -> None:
    async with (
        listening(database, receiving, codec="gb18030", trust_header=False) as door,
        connected(door.port) as sender,
    ):
        text = adt("A08", "M1", PID, f18="ASCII")
        assert (await sender.send(text, "gb18030"))[0] == "AA"
        await door.settled()
        assert (await RecordStore(database).list_patients())[0].name == "王小明"


async def test_hostile_bytes_end_or_are_passed_over_and_the_listener_lives(
    database: Database, receiving: Database
) -> None:
    async with listening(
        database, receiving, largest_message=10_000, frame_s=0.4, idle_s=0.6
    ) as door:
        async with connected(door.port) as sender:
            # Half a frame, then a whole one: the first is dropped, the second taken.
            sender.writer.write(b"\x0bMSH|^~\\&|half")
            assert (await sender.send(adt("A08", "M1", PID)))[0] == "AA"
            # Noise between frames.
            sender.writer.write(b"noise")
            assert (await sender.send(adt("A08", "M2", PID)))[0] == "AA"
            # Two frames in one piece, and one in many.
            pair = framed(adt("A08", "M3", PID).encode()) + framed(adt("A08", "M4", PID).encode())
            sender.writer.write(pair)
            assert [(await sender.answer())[1] for _ in range(2)] == ["M3", "M4"]
            for byte in framed(adt("A08", "M5", PID).encode()):
                sender.writer.write(bytes([byte]))
                await asyncio.sleep(0)
            assert (await sender.answer())[1] == "M5"
        async with connected(door.port) as sender:
            sender.write(adt("A08", "BIG", PID, "NTE|1||" + "x" * 20_000))
            assert (await sender.answer())[:2] == ("AR", "BIG")
            await sender.ended()
        async with connected(door.port) as sender:
            sender.writer.write(b"\x0bMSH|^~\\&|never ended")
            await sender.ended()
        async with connected(door.port) as sender:
            await sender.ended()
        async with connected(door.port) as sender:
            sender.writer.write(b"GET / HTTP/1.1\r\n\r\n" * 5)
            for _ in range(40):
                sender.writer.write(b"x\x0b\x0b")
                await asyncio.sleep(0.001)
            await sender.ended()
        async with connected(door.port) as sender:
            assert (await sender.send(adt("A08", "LAST", PID)))[0] == "AA"
        assert door.report.errors["hl7_frame_too_large", ""] == 1


async def test_only_named_peers_may_connect(database: Database, receiving: Database) -> None:
    from ipaddress import ip_network

    async with (
        listening(database, receiving, peers=(ip_network("10.0.0.0/8"),)) as door,
        connected(door.port) as sender,
    ):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await sender.send(adt("A08", "M1", PID))
        assert door.report.errors["hl7_peer_not_allowed", ""] == 1
    async with (
        listening(database, receiving, peers=(ip_network("127.0.0.0/8"),)) as door,
        connected(door.port) as sender,
    ):
        assert (await sender.send(adt("A08", "M1", PID)))[0] == "AA"


async def test_a_newer_state_is_not_overwritten_by_a_replay(
    database: Database, receiving: Database
) -> None:
    from datetime import UTC, datetime

    async with listening(database, receiving) as door, connected(door.port) as sender:
        await sender.send(lab("M1", "P100", "O1", "101", at="20240531083000"))
        await sender.send(lab("M2", "P100", "O1", "112", at="20240531083500"))
        await door.settled()
        first = next(m for m in await door.inbound.queue() if m.control_id == "M1")
        await door.inbound.replay(first.id, "operator", datetime.now(UTC))
        await door.settled()
        [patient] = await RecordStore(database).list_patients()
        values = [
            r["valueQuantity"]["value"]
            for r in await RecordStore(database).read(patient.id, ["Observation"])
        ]
        # Two specimens would be two observations; this is one order, reported anew.
        assert [str(v) for v in values] == ["112"]


@pytest.fixture
async def many_senders() -> AsyncIterator[list[str]]:
    yield [f"S{n}" for n in range(8)]


async def test_the_order_of_each_patient_is_kept_with_many_senders(
    database: Database, receiving: Database, many_senders: list[str]
) -> None:
    async def send_all(port: int, name: str) -> None:
        async with connected(port) as sender:
            for turn in range(10):
                text = lab(f"{name}-{turn}", name, "O1", str(100 + turn))
                assert (await sender.send(text))[0] == "AA"

    async with listening(database, receiving) as door:
        await asyncio.gather(*(send_all(door.port, name) for name in many_senders))
        await door.settled()
        records = RecordStore(database)
        for patient in await records.list_patients():
            [observation] = await records.read(patient.id, ["Observation"])
            assert str(observation["valueQuantity"]["value"]) == "109"
        assert door.report.messages == 80
