"""What a start of the program loads: everybody waits for it, at every command and restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.command_line import Terminal

LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"
ONLY_FOR_MIGRATIONS = {"alembic", "mako", "pygments"}
ONLY_WHEN_ASKED = {"suwen.bootstrap.demonstration", "suwen.evaluation.corruption.plant"}
ONLY_FOR_THE_PLATFORM = {"sqlalchemy", "psycopg", "fastapi", "aiohttp", "cedarpy", "typst"}
MOST_CPU_S = 0.3


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal at a state directory that is not there."""
    return Terminal(tmp_path / "home", tmp_path)


def loaded_by(program: str) -> set[str]:
    """Modules that a process has loaded after a program of one line."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{LOADED}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def cpu_of(*command: str) -> float:
    """Processor time of a command of its own, in seconds."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_the_version_is_told(terminal: Terminal) -> None:
    assert terminal.run("--version").out == f"suwen {version('suwen')}\n"
    assert terminal.run("--version", "--json").json == {"suwen": version("suwen")}


@pytest.mark.parametrize("line", [["--version"], ["--help"]])
def test_what_needs_no_platform_loads_none(line: list[str]) -> None:
    loaded = loaded_by(f"from suwen.cli.main import run_command; run_command({line!r})")
    assert not loaded & (ONLY_FOR_MIGRATIONS | ONLY_FOR_THE_PLATFORM)


def test_the_version_costs_little() -> None:
    command = (sys.executable, "-m", "suwen.cli.main", "--version")
    assert min(cpu_of(*command) for _ in range(3)) < MOST_CPU_S


def test_a_service_does_not_load_what_only_others_need() -> None:
    loaded = loaded_by("import suwen.cli.commands.serving, suwen.web.general_server")
    assert {"fastapi", "sqlalchemy"} <= loaded
    assert not loaded & (ONLY_FOR_MIGRATIONS | ONLY_WHEN_ASKED | {"typst", "aiohttp"})


def test_the_device_service_loads_nothing_of_the_general_one() -> None:
    loaded = loaded_by("import suwen.cli.commands.serving, suwen.web.patient.server")
    assert {"starlette", "sqlalchemy"} <= loaded
    assert not loaded & (ONLY_FOR_MIGRATIONS | {"fastapi", "typst", "aiohttp", "tantivy"})
