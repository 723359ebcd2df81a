"""The operator's screen of the connections: who sees it, what it says, what it never says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from suwen.core.connection import (
    Connection,
    ConnectionHealth,
    ConnectionKind,
    ConnectionState,
    ErrorSample,
)
from suwen.core.language import Bilingual
from suwen.storage.inbound_types import MessageState, NewMessage
from tests.support.web_site import WebSite

SECRET = "PID|1||12345^^^HIS||张三丰"


@pytest.fixture
def failing(web: WebSite) -> Iterator[int]:
    """A connection that is down with one failed message; the message's number."""

    async def put() -> int:
        parts, now = web.platform.connection_parts, datetime.now(UTC)
        wanted = Connection("lis", ConnectionKind.HL7V2_LISTENER, {"port": 0}, synthetic=True)
        await parts.connections.put(wanted, None, by="test", at=now)
        await parts.connections.write_health(
            [
                ConnectionHealth(
                    "lis",
                    ConnectionState.DOWN,
                    now,
                    last_message_at=now,
                    messages_total=41,
                    errors_total=3,
                    lag_s=130.0,
                    last_error_code="port_taken",
                    last_error_at=now,
                    last_error_message=Bilingual("端口被占用。", "The port is taken."),
                )
            ],
            now + timedelta(hours=1),
        )
        await parts.connections.add_samples([ErrorSample("lis", now, "hl7_value", "PID-7", 3)])
        message = NewMessage("lis", "MSG1", "ORU^R01", "12345", SECRET.encode(), "utf-8", now)
        (receipt,) = await parts.inbound.receive_all([message], now)
        await parts.inbound.fail(receipt.id, "hl7_value", "PID-7", now)
        return receipt.id

    async def forget() -> None:
        await web.platform.connection_parts.connections.remove("lis")

    number = web.run(put())
    yield number
    web.run(forget())


def test_the_list_says_how_each_stands_and_nothing_of_a_patient(web: WebSite, failing: int) -> None:
    answer = web.person("it.cao").get("/connections")
    rows = [" ".join(row.text().split()) for row in answer.page.css("#connections tbody tr")]
    assert rows[0].startswith("lis"), "what is down stands first"
    for expected in ("中断", "端口被占用。", "2 分钟", "虚构数据"):
        assert expected in rows[0]
    assert {row.split()[0] for row in rows} >= {"lis", "his", "pacs"}
    whole = web.person("it.cao").get("/connections/lis").text
    for expected in ("hl7_value", "PID-7", "MSG1", "ORU^R01", "41"):
        assert expected in whole
    for text in (answer.text, whole):
        assert "张三丰" not in text
        assert "12345" not in text


def test_htmx_gets_the_part_that_changes(web: WebSite, failing: int) -> None:
    client = web.person("it.cao")
    for path, part in (("/connections", "connections"), ("/connections/lis", "connection")):
        answer = client.get(path, **{"HX-Request": "true"})
        assert answer.page.css_first(f"#{part}") is not None
        assert answer.page.css_first("header") is None


def test_pausing_and_replaying_from_the_screen(web: WebSite, failing: int) -> None:
    client = web.person("it.cao")
    back = {"back": "/connections/lis"}
    assert client.post("/connections/lis/pause", back).headers["location"] == "/connections/lis"
    assert "已暂停" in client.get("/connections/lis").text
    assert client.post("/connections/lis/resume", back).status == 303
    path = f"/connections/lis/received/{failing}/replay"
    assert client.post(path, back).status == 303
    assert client.post(path, back).status == 409, "it waits already"
    (waiting,) = web.run(web.platform.connection_parts.inbound.queue("lis", limit=1))
    assert (waiting.state, waiting.decided_by) == (MessageState.RECEIVED, "it.cao")
    assert client.post("/connections/lis/explode", back).status == 404


def test_the_test_button_says_what_is_wrong(web: WebSite, failing: int) -> None:
    answer = web.person("it.cao").post("/connections/lis/test")
    assert answer.status == 200
    assert answer.page.css_first(".sw-problem") is not None


def test_the_auditor_looks_and_does_nothing(web: WebSite, failing: int) -> None:
    auditor = web.person("audit.bai")
    page = auditor.get("/connections/lis")
    assert page.status == 200
    assert page.page.css(".sw-acts button") == []
    for act in ("test", "pause", "replay"):
        assert auditor.post(f"/connections/lis/{act}").status == 403
    assert web.person("it.cao").get("/connections/nothing").status == 404
