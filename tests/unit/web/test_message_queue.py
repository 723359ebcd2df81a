"""Messages that failed: who may see them, the reason that is asked, mending and replay."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from suwen.core.connection import Connection, ConnectionKind
from suwen.storage.inbound_types import MessageState, NewMessage
from tests.support.hl7 import PID, adt
from tests.support.web_site import WebSite

NAME = "queue-test"
BODY = adt("A01", "M1", PID.replace("19570214", "19579914"))


@pytest.fixture(scope="module")
def failed(web: WebSite) -> int:
    """A message that failed at the birth date."""
    parts = web.platform.connection_parts

    async def receive() -> int:
        now = datetime.now(UTC)
        await parts.connections.put(
            Connection(
                NAME, ConnectionKind.HL7V2_LISTENER, {"port": 0}, enabled=False, synthetic=True
            ),
            None,
            by="test",
            at=now,
        )
        [receipt] = await parts.inbound.receive_all(
            [NewMessage(NAME, "M1", "ADT^A01", None, BODY.encode(), "utf-8", now)], now
        )
        await parts.inbound.fail(receipt.id, "hl7_data_type", "PID-7", now)
        return receipt.id

    return web.run(receive())


def test_only_operators_see_the_queue(web: WebSite, failed: int) -> None:
    for account in ("dr.lin", "quality.xu"):
        client = web.person(account)
        assert client.get("/messages").status == 403
        assert client.get(f"/messages/{failed}").status == 403
        assert client.post(f"/messages/{failed}/open", {"reason": "curious"}).status == 403
        assert client.post(f"/messages/{failed}/replay").status == 403
    answer = web.person("it.cao").get("/messages")
    assert answer.status == 200
    assert "PID-7" in answer.text
    assert "hl7_data_type" in answer.text


def test_the_list_and_the_page_show_nothing_of_the_patient(web: WebSite, failed: int) -> None:
    client = web.person("it.cao")
    for path in ("/messages", f"/messages/{failed}", f"/messages?connection={NAME}&state="):
        answer = client.get(path)
        assert answer.status == 200
        assert "小明" not in answer.text
        assert "P100" not in answer.text


def test_the_text_is_shown_for_a_reason_and_audited(web: WebSite, failed: int) -> None:
    client = web.person("it.cao")
    refused = client.post(f"/messages/{failed}/open", {"reason": ""})
    assert refused.status == 422
    assert "小明" not in refused.text
    shown = client.post(f"/messages/{failed}/open", {"reason": "birth date refused"})
    assert shown.status == 200
    assert "王^小明" in shown.page.css_first("textarea").text()
    assert "no-store" in shown.headers["cache-control"]
    events = [
        event.entry
        for event in web.run(web.platform.audit_store.events(0, 100_000))
        if event.entry.action == "message.read"
    ]
    assert events[-1].subject == f"InboundMessage/{failed}"
    assert events[-1].actor == "it.cao"


def test_an_edit_is_checked_then_kept_and_replayed(web: WebSite, failed: int) -> None:
    client = web.person("it.cao")
    path = f"/messages/{failed}/edit"
    as_typed = BODY.replace("\r", "\r\n")
    checked = client.post(path, {"text": as_typed, "reason": "mend", "act": "check"})
    assert checked.status == 200
    assert "PID-7" in checked.page.css_first(".sw-problem").text()
    mended = as_typed.replace("19579914", "19570214")
    checked = client.post(path, {"text": mended, "reason": "mend", "act": "check"})
    assert checked.page.css_first(".sw-done") is not None
    store = web.platform.connection_parts.inbound
    assert web.run(store.read(failed)).summary.version == 1
    done = client.post(path, {"text": mended, "reason": "mend", "act": "replay"})
    assert done.status == 303
    whole = web.run(store.read(failed))
    assert whole.summary.state is MessageState.RECEIVED
    assert whole.body.decode() == BODY.replace("19579914", "19570214")
    assert whole.former[0].body == BODY.encode()
    again = client.post(path, {"text": mended, "reason": "mend", "act": "replay"})
    assert again.status in (409, 422)


def test_a_message_is_set_aside_with_a_reason(web: WebSite, failed: int) -> None:
    store = web.platform.connection_parts.inbound
    now = datetime.now(UTC)
    [other] = web.run(
        store.receive_all([NewMessage(NAME, "M2", "ADT^A01", None, b"MSH|", "utf-8", now)], now)
    )
    web.run(store.fail(other.id, "hl7_segment_missing", "PID", now))
    client = web.person("it.cao")
    assert client.post(f"/messages/{other.id}/set-aside", {"reason": ""}).status == 422
    assert client.post(f"/messages/{other.id}/set-aside", {"reason": "a test"}).status == 303
    summary = web.run(store.summary(other.id))
    assert (summary.state, summary.reason) == (MessageState.SET_ASIDE, "a test")
    assert client.post(f"/messages/{other.id}/replay").status == 303
    assert web.run(store.summary(other.id)).state is MessageState.RECEIVED


def test_a_message_that_is_not_there(web: WebSite) -> None:
    client = web.person("it.cao")
    assert client.get("/messages/999999").status == 404
    assert client.get("/messages?state=nonsense").status == 404
