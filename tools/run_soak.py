"""Runs the long tests and writes what they found, with date and commit, for the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "soak" / "results"
# The browser has a process of its own, as in the shorter runs.
PARTS = ("soak and not browser", "soak and browser")
NOTHING_CHOSEN = pytest.ExitCode.NO_TESTS_COLLECTED


def main() -> int:
    """Exit status of the tests; the result file is written either way."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    notes = ROOT / "build" / "soak-notes.jsonl"
    notes.parent.mkdir(exist_ok=True)
    notes.unlink(missing_ok=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    started = time.monotonic()
    done = [_run(chosen, notes) for chosen in PARTS]
    parts = [one for one in done if one.returncode != NOTHING_CHOSEN] or done
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    result = {
        "date": now.isoformat(timespec="seconds"),
        "commit": commit,
        "passed": all(done.returncode == 0 for done in parts),
        "summary": "; ".join(_last_line(done.stdout) for done in parts),
        "took_s": round(time.monotonic() - started),
        "load_average": os.getloadavg(),
        "cores": os.cpu_count(),
        "measured": [json.loads(line) for line in lines],
    }
    target = RESULTS / f"{now:%Y-%m-%d}.json"
    target.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return next((done.returncode for done in parts if done.returncode), 0)


def _run(chosen: str, notes: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-m", chosen, "--timeout", "7200"]
    done = subprocess.run(
        [*command, *sys.argv[1:]],
        cwd=ROOT,
        env={**os.environ, "SUWEN_SOAK_NOTES": str(notes)},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout[-4000:])
    return done


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    sys.exit(main())
