"""Runs the whole suite, files side by side: what needs no browser, then the browser's flows.

The browser has processes of its own because its driver keeps an event loop open, in which no
other asynchronous test can run, and comes last because people's pace is tried there. The soak
tests have their own command. ``--beside`` names a command, such as lint and types, that goes on
beside the first part; what it prints follows when that has ended.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

REST = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not soak and not browser"]
BROWSER = ["-n", "2", "--dist", "loadfile", "-m", "browser and not soak"]
TESTS = Path(__file__).resolve().parents[1] / "tests"
MARK_OF_BROWSER = "mark.browser"
NOTHING_CHOSEN = pytest.ExitCode.NO_TESTS_COLLECTED


def main() -> int:
    """Exit status of the first part that fails, else 0; all parts run to their end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", default="", help="a command to run beside the tests")
    asked, chosen = parser.parse_known_args()
    # The tests are read by several processes, and what they start reads our helpers: once.
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
    with tempfile.TemporaryFile("w+") as told:
        beside = _start(shlex.split(asked.beside), told) if asked.beside else None
        tests = [subprocess.run([*_pytest(REST), *chosen], check=False).returncode]
        other = beside.wait() if beside else 0
        told.seek(0)
        sys.stdout.write(told.read())
    sys.stdout.flush()
    with_browser = chosen or _browser_files()
    tests.append(subprocess.run([*_pytest(BROWSER), *with_browser], check=False).returncode)
    # A path that was asked for may hold tests of one kind only.
    tests = [status for status in tests if status != NOTHING_CHOSEN] or tests
    return next((status for status in (*tests, other) if status), 0)


def _pytest(part: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "--durations=15", *part]


def _browser_files() -> list[str]:
    """The files that hold tests with a browser, so that the others are not read a second time."""
    return [
        str(path)
        for path in sorted(TESTS.rglob("test_*.py"))
        if MARK_OF_BROWSER in path.read_text(encoding="utf-8")
    ]


def _start(command: Sequence[str], told: IO[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main())
