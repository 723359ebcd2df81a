"""Who may do what, who read a record, and the review of emergencies, on the command line."""

from __future__ import annotations

import asyncio
import csv
import io
import stat
from pathlib import Path

import pytest

from suwen.bootstrap.platform import platform_on
from suwen.bootstrap.settings import read_settings
from suwen.control.access.sign_in_types import Proof
from suwen.control.gateway.emergency import Declaration
from suwen.core.identity import Channel
from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site

EXPLAIN = ("access", "explain")
OFFICER = ("--as", "compliance.yuan")
PHYSICIAN = "dr.lin"


def test_what_is_allowed_names_the_policy_that_decided(
    demonstration: DemonstrationTerminal,
) -> None:
    told = demonstration.run(*EXPLAIN, "audit.bai", "read_audit", *OFFICER, "--json")
    assert (told.status, told.json["allowed"], told.json["code"]) == (0, True, "")
    assert told.json["decided"] == ["audit_administrators_read_the_audit"]
    assert "permit" in told.json["policies"]["audit_administrators_read_the_audit"]


def test_what_is_not_allowed_says_so_and_ends_as_a_refusal(
    demonstration: DemonstrationTerminal,
) -> None:
    told = demonstration.run(*EXPLAIN, PHYSICIAN, "manage_people", *OFFICER, "--json")
    assert (told.status, told.json["allowed"], told.json["code"]) == (3, False, "not_permitted")
    assert "security_administrators_manage_people" in told.json["considered"]
    plain = demonstration.run(*EXPLAIN, PHYSICIAN, "manage_people", *OFFICER)
    assert plain.out.startswith("Not allowed (not_permitted)")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("nobody.here", "read_audit", *OFFICER), (2, "no_such_account")),
        ((PHYSICIAN, "fly", *OFFICER), (2, "usage_value")),
        ((PHYSICIAN, "read_record", *OFFICER), (2, "target_missing")),
        ((PHYSICIAN, "read_audit", "--as", PHYSICIAN), (3, "not_permitted")),
        ((PHYSICIAN, "read_audit"), (3, "not_permitted")),
    ],
)
def test_a_question_that_cannot_be_answered(
    demonstration: DemonstrationTerminal, line: tuple[str, ...], told: tuple[int, str]
) -> None:
    assert demonstration.refused(*EXPLAIN, *line) == told


def test_who_read_a_record_is_listed_and_exported(
    demonstration: DemonstrationTerminal, tmp_path: Path
) -> None:
    patient = demonstration.run("record", "list", "--as", PHYSICIAN, "--json").json[0]["id"]
    assert demonstration.run("record", "show", patient, "--as", PHYSICIAN).status == 0
    readers = ("access", "readers", patient)
    rows = demonstration.run(*readers, "--as", "service.tao", "--json").json
    row = next(row for row in rows if row["action"] == "record.read")
    assert (row["account"], row["channel"], row["done"]) == (PHYSICIAN, "cli", True)
    file = tmp_path / "readers.csv"
    done = demonstration.run(*readers, "--export", str(file), *OFFICER, "--json")
    # The second report is in it too.
    assert done.json["rows"] == len(rows) + 1
    assert len(list(csv.reader(io.StringIO(file.read_text("utf-8-sig"))))) == len(rows) + 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("demo-p01", "--as", PHYSICIAN), (3, "not_permitted")),
        (("demo-p01", "--since", "yesterday", *OFFICER), (2, "date_wrong")),
        (("", *OFFICER), (2, "patient_missing")),
    ],
)
def test_a_report_that_is_not_given(
    demonstration: DemonstrationTerminal, line: tuple[str, ...], told: tuple[int, str]
) -> None:
    assert demonstration.refused("access", "readers", *line) == told


def test_a_number_that_is_nobodys_was_only_asked_for(demonstration: DemonstrationTerminal) -> None:
    told = demonstration.run("access", "readers", "nobody-at-all", *OFFICER, "--json")
    assert (told.status, {row["action"] for row in told.json}) == (0, {"readers.report"})


def _declare(terminal: DemonstrationTerminal) -> str:
    """Lets the physician open a record of another ward by emergency; the access's id."""

    async def declare() -> str:
        assert terminal.urls is not None
        async with platform_on(read_settings(terminal.environ()), terminal.urls) as platform:
            signed_in = await platform.authentication.sign_in(
                PHYSICIAN, terminal.password, Channel.CLI
            )
            mine = {p.id for p in await platform.charts.list_patients(signed_in.principal)}
            others = [p.id for p in await platform.records.list_patients() if p.id not in mine]
            declared = Declaration(others[-1], "life_threatening", "brought in unconscious")
            proof = Proof(password=terminal.password)
            return (await platform.emergencies.open(signed_in.principal, declared, proof)).id

    return asyncio.run(declare())


def test_an_emergency_is_listed_and_reviewed_by_somebody_else(
    demonstration: DemonstrationTerminal,
) -> None:
    emergency = _declare(demonstration)
    listing = ("access", "emergencies", "--waiting")
    listed = demonstration.run(*listing, *OFFICER, "--json").json
    row = next(row for row in listed if row["id"] == emergency)
    assert (row["person"], row["active"], row["outcome"]) == (PHYSICIAN, True, "")
    assert demonstration.refused(*listing, "--as", PHYSICIAN) == (3, "not_permitted")

    def review(*words: str) -> tuple[int, str]:
        return demonstration.refused("access", "review", *words)

    why = ("not_justified", "--comment", "the family says otherwise")
    own = review(emergency, *why, "--as", PHYSICIAN)
    assert own == (3, "nobody_reviews_their_own_emergency")
    assert review(emergency, *why, "--as", "it.cao") == (2, "no_such_emergency")
    assert review("no-such", *why, *OFFICER) == (2, "no_such_emergency")
    assert review(emergency, "maybe", *why[1:], *OFFICER) == (2, "usage_value")
    short = review(emergency, "justified", "--comment", "ok", *OFFICER)
    assert short == (2, "emergency_incomplete")
    done = demonstration.run("access", "review", emergency, *why, *OFFICER, "--json")
    assert done.json == {"reviewed": emergency, "outcome": "not_justified"}
    assert review(emergency, *why, *OFFICER) == (2, "emergency_reviewed")
    listed = demonstration.run("access", "emergencies", *OFFICER, "--json").json
    row = next(row for row in listed if row["id"] == emergency)
    assert (row["active"], row["outcome"]) == (False, "not_justified")
