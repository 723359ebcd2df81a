"""``kill -9`` within a signature: it is whole or not there, and what was acknowledged stays."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.support.site import Rounds, Site, kill
from tests.support.struck_drafts import new_draft, post_struck, sign_body

pytestmark = [pytest.mark.site, pytest.mark.timeout(900)]


@pytest.mark.parametrize("point", ["sign.before_commit", "sign.after_commit"])
def test_a_signature_is_whole_or_not_there(site: Site, point: str, rounds: Rounds) -> None:
    for _ in rounds:
        draft = new_draft(site)
        body = sign_body(site, draft)
        address = f"/api/v1/drafts/{draft['id']}"
        post_struck(site, point, f"{address}/sign", body)
        status, now = site.again("GET", address)
        assert status == 200
        if point == "sign.after_commit":
            assert now["status"] == "signed"
            status, _ = site.again("POST", f"{address}/sign", body)
            assert status == 409
        else:
            assert now["status"] == "draft"
            assert now["content_hash"] == draft["content_hash"]
            status, answer = site.again("POST", f"{address}/sign", body)
            assert status == 200, answer
        status, signed = site.again("GET", address)
        assert (status, signed["status"]) == (200, "signed")
        assert signed["content_hash"] == draft["content_hash"]
    assert site.audit_report()["ok"]


def test_the_database_is_killed_inside_a_signature(site: Site, rounds: Rounds) -> None:
    for _ in rounds:
        draft = new_draft(site)
        body = sign_body(site, draft)
        address = f"/api/v1/drafts/{draft['id']}"
        answers: list[int] = []
        site.arm("sign.before_commit", "wait")

        def sign(path: str, what: dict[str, Any], told: list[int]) -> None:
            told.append(site.request("POST", path, what)[0])

        signing = threading.Thread(target=sign, args=(f"{address}/sign", body, answers))
        signing.start()
        site.reached("sign.before_commit")
        kill(site.postmaster())
        site.go("sign.before_commit")
        signing.join()
        status, now = site.again("GET", address)
        assert (status, now["content_hash"]) == (200, draft["content_hash"])
        # The server's last words may have been the commit: then it is whole, and not said undone.
        if answers[0] == 200 or now["status"] == "signed":
            assert now["status"] == "signed"
            assert site.again("POST", f"{address}/sign", body)[0] == 409
        else:
            assert now["status"] == "draft"
            status, answer = site.again("POST", f"{address}/sign", body)
            assert status == 200, answer
    assert site.audit_report()["ok"]
