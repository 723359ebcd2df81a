"""Runs the whole suite, files side by side: what needs no browser, then the browser's flows.

The browser has a process of its own because its driver keeps an event loop open, in which no
other asynchronous test can run. The soak tests have their own command.
"""

from __future__ import annotations

import subprocess
import sys

PARTS = (
    ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not soak and not browser"],
    ["-n", "2", "--dist", "loadfile", "-m", "browser"],
)


def main() -> int:
    """Exit status of the first part that fails, else 0; both parts always run."""
    statuses = [
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--durations=15", *part, *sys.argv[1:]],
            check=False,
        ).returncode
        for part in PARTS
    ]
    return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    sys.exit(main())
