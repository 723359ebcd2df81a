"""The register of AI systems at the command line."""

from __future__ import annotations

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site
OFFICE = ("--as", "compliance.yuan")


def test_it_is_listed_shown_and_exported(demonstration: DemonstrationTerminal) -> None:
    listed = demonstration.run("register", "list", "--json", *OFFICE)
    assert listed.status == 0, listed.err
    assert {"triage", "record_writer"} <= {row["id"] for row in listed.json}
    shown = demonstration.run("register", "show", "triage", "--json", *OFFICE).json
    assert shown["classes"]["cn"]["certainty"] == "ambiguous"
    other = demonstration.run("register", "show", "evidence_search", "--json", *OFFICE).json
    assert other["classes"]["cn"]["missing"] == ["function"]
    assert "hospital_answers" in shown["open_facts"]
    file = demonstration.folder / "register.csv"
    assert demonstration.run("register", "export", str(file), *OFFICE).status == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbfid,kind,title,")
    assert demonstration.run("register", "law", "2022-09", "2026-01", "--json", *OFFICE).json == []


def test_the_batch_service_sees_no_register(demonstration: DemonstrationTerminal) -> None:
    assert demonstration.refused("register", "list") == (3, "not_permitted")


def test_what_is_not_there_is_named(demonstration: DemonstrationTerminal) -> None:
    assert demonstration.refused("register", "show", "nothing", *OFFICE) == (2, "no_such_system")
    assert demonstration.refused("register", "list", "--law", "1999-01", *OFFICE) == (
        2,
        "no_such_rule_version",
    )
