"""Connections from the command line: set up, looked at, held, tried again, refused where wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site


@pytest.fixture
def lis(demonstration: DemonstrationTerminal, tmp_path: Path) -> Path:
    """A file with settings of a listener."""
    file = tmp_path / "lis.json"
    file.write_text(json.dumps({"port": 0}))
    return file


def test_the_life_of_a_connection(demonstration: DemonstrationTerminal, lis: Path) -> None:
    run = demonstration.run
    kind = ("--kind", "hl7v2_listener", "--synthetic", "--settings", str(lis))
    assert run("connection", "add", "lis", *kind).status == 0
    listed = {one["name"]: one for one in run("connection", "list", "--json").json}
    assert set(listed) == {"his", "lis", "pacs"}
    assert (listed["lis"]["state"], listed["lis"]["settings"]) == ("waiting", {"port": 0})
    lis.write_text(json.dumps({"port": 2599}))
    assert run("connection", "change", "lis", "--settings", str(lis), "--off").status == 0
    shown = run("connection", "show", "lis", "--json").json
    assert (shown["settings"], shown["state"], shown["version"]) == ({"port": 2599}, "off", 2)
    assert run("connection", "change", "lis", "--settings", str(lis), "--on").status == 0
    assert run("connection", "pause", "lis").status == 0
    assert run("connection", "show", "lis", "--json").json["state"] == "paused"
    assert run("connection", "resume", "lis").status == 0
    assert run("connection", "samples", "lis", "--json").json == []
    assert run("connection", "messages", "lis", "--failed", "--json").json == []
    assert run("connection", "replay", "lis", "--json").json == {"replayed": 0}
    assert run("connection", "remove", "lis").status == 0
    assert demonstration.refused("connection", "show", "lis") == (2, "no_such_connection")


def test_what_is_wrong_is_refused(demonstration: DemonstrationTerminal, lis: Path) -> None:
    add = ("connection", "add", "x", "--synthetic", "--settings", str(lis), "--kind")
    assert demonstration.refused(*add, "telepathy") == (2, "usage_value")
    lis.write_text('{"port": "x"}')
    assert demonstration.refused(*add, "hl7v2_listener") == (2, "connection_settings_wrong")
    for text in ("[]", "{", "\x00"):
        lis.write_text(text)
        assert demonstration.refused(*add, "hl7v2_listener") == (2, "connection_file_unreadable")
    assert demonstration.refused("connection", "replay", "his", "--message", "999") == (
        2,
        "no_such_message",
    )


def test_who_is_not_the_operator_is_refused(demonstration: DemonstrationTerminal) -> None:
    demonstration.sign_in("dr.lin")
    assert demonstration.refused("connection", "list", "--as", "dr.lin") == (3, "not_permitted")
    demonstration.sign_in("it.cao")
    assert demonstration.run("connection", "list", "--as", "it.cao").status == 0
