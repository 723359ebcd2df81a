"""Who acts: the batch service, a demonstration person, or a person with their own token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site

PASSWORD = "9-blue-Lanterns"
WRONG = "not the password"


@pytest.fixture
def token(demonstration: DemonstrationTerminal) -> Iterator[Path]:
    """The file with the token of dr.lin, as ``login`` wrote it."""
    demonstration.sign_in("dr.lin")
    (path,) = (demonstration.folder / "config").rglob("dr.lin")
    yield path
    path.unlink()


def test_a_wrong_sign_in_says_nothing_of_who_there_is(demonstration: DemonstrationTerminal) -> None:
    told = [
        demonstration.run("login", name, "--json", stdin=WRONG)
        for name in ("dr.xie", "no.such.person", "../../x", "x" * 10_000, "'; --", "")
    ]
    assert {ended.status for ended in told} == {3}
    assert {ended.err for ended in told} == {told[0].err}
    assert told[0].error["code"] == "credentials_wrong"
    assert not list(demonstration.folder.rglob("dr.xie"))


@pytest.mark.parametrize(
    ("stdin", "code"),
    [(b"", "secret_missing"), (b"\n", "secret_missing"), (b"\xff\n", "secret_unreadable")],
)
def test_a_password_that_is_none(
    demonstration: DemonstrationTerminal, stdin: bytes, code: str
) -> None:
    assert demonstration.refused("login", "dr.lin", stdin=stdin) == (2, code)


def test_the_token_is_private_and_is_neither_shown_nor_the_password(
    demonstration: DemonstrationTerminal, token: Path
) -> None:
    ended = demonstration.run("login", "dr.lin", "--json", stdin=demonstration.password)
    kept = token.read_text()
    assert token.stat().st_mode & 0o777 == 0o600
    assert kept != demonstration.password
    assert kept not in ended.out + ended.err
    assert demonstration.password not in ended.out + ended.err
    assert ended.json == {"person": "dr.lin", "token_file": str(token)}


def test_a_token_file_that_others_can_read_is_not_used(
    demonstration: DemonstrationTerminal, token: Path
) -> None:
    line = ("record", "list", "--as", "dr.lin")
    token.chmod(0o644)
    assert demonstration.refused(*line) == (2, "secret_file_readable_by_others")
    token.chmod(0o600)
    assert demonstration.run(*line).status == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"garbage", b"x" * 1_000_000])
def test_a_token_that_is_none_is_refused(
    demonstration: DemonstrationTerminal, token: Path, content: bytes
) -> None:
    token.write_bytes(content)
    assert demonstration.refused("record", "list", "--as", "dr.lin") == (3, "session_ended")


def test_nobody_acts_with_the_token_of_another(
    demonstration: DemonstrationTerminal, token: Path
) -> None:
    kept = token.read_text()
    line = ("record", "list", "--as")
    assert demonstration.refused(*line, "dr.sun", SUWEN_TOKEN=kept) == (3, "token_wrong")
    assert demonstration.run(*line, "dr.lin", SUWEN_TOKEN=kept).status == 0


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd", "x" * 100_000, "", "DR.LIN", "--"])
def test_somebody_who_is_not_there_needs_a_token(
    demonstration: DemonstrationTerminal, name: str
) -> None:
    ended = demonstration.run("record", "list", f"--as={name}", "--json")
    assert (ended.status, ended.error["code"]) == (3, "token_missing")
    assert len(ended.err) < 300


def test_without_as_the_service_acts_and_neither_lists_nor_signs(
    demonstration: DemonstrationTerminal,
) -> None:
    assert demonstration.refused("record", "list") == (3, "not_permitted")
    assert demonstration.refused("draft", "list") == (3, "not_permitted")


def test_a_person_sees_the_patients_of_their_department_only(
    demonstration: DemonstrationTerminal,
) -> None:
    cardiology = patients(demonstration, "dr.lin")
    respiratory = patients(demonstration, "dr.fang")
    assert cardiology
    assert respiratory
    other = min(respiratory - cardiology)
    line = ("record", "show", other, "--as")
    assert demonstration.refused(*line, "dr.lin") == (3, "no_care_relationship")
    assert demonstration.run(*line, "dr.fang").status == 0
    export = ("record", "export", other, "--output", str(demonstration.folder / "x.json"), "--as")
    assert demonstration.refused(*export, "dr.lin") == (3, "no_care_relationship")
    assert not (demonstration.folder / "x.json").exists()


def patients(terminal: DemonstrationTerminal, person: str) -> set[str]:
    """The patients whom this person may see."""
    rows = terminal.run("record", "list", "--as", person, "--json").json
    return {row["id"] for row in rows}


def test_a_patient_who_is_not_there(demonstration: DemonstrationTerminal) -> None:
    for name in ("nobody", "", "../../x", "x" * 10_000, "%s"):
        line = ("record", "show", "--as", "dr.lin", "--", name)
        assert demonstration.refused(*line) == (2, "patient_not_found"), name


def test_the_operator_learns_of_no_record_but_the_demonstrations(
    demonstration: DemonstrationTerminal,
) -> None:
    assert demonstration.run("record", "show", min(patients(demonstration, "dr.lin"))).status == 0
    assert demonstration.refused("record", "show", "nobody") == (2, "patient_not_found")


def test_a_name_that_is_no_text_is_refused_with_its_place(
    demonstration: DemonstrationTerminal,
) -> None:
    for line, place in (
        (("record", "show", "--as", "dr.lin", "--", "\udcff"), "patient"),
        (("record", "list", "--query", "\udcff", "--as", "dr.lin"), "--query"),
        (("draft", "show", "\udcff"), "draft"),
        (("app", "disable", "record_writer", "--reason", "\udcff"), "--reason"),
    ):
        ended = demonstration.run("--json", *line)
        assert (ended.status, ended.error["code"]) == (2, "text_not_storable"), line
        assert ended.error["field"] == place


def test_unsigned_drafts_are_removed_on_request(demonstration: DemonstrationTerminal) -> None:
    ended = demonstration.run("draft", "purge", "--older-than", "3650", "--dry-run", "--json")
    assert (ended.status, ended.json) == (0, {"removed": False, "drafts": []})
    assert demonstration.refused("draft", "purge") == (2, "usage_missing")
    assert demonstration.refused("draft", "purge", "--older-than", "0") == (2, "usage_value")


def test_an_export_is_private_and_complete(demonstration: DemonstrationTerminal) -> None:
    patient = min(patients(demonstration, "dr.lin"))
    target = demonstration.folder / "record.json"
    line = ("record", "export", patient, "--as", "dr.lin", "--output")
    ended = demonstration.run(*line, str(target), "--json")
    bundle = json.loads(target.read_text(encoding="utf-8"))
    assert len(bundle["entry"]) == ended.json["resources"] > 10
    assert target.stat().st_mode & 0o777 == 0o600
    assert demonstration.refused(*line, "/nowhere/x") == (2, "file_unusable")
    assert demonstration.refused(*line, str(demonstration.folder)) == (2, "file_unusable")


def test_who_acted_and_from_where_is_on_the_audit(demonstration: DemonstrationTerminal) -> None:
    patient = min(patients(demonstration, "dr.lin"))
    demonstration.run("record", "show", patient, "--as", "dr.lin")
    line = ("audit", "show", "--last", "1", "--actor", "dr.lin", "--json")
    (event,) = demonstration.run(*line).json
    assert (event["patient"], event["channel"], event["outcome"]) == (patient, "cli", "done")
    assert event["detail"]["operating_user"]


def test_repeated_failures_lock_the_account_and_no_other(
    demonstration: DemonstrationTerminal,
) -> None:
    codes = [demonstration.refused("login", "dr.qiu", stdin=WRONG)[1] for _ in range(6)]
    assert codes == ["credentials_wrong"] * 5 + ["account_locked"]
    right = demonstration.password
    assert demonstration.refused("login", "dr.qiu", stdin=right) == (3, "account_locked")
    assert demonstration.run("login", "dr.kong", stdin=right).status == 0
