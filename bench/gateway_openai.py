"""CPU of a chat completion through the platform's gateway, against other gateways.

Ours authenticates the key, counts it against its quotas in the database, audits the request
durably before it leaves and after it came back, holds the data class against two ceilings, and
looks at the prompt and at the answer. A bare aiohttp proxy does nothing of that; Portkey and
LiteLLM check a key and route. All stand before one engine that answers at once. CPU is that of
the whole process tree of a gateway, ours with the database server's, whose share is also told.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil

from suwen.bootstrap.platform import open_platform
from suwen.bootstrap.settings import read_settings
from suwen.control.access.clients import ASK_ENGINES
from suwen.core.identity import batch_principal
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.storage.api_clients import ApiClient

ROUNDS = int(os.environ.get("SUWEN_BENCH_ROUNDS", "5"))
REQUESTS = 400
AT_ONCE = 16
WARM_S = float(os.environ.get("SUWEN_BENCH_WARM_S", "5"))
HERE = Path(__file__).parent
ROOT = HERE.parent
PORTKEY = HERE / "peers/node_modules/@portkey-ai/gateway/build/start-server.js"
LITELLM = ROOT / ".venv/peers/litellm/bin/litellm"
PROMPT = [
    {"role": "system", "content": "You answer briefly for the staff of a ward."},
    {
        "role": "user",
        "content": "A patient with heart failure goes home today after a week on the ward. When "
        "should the first visit be, and what must the patient look out for until then?",
    },
]


@dataclass
class Gateway:
    """A started gateway.

    Attributes:
        trees: roots of the process trees whose CPU counts.
        streams: whether it passes a stream on; Portkey answers some with an error.
        beside: of these, those that are not the gateway's own program.
    """

    name: str
    url: str
    key: str
    model: str
    trees: list[int]
    headers: dict[str, str] = field(default_factory=dict)
    streams: bool = True
    beside: list[int] = field(default_factory=list)

    def cpu(self, roots: Iterable[int]) -> float:
        """CPU seconds of process trees so far, ended children included."""
        total = 0.0
        for root in roots:
            process = psutil.Process(root)
            for one in (process, *process.children(recursive=True)):
                try:
                    spent = one.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                total += spent.user + spent.system
                total += spent.children_user + spent.children_system
        return total


async def ask(session: aiohttp.ClientSession, gateway: Gateway, *, stream: bool) -> None:
    """One chat completion, read to its end."""
    body = {"model": gateway.model, "messages": PROMPT, "max_tokens": 100}
    if stream:
        body["stream"] = True
    headers = {"Authorization": f"Bearer {gateway.key}", **gateway.headers}
    url = f"{gateway.url}/chat/completions"
    async with session.post(url, json=body, headers=headers) as answer:
        told = await answer.read()
        ended = b"[DONE]" in told if stream else b'"choices"' in told
        if answer.status != 200 or not ended:
            raise RuntimeError(f"{gateway.name}: {answer.status} {told[:300]!r}")


async def load(gateway: Gateway, requests: int, *, stream: bool) -> None:
    """That many requests, so many at once."""
    left = iter(range(requests))
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for _ in left:
                await ask(session, gateway, stream=stream)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def warm(gateway: Gateway) -> None:
    """At least so many seconds of the same work."""
    if gateway.name == "Portkey":
        try:
            await load(gateway, AT_ONCE, stream=True)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            gateway.streams = False
    end = time.monotonic() + WARM_S
    while time.monotonic() < end:
        await load(gateway, AT_ONCE * 4, stream=False)
        if gateway.streams:
            await load(gateway, AT_ONCE * 2, stream=True)


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def until_answers(url: str, limit_s: float = 120.0) -> None:
    """Waits until somebody answers at an address."""
    end = time.monotonic() + limit_s
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.1)


@asynccontextmanager
async def process(line: list[str], folder: Path, **more: str) -> AsyncIterator[int]:
    """A program for as long as the block lasts; its id."""
    with (folder / "programs.log").open("ab") as log:
        started = subprocess.Popen(  # noqa: ASYNC220 - it is over in a moment
            line, stdout=log, stderr=log, cwd=folder, env={**os.environ, **more}
        )
    try:
        yield started.pid
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(started.wait, 15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@asynccontextmanager
async def suwen(folder: Path, engine: str) -> AsyncIterator[Gateway]:
    """Our own service on a state directory of its own."""
    environment = {
        "SUWEN_HOME": str(folder / "home"),
        "SUWEN_AUDIT_ANCHOR": str(folder / "anchor.jsonl"),
    }
    async with open_platform(read_settings(environment)) as platform:
        # Inside the block the database runs on, and the service finds it.
        endpoint = Endpoint(
            name="ward",
            url=engine,
            model="engine",
            partition=Partition.GENERAL,
            ceiling=5,
            capabilities=frozenset({"chat"}),
            context_tokens=8192,
            max_concurrent=AT_ONCE * 4,
        )
        await platform.endpoints.put(endpoint)
        client = ApiClient(
            id="bench",
            name="bench",
            key_hash="",
            scopes=frozenset({ASK_ENGINES}),
            ceiling=4,
            requests_per_minute=1_000_000,
            tokens_per_day=10**12,
            departments=frozenset(),
            owner="bench",
            expires_at=None,
            disabled=False,
            created_at=datetime.now(UTC),
        )
        key = (await platform.clients.add(client, batch_principal(None))).key
        port = free_port()
        line = [sys.executable, "-m", "suwen.cli.main", "serve", "--port", str(port)]
        async with process(line, folder, **environment) as pid:
            await until_answers(f"http://127.0.0.1:{port}/healthz")
            [pid_file] = (folder / "home").glob("postgres/**/postmaster.pid")
            database = int(pid_file.read_text().split("\n", 1)[0])
            url = f"http://127.0.0.1:{port}/v1"
            yield Gateway("suwen", url, key, "ward", [pid, database], beside=[database])


@asynccontextmanager
async def bare(folder: Path, engine: str) -> AsyncIterator[Gateway]:
    """The bare proxy."""
    port = free_port()
    line = [sys.executable, str(HERE / "gateways/bare.py"), str(port), engine]
    async with process(line, folder) as pid:
        await until_answers(f"http://127.0.0.1:{port}/")
        yield Gateway("bare aiohttp proxy", f"http://127.0.0.1:{port}/v1", "sk-bench", "m", [pid])


@asynccontextmanager
async def portkey(folder: Path, engine: str) -> AsyncIterator[Gateway]:
    """Portkey's gateway."""
    port = free_port()
    line = ["node", str(PORTKEY), f"--port={port}", "--headless"]
    async with process(
        line, folder, TRUSTED_CUSTOM_HOSTS="127.0.0.1,localhost", NODE_ENV="production"
    ) as pid:
        await until_answers(f"http://127.0.0.1:{port}/")
        headers = {"x-portkey-provider": "openai", "x-portkey-custom-host": engine}
        url = f"http://127.0.0.1:{port}/v1"
        yield Gateway("Portkey", url, "sk-bench", "engine", [pid], headers)


