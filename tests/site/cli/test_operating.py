"""Applications, engines, Releases, drafts and backups by command, right and wrong."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site


def run_one(terminal: DemonstrationTerminal, patient: str, *more: str) -> dict[str, Any]:
    """The answer to one request for an outpatient note, as dr.lin."""
    request = {"patient_id": patient, "document_type": "outpatient_note", "language": "zh"}
    given = json.dumps({"id": 1, "request": request})
    line = ("app", "run", "record_writer", "--input", "-", "--output", "-", "--without-model")
    (answer,) = terminal.run(*line, *more, "--as", "dr.lin", stdin=given).lines
    return answer


def of_the_writer(terminal: DemonstrationTerminal, *line: str) -> dict[str, Any]:
    """The record writer's row of a list of applications or Releases."""
    rows = terminal.run(*line, "--json").json
    (row,) = (row for row in rows if row.get("app", row.get("id")) == "record_writer")
    return dict(row)


def some_patient(terminal: DemonstrationTerminal) -> str:
    """A patient whom dr.lin may see."""
    rows = terminal.run("record", "list", "--as", "dr.lin", "--json").json
    return str(min(row["id"] for row in rows))


def test_what_is_installed(demonstration: DemonstrationTerminal) -> None:
    row = of_the_writer(demonstration, "app", "list")
    assert (row["id"], row["state"], len(row["release"])) == ("record_writer", "in use", 64)
    assert "Record writer" in demonstration.run("app", "list").out
    assert "病历书写" in demonstration.run("app", "list", LANG="zh_CN").out
    assert demonstration.run("app", "show", "record_writer", "--json").json["id"] == row["id"]
    assert demonstration.run("app", "check", "record_writer", "--json").json == {
        "ok": True,
        "problems": [],
    }


@pytest.mark.parametrize("name", ["nosuch", "", "../record_writer", "record_writer/..", "x" * 5000])
def test_an_application_that_is_not_there(demonstration: DemonstrationTerminal, name: str) -> None:
    for line in (("show",), ("check",), ("disable", "--reason", "x"), ("enable",)):
        assert demonstration.refused("app", *line, "--", name) == (2, "no_such_application")


@pytest.mark.parametrize("name", ["Bad Name", "../x", "a", "x" * 41, "1x", "x__y", ""])
def test_a_new_application_needs_a_name_that_can_be(
    demonstration: DemonstrationTerminal, name: str
) -> None:
    assert demonstration.refused("app", "new", name) == (2, "application_name")


def test_a_new_application_overwrites_nothing(demonstration: DemonstrationTerminal) -> None:
    assert demonstration.refused("app", "new", "record_writer") == (2, "application_exists")


def test_the_kill_switch_works_at_once_and_only_for_those_who_may(
    demonstration: DemonstrationTerminal,
) -> None:
    off = ("app", "disable", "record_writer", "--reason")
    patient = some_patient(demonstration)
    assert demonstration.refused(*off, "") == (2, "reason_missing")
    assert demonstration.refused(*off, "x", "--as", "dr.lin") == (3, "not_permitted")
    assert run_one(demonstration, patient)["status"] == "ok"
    assert demonstration.run(*off, "错误的剂量").status == 0
    try:
        answer = run_one(demonstration, patient)
        assert (answer["status"], answer["error"]["code"]) == ("refused", "application_suspended")
        assert answer["run"]["trace_id"]
        row = of_the_writer(demonstration, "app", "list")
        assert (row["state"], row["reason"]) == ("disabled", "错误的剂量")
        assert demonstration.run("doctor").status == 1
        assert demonstration.run("status").status == 0
        assert demonstration.refused(*off, "again") == (2, "already_suspended")
        back = ("app", "enable", "record_writer", "--as", "dr.lin")
        assert demonstration.refused(*back) == (3, "not_permitted")
    finally:
        assert demonstration.run("app", "enable", "record_writer").status == 0
    assert run_one(demonstration, patient)["status"] == "ok"
    assert demonstration.refused("app", "enable", "record_writer") == (2, "not_suspended")


