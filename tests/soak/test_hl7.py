"""HL7 v2 at length: 20,000 messages among kills, and its reader fed with what no sender sends.

``SUWEN_SOAK_MINUTES`` bounds each of them (10 minutes of fuzzing without it). An input that is
found becomes a case of ``tests/unit/integration/hl7v2/test_found_inputs.py``.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from suwen.integration.hl7v2.mapping.assembly import SEGMENTS
from tests.integration.hl7v2.test_kill import (
    RECEIVER_POINTS,
    SENDER_POINTS,
    Hospital,
    check,
    enqueue,
    hospital,
    is_done,
    opened,
    until_done,
)
from tests.support.hl7 import PID, PV1, adt, lab, message

__all__ = ["hospital"]
pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
ROOT = Path(__file__).parents[2]
MINUTES = float(os.environ.get("SUWEN_SOAK_MINUTES", "10"))
MESSAGES = 20_000
WORDS = [
    *SEGMENTS,
    "MSH|^~\\\\&|",
    "ADT^A01",
    "ADT^A40",
    "ORU^R01",
    "RDE^O11",
    "SIU^S12",
    "MDM^T02",
    "VXU^V04",
    "GB 18030-2000",
    "UNICODE UTF-8",
    "^^^H^MR",
    "20240531083000+0800",
    "\\\\X41\\\\",
]


async def test_20000_messages_among_kills(hospital: Hospital) -> None:
    """Kills go on until all messages are through; as many messages as fit into the minutes."""
    count = int(min(MESSAGES, MINUTES * 60 * 40) // 1000 * 1000) or 1000
    await enqueue(hospital.url, count)
    hospital.start("receiver")
    hospital.start("sender")
    chance = random.Random(11)
    begun = time.monotonic()
    async with opened(hospital.url) as database:
        while time.monotonic() - begun < MINUTES * 60 and not await is_done(database):
            await asyncio.to_thread(strike_one, hospital, chance)
    await until_done(hospital, count, limit_s=MINUTES * 60 + 900)
    await check(hospital.url, count)
    note({"window": "hl7 messages among kills", "messages": count, "kills": hospital.kills})


def strike_one(hospital: Hospital, chance: random.Random) -> None:
    """One kill at a moment or place of chance; what died is started again."""
    what = chance.choice(["receiver", "sender", "database", *RECEIVER_POINTS, *SENDER_POINTS])
    time.sleep(chance.uniform(0.2, 3.0))
    if what == "database":
        hospital.kill_database()
    elif what in hospital.running:
        hospital.kill(what)
    else:
        hospital.strike(what)
        time.sleep(0.1)
    hospital.revive()


def test_no_input_breaks_the_reader(tmp_path: Path) -> None:
    """Coverage-guided (atheris): ends with status 0 when no input made it fail."""
    pytest.importorskip("atheris")
    corpus, found = tmp_path / "corpus", tmp_path / "found"
    corpus.mkdir()
    found.mkdir()
    seeds = [
        adt("A01", "M1", PID, PV1, "AL1|1|DA|1^x||RASH", "DG1|1||I10^Hypertension^I10"),
        adt("A40", "M2", PID, "MRG|P2^^^HOSP^MR"),
        lab("M3", "P1", "O1", "7"),
        message("RDE^O11", "M4", PID, "ORC|NW|O1", "RXE|^BID|1^x^L|5||mg", "RXR|PO", "TQ1|1||BID"),
        message("SIU^S12", "M5", "SCH|A1||||||x|||min|^^^202406100900", PID, "AIP|1||1^a^b"),
        message("MDM^T02", "M6", PID, "TXA|1|1^x|TX||||||||D1|||||LA", "OBX|1|TX|1^x||text||||||F"),
        message("VXU^V04", "M7", PID, "RXA|0|1|20240501||48^HIB^CVX|0.5|mL|||||||||||||CP"),
    ]
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed.encode())
        (corpus / f"{number}-gb").write_bytes(seed.encode("gb18030"))
    words = tmp_path / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.soak.fuzz_hl7", str(corpus),
            f"-max_total_time={round(MINUTES * 60)}", f"-artifact_prefix={found}/",
            f"-dict={words}", "-max_len=8000", "-timeout=20", "-rss_limit_mb=4096",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    kept = {one.name: one.read_bytes() for one in found.iterdir()}
    assert done.returncode == 0 and not kept, f"{kept}\n{done.stderr[-3000:]}"
    runs = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
    note({"window": "fuzz hl7 reader", "minutes": MINUTES, "runs": runs[-1].split()[1]})


def note(line: dict[str, Any]) -> None:
    """Writes what was done into the soak's notes."""
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes:
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