@asynccontextmanager
async def litellm(folder: Path, engine: str) -> AsyncIterator[Gateway]:
    """LiteLLM's proxy without a database."""
    port = free_port()
    settings = folder / "litellm.yaml"
    settings.write_text(
        json.dumps(
            {
                "model_list": [
                    {
                        "model_name": "engine",
                        "litellm_params": {
                            "model": "openai/engine",
                            "api_base": engine,
                            "api_key": "sk-engine",
                        },
                    }
                ],
                "general_settings": {"master_key": "sk-bench"},
                "litellm_settings": {"telemetry": False},
            }
        )
    )
    line = [str(LITELLM), "--config", str(settings), "--port", str(port), "--host", "127.0.0.1"]
    async with process(
        line, folder, LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="ERROR"
    ) as pid:
        await until_answers(f"http://127.0.0.1:{port}/health/liveliness")
        yield Gateway("LiteLLM", f"http://127.0.0.1:{port}/v1", "sk-bench", "engine", [pid])


@dataclass
class Measured:
    """CPU milliseconds a request, of each round."""

    whole: list[float] = field(default_factory=list)
    stream: list[float] = field(default_factory=list)
    whole_beside: list[float] = field(default_factory=list)
    stream_beside: list[float] = field(default_factory=list)


async def measure(gateways: list[Gateway]) -> dict[str, Measured]:
    """All gateways in turn, round after round."""
    found = {gateway.name: Measured() for gateway in gateways}
    for _ in range(ROUNDS):
        for gateway in gateways:
            for stream in (False, True) if gateway.streams else (False,):
                requests = REQUESTS // 2 if stream else REQUESTS
                if gateway.name == "LiteLLM":
                    requests //= 4
                before, beside = gateway.cpu(gateway.trees), gateway.cpu(gateway.beside)
                await load(gateway, requests, stream=stream)
                spent = (gateway.cpu(gateway.trees) - before) * 1000 / requests
                apart = (gateway.cpu(gateway.beside) - beside) * 1000 / requests
                kept = found[gateway.name]
                (kept.stream if stream else kept.whole).append(spent)
                (kept.stream_beside if stream else kept.whole_beside).append(apart)
    return found


