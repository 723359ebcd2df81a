"""``audit``: verified, exported and shown; a change behind the program's back is found."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.site.cli.conftest import DemonstrationTerminal, site
from tests.support.database import connect
from tests.support.prepared_homes import PreparedHomes

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def site_with_events(prepared_homes: PreparedHomes) -> Iterator[DemonstrationTerminal]:
    """A site of its own, whose audit this module changes as the database's owner could."""
    with site(prepared_homes) as terminal:
        for number in range(4):
            line = ("user", "add", f"n.{number}", "--full-name", "x", "--role", "nurse")
            assert terminal.run(*line, stdin="9-blue-Lanterns").status == 0
        yield terminal


def test_a_sound_chain(site_with_events: DemonstrationTerminal) -> None:
    terminal = site_with_events
    ended = terminal.run("audit", "verify", "--json")
    assert ended.status == 0
    assert set(ended.json) == {
        "ok",
        "events",
        "checkpoints",
        "first_bad",
        "reason",
        "since_anchor",
    }
    assert (ended.json["ok"], ended.json["events"], ended.json["first_bad"]) == (True, 8, None)
    assert "The chain holds" in terminal.run("audit", "verify").out
    assert (
        terminal.run("audit", "verify", "--anchor", str(terminal.folder / "anchor.jsonl")).status
        == 0
    )


def test_files_that_are_not_there_or_are_no_export(site_with_events: DemonstrationTerminal) -> None:
    terminal = site_with_events
    assert terminal.refused("audit", "verify", "--file", "/nowhere") == (2, "input_missing")
    assert terminal.refused("audit", "verify", "--anchor", "/nowhere") == (2, "input_missing")
    assert terminal.refused("audit", "export", "/nowhere/x") == (2, "file_unusable")
    for content in (b"", b"not json", b"\xff\xfe", b"{}", b"[]\n[]"):
        path = terminal.write("export.jsonl", content)
        ended = terminal.run("audit", "verify", "--file", str(path), "--json")
        assert ended.status in (1, 2), content
        assert ended.status == 2 or ended.json["ok"] is False, content


def test_an_export_is_verified_and_a_change_in_it_is_found(
    site_with_events: DemonstrationTerminal,
) -> None:
    terminal = site_with_events
    file = terminal.folder / "chain.jsonl"
    assert terminal.run("audit", "export", str(file)).status == 0
    line = ("audit", "verify", "--file", str(file), "--json")
    assert terminal.run(*line).json["ok"] is True
    file.write_text(file.read_text().replace('"people.add"', '"people.adx"', 1))
    ended = terminal.run(*line)
    assert (ended.status, ended.json["ok"]) == (1, False)
    assert ended.json["first_bad"] is not None
    assert ended.json["reason"]


def test_an_export_as_fhir(site_with_events: DemonstrationTerminal) -> None:
    file = site_with_events.folder / "events.ndjson"
    assert site_with_events.run("audit", "export", str(file), "--fhir").status == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["resourceType"] for line in lines} == {"AuditEvent"}


def test_a_filter_that_matches_nothing(site_with_events: DemonstrationTerminal) -> None:
    for name in ("nobody", "x' OR 1=1 --", "", "%", "x" * 10_000):
        for option in ("--actor", "--patient"):
            ended = site_with_events.run("audit", "show", option, name, "--json")
            assert (ended.status, ended.json) == (0, [])


def test_the_device_partitions_chain_is_read_too(site_with_events: DemonstrationTerminal) -> None:
    terminal = site_with_events
    assert terminal.urls is not None
    of_device = ("--partition", "device")
    request = {"messages": [{"role": "patient", "text": "咳嗽三天"}]}
    run = ("app", "run", "triage", "--input", "-", "--output", "-")
    assert terminal.run(*run, stdin=json.dumps({"id": 1, "request": request})).status == 0
    actions = [e["action"] for e in terminal.run("audit", "show", *of_device, "--json").json]
    assert actions == ["run.open", "run.close"]
    assert "run.open" not in terminal.run("audit", "show", "--json").out
    file = terminal.folder / "device.jsonl"
    assert terminal.run("audit", "export", str(file), *of_device).status == 0
    named = ("audit", "verify", "--file", str(file), *of_device, "--json")
    assert terminal.run(*named).json["events"] == 2
    verify = ("audit", "verify", "--json")
    assert terminal.run(*verify, *of_device).json["events"] == 2
    with connect(terminal.urls.device_migration) as owner, owner.transaction():
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER never_changed")
        owner.execute("UPDATE audit_event SET actor = 'nobody' WHERE sequence = 1")
    both = terminal.run(*verify)
    assert (both.status, both.json["ok"], both.json["first_bad"]) == (1, False, 1)
    assert both.json["reason"].startswith("device: ")
    assert "Device partition" in terminal.run("audit", "verify").out
    assert terminal.run(*verify, *of_device).status == 1
    assert terminal.run(*verify, "--partition", "general").status == 0
    with connect(terminal.urls.device_migration) as owner, owner.transaction():
        owner.execute("UPDATE audit_event SET actor = 'batch' WHERE sequence = 1")
        owner.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER never_changed")
    assert terminal.run(*verify).status == 0


CHANGES = [
    "UPDATE audit_event SET actor = 'nobody' WHERE sequence = 3",
    "DELETE FROM audit_event WHERE sequence = 5",
    "DELETE FROM audit_event WHERE sequence > 6",
]


def test_a_change_by_the_owner_of_the_database_is_found(
    site_with_events: DemonstrationTerminal,
) -> None:
    terminal = site_with_events
    assert terminal.urls is not None
    assert terminal.run("audit", "verify").status == 0
    with connect(terminal.urls.migration) as owner:
        for change in CHANGES:
            with owner.transaction(force_rollback=False):
                owner.execute("ALTER TABLE audit_event DISABLE TRIGGER never_changed")
                owner.execute("CREATE TABLE kept AS SELECT * FROM audit_event")
                owner.execute(change)
            ended = terminal.run("audit", "verify", "--json")
            assert (ended.status, ended.json["ok"]) == (1, False), change
            assert ended.json["reason"], change
            with owner.transaction():
                owner.execute("DELETE FROM audit_event")
                owner.execute("INSERT INTO audit_event SELECT * FROM kept")
                owner.execute("DROP TABLE kept")
                owner.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER never_changed")
            assert terminal.run("audit", "verify").status == 0, change
