"""Commands in processes of their own: side by side, interrupted, and with nobody who reads."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suwen.storage.cluster import Cluster
from suwen.storage.server_account import server_account
from tests.site.cli.conftest import DemonstrationTerminal
from tests.support.command_line import Terminal
from tests.support.database import new_state_folder

pytestmark = pytest.mark.site


def server_runs(home: Path) -> bool:
    """Whether the embedded database of a state directory runs."""
    folder = home / "postgres"
    return folder.exists() and Cluster(folder, server_account()).postmaster() is not None


def wait_for(condition: object, limit_s: float = 30.0) -> None:
    """Waits until it is so."""
    deadline = time.monotonic() + limit_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def test_two_first_commands_at_once_and_the_database_is_left_as_found(tmp_path: Path) -> None:
    with new_state_folder() as home:
        terminal = Terminal(home / "site", tmp_path)
        both = [terminal.start("app", "list", "--json") for _ in range(2)]
        told = [process.communicate(timeout=120) for process in both]
        assert [process.returncode for process in both] == [0, 0], told
        listed = [{row["id"] for row in json.loads(out)} for out, _ in told]
        assert listed[0] == listed[1] >= {"record_writer"}
        assert [err for _, err in told] == [b"", b""]
        assert not server_runs(terminal.home)
        checked = terminal.run("audit", "verify", "--json")
        assert (checked.status, checked.json["ok"]) == (0, True)
        assert not server_runs(terminal.home)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_ended_while_the_database_starts_leaves_none_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    with new_state_folder() as home:
        terminal = Terminal(home / "site", tmp_path)
        process = terminal.start("app", "list")
        wait_for(lambda: (terminal.home / "postgres").exists())
        time.sleep(0.2)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == (143 if number is signal.SIGTERM else 130)
        assert err == b""
        assert not server_runs(terminal.home)


def test_a_batch_that_is_ended_leaves_whole_lines_and_a_sound_audit(
    demonstration: DemonstrationTerminal,
) -> None:
    target = demonstration.folder / "ended.jsonl"
    line = ("app", "run", "record_writer", "--input", "-", "--output", str(target))
    process = demonstration.start(*line)
    assert process.stdin is not None
    request = {"patient_id": "nobody", "document_type": "outpatient_note", "language": "zh"}
    for number in range(3):
        process.stdin.write(json.dumps({"id": number, "request": request}).encode() + b"\n")
    process.stdin.flush()
    wait_for(lambda: target.exists() and target.read_bytes().count(b"\n") == 3)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (143, b"")
    assert [json.loads(answer)["id"] for answer in target.read_text().splitlines()] == [0, 1, 2]
    assert demonstration.run("audit", "verify").status == 0


def test_a_reader_that_goes_away_is_no_error(demonstration: DemonstrationTerminal) -> None:
    command = f"{sys.executable} -m suwen.cli.main user list --json | head -c 1"
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env=demonstration.environ(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"[", b"")


def test_a_full_disk_behind_standard_output_is_told(demonstration: DemonstrationTerminal) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "suwen.cli.main", "app", "list", "--json"],
            env=demonstration.environ(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 4
    assert json.loads(ended.stderr)["code"] == "operating_system"


def test_output_is_utf8_under_any_locale(demonstration: DemonstrationTerminal) -> None:
    for language in ("zh_CN.GB18030", "C", "POSIX"):
        ended = demonstration.run_apart(
            "app", "list", LANG=language, PYTHONIOENCODING="ascii", SUWEN_LANGUAGE="zh"
        )
        assert (ended.status, ended.err) == (0, "")
        assert "病历书写" in ended.out


def test_help_comes_quickly_because_nothing_is_loaded_for_it() -> None:
    code = (
        "import sys; from suwen.cli.main import run_command; run_command(['--help']);"
        "print(sorted(n for n in ('sqlalchemy', 'fastapi', 'fhir', 'typst', 'aiohttp', 'alembic')"
        " if n in sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_the_first_step_of_a_start_waits_for_no_platform() -> None:
    code = (
        "import sys; import suwen.cli.commands.models;"
        "print(sorted(n for n in ('suwen.bootstrap.platform', 'aiohttp', 'alembic', 'fastapi')"
        " if n in sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_a_command_loads_only_what_it_needs() -> None:
    code = (
        "import sys; import suwen.cli.commands.applications;"
        "print(sorted(n for n in ('fastapi', 'uvicorn', 'starlette', 'typst', 'fhir')"
        " if n in sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_no_line_of_any_log_holds_a_secret_or_a_patient(
    demonstration: DemonstrationTerminal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    demonstration.sign_in("dr.lin")
    mine = demonstration.run("record", "list", "--as", "dr.lin", "--json").json
    request = {"patient_id": mine[0]["id"], "document_type": "outpatient_note", "language": "zh"}
    given = json.dumps({"id": 1, "request": request}) + "\nbroken 龙丹妮\n"
    line = ("app", "run", "record_writer", "--input", "-", "--output", "-", "--as", "dr.lin")
    ended = demonstration.run(*line, "--store", stdin=given)
    assert [answer["status"] for answer in ended.lines] == ["ok", "error"]
    demonstration.run("login", "dr.lin", stdin="a wrong password")
    (token,) = (demonstration.folder / "config").rglob("dr.lin")
    secrets = [p.read_text().strip() for p in (demonstration.home / "secrets").glob("database_*")]
    assert secrets
    kept = [demonstration.password, token.read_text(), "a wrong password", *secrets]
    names = [row["name"] for row in mine] + ["龙丹妮"]
    for hidden in [*kept, *names]:
        assert hidden not in caplog.text
        assert hidden not in ended.err
