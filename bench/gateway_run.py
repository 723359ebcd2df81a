"""CPU of one run through the gateway without a model, against the application's core alone.

The peer is the same application called without any stage around it: what admission, audit, trace,
verification and storage cost on top of the deterministic part.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from suwen.bootstrap.demonstration import build_demonstration_hospital
from suwen.bootstrap.demonstration_site import SEED
from suwen.bootstrap.platform import Platform, open_platform
from suwen.bootstrap.settings import read_settings
from suwen.control.gateway.run_types import RunOptions
from suwen.core.identity import AppId, batch_principal
from suwen.integration.fhir.bundle import read_bundle
from suwen.integration.fhir.record import read_record

ROUNDS = 7
CASES = 6
APP = AppId("record_writer")


def cases() -> list[dict[str, object]]:
    """Requests over records of the demonstration hospital."""
    hospital = build_demonstration_hospital(SEED, datetime.now(UTC))
    return [
        {"bundle": bundle, "document_type": "outpatient_note", "language": "zh"}
        for bundle in hospital.bundles[1 : CASES + 1]
    ]


async def measure(platform: Platform) -> dict[str, object]:
    """Medians over interleaved rounds, in CPU milliseconds of this process."""
    requests = cases()
    application = platform.applications[APP].application
    whole: list[float] = []
    core: list[float] = []
    wall: list[float] = []
    principal = batch_principal(None)
    for _ in range(ROUNDS):
        began, clock = time.process_time(), time.perf_counter()
        for request in requests:
            await platform.gateway.run(principal, APP, request, RunOptions(without_model=True))
        whole.append((time.process_time() - began) * 1000 / CASES)
        wall.append((time.perf_counter() - clock) * 1000 / CASES)
        began = time.process_time()
        for request in requests:
            record = read_record(read_bundle(request["bundle"]))
            application.core(application.parse(request), record, ())
        core.append((time.process_time() - began) * 1000 / CASES)
    value, peer = statistics.median(whole), statistics.median(core)
    return {
        "bench": "gateway_run",
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": os.getloadavg(),
        "rows": [
            {
                "name": "CPU of a run without the model",
                "value": value,
                "unit": "ms",
                "peer": "reading and core alone",
                "peer_value": peer,
                "ratio": value / peer,
                "aim": "as measured",
            },
            {
                "name": "wall time of the same run",
                "value": statistics.median(wall),
                "unit": "ms",
                "aim": "as measured",
            },
        ],
    }


async def main(folder: Path) -> None:
    """Prints one JSON line."""
    environment = {
        "SUWEN_HOME": str(folder / "home"),
        "SUWEN_AUDIT_ANCHOR": str(folder / "anchor.jsonl"),
    }
    async with open_platform(read_settings(environment)) as platform:
        print(json.dumps(await measure(platform)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        # The database server's own account must be able to walk there.
        Path(name).chmod(0o755)
        asyncio.run(main(Path(name)))