def rows(found: dict[str, Measured]) -> list[dict[str, object]]:
    """What is printed."""
    told: list[dict[str, object]] = []
    aims = {"bare aiohttp proxy": "<= 4", "Portkey": "< 1", "LiteLLM": "<= 0.05"}
    ours = found["suwen"]
    kinds: list[tuple[str, Callable[[Measured], list[float]]]] = [
        ("whole", lambda m: m.whole),
        ("stream of 20", lambda m: m.stream),
    ]
    for kind, of in kinds:
        value = statistics.median(of(ours))
        for name, measured in found.items():
            if name == "suwen" or not of(measured):
                continue
            peer = statistics.median(of(measured))
            told.append(
                {
                    "name": f"CPU a request, {kind}, against {name}",
                    "value": value,
                    "unit": "ms",
                    "peer": name,
                    "peer_value": peer,
                    "ratio": value / peer,
                    "aim": aims[name],
                }
            )
    for kind, beside in (("whole", ours.whole_beside), ("stream of 20", ours.stream_beside)):
        told.append(
            {
                "name": f"of it the database server, {kind}",
                "value": statistics.median(beside),
                "unit": "ms",
                "aim": "as measured",
            }
        )
    return told


async def main(folder: Path) -> None:
    """Prints one JSON line."""
    port_file = folder / "port"
    async with AsyncExitStack() as started:
        line = [sys.executable, str(HERE / "gateways/engine.py"), str(port_file)]
        await started.enter_async_context(process(line, folder))
        while not port_file.exists() or not port_file.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        engine = f"http://127.0.0.1:{port_file.read_text()}/v1"
        makers = [suwen, bare]
        if PORTKEY.exists():
            makers.append(portkey)
        if LITELLM.exists():
            makers.append(litellm)
        wanted = set(os.environ.get("SUWEN_BENCH_GATEWAYS", "").split(",")) - {""}
        makers = [m for m in makers if not wanted or m.__name__ in wanted or m is suwen]
        gateways = [await started.enter_async_context(make(folder, engine)) for make in makers]
        for gateway in gateways:
            await warm(gateway)
        found = await measure(gateways)
    print(
        json.dumps(
            {
                "bench": "gateway_openai",
                "measured": datetime.now(UTC).isoformat(timespec="seconds"),
                "load_average": os.getloadavg(),
                "rows": rows(found),
            }
        )
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        # The database server's own account must be able to walk there.
        Path(name).chmod(0o755)
        asyncio.run(main(Path(name)))
