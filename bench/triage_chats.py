"""Two hundred patients chat at once: how long each reply takes, from the core alone.

    .venv/bin/python bench/triage_chats.py

Starts the device partition as its own process on a fresh embedded database, opens ``--chats``
chats, and lets each patient think ``--think`` seconds between messages for ``--seconds``. A reply
is measured from sending the message to the last byte of the answer, over HTTP, as the patient's
browser waits for it: red flags, the run with its audit and trace, and the chat stored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

READY_S = 60.0
WARM_S = 10.0
"""Before anything is counted: words and rules are loaded by the first messages."""
AIM_MS = 150
SAYS = (
    ("咳嗽三天了", "有痰，黄的", "没有发烧", "请问几点上班"),
    ("胃不舒服", "反酸、腹胀", "吃完饭更难受", "要带什么"),
    ("头晕", "没有头痛", "睡不好", "以前有高血压"),
    ("膝盖疼", "上下楼更疼", "没有摔过"),
    ("my stomach feels bad", "heartburn and bloating", "no fever"),
    ("孩子拉肚子", "一天五次", "精神还好", "八个月"),
    ("我爸胸口压着疼，出冷汗",),
)


@dataclass
class Measured:
    """Replies of one run: milliseconds each, what kinds they were, what failed."""

    took_ms: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


async def patient(
    session: aiohttp.ClientSession, url: str, until: float, think_s: float, seen: Measured
) -> None:
    """One patient: thinks, writes, reads the reply, and starts anew when nothing is left to say."""
    draw = random.Random()
    await asyncio.sleep(draw.uniform(0, think_s))
    while time.monotonic() < until:
        async with session.post(f"{url}/chats") as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        for text in draw.choice(SAYS):
            if time.monotonic() > until:
                return
            started = time.perf_counter()
            async with session.post(
                f"{url}/chat/messages", data={"text": text}, headers=headers
            ) as answer:
                body = await answer.json()
            took_ms = (time.perf_counter() - started) * 1000
            if answer.status == 200:
                seen.took_ms.append(took_ms)
                seen.kinds[body["last"].get("kind", body["last"]["role"])] += 1
            else:
                seen.failed[f"{answer.status} {body.get('code')}"] += 1
            await asyncio.sleep(draw.uniform(0.5, 1.5) * think_s)


async def measure(url: str, chats: int, seconds: float, think_s: float) -> Measured:
    """All patients at once; connections are kept open, as browsers keep them."""
    seen = Measured()
    limit = aiohttp.TCPConnector(limit=chats)
    headers = {"Accept": "application/json"}
    async with aiohttp.ClientSession(connector=limit, headers=headers) as session:
        until = time.monotonic() + seconds
        await asyncio.gather(*(patient(session, url, until, think_s, seen) for _ in range(chats)))
    return seen


def report(seen: Measured, wish: argparse.Namespace, cpu_s: float) -> dict[str, Any]:
    """The figures of one run."""
    took = sorted(seen.took_ms)
    cuts = statistics.quantiles(took, n=100)
    chats = f"{wish.chats} chats that think {wish.think:g} s"
    figures = (
        ("p50 of a reply", cuts[49], None),
        ("p95 of a reply", cuts[94], f"<= {AIM_MS}"),
        ("p99 of a reply", cuts[98], None),
        ("CPU of a reply", cpu_s * 1000 / len(took), "as measured"),
    )
    return {
        "bench": "triage_chats",
        "measured": f"{chats}, {wish.seconds:g} s after {WARM_S:g} s of warming up",
        "load": os.getloadavg(),
        "replies": len(took),
        "kinds": dict(seen.kinds),
        "failed": dict(seen.failed),
        "rows": [
            {"name": f"{name}, {chats}", "value": round(value, 1), "unit": "ms", "aim": aim}
            for name, value, aim in figures
        ]
        + [
            {
                "name": "not answered",
                "value": sum(seen.failed.values()),
                "unit": "count",
                "aim": "0",
            }
        ],
    }


def wait_ready(port: int) -> None:
    """Until the service takes connections."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the device partition did not come up")


def cpu_of(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Starts the partition, measures, and says whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think", type=float, default=10.0)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="suwen-bench-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {**os.environ, "SUWEN_HOME": f"{folder}/home", "XDG_STATE_HOME": folder}
        command = [sys.executable, "-m", "suwen.cli.main", "serve", "--partition", "device"]
        service = subprocess.Popen([*command, "--port", str(port)], env=environment)
        try:
            wait_ready(port)
            url = f"http://127.0.0.1:{port}"
            asyncio.run(measure(url, 10, WARM_S, 1.0))
            before = cpu_of(service.pid)
            seen = asyncio.run(measure(url, wish.chats, wish.seconds, wish.think))
            found = report(seen, wish, cpu_of(service.pid) - before)
        finally:
            service.terminate()
            service.wait(20)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
