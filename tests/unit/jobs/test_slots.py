"""Names of workers: one for each that runs, and the same again for the one that comes back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from suwen.jobs.slots import worker_name

HOLD = """
import sys, time
from pathlib import Path
from suwen.jobs.slots import worker_name
with worker_name(Path(sys.argv[1])) as name:
    print(name, flush=True)
    time.sleep(60)
"""


def test_workers_of_one_directory_have_names_of_their_own(tmp_path: Path) -> None:
    with worker_name(tmp_path) as first, worker_name(tmp_path) as second:
        assert first != second
    with worker_name(tmp_path) as again:
        assert again == first


def test_directories_on_hosts_of_one_name_are_told_apart(tmp_path: Path) -> None:
    with worker_name(tmp_path / "a") as here, worker_name(tmp_path / "b") as there:
        assert here != there


def test_a_killed_worker_leaves_its_name_to_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        taken = process.stdout.readline().strip()
        with worker_name(tmp_path) as other:
            assert other != taken
        process.kill()
        process.wait()
    with worker_name(tmp_path) as next_one:
        assert next_one == taken