ENGINE = ("--url", "http://127.0.0.1:9/v1", "--model", "m")
WRONG_ENGINES = [
    (("X Y", *ENGINE), "endpoint_name_wrong"),
    (("../x", *ENGINE), "endpoint_name_wrong"),
    (("embedded", *ENGINE), "endpoint_name_wrong"),
    (("x" * 64, *ENGINE), "endpoint_name_wrong"),
    (("e", "--url", "ftp://h/v1", "--model", "m"), "endpoint_url_wrong"),
    (("e", "--url", "not a url", "--model", "m"), "endpoint_url_wrong"),
    (("e", "--url", "http://[::1", "--model", "m"), "endpoint_url_wrong"),
    (("e", "--url", "", "--model", "m"), "endpoint_url_wrong"),
    (("e", "--url", "http://h:99999/v1", "--model", "m"), "endpoint_url_wrong"),
    (("e", "--url", "http://user:pw@127.0.0.1:9/v1", "--model", "m"), "endpoint_url_wrong"),
    (("e", "--url", "http://127.0.0.1:9/v1?x=1", "--model", "m"), "endpoint_url_wrong"),
    (("e", "--url", "http://127.0.0.1:9/v1", "--model", ""), "endpoint_model_wrong"),
    (("e", "--url", "http://127.0.0.1:9/v1", "--model", "a\nb"), "endpoint_model_wrong"),
    (("e", *ENGINE, "--key-file", "/nowhere"), "key_unreadable"),
    (("e", *ENGINE, "--key-file", "/"), "key_unreadable"),
    (("e", *ENGINE, "--capability", "telepathy"), "endpoint_capability_unknown"),
    (("e", *ENGINE, "--ceiling", "0"), "usage_value"),
    (("e", *ENGINE, "--ceiling", "6"), "usage_value"),
    (("e", *ENGINE, "--context", "-1"), "usage_value"),
]


def test_an_engine_that_cannot_be_is_not_added(demonstration: DemonstrationTerminal) -> None:
    for line, code in WRONG_ENGINES:
        assert demonstration.refused("endpoint", "add", *line) == (2, code), line
    assert demonstration.run("endpoint", "list", "--json").json == []


def test_an_engine_is_added_changed_tried_and_removed(
    demonstration: DemonstrationTerminal,
) -> None:
    key = demonstration.write("key", "sk-very-secret\n")
    add = ("endpoint", "add", "ward.engine", *ENGINE, "--ceiling", "4", "--key-file", str(key))
    assert demonstration.run(*add).status == 0
    listed = demonstration.run("endpoint", "list", "--json")
    (row,) = listed.json
    assert (row["name"], row["ceiling"], row["partition"]) == ("ward.engine", 4, "general")
    tried = demonstration.run("endpoint", "test", "ward.engine", "--json")
    assert (tried.status, tried.json["error"]) == (4, "engine_unreachable")
    assert demonstration.run("doctor").status == 1
    changed = demonstration.run("endpoint", "add", "ward.engine", *ENGINE, "--ceiling", "2")
    assert changed.status == 0
    assert demonstration.run("endpoint", "list", "--json").json[0]["ceiling"] == 2
    assert demonstration.run("endpoint", "remove", "ward.engine").status == 0
    assert demonstration.refused("endpoint", "remove", "ward.engine") == (2, "no_such_endpoint")
    assert demonstration.refused("endpoint", "test", "ward.engine") == (2, "no_such_endpoint")
    said = listed.out + tried.out + demonstration.run("audit", "show", "--json").out
    assert "sk-very-secret" not in said


def test_a_model_of_the_catalogue_only(demonstration: DemonstrationTerminal) -> None:
    assert demonstration.refused("model", "pull", "nosuch") == (2, "model_unknown")
    assert demonstration.refused("model", "verify", "../x") == (2, "model_unknown")
    absent = ("model", "pull", "smollm2-135m", "--file", "/nowhere")
    assert demonstration.refused(*absent) == (2, "model_file_missing")
    wrong = demonstration.write("model.gguf", b"GGUF, but not this one")
    changed = ("model", "pull", "smollm2-135m", "--file", str(wrong))
    assert demonstration.refused(*changed)[0] in (2, 4)
    assert demonstration.run("model", "verify").status == 1


def test_a_release_by_its_hash(demonstration: DemonstrationTerminal) -> None:
    row = of_the_writer(demonstration, "release", "list")
    whole, short = row["release"], row["release"][:8]
    shown = demonstration.run("release", "show", short, "--json").json
    assert (shown["release"], shown["app"]) == (whole, "record_writer")
    assert {"code", "manifest", "prompts", "rules", "platform"} <= set(shown["parts"])
    assert demonstration.run("release", "diff", short, whole).status == 0
    for name in ("zz", "", short[:3], "x" * 10_000, "%"):
        assert demonstration.refused("release", "show", name) == (2, "no_such_release"), name
    assert demonstration.refused("release", "diff", short, "zz") == (2, "no_such_release")
    evaluate = ("release", "evaluate")
    line = (*evaluate, "nosuch", "--endpoint", "x")
    assert demonstration.refused(*line) == (2, "no_such_application")
    line = (*evaluate, "record_writer", "--endpoint", "x")
    assert demonstration.refused(*line) == (2, "no_such_endpoint")
    assert {"code", "decoding", "guardrails", "change_plan"} <= set(shown["parts"])


