"""The connections as the platform builds them: settings checked, what is signed sent once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hl7
import pytest

from suwen.bootstrap.connections.kinds import build_connector
from suwen.bootstrap.connections.opening import open_connection_parts
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.settings import ListenerSettings, Settings
from suwen.core.audit import AuditOutcome, content_hash
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.draft import Decision, DraftStatus
from suwen.core.errors import InputError
from suwen.storage.drafts import DraftStore
from suwen.storage.outbound import OutboundState
from suwen.storage.record_import import StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls
from tests.integration.hl7v2.test_sender import ack, answering, number
from tests.integration.storage.test_drafts import decision, draft, signed_record
from tests.support.hl7 import PID, PV1, Remembered, SystemClock, adt, connected


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


@pytest.fixture
async def parts(
    fresh_database_urls: DatabaseUrls, state_folder: Path
) -> AsyncIterator[ConnectionParts]:
    settings = Settings(home=state_folder, listeners=ListenerSettings(hl7v2_port=0, dicom_port=0))
    async with AsyncExitStack() as closing:
        yield open_connection_parts(settings, fresh_database_urls, Sink(), SystemClock(), closing)


@asynccontextmanager
async def running(connection: Connection, parts: ConnectionParts) -> AsyncIterator[Remembered]:
    """A connection that runs, as the runner runs it."""
    report = Remembered()
    task = asyncio.create_task(build_connector(connection, parts).run(report))
    try:
        yield report
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.timeout(3):
                await task


async def until(condition: Any, within_s: float = 20.0) -> None:
    """Waits until something holds."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.02)


RESTRICTED = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


async def sign(parts: ConnectionParts, patient: str, *, restricted: bool = False) -> str:
    """A signed document of a patient; its id."""
    body = {
        "meta": {"security": [{"system": RESTRICTED, "code": "R"}]} if restricted else {},
        "resourceType": "Patient",
        "id": patient,
        "identifier": [{"value": "P1", "type": {"coding": [{"code": "MR"}]}}],
        "name": [{"text": "王小明", "family": "王", "given": ["小明"]}],
        "gender": "male",
        "birthDate": "1957-02-14",
    }
    await RecordStore(parts.database).import_unit(
        [StoredResource("Patient", patient, patient, None, None, None, "imported", body)]
    )
    section = {"id": "a", "code": None, "title": "住院经过", "text": "平稳|好转。\n出院。"}
    document = {
        "document_type": "discharge_summary",
        "language": "zh",
        "title": "出院记录",
        "sections": [{**section, "fields": [], "statements": []}],
    }
    content = {
        "result": {"document": document},
        "label": {"visible_zh": "【AI 生成】", "visible_en": "[AI]"},
    }
    store = DraftStore(parts.database)
    opened = draft(f"draft-{patient}")
    made = replace(opened, patient=patient, content=content, content_hash=content_hash(content))
    await store.create(made)
    signed = replace(decision(Decision.ACCEPT, made), decided_at=datetime.now(UTC))
    record = replace(signed_record(made, signed), signed_at=datetime.now(UTC))
    await store.decide(signed, DraftStatus.SIGNED, record, made.version)
    return str(record.id)


def out(port: int, **settings: Any) -> Connection:
    given = {"host": "127.0.0.1", "port": port, "character_set": "GB18030", **settings}
    return Connection("emr", ConnectionKind.HL7V2_SENDER, given)


async def begun(parts: ConnectionParts) -> None:
    """The connection was made a minute ago."""
    moment = datetime.now(UTC) - timedelta(minutes=1)
    await parts.cursors.advance("emr", "signed", moment.isoformat())


async def test_what_is_signed_leaves_once_and_is_audited(parts: ConnectionParts) -> None:
    came: list[bytes] = []

    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        came.append(frame)
        writer.write(ack("AA", frame.decode("gb18030").split("|")[9]))

    await begun(parts)
    record = await sign(parts, "p1")
    async with answering(answer) as port:
        for _ in range(2):
            async with running(out(port), parts):

                async def is_delivered() -> bool:
                    return bool(await parts.outbound.queue("emr", OutboundState.DELIVERED))

                await until(is_delivered)
                await asyncio.sleep(0.2)
    [frame] = came
    message = hl7.parse(frame.decode("gb18030"))
    assert str(message.segment("MSH")[9]) == "MDM^T02^MDM_T02"
    assert str(message.segment("MSH")[18]) == "GB 18030-2000"
    assert str(message.segment("PID")[3][0][0]) == "P1"
    texts = [str(one[5]) for one in message.segments("OBX")]
    assert texts == ["【AI 生成】", "平稳\\F\\好转。\\.br\\出院。"]
    [entry] = [e for e in parts.audit.entries if e.action == "draft.send"]  # type: ignore[attr-defined]
    assert (entry.subject, entry.patient) == (f"SignedRecord/{record}", "p1")


