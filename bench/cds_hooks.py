"""Latency and CPU of a CDS Hooks call at 50 requests/s, against a bare FastAPI echo.

Both are served by uvicorn in a process of their own and asked in turns within one run. A call is
an ``order-sign`` with two draft orders, three allergies and ten running orders in its prefetch:
token verified, audited before and after, checked, answered. The echo parses the same body and
sends it back. CPU is that of the serving process alone, the database not counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import ECKey

RATE_PER_S = 50
SECONDS = 6
ROUNDS = 3
BASE = "https://suwen.bench"
ISSUER = "https://emr.bench"
PATH = "/cds-services/order-sign"
DEADLINE_MS = 500
_ALLERGIES = ("青霉素", "磺胺类", "碘造影剂")
_RUNNING = (
    "阿托伐他汀钙片",
    "阿司匹林肠溶片",
    "氯吡格雷片",
    "美托洛尔缓释片",
    "培哚普利片",
    "二甲双胍片",
    "泮托拉唑肠溶片",
    "螺内酯片",
    "呋塞米片",
    "甘精胰岛素注射液",
)
_DOSAGE = {
    "route": {"text": "口服"},
    "timing": {"code": {"text": "bid"}},
    "doseAndRate": [{"doseQuantity": {"value": 0.5, "unit": "g"}}],
}


def serve_service(home: str) -> None:
    """Serves the platform of a state directory; prints its port."""
    from suwen.bootstrap.platform import open_platform
    from suwen.bootstrap.settings import read_settings
    from suwen.web.app import create_app

    async def serve() -> None:
        settings = read_settings({**os.environ, "SUWEN_HOME": home})
        async with open_platform(settings) as platform:
            await _serve(uvicorn.Config(create_app(platform), port=0, **_QUIET))

    asyncio.run(serve())


def serve_echo() -> None:
    """Serves a FastAPI application that sends a body back; prints its port."""
    app = FastAPI()

    @app.post("/echo")
    async def echo(request: Request) -> Any:
        return await request.json()

    asyncio.run(_serve(uvicorn.Config(app, port=0, **_QUIET)))


_QUIET: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off"}


async def _serve(config: Any) -> None:
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await task


class Served:
    """A child process that serves, and its CPU."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def cpu_s(self) -> float:
        """User and system time of the process so far, in seconds."""
        text = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(30)


def _patient_bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": {**r, "subject": {"reference": "Patient/p1"}}} for r in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def body() -> dict[str, Any]:
    """One call; only its instance differs from the next."""

    def order(number: int, text: str, status: str) -> dict[str, Any]:
        return {
            "resourceType": "MedicationRequest",
            "id": f"{status}-{number}",
            "status": status,
            "intent": "order",
            "medicationCodeableConcept": {"text": text},
            "dosageInstruction": [_DOSAGE],
        }

    allergies = [
        {
            "resourceType": "AllergyIntolerance",
            "id": f"a{n}",
            "code": {"text": text},
            "patient": {"reference": "Patient/p1"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
        }
        for n, text in enumerate(_ALLERGIES)
    ]
    running = [order(n, text, "active") for n, text in enumerate(_RUNNING)]
    drafts = [order(n, text, "draft") for n, text in enumerate(("阿莫西林胶囊", "呋塞米片"))]
    return {
        "hook": "order-sign",
        "hookInstance": str(uuid.uuid4()),
        "context": {
            "userId": "Practitioner/bench",
            "patientId": "p1",
            "draftOrders": _patient_bundle(*drafts),
        },
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "p1", "birthDate": "1960-02-03"},
            "allergies": _patient_bundle(*allergies),
            "medications": _patient_bundle(*running),
            "statements": None,
            "orders": None,
        },
    }


