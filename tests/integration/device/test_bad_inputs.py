"""What strangers may send to the chat's door: empty, huge, in another encoding, hostile."""

from __future__ import annotations

import pytest

from tests.support.device_site import DeviceSite
from tests.support.web_site import Answer, Client

FORM = "application/x-www-form-urlencoded"
ALARM = "胸口压着痛，出冷汗"


def send(device: DeviceSite, patient: Client, body: bytes, kind: str = FORM) -> Answer:
    headers = {"Content-Type": kind, "Origin": f"http://{device.host}"}
    return patient.request("POST", "/chat/messages", body, headers)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"text=", 422),
        (b"text=%20%0A%E3%80%80", 422),
        (b"words=hello", 422),
        (b"text=%00", 422),
        (b"text=a%00b", 422),
        (b"text=%FF%FE", 422),
        (b"text=%ED%A0%80", 422),
        (b"text=" + b"a" * 1001, 422),
        (b"text=" + b"%E7%97%9B" * 1001, 422),
        (b"text=" + b"a" * 1_100_000, 422),
        (b"&".join(b"f%d=1" % n for n in range(200)), 400),
        (b"text=" + b"%" * 50, 200),
    ],
)
def test_a_message_that_is_none(device: DeviceSite, body: bytes, status: int) -> None:
    answer = send(device, device.patient(), body)
    assert answer.status == (303 if status == 200 else status)
    assert "Traceback" not in answer.text
    # What was refused leads back into the chat, which goes on.
    assert ('href="/chat"' in answer.text) == (answer.status != 303)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"text": "hello"}', "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="text"; filename="a.txt"\r\n\r\n'
            b"hello\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        ("text=咳嗽".encode("gb18030"), FORM + "; charset=gb18030"),
        (b"\x1f\x8b\x08\x00", FORM),
    ],
)
def test_a_body_of_another_kind(device: DeviceSite, body: bytes, kind: str) -> None:
    answer = send(device, device.patient(), body, kind)
    assert answer.status in (400, 413, 415, 422), answer.text
    assert "Traceback" not in answer.text


HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %} ${7*7}",
    "'; DROP TABLE patient_chat; --",
    "\u202e\u2066反过来\u2069",
    "a\u0301" * 400,
    "((((" * 200,
    "痛" * 1000,
    "疼吗？" * 333,
    "chest " * 160,
    "没有" * 450 + "胸痛",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_words(device: DeviceSite, text: str) -> None:
    patient = device.patient()
    told = device.say(patient, text)
    assert told["state"] in ("open", "waiting")
    page = patient.get("/chat")
    assert page.status == 200
    assert page.page.css_first(".sw-p-log script") is None
    assert "49" not in told["last"]["text"]
    # Whoever wrote that may still be in danger.
    assert device.say(patient, ALARM)["emergency"]


@pytest.mark.parametrize(
    "about",
    [
        {"age_y": "-1"},
        {"age_y": "131"},
        {"age_y": "nan"},
        {"age_y": "1e9"},
        {"age_m": "٣٣"},
        {"sex": "other'"},
        {"pregnant": "maybe"},
        {"age_y": "1" * 5000},
    ],
)
def test_what_is_said_of_a_person_must_be_possible(
    device: DeviceSite, about: dict[str, str]
) -> None:
    answer = device.post(device.stranger(), "/chats", about)
    assert answer.status == 422
    assert "suwen_chat" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("token", ["", "x" * 5000, "a b", "\u00e9", "' OR 1=1 --"])
def test_a_token_that_nobody_was_given(device: DeviceSite, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = device.stranger().request("GET", "/chat/talk", headers=headers)
    assert answer.status in (404, 431), answer.text
