"""The desk: who may, what is checked, and that every act is audited before it happens."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from suwen.bootstrap.connections.desk import ConnectionDesk
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.control.access.decision import AccessDecider
from suwen.core.connection import Connection, ConnectionHealth, ConnectionKind, ConnectionState
from suwen.core.errors import AccessError, ConflictError, InputError, NotFoundError
from suwen.core.identity import Purpose, Role
from suwen.storage.audit import AuditStore
from suwen.storage.inbound_types import MessageState, NewMessage
from tests.support.applications import person

OPERATOR = person("it.sun", Role.SYSTEM_ADMINISTRATOR, purpose=Purpose.OPERATIONS)
AUDITOR = person("aud.gu", Role.AUDIT_ADMINISTRATOR, purpose=Purpose.OPERATIONS)
PHYSICIAN = person("dr.lin")
HIS = Connection("his", ConnectionKind.HL7V2_LISTENER, {"port": 0}, synthetic=True)
BODY = b"MSH|^~\\&|\rPID|1||12345"


class Desk(ConnectionDesk):
    """The desk, and how often real data were announced."""

    def __init__(self, parts: ConnectionParts) -> None:
        self.parts = parts
        self.announced = 0

        async def before_real() -> None:
            self.announced += 1

        super().__init__(parts, AccessDecider(), before_real)

    async def audited(self) -> list[tuple[str, str]]:
        events = await AuditStore(self.parts.database).events()
        return [(one.entry.action, one.entry.outcome.value) for one in events]

    async def failed_message(self) -> int:
        now = datetime.now(UTC)
        message = NewMessage("his", "M1", "ADT^A01", "12345", BODY, "ascii", now)
        (receipt,) = await self.parts.inbound.receive_all([message], now)
        await self.parts.inbound.fail(receipt.id, "hl7_value", "PID-3", now)
        return receipt.id


@pytest.fixture
def desk(parts: ConnectionParts) -> Desk:
    return Desk(parts)


async def test_a_connection_is_put_changed_paused_and_removed_each_on_the_audit(
    desk: Desk,
) -> None:
    assert await desk.put(OPERATOR, HIS, None) == 1
    changed = dataclasses.replace(HIS, settings={"port": 0, "acknowledgement": "enhanced"})
    assert await desk.put(OPERATOR, changed, 1) == 2
    await desk.pause(OPERATOR, "his")
    paused = await desk.read(OPERATOR, "his")
    assert paused.health.state is ConnectionState.PAUSED
    await desk.resume(OPERATOR, "his")
    await desk.remove(OPERATOR, "his")
    assert await desk.list(OPERATOR) == []
    acts = ("put", "put", "pause", "resume", "remove")
    assert await desk.audited() == [
        (f"connection.{act}", outcome) for act in acts for outcome in ("opened", "done")
    ]


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        (dataclasses.replace(HIS, name="His"), "connection_name_wrong", "name"),
        (dataclasses.replace(HIS, name="../x"), "connection_name_wrong", "name"),
        (dataclasses.replace(HIS, settings={"port": "x"}), "connection_settings_wrong", "port"),
        (dataclasses.replace(HIS, settings={"no": 1}), "connection_settings_wrong", "no"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_field(
    desk: Desk, wanted: Connection, code: str, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        await desk.put(OPERATOR, wanted, None)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert await desk.audited() == []


async def test_a_change_of_what_somebody_changed_meanwhile_is_refused(desk: Desk) -> None:
    await desk.put(OPERATOR, HIS, None)
    await desk.pause(OPERATOR, "his")
    with pytest.raises(ConflictError, match="connection_changed"):
        await desk.put(OPERATOR, HIS, 1)
    with pytest.raises(ConflictError, match="connection_exists"):
        await desk.put(OPERATOR, HIS, None)
    with pytest.raises(ConflictError, match="connection_kind_fixed"):
        await desk.put(OPERATOR, dataclasses.replace(HIS, synthetic=False), 2)
    with pytest.raises(NotFoundError, match="no_such_connection"):
        await desk.read(OPERATOR, "nothing")


async def test_real_data_are_announced_before_the_connection_is_there(desk: Desk) -> None:
    await desk.put(OPERATOR, HIS, None)
    assert desk.announced == 0
    await desk.put(OPERATOR, dataclasses.replace(HIS, name="real", synthetic=False), None)
    assert desk.announced == 1


async def test_only_the_operator_acts_and_others_look_or_not(desk: Desk) -> None:
    await desk.put(OPERATOR, HIS, None)
    number = await desk.failed_message()
    acts: list[Any] = [
        lambda who: desk.put(who, HIS, 1),
        lambda who: desk.pause(who, "his"),
        lambda who: desk.resume(who, "his"),
        lambda who: desk.remove(who, "his"),
        lambda who: desk.test(who, "his"),
        lambda who: desk.replay(who, number),
        lambda who: desk.replay_failed(who, "his"),
        lambda who: desk.set_aside(who, number, "why"),
        lambda who: desk.edit(who, number, b"", "why"),
        lambda who: desk.read_message(who, number, "why"),
        lambda who: desk.replay_sent(who, 1),
        lambda who: desk.set_aside_sent(who, 1, "why"),
    ]
    for who in (AUDITOR, PHYSICIAN):
        for act in acts:
            with pytest.raises(AccessError):
                await act(who)
    assert len(await desk.list(AUDITOR)) == 1
    assert len(await desk.queue(AUDITOR)) == 1
    for look in (desk.list, desk.queue, desk.sent):
        with pytest.raises(AccessError):
            await look(PHYSICIAN)
    assert [act for act, _ in await desk.audited()] == ["connection.put"] * 2


async def test_a_message_is_read_for_a_reason_on_the_audit_before_it_is_open(desk: Desk) -> None:
    number = await desk.failed_message()
    with pytest.raises(InputError, match="reason_needed"):
        await desk.read_message(OPERATOR, number, "  ")
    assert await desk.audited() == []
    whole = await desk.read_message(OPERATOR, number, "PID-3 has no assigning authority")
    assert whole.body == BODY
    events = await AuditStore(desk.parts.database).events()
    assert [e.entry.action for e in events] == ["message.read", "message.read"]
    assert events[0].entry.detail["reason"] == "PID-3 has no assigning authority"
    assert events[1].entry.detail["control_id"] == "M1"


async def test_what_went_well_is_nobodys_to_open(desk: Desk) -> None:
    number = await desk.failed_message()
    await desk.replay(OPERATOR, number)
    with pytest.raises(ConflictError, match="message_needs_no_mending"):
        await desk.read_message(OPERATOR, number, "curious")


async def test_a_message_is_edited_replayed_and_set_aside(desk: Desk) -> None:
    number = await desk.failed_message()
    assert await desk.edit(OPERATOR, number, b"mended", "typing error") == 2
    assert await desk.replay_failed(OPERATOR, "his") == 1
    await desk.set_aside(OPERATOR, number, "sent by mistake")
    (shown,) = await desk.queue(OPERATOR, "his")
    assert (shown.state, shown.decided_by, shown.reason) == (
        MessageState.SET_ASIDE,
        "it.sun",
        "sent by mistake",
    )


async def test_a_process_that_fell_silent_is_told_as_down(desk: Desk) -> None:
    await desk.put(OPERATOR, HIS, None)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    up = ConnectionHealth("his", ConnectionState.UP, long_ago, port=2575)
    await desk.parts.connections.write_health([up], long_ago)
    found = (await desk.read(OPERATOR, "his")).health
    assert (found.state, found.port) == (ConnectionState.DOWN, None)
    assert found.last_error_code == "listener_not_running"


async def test_secrets_stay_where_nobody_reads_them(desk: Desk) -> None:
    wanted = Connection(
        "web",
        ConnectionKind.DICOMWEB_PEER,
        {"url": "https://pacs.hospital.example/dicom-web", "token": "hidden-token"},
        synthetic=True,
    )
    await desk.put(OPERATOR, wanted, None)
    shown = await desk.read(OPERATOR, "web")
    assert shown.secrets == {"token"}
    assert "hidden-token" not in repr(shown)
    settings = {"url": "https://pacs2.hospital.example/dicom-web"}
    await desk.put(OPERATOR, dataclasses.replace(wanted, settings=settings), 1)
    kept = await desk.parts.connections.read("web")
    assert (kept.secrets, kept.settings) == ({"token": "hidden-token"}, settings)
    async with desk.parts.database.kept_connection() as connection:
        rows = await (
            await connection.execute("SELECT connection::text FROM connection")
        ).fetchall()
    assert "hidden-token" not in str(rows)
    assert b"hidden-token".hex() not in str(rows)
