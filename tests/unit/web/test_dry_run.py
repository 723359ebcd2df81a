"""The screen of a dry run: who sees it, what it says, what it never says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suwen.core.connection import Connection, ConnectionKind
from tests.support.database import new_state_folder
from tests.support.rows import FILES
from tests.support.web_site import WebSite

PEOPLE = "pid,name,sex,born\nP77123,某某某,1,1980-02-03\nP2,李四,9,\nP3,王五,1\n"


@pytest.fixture
def dropped(web: WebSite) -> Iterator[Path]:
    """A drop folder with one file, as a connection of invented data."""
    with new_state_folder() as home:
        place = home / "drop"
        place.mkdir()
        (place / "patients.csv").write_text(PEOPLE, encoding="utf-8")
        (home / "mapping.toml").write_text(FILES, encoding="utf-8")
        settings = {"folder": str(place), "mapping_file": str(home / "mapping.toml")}
        wanted = Connection("drop", ConnectionKind.DROP_FOLDER, settings, synthetic=True)
        connections = web.platform.connection_parts.connections

        async def put() -> None:
            await connections.put(wanted, None, by="test", at=datetime.now(UTC))

        async def forget() -> None:
            await connections.remove("drop")

        web.run(put())
        yield place
        web.run(forget())


def test_it_says_what_would_be_read_and_nothing_of_a_patient(web: WebSite, dropped: Path) -> None:
    client = web.person("it.cao")
    assert '/dry-run/drop"' in client.get("/connections/drop").text
    assert client.get("/dry-run/drop").status == 200
    answer = client.post("/dry-run/drop", {"rows": "100"})
    assert answer.status == 200
    text = " ".join(answer.page.body.text().split())
    for expected in ("读 3 行，可存 1，略过 0，拒绝 2。", "sex", "gender", "row_width", "□□□"):
        assert expected in text
    assert "codes.sex" in text
    for secret in ("某某某", "李四", "P77123", "1980"):
        assert secret not in answer.text
    assert (dropped / "patients.csv").exists()
    assert not (dropped / "processed").exists()


def test_a_folder_that_is_gone_is_said(web: WebSite, dropped: Path) -> None:
    (dropped / "patients.csv").unlink()
    dropped.rmdir()
    answer = web.person("it.cao").post("/dry-run/drop", {"rows": "100"})
    assert "folder_unusable" in answer.text


def test_only_who_may_manage_connections_may_look(web: WebSite, dropped: Path) -> None:
    for person in ("dr.lin", "audit.bai"):
        client = web.person(person)
        assert client.get("/dry-run/drop").status == 403
        assert client.post("/dry-run/drop", {"rows": "100"}).status == 403
    assert web.person("it.cao").get("/dry-run/none").status == 404
    assert web.person("it.cao").post("/dry-run/drop", {"rows": "0"}).status == 422
    assert web.person("it.cao").post("/dry-run/his", {"rows": "5"}).status == 422
