"""The library underneath the jobs takes no orders from the environment and says nothing."""

from __future__ import annotations

import os
import subprocess
import sys

LOOK = """
from suwen.jobs.engine import DBOS
from dbos._utils import GlobalParams
import logging, os
print(GlobalParams.dbos_cloud, repr(GlobalParams.app_version), GlobalParams.executor_id)
print([name for name in os.environ if name.startswith("DBOS_")])
logging.getLogger("dbos").critical("never shown")
"""


def test_nothing_is_set_from_outside_and_nothing_is_printed() -> None:
    outside = {
        "DBOS__CLOUD": "true",
        "DBOS__APPVERSION": "7",
        "DBOS__VMID": "elsewhere",
        "DBOS__CONDUCTOR_KEY": "k",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        env={**os.environ, **outside},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["False '' local", "[]"]
    assert done.stderr == ""