def token(key: ECKey) -> str:
    """A token of its own for one call."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": BASE + PATH,
        "iat": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode({"alg": "ES384", "typ": "JWT", "kid": "bench"}, claims, key, ["ES384"])


async def at_rate(ask: Callable[[], Awaitable[None]]) -> list[float]:
    """Milliseconds of each request, sent at the rate whether or not the former are answered."""
    taken: list[float] = []

    async def timed() -> None:
        began = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - began) * 1000)

    tasks, began = [], time.perf_counter()
    for number in range(RATE_PER_S * SECONDS):
        await asyncio.sleep(max(0.0, began + number / RATE_PER_S - time.perf_counter()))
        tasks.append(asyncio.create_task(timed()))
    await asyncio.gather(*tasks)
    return taken


async def measure(service: Served, echo: Served, key: ECKey) -> dict[str, Any]:
    """Both in turns."""
    results: dict[str, list[float]] = {"service": [], "echo": []}
    cpu: dict[str, list[float]] = {"service": [], "echo": []}
    async with aiohttp.ClientSession() as session:

        async def call() -> None:
            headers = {"Authorization": f"Bearer {token(key)}"}
            address = f"http://127.0.0.1:{service.port}{PATH}"
            async with session.post(address, json=body(), headers=headers) as answer:
                told = await answer.json()
                assert answer.status == 200, told
                assert told["cards"][0]["indicator"] == "critical"

        async def repeat() -> None:
            address = f"http://127.0.0.1:{echo.port}/echo"
            async with session.post(address, json=body()) as answer:
                assert (await answer.json())["hook"] == "order-sign"

        for _ in range(20):
            await call()
            await repeat()
        for _ in range(ROUNDS):
            for name, served, ask in (("service", service, call), ("echo", echo, repeat)):
                before = served.cpu_s
                taken = await at_rate(ask)
                cpu[name].append((served.cpu_s - before) * 1000 / len(taken))
                results[name].extend(taken)
    return _told(results, cpu)


def _told(results: dict[str, list[float]], cpu: dict[str, list[float]]) -> dict[str, Any]:
    def row(name: str, value: float, peer: float, aim: str) -> dict[str, Any]:
        return {
            "name": name,
            "value": value,
            "unit": "ms",
            "peer": "bare FastAPI echo of the same body",
            "peer_value": peer,
            "ratio": value / peer,
            "aim": aim,
        }

    def share(name: str, part: float) -> float:
        return sorted(results[name])[int(len(results[name]) * part)]

    late = sum(taken > DEADLINE_MS for taken in results["service"])
    cpu_s, cpu_e = (statistics.median(cpu[name]) for name in ("service", "echo"))
    return {
        "bench": "cds_hooks",
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": os.getloadavg(),
        "rows": [
            row("CPU of a call", cpu_s, cpu_e, "as measured"),
            row("p50 at 50/s", share("service", 0.5), share("echo", 0.5), "below 500"),
            row("p95 at 50/s", share("service", 0.95), share("echo", 0.95), "below 500"),
            {"name": "answers after 500 ms", "value": late, "unit": "count", "aim": "0"},
        ],
    }


def main() -> None:
    """Prints one JSON object."""
    key = ECKey.generate_key("P-384", {"kid": "bench", "use": "sig"})
    with tempfile.TemporaryDirectory(prefix="suwen-bench-") as folder:
        # The database server's own account must be able to walk there.
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        home.mkdir()
        keys = Path(folder) / "keys.json"
        keys.write_text(json.dumps({"keys": [key.as_dict(private=False)]}), encoding="utf-8")
        (home / "suwen.toml").write_text(
            f'[cds_hooks]\nbase_url = "{BASE}"\nclock_leeway_seconds = 0\n'
            f'[[cds_hooks.clients]]\nname = "bench"\nissuer = "{ISSUER}"\nkey_file = "{keys}"\n',
            encoding="utf-8",
        )
        os.environ["SUWEN_AUDIT_ANCHOR"] = str(Path(folder) / "anchor.jsonl")
        service, echo = Served("service", str(home)), Served("echo")
        try:
            time.sleep(1.1)
            print(json.dumps(asyncio.run(measure(service, echo, key))))
        finally:
            service.close()
            echo.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["service"]:
        serve_service(sys.argv[2])
    elif sys.argv[1:2] == ["echo"]:
        serve_echo()
    else:
        main()
