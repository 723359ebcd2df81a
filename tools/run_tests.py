"""Runs the whole suite, two files side by side; the soak tests have their own command."""

from __future__ import annotations

import subprocess
import sys

SUITE = ["-n", "2", "--dist", "loadfile", "-m", "not soak"]


def main() -> int:
    """Exit status of the suite."""
    command = [sys.executable, "-m", "pytest", "-q", "--durations=15", *SUITE, *sys.argv[1:]]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
