"""The real engine dies, and the platform goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import aiohttp
import pytest

from suwen.core.errors import InferenceError, UnavailableError
from suwen.core.inference import ChatMessage, GenerationRequest
from suwen.inference.client import OpenAiModel
from suwen.inference.embedded import engine as supervisor
from suwen.inference.embedded.engine import EmbeddedEngine, EngineSettings, EngineState
from tests.support.embedded_model import MODEL, model_file

__all__ = ["model_file"]

LONG = GenerationRequest((ChatMessage("user", "Tell me a very long story."),), 1500)
SHORT = GenerationRequest((ChatMessage("user", "Say hello."),), 3)
KILLS = [10, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


def settings(file: Path) -> EngineSettings:
    return EngineSettings(file, MODEL, threads=1, context_tokens=2048)


def pid_of(engine: EmbeddedEngine) -> int:
    pid = engine.status.pid
    assert pid is not None
    return pid


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def listening_addresses(pid: int) -> list[str]:
    """Address and port, in hexadecimal as the kernel shows them."""
    opened = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in opened]


def core_file_limit(pid: int) -> tuple[str, str]:
    """Soft and hard limit, in bytes."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    soft, hard = next(line for line in lines if line.startswith("Max core")).split()[4:6]
    return soft, hard


def command_and_environment(pid: int) -> bytes:
    folder = Path(f"/proc/{pid}")
    return (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 (nothing tells of a death)
            await asyncio.sleep(0.01)


async def until_restarted(engine: EmbeddedEngine, restarts: int) -> None:
    await until(lambda: engine.status.restarts >= restarts)
    await engine.wait_healthy(20)


@pytest.mark.parametrize("kills", KILLS)
async def test_killed_while_streaming_the_caller_hears_of_it_and_the_next_call_works(
    model_file: Path, kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Deaths in a row would be paused for up to half a minute.
    monkeypatch.setattr(supervisor, "_STEADY_S", 0.0)
    async with (
        EmbeddedEngine(settings(model_file)) as engine,
        OpenAiModel(engine.endpoint()) as model,
    ):
        endpoint = engine.endpoint()
        for kill in range(1, kills + 1):
            with pytest.raises(InferenceError) as raised:
                async with aclosing(model.stream(LONG)) as parts:
                    async for _ in parts:
                        if is_alive(pid_of(engine)):
                            os.kill(pid_of(engine), signal.SIGKILL)
                            killed = time.perf_counter()
            assert raised.value.code == "engine_unreachable"
            assert time.perf_counter() - killed < 3
            await until_restarted(engine, kill)
            assert [part async for part in model.stream(SHORT)]
            assert engine.endpoint() == endpoint
        assert engine.status.state is EngineState.READY


async def test_while_it_is_down_calls_fail_at_once(
    model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE_S", 60.0)
    async with (
        EmbeddedEngine(settings(model_file)) as engine,
        OpenAiModel(engine.endpoint()) as model,
    ):
        os.kill(pid_of(engine), signal.SIGKILL)
        await until(lambda: engine.status.state is EngineState.RESTARTING)
        started = time.perf_counter()
        with pytest.raises(InferenceError) as raised:
            async with aclosing(model.stream(SHORT)) as parts:
                async for _ in parts:
                    pass
        assert raised.value.code == "engine_unreachable"
        assert time.perf_counter() - started < 3


async def test_an_engine_that_hangs_is_ended_and_restarted(
    model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_HEALTH_EVERY_S", 0.05)
    monkeypatch.setattr(supervisor, "_HEALTH_WAIT_S", 0.7)
    monkeypatch.setattr(supervisor, "_STOP_S", 0.2)
    async with EmbeddedEngine(settings(model_file)) as engine:
        hung = pid_of(engine)
        os.kill(hung, signal.SIGSTOP)
        await until(lambda: engine.status.restarts == 1)
        # The new one gets the time that it needs on a busy machine.
        monkeypatch.setattr(supervisor, "_HEALTH_WAIT_S", 30)
        await engine.wait_healthy(20)
        assert not is_alive(hung)
        assert is_alive(pid_of(engine))


async def test_stop_ends_the_process_and_nothing_restarts_it(model_file: Path) -> None:
    engine = EmbeddedEngine(settings(model_file))
    await engine.start()
    pid, port = pid_of(engine), int(engine.endpoint().url.split(":")[2].split("/")[0])
    await engine.start()
    assert pid_of(engine) == pid
    await engine.stop()
    await engine.stop()
    assert not is_alive(pid)
    assert engine.status.state is EngineState.STOPPED
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    with pytest.raises(UnavailableError) as raised:
        engine.endpoint()
    assert raised.value.code == "embedded_engine_stopped"


async def test_it_listens_on_the_loopback_interface_only_and_asks_for_its_key(
    model_file: Path,
) -> None:
    async with EmbeddedEngine(settings(model_file)) as engine:
        listening = listening_addresses(pid_of(engine))
        assert len(listening) == 1
        assert listening[0].startswith("0100007F:")
        root = engine.endpoint().url.removesuffix("/v1")
        async with aiohttp.ClientSession() as stranger:
            for path in ("/v1/models", "/slots", "/props", "/tokenize", "/v1/chat/completions"):
                async with stranger.request("GET", root + path) as response:
                    assert response.status in (401, 404), path
                async with stranger.request("POST", root + path, json={}) as response:
                    assert response.status in (401, 404), path
        key = (engine.endpoint().key or "").encode()
        assert len(key) > 30
        assert key not in command_and_environment(pid_of(engine))


async def test_a_crash_leaves_no_core_file_with_prompts(model_file: Path) -> None:
    async with EmbeddedEngine(settings(model_file)) as engine:
        assert core_file_limit(pid_of(engine)) == ("0", "0")


async def test_each_start_has_a_key_of_its_own(model_file: Path) -> None:
    engine = EmbeddedEngine(settings(model_file))
    keys = set()
    for _ in range(2):
        async with engine:
            keys.add(engine.endpoint().key)
    assert len(keys) == 2


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
async def test_a_model_that_cannot_be_loaded_is_said_at_once(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "model.gguf"
    if content is not None:
        file.write_bytes(content)
    engine = EmbeddedEngine(settings(file))
    with pytest.raises(UnavailableError) as raised:
        await engine.start()
    assert (raised.value.code, raised.value.detail) == (
        "embedded_engine_failed",
        {"exit_status": 3},
    )
    assert engine.status.state is EngineState.STOPPED


PARENT = """
import asyncio, signal, sys
from pathlib import Path
from suwen.inference.embedded.engine import EmbeddedEngine, EngineSettings

# A shell that runs the suite in its background leaves the interrupt ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

async def main():
    engine = EmbeddedEngine(EngineSettings(Path(sys.argv[1]), "m", threads=1, context_tokens=512))
    await engine.start()
    print(engine.status.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_engine_dies_with_its_parent(model_file: Path, end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(model_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        engine = int(parent.stdout.readline())
        assert is_alive(engine)
        parent.send_signal(end)
        try:
            parent.wait(10)
        finally:
            parent.kill()
        deadline = time.monotonic() + 5
        while is_alive(engine) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_alive(engine)


def test_an_engine_whose_parent_is_gone_does_not_start(model_file: Path) -> None:
    started = subprocess.run(
        [
            *(sys.executable, "-m", "suwen.inference.embedded", "--model", str(model_file)),
            *("--name", "m", "--port", "0", "--parent", "1"),
        ],
        input=b"key\n",
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert started.returncode == 5