def test_a_model_part_takes_its_steps_by_commands(demonstration: DemonstrationTerminal) -> None:
    release = ("release", "propose", "record_writer", "--endpoint", "paper", "--json")
    assert demonstration.refused(*release) == (2, "no_such_endpoint")
    wrong = ("endpoint", "add", "paper", "--url", "http://127.0.0.1:9/v1", "--model", "on-paper")
    assert demonstration.refused(*wrong, "--weights", "x") == (2, "endpoint_weights_wrong")
    good = ("--weights", "AB" * 32, "--quantisation", "none", "--ceiling", "5")
    assert demonstration.run(*wrong, *good).status == 0
    proposed = demonstration.run(*release).json
    part = proposed["model_part"]
    assert (proposed["state"], len(part)) == ("proposed", 64)
    shown = demonstration.run("release", "show", part[:10], "--json").json
    assert (shown["blocked_by"], len(shown["open_approvals"])) == ("gate_not_evaluated", 2)
    assert shown["parts"]["engine.weights"] == "ab" * 32
    approve = ("release", "approve", part)
    assert demonstration.refused(*approve, "--as", "dr.sun") == (3, "evaluation_not_valid")
    assert demonstration.refused(*approve, "--as", "dr.lin")[0] == 3
    assert demonstration.refused(*approve)[0] == 3
    for step in (("activate", part), ("rollout", part, "--stage", "all")):
        assert demonstration.refused("release", *step)[0] in (2, 3)
    assert demonstration.refused("release", "return", "record_writer") == (2, "nothing_to_return")
    suspend = ("release", "suspend", part)
    assert demonstration.refused(*suspend) == (2, "reason_missing")
    assert demonstration.refused(*suspend, "--reason", "odd") == (2, "release_state_wrong")
    assert demonstration.run("release", "retire", part, "--reason", "tried").status == 0
    listed = demonstration.run("release", "list", "--json").json
    row = next(r for r in listed if r["model_part"])
    assert (row["engine"], row["state"]) == ("paper", "retired")
    differs = demonstration.run("release", "diff", row["release"], part, "--json")
    assert differs.status == 1
    assert "engine.weights" in differs.json["changed"]
    log = demonstration.run("release", "log", "record_writer", "--json").json
    assert "was proposed" in log[1]["words"] or "提出" in log[1]["words"]
    assert demonstration.run("endpoint", "remove", "paper").status == 0


def test_a_draft_from_its_run_to_its_signature(demonstration: DemonstrationTerminal) -> None:
    patient = some_patient(demonstration)
    draft = run_one(demonstration, patient, "--store")["run"]["draft_id"]
    mine = ("--as", "dr.lin")
    shown = demonstration.run("draft", "show", draft, *mine, "--json").json
    assert (shown["patient"], shown["status"], shown["version"]) == (patient, "draft", 1)
    assert shown["text"] in demonstration.run("draft", "show", draft, *mine).out

    out = demonstration.folder / "draft"
    export = ("draft", "export", draft, *mine, "--output", str(out), "--format")
    assert demonstration.refused(*export, "fhir") == (3, "not_signed")
    assert not out.exists()
    assert demonstration.run(*export, "pdf").status == 0
    assert out.read_bytes().startswith(b"%PDF-")
    assert out.stat().st_mode & 0o777 == 0o600
    to_output = ("draft", "export", draft, *mine, "--format", "json")
    assert demonstration.run(*to_output).json["id"] == draft

    sign = ("draft", "sign", draft)
    assert demonstration.refused(*sign) == (3, "only_people_sign")
    # Where the person has not signed in: others of these tests may have done so.
    elsewhere = {"XDG_CONFIG_HOME": str(demonstration.folder / "elsewhere")}
    assert demonstration.refused(*sign, *mine, **elsewhere) == (3, "proof_missing")
    demonstration.sign_in("dr.lin")
    signed = demonstration.run(*sign, *mine, "--json")
    assert signed.json["status"] == "signed"
    assert demonstration.refused(*sign, *mine) == (2, "draft_changed")
    reject = ("draft", "reject", draft, *mine, "--reason", "other", "--comment", "x")
    assert demonstration.refused(*reject) == (2, "draft_changed")
    assert demonstration.run(*export, "fhir").status == 0
    assert json.loads(out.read_bytes())["resourceType"] == "Bundle"


