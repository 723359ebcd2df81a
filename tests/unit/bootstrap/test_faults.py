"""Fault points: nothing unless armed; armed, the first process that passes dies or waits."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from suwen.bootstrap.faults import arm_faults
from suwen.core import faults
from suwen.core.faults import FAULT_POINTS, fault_point


@pytest.fixture(autouse=True)
def disarmed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No fault point stays armed after a test."""
    monkeypatch.setattr(faults, "_strike", None)
    yield


def test_unarmed_points_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "sign.before_commit").write_text("kill")
    for folder in (None, ""):
        arm_faults(folder)
        for name in FAULT_POINTS:
            fault_point(name)
    assert (tmp_path / "sign.before_commit").exists()


def test_an_armed_point_without_an_order_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "sign.after_commit").write_text("kill")
    arm_faults(str(tmp_path))
    fault_point("sign.before_commit")
    assert (tmp_path / "sign.after_commit").exists()


def test_a_process_dies_at_the_named_point_once(tmp_path: Path) -> None:
    code = (
        "import sys; from suwen.bootstrap.faults import arm_faults;"
        "from suwen.core.faults import fault_point; arm_faults(sys.argv[1]);"
        "fault_point('audit.before_commit'); print('passed')"
    )
    line = [sys.executable, "-c", code, str(tmp_path)]
    (tmp_path / "audit.before_commit").write_text("kill")
    first = subprocess.run(line, capture_output=True, timeout=30, check=False)
    second = subprocess.run(line, capture_output=True, timeout=30, check=False)
    assert (first.returncode, first.stdout) == (-signal.SIGKILL, b"")
    assert (second.returncode, second.stdout) == (0, b"passed\n")
    assert list(tmp_path.iterdir()) == []


def test_a_process_waits_at_the_named_point_until_it_may_go(tmp_path: Path) -> None:
    (tmp_path / "run.while_streaming").write_text("wait")
    arm_faults(str(tmp_path))
    passing = threading.Thread(target=fault_point, args=("run.while_streaming",))
    passing.start()
    for _ in range(500):
        if (tmp_path / "run.while_streaming.reached").exists():
            break
        passing.join(0.01)
    assert passing.is_alive()
    (tmp_path / "run.while_streaming.go").touch()
    passing.join(5)
    assert not passing.is_alive()
