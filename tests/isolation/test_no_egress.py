"""Nothing of ours leaves the machine: a site's day where only loopback exists, counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.embedded_model import model_file

__all__ = ["model_file"]
ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "isolated.py"
TRIED, NOT_PERMITTED = 3, 77

pytestmark = [pytest.mark.site, pytest.mark.timeout(280)]

OUTWARD = """
import socket
for family, address in ((socket.AF_INET, "198.51.100.7"), (socket.AF_INET6, "2001:db8::7")):
    try:
        socket.socket(family, socket.SOCK_STREAM).connect((address, 443))
    except OSError:
        pass
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.9", 514))
try:
    socket.getaddrinfo("telemetry.example", 443)
except OSError:
    pass
"""
INWARD = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).send(b"x")
socket.getaddrinfo("localhost", 80)
"""


def isolated(report: Path, *command: str) -> tuple[int, dict[str, Any], str]:
    """Exit status of the tool, its report, and what it said; skips where it is not permitted."""
    done = subprocess.run(
        [sys.executable, str(TOOL), "--report", str(report), "--", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == NOT_PERMITTED:
        if os.environ.get("CI"):
            pytest.fail(done.stderr)
        pytest.skip(done.stderr.strip())
    return done.returncode, json.loads(report.read_text()), done.stdout + done.stderr


def test_a_day_of_a_site_tries_nothing_outside(tmp_path: Path) -> None:
    walk = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/isolation/walk.py",
    ]
    status, told, said = isolated(tmp_path / "report.json", *walk)
    assert told["packets"] == told["names"] == {}
    assert told["attempts"] == 0
    assert status == 0, said[-4000:]
    assert "1 passed" in said
    assert told["deliberate_packets_seen"] >= 2
    assert told["deliberate_names_seen"] >= 2


def test_what_is_tried_is_counted_and_named(tmp_path: Path) -> None:
    status, told, said = isolated(tmp_path / "report.json", sys.executable, "-c", OUTWARD)
    assert status == TRIED
    assert told["packets"] == {
        "tcp 198.51.100.7 443": 1,
        "tcp 2001:db8::7 443": 1,
        "udp 203.0.113.9 514": 1,
    }
    assert set(told["names"]) == {"telemetry.example"}
    assert "tried outside: packet tcp 198.51.100.7 443" in said


def test_loopback_alone_is_nothing(tmp_path: Path) -> None:
    status, told, _ = isolated(tmp_path / "report.json", sys.executable, "-c", INWARD)
    assert (status, told["attempts"]) == (0, 0)


def test_the_commands_own_failure_is_told(tmp_path: Path) -> None:
    status, told, _ = isolated(
        tmp_path / "report.json", sys.executable, "-c", "raise SystemExit(9)"
    )
    assert (status, told["command_status"], told["attempts"]) == (9, 9, 0)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.usefixtures("model_file")  # what is installed once is there before the network is gone
def test_the_whole_suite_tries_nothing_outside(tmp_path: Path) -> None:
    suite = [sys.executable, "tools/run_tests.py", "--deselect", "tests/isolation"]
    _, told, said = isolated(tmp_path / "report.json", *suite)
    assert told["packets"] == told["names"] == {}, said[-4000:]
    assert told["command_status"] == 0, said[-4000:]
