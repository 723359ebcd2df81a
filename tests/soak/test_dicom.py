"""DICOM at length: the door killed many times, and its reader fed with what no sender sends.

``SUWEN_SOAK_MINUTES`` bounds the fuzzing (10 without it).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.dicom.test_kill import door, test_what_was_acknowledged_is_never_lost
from tests.support.dicom_objects import bundled_files, ct_object, sample_files

__all__ = ["door", "test_what_was_acknowledged_is_never_lost"]
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(7200),
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
FUZZED = Path(__file__).parents[1] / "unit" / "integration" / "dicom" / "found"


@pytest.fixture
def kills_each() -> int:
    return 12


def test_the_reader_takes_or_refuses_whatever_comes(tmp_path: Path) -> None:
    """Coverage-guided (atheris): ends with status 0 when no input made it fail."""
    seeds, minutes = tmp_path / "seeds", float(os.environ.get("SUWEN_SOAK_MINUTES", "10"))
    seeds.mkdir()
    files = [f for f in (*sample_files(), *bundled_files()) if f.stat().st_size < 120_000]
    for file in (*files, *FUZZED.glob("*.bin")):
        (seeds / file.name).write_bytes(file.read_bytes())
    (seeds / "own").write_bytes(ct_object(1, study=1))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.support.dicom_fuzz", str(seeds)),
            f"-max_total_time={int(minutes * 60)}",
            "-max_len=200000",
            "-rss_limit_mb=4096",
            "-timeout=20",
            f"-artifact_prefix={tmp_path}/",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=minutes * 60 + 300,
    )
    found = [f.name for f in tmp_path.iterdir() if f.is_file()]
    assert done.returncode == 0 and not found, done.stderr[-3000:]
