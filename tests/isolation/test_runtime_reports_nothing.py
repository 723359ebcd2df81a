"""The inference runtime tells its maker nothing, and the counter sees it where it may."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.isolation.test_no_egress import TRIED, isolated

SESSION = """
import os, sys, time
{first}
import onnxruntime, rapidocr
from pathlib import Path
model = min(Path(rapidocr.__file__).parent.rglob("*.onnx"), key=lambda p: p.stat().st_size)
onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
time.sleep(10)
"""


@pytest.mark.parametrize(("first", "status"), [("import suwen", 0), ("", TRIED)])
def test_what_a_session_tries(tmp_path: Path, first: str, status: int) -> None:
    code = SESSION.format(first=first)
    # An empty environment: in what looks like somebody's CI the runtime is silent by itself.
    outcome, told, _ = isolated(tmp_path / "report.json", "env", "-i", sys.executable, "-c", code)
    assert outcome == status
    assert bool(told["names"]) is bool(status)
