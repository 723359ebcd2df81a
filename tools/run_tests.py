"""Runs the whole suite: what can run side by side first, then what starts whole sites."""

from __future__ import annotations

import subprocess
import sys

PARALLEL = ["-n", "2", "--dist", "loadfile", "-m", "not site and not soak"]
ALONE = ["-m", "site and not soak"]


def main() -> int:
    """Exit status of the first part that fails, else 0."""
    for arguments in (PARALLEL, ALONE):
        command = [sys.executable, "-m", "pytest", "-q", "--durations=15", *arguments]
        status = subprocess.run(command, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
