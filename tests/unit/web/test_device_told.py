"""What the device partition told, on the pages of whoever may see Releases and monitoring."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from suwen.bootstrap.audit_opening import site_signer
from suwen.bootstrap.device.place import device_settings
from suwen.bootstrap.device.told import FILE, FOLDER, FORM
from suwen.bootstrap.signed_files import keep_copy, signed
from tests.support.web_site import WebSite

OFFICE, PHYSICIAN = "compliance.yuan", "dr.lin"
HASH = "c0ffee" + "1" * 58
PART = "decade" + "2" * 58


def body(web: WebSite, minutes_ago: int) -> dict[str, Any]:
    """A word of the device partition, as it writes it."""
    at = web.platform.clock.now() - timedelta(minutes=minutes_ago)
    both = {"zh": "未达到门槛：医疗请求", "en": "failed: medical requests"}
    return {
        "form": FORM,
        "at": at.isoformat(),
        "applications": [
            {
                "app": "triage",
                "title": {"zh": "患者导诊", "en": "Patient navigation"},
                "release": HASH,
                "since": at.isoformat(),
                "suspended": {"reason": "planted", "by": "monitoring", "at": at.isoformat()},
                "demand": both,
                "engines": [
                    {
                        "endpoint": "chat-engine",
                        "model_part": PART,
                        "state": "proposed",
                        "stage": None,
                        "departments": [],
                        "why": both,
                        "open_approvals": [both],
                    }
                ],
                "log": [{"at": at.isoformat(), "by": None, "words": both}],
            }
        ],
        "monitoring": {
            "days": 28,
            "every_minutes": 15,
            "counted_at": at.isoformat(),
            "applications": [
                {"app": "triage", "runs": 40, "shares": {"failed": [40, 10], "refused": [40, 0]}}
            ],
            "alarms": [
                {
                    **{"id": "alarm-of-the-device", "app": "triage", "release": HASH},
                    **{"rule": "failed", "day": at.date().isoformat(), "suspended": True},
                    **{"raised_at": at.isoformat(), "answered_by": None, "events": 10, "cases": 40},
                }
            ],
        },
    }


@pytest.fixture
def told(web: WebSite) -> Iterator[Any]:
    """Lays what the partition tells; taken away again."""
    device = device_settings(web.platform.settings)

    def lay(minutes_ago: int = 1, spoil: bool = False) -> None:
        content = signed(body(web, minutes_ago), site_signer(device))
        changed = content.replace(b"planted", b"plantef") if spoil else content
        keep_copy(device.home / FOLDER / FILE, changed)

    yield lay
    shutil.rmtree(device.home / FOLDER)


def test_the_office_sees_releases_monitoring_and_register_of_the_device_partition(
    web: WebSite, told: Any
) -> None:
    told()
    office = web.person(OFFICE)
    board = office.get("/releases").page.css_first("#device").text()
    assert "chat-engine" in board and PART[:12] in board and HASH[:12] in board
    assert "未达到门槛" in board and "planted" in board
    assert f"suwen release approve {PART[:12]} --partition device" in board
    # No form reaches into the partition.
    assert office.get("/releases").page.css_first("#device form") is None
    watched = office.get("/monitoring").page.css_first("#device").text()
    assert "10 / 40" in watched and "患者导诊" in watched and "25.0" in watched
    assert "suwen monitor answer alarm-of-the-device" in watched
    assert HASH[:12] in office.get("/register/triage").text
    reader = web.fresh(OFFICE)
    reader.post("/language", {"language": "en", "back": "/releases"})
    english = reader.get("/releases").page.css_first("#device").text()
    assert "Patient navigation" in english and "medical requests" in english


def test_what_is_old_missing_or_spoilt_says_so(web: WebSite, told: Any) -> None:
    office = web.person(OFFICE)
    told(minutes_ago=45)
    assert "超过半小时没有新的报告" in office.get("/releases").text
    told(spoil=True)
    page = office.get("/monitoring").text
    assert "不是器械分区签名的" in page and "10 / 40" not in page
    board = office.get("/releases").text
    assert "不是器械分区签名的" in board and "plantef" not in board


def test_who_may_not_see_releases_is_told_nothing(web: WebSite, told: Any) -> None:
    told()
    for path in ("/releases", "/monitoring", "/register/triage"):
        answer = web.person("service.tao").get(path)
        assert answer.status == 403 and HASH[:12] not in answer.text, path
    assert web.person(PHYSICIAN).get("/monitoring").status == 403
    # Whoever may see Releases, and act on none, is shown no command.
    board = web.person(PHYSICIAN).get("/releases").page.css_first("#device").text()
    assert PART[:12] in board and "suwen release approve" not in board


def test_without_a_word_the_page_says_where_to_look(web: WebSite) -> None:
    board = web.person(OFFICE).get("/releases").page.css_first("#device").text()
    assert "suwen release list --partition device" in board
