"""20,000 documents through record_quality by two worker processes that are killed 20 times.

``SUWEN_SOAK_DOCUMENTS`` and ``SUWEN_SOAK_KILLS`` make it shorter.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bulk_requests import write_requests
from tests.support.database import new_state_folder
from tests.support.site import COMMAND, Site

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
DOCUMENTS = int(os.environ.get("SUWEN_SOAK_DOCUMENTS", "20000"))
KILLS = int(os.environ.get("SUWEN_SOAK_KILLS", "20"))
RESUMES_WITHIN_S = 10.0
GROWS_AT_MOST = 1.25


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose workers are the test's own."""
    with new_state_folder() as folder:
        one = Site(folder / "home", worker=False)
        one.start()
        try:
            yield one
        finally:
            one.stop()


def _worker(site: Site) -> subprocess.Popen[bytes]:
    log = (site.home / "worker.log").open("ab")
    with log:
        return subprocess.Popen([*COMMAND, "worker"], env=site.environment, stdout=log, stderr=log)


def _resident_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1024


def _told(site: Site, run: str) -> dict[str, Any]:
    body: dict[str, Any] = site.run_here("--json", "bulk", "show", run).json
    return body


def test_every_document_is_judged_once_among_kills(site: Site) -> None:
    given = site.home / "requests.jsonl"
    items = write_requests(given, DOCUMENTS)
    begun = site.run(
        *("--json", "bulk", "start", "record_quality", "--input", str(given)),
        *("--parts", "4", "--no-give-way"),
    )
    run = json.loads(begun.stdout)["id"]
    workers = [_worker(site), _worker(site)]
    chance, killed, slowest, memory = random.Random(7), 0, 0.0, []
    began = time.monotonic()
    try:
        while (now := _told(site, run))["state"] != "done":
            assert now["state"] != "failed", now
            memory.append(max(_resident_mb(worker) for worker in workers))
            if killed < KILLS and now["done"] >= (killed + 1) * items // (KILLS + 2):
                victim = chance.randrange(2)
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait()
                workers[victim] = _worker(site)
                restarted, before = time.monotonic(), _told(site, run)["done"]
                while (later := _told(site, run))["done"] == before and later["state"] != "done":
                    time.sleep(0.1)
                slowest = max(slowest, time.monotonic() - restarted)
                killed += 1
            time.sleep(0.5)
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(timeout=30)
    took = time.monotonic() - began
    out = site.home / "results.jsonl"
    site.run("bulk", "results", run, "--output", str(out))
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == list(range(items))
    assert [line["error"] for line in lines if line["status"] != "ok"] == []
    assert killed == KILLS and slowest <= RESUMES_WITHIN_S
    # A worker that has just begun again is small: the most of a third is compared, not a moment.
    third = len(memory) // 3
    middle, last = max(memory[third : 2 * third]), max(memory[2 * third :])
    assert last <= GROWS_AT_MOST * middle, memory
    note(
        what="bulk",
        items=items,
        documents=DOCUMENTS,
        kills=killed,
        seconds=round(took, 1),
        documents_per_second=round(DOCUMENTS / took, 1),
        slowest_resume_s=round(slowest, 2),
        memory_mb=[round(middle), round(last)],
    )


def note(**figures: Any) -> None:
    """Puts the figures into the result file of the long runs."""
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes is not None:
        with Path(notes).open("a", encoding="utf-8") as output:
            output.write(json.dumps(figures) + "\n")
