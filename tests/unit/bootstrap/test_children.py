"""Child processes: back when they die, gone when their parent is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suwen.bootstrap import children
from suwen.bootstrap.children import Child


def sleeper(*before: str) -> list[str]:
    """A process that waits, after these statements."""
    return [sys.executable, "-c", "; ".join(["import time", *before, "time.sleep(60)"])]


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def until(condition: object, limit_s: float = 20.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.01)


async def test_a_child_that_dies_comes_back_until_it_is_stopped() -> None:
    child = Child("sleeper", sleeper())
    watching = asyncio.create_task(child.watch())
    await until(lambda: child.pid is not None)
    seen = []
    for _ in range(3):
        pid = child.pid
        assert pid is not None
        seen.append(pid)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: child.pid not in (None, *seen))
    assert child.restarts == 3
    last = child.pid
    await child.stop()
    await asyncio.wait_for(watching, 5)
    assert last is not None
    assert not is_running(last)
    assert child.pid is None


async def test_the_pause_before_a_restart_grows_and_no_further_than_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "LONGEST_PAUSE_S", 0.4)
    child = Child("broken", [sys.executable, "-S", "-c", "raise SystemExit(3)"])
    began = time.monotonic()
    watching = asyncio.create_task(child.watch())
    await until(lambda: child.restarts >= 4)
    assert time.monotonic() - began > 0.2 + 0.4 + 0.4
    await child.stop()
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


async def test_a_child_that_does_not_want_to_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_GRACE_S", 0.3)
    reading, writing = os.pipe()
    deaf = (
        "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"os.write({writing}, b'1')"
    )
    child = Child("deaf", sleeper(deaf), keep_open=(writing,))
    process = await child.start()
    os.close(writing)
    await asyncio.to_thread(os.read, reading, 1)
    os.close(reading)
    began = time.monotonic()
    await child.stop()
    assert 0.3 <= time.monotonic() - began < 5
    assert process.returncode == -signal.SIGKILL


async def test_stopping_what_never_ran_or_has_ended_is_nothing() -> None:
    child = Child("never", sleeper())
    await child.stop()
    ended = Child("ended", [sys.executable, "-S", "-c", ""])
    await (await ended.start()).wait()
    await ended.stop()
    assert (child.pid, ended.pid) == (None, None)


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", '''
import os, sys, time
from suwen.bootstrap.children import end_with_parent
end_with_parent(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(60)
''', str(__import__("os").getpid())])
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_child_ends_with_its_parent_however_that_ends(number: signal.Signals) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await asyncio.wait_for(parent.stdout.readline(), 30))
    assert is_running(child)
    parent.send_signal(number)
    await parent.wait()
    await until(lambda: not is_running(child), 5)


def test_a_child_whose_parent_is_gone_already_does_not_begin() -> None:
    code = (
        "import sys; from suwen.bootstrap.children import end_with_parent;"
        "end_with_parent(1); print('it ran')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout == ""