def test_a_draft_of_another_ward_or_of_nobody(demonstration: DemonstrationTerminal) -> None:
    draft = run_one(demonstration, some_patient(demonstration), "--store")["run"]["draft_id"]
    other = ("--as", "dr.fang")
    for verb in (
        ("show",),
        ("sign",),
        ("reject", "--reason", "other"),
        ("export", "--format", "json"),
    ):
        line = ("draft", *verb, *other)
        assert demonstration.refused(*line, draft)[0] == 3, verb
        for name in ("nobody", "", "../x", "x" * 10_000):
            assert demonstration.refused(*line, name) == (2, "no_such_draft"), verb
    rows = demonstration.run("draft", "list", *other, "--json").json
    assert draft not in {row["id"] for row in rows}
    rows = demonstration.run("draft", "list", "--as", "dr.lin", "--status", "draft", "--json").json
    assert draft in {row["id"] for row in rows}


def test_a_draft_is_rejected_with_a_coded_reason(demonstration: DemonstrationTerminal) -> None:
    draft = run_one(demonstration, some_patient(demonstration), "--store")["run"]["draft_id"]
    line = ("draft", "reject", draft, "--as", "dr.lin", "--reason", "incomplete", "--json")
    assert demonstration.run(*line).json == {"rejected": draft, "reason": "incomplete"}
    shown = demonstration.run("draft", "show", draft, "--as", "dr.lin", "--json").json
    assert shown["status"] == "rejected"
    assert demonstration.refused("draft", "sign", draft, "--as", "dr.lin")[0] in (2, 3)


def test_a_backup_needs_a_passphrase_and_a_place(demonstration: DemonstrationTerminal) -> None:
    target = demonstration.folder / "backup"
    create = ("backup", "create", str(target))
    assert demonstration.refused(*create, stdin="") == (2, "secret_missing")
    assert demonstration.refused(*create, stdin="short") == (2, "backup_passphrase_too_short")
    assert not target.exists()
    assert demonstration.run(*create, stdin="a long passphrase").status == 0
    assert demonstration.refused(*create, stdin="a long passphrase")[0] == 2
    restore = ("backup", "restore", str(target))
    assert demonstration.refused(*restore, stdin="a long passphrase") == (
        2,
        "state_directory_not_empty",
    )
    home = str(demonstration.folder / "restored")
    wrong = demonstration.refused(*restore, stdin="another passphrase", SUWEN_HOME=home)
    assert wrong[0] == 2
    closed = [
        e["outcome"]
        for e in demonstration.run("audit", "show", "--last", "500", "--json").json
        if e["action"] == "backup.create"
    ]
    assert closed == ["opened", "failed", "opened", "done", "opened", "failed"]


def test_what_is_not_served_is_refused(demonstration: DemonstrationTerminal) -> None:
    serve = ("serve", "--partition")
    assert demonstration.refused(*serve, "moon") == (2, "usage_value")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        assert demonstration.refused(*serve, "device", "--port", port) == (2, "port_taken")
    assert demonstration.refused("up", "--port", "70000") == (2, "usage_value")


def test_a_start_that_would_be_unsafe_or_cannot_be(demonstration: DemonstrationTerminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert demonstration.refused("up", "--port", port) == (2, "port_taken")
    file = demonstration.home / "suwen.toml"
    try:
        file.write_text('[web]\nhost = "0.0.0.0"\n')
        assert demonstration.refused("up", "--port", "0") == (2, "demonstration_not_on_loopback")
        # Nor do its accounts act where others could reach the pages.
        assert demonstration.refused("login", "dr.lin", stdin=demonstration.password)[0] == 3
        assert demonstration.refused("record", "list", "--as", "dr.sun") == (3, "token_missing")
        # No name of a host: it is refused before a name server is asked.
        file.write_text('[web]\nhost = "no..such.host.invalid"\n')
        assert demonstration.refused("up", "--port", "0") == (2, "port_taken")
    finally:
        file.unlink()
    assert demonstration.run("login", "dr.lin", stdin=demonstration.password).status == 0
    assert demonstration.run("record", "list", "--as", "dr.sun").status == 0
