"""Runs the whole suite, files side by side: what needs no browser, and beside it the browser's.

The browser has a process of its own because its driver keeps an event loop open, in which no
other asynchronous test can run. Its flows and ``--beside``, a command that needs no processor of
its own, wait often: they go on beside the rest, and what they print follows when that has ended.
The soak tests have their own command.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO

import pytest

REST = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not soak and not browser"]
BROWSER = ["-m", "browser and not soak"]
NOTHING_CHOSEN = pytest.ExitCode.NO_TESTS_COLLECTED


def main() -> int:
    """Exit status of the first part that fails, else 0; all parts run to their end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", default="", help="a command to run beside the tests")
    asked, chosen = parser.parse_known_args()
    with tempfile.TemporaryFile("w+") as of_browser, tempfile.TemporaryFile("w+") as of_other:
        beside = [(_start([*_pytest(BROWSER), *chosen], of_browser), of_browser)]
        if asked.beside:
            beside.append((_start(shlex.split(asked.beside), of_other), of_other))
        statuses = [subprocess.run([*_pytest(REST), *chosen], check=False).returncode]
        for process, told in beside:
            statuses.append(process.wait())
            told.seek(0)
            sys.stdout.write(told.read())
    # A path that was asked for may hold tests of one kind only.
    tests, other = statuses[:2], statuses[2:]
    tests = [status for status in tests if status != NOTHING_CHOSEN] or tests
    return next((status for status in (*tests, *other) if status), 0)


def _pytest(part: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "--durations=15", *part]


def _start(command: Sequence[str], told: IO[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main())