async def test_what_is_above_the_ceiling_is_held_and_leaves_when_it_is_raised(
    parts: ConnectionParts,
) -> None:
    came: list[bytes] = []

    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        came.append(frame)
        writer.write(ack("AA", frame.decode("gb18030").split("|")[9]))

    await begun(parts)
    secret = await sign(parts, "p1", restricted=True)
    ordinary = await sign(parts, "p2")
    held, sent = OutboundState.FAILED, OutboundState.DELIVERED

    async def keys(state: OutboundState) -> set[str]:
        return {one.key for one in await parts.outbound.queue("emr", state)}

    async with answering(answer) as port:
        async with running(out(port), parts) as report:

            async def is_decided() -> bool:
                return bool(await keys(held)) and bool(await keys(sent))

            await until(is_decided)
            assert ("above_connection_ceiling", "") in report.errors
        assert await keys(held) == {f"SignedRecord/{secret}"}
        assert await keys(sent) == {f"SignedRecord/{ordinary}"}
        assert len(came) == 1
        [kept] = await parts.outbound.queue("emr", held)
        assert (kept.data_class, kept.error_code) == (5, "above_connection_ceiling")
        refused = [e for e in parts.audit.entries if e.outcome is AuditOutcome.REFUSED]  # type: ignore[attr-defined]
        assert [(e.action, e.patient) for e in refused] == [("draft.send", "p1")]
        # The other side is cleared for it by the hospital: sent again, it leaves.
        await parts.outbound.replay_failed("emr", "sec.wu", datetime.now(UTC))
        async with running(out(port, ceiling=5), parts):

            async def is_sent() -> bool:
                return len(await keys(sent)) == 2

            await until(is_sent)
    assert len(came) == 2


async def test_what_was_signed_before_the_connection_was_made_stays(
    parts: ConnectionParts,
) -> None:
    await sign(parts, "p1")

    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ack("AA", number(frame)))

    async with answering(answer) as port, running(out(port), parts):

        async def is_known() -> bool:
            return await parts.cursors.read("emr", "signed") is not None

        await until(is_known)
        await asyncio.sleep(0.3)
    assert await parts.outbound.queue("emr") == []


async def test_a_demonstration_sends_nothing_real_and_the_other_way_round(
    parts: ConnectionParts,
) -> None:
    await begun(parts)
    await sign(parts, "p1")

    async def answer(frame: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ack("AA", number(frame)))

    async with answering(answer) as port:
        async with running(replace(out(port), synthetic=True), parts):
            await asyncio.sleep(0.5)
        assert await parts.outbound.queue("emr") == []
        assert (await build_connector(out(port), parts).test()).ok


async def test_a_listener_as_the_platform_runs_it(
    parts: ConnectionParts, state_folder: Path
) -> None:
    mapping = state_folder / "his.toml"
    mapping.write_text('department = "PV1-3.1"\n', encoding="utf-8")
    settings = {"mapping_file": str(mapping), "character_set": "GB18030"}
    connection = Connection("his", ConnectionKind.HL7V2_LISTENER, settings)
    async with running(connection, parts) as report:

        async def is_up() -> bool:
            return report.port is not None

        await until(is_up)
        assert report.port is not None
        async with connected(report.port) as sender:
            told = await sender.send(adt("A01", "M1", PID, PV1), "gb18030")
            assert told == ("AA", "M1", "")
            assert (await sender.send(adt("A01", "T1", PID, f11="T")))[0] == "AR"

        async def is_there() -> bool:
            return bool(await parts.records.list_patients())

        await until(is_there)
        tried = replace(connection, settings={**settings, "port": report.port})
        assert (await build_connector(tried, parts).test()).ok
    [patient] = await parts.records.list_patients()
    assert (patient.name, patient.department, patient.origin) == ("王小明", "6N", "imported")
    mapping.write_text("department = 7\n", encoding="utf-8")
    tested = await build_connector(connection, parts).test()
    assert not tested.ok
    assert "department" in tested.detail.en


async def test_a_demonstration_takes_training_messages(parts: ConnectionParts) -> None:
    connection = Connection("his", ConnectionKind.HL7V2_LISTENER, {}, synthetic=True)
    async with running(connection, parts) as report:

        async def is_up() -> bool:
            return report.port is not None

        await until(is_up)
        assert report.port is not None
        async with connected(report.port) as sender:
            assert (await sender.send(adt("A01", "T1", PID, PV1, f11="T")))[0] == "AA"

        async def is_there() -> bool:
            return bool(await parts.records.list_patients())

        await until(is_there)
    assert (await parts.records.list_patients())[0].origin == "synthetic"


@pytest.mark.parametrize(
    "settings",
    [
        {"port": 99999},
        {"acknowledgement": "sometimes"},
        {"peers": ["not a network"]},
        {"character_set": "EBCDIC"},
        {"time_zone": "Mars/Olympus"},
        {"certificate_file": "/etc/c.pem"},
        {"ca_file": "/etc/c.pem"},
        {"namespace": "Has Blanks"},
        {"unknown": 1},
    ],
)
async def test_wrong_settings_are_refused(parts: ConnectionParts, settings: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        build_connector(Connection("his", ConnectionKind.HL7V2_LISTENER, settings), parts)
    assert refused.value.code == "connection_settings_wrong"
