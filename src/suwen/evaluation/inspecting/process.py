"""The evaluating process, seen from the platform: started when needed, ended with its job."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from suwen.core.errors import UnavailableError
from suwen.core.language import Bilingual
from suwen.evaluation.inspecting.wire import (
    MOST_LINE_BYTES,
    Ask,
    EngineQuestion,
    TaskOrder,
    result_of_json,
)
from suwen.evaluation.suites.model import CaseResult

_MODULE: Final = "suwen.evaluation.inspecting"
_HOME: Final = "evaluating-"
_KEPT: Final = ("LD_LIBRARY_PATH", "SUWEN_DEBUG", "PYTHONPATH")
_OFF: Final = {
    # No program is found there: inspect-ai asks git for the revision of a task's folder.
    "PATH": "",
    "INSPECT_DISPLAY": "none",
    "INSPECT_LOG_LEVEL": "error",
    "PYTHONUTF8": "1",
    "NO_COLOR": "1",
}


class InspectProcess:
    """One evaluating process; batches are done one after the other.

    Args:
        folder: under which its own home folder is made and removed again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._one = asyncio.Lock()

    async def evaluate(self, orders: Sequence[TaskOrder], ask: Ask) -> dict[str, list[CaseResult]]:
        """Puts every case to its engine and scores it; results by run.

        Args:
            ask: asks an engine; its failures are answers.

        Raises:
            UnavailableError: ``evaluation_failed`` when the process ended or its grammar broke;
                nothing of the batch has a result then.
        """
        async with self._one:
            try:
                process = await self._started()
                return await self._exchange(process, orders, ask)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Ends the process and removes its folder."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        home, self._home = self._home, None
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)

    async def end(self) -> None:
        """As ``close``, and waits until the process is gone."""
        process = self._process
        self.close()
        if process is not None:
            await process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_left_behind(self._folder)
        prefix = f"{_HOME}{os.getpid()}-"
        home = self._home = Path(tempfile.mkdtemp(prefix=prefix, dir=self._folder))
        # None of our settings, keys or addresses reach it.
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=None if os.environ.get("SUWEN_DEBUG") else asyncio.subprocess.DEVNULL,
            cwd=home,
            env={**environment, **_OFF, "HOME": str(home)},
            limit=MOST_LINE_BYTES,
        )
        return self._process

    async def _exchange(
        self, process: asyncio.subprocess.Process, orders: Sequence[TaskOrder], ask: Ask
    ) -> dict[str, list[CaseResult]]:
        if process.stdout is None:
            raise _failed()
        _say(process, {"kind": "batch", "orders": [order.as_json() for order in orders]})
        asking: set[asyncio.Task[None]] = set()
        told: dict[str, Any]
        try:
            while True:
                line = await process.stdout.readline()
                told = json.loads(line) if line else {"kind": "failed"}
                if told["kind"] == "done":
                    break
                if told["kind"] != "ask":
                    raise _failed()
                task = asyncio.create_task(_answer(process, told, ask))
                asking.add(task)
                task.add_done_callback(asking.discard)
        finally:
            for task in asking:
                task.cancel()
        cases = {order.run: {case.id: case for case in order.cases} for order in orders}
        return {
            run: [result_of_json(one, cases[run][one["case"]]) for one in results]
            for run, results in told["results"].items()
        }


def _remove_left_behind(folder: Path) -> None:
    """Removes homes whose worker was killed before it could."""
    for home in folder.glob(f"{_HOME}*"):
        worker = home.name.removeprefix(_HOME).partition("-")[0]
        if not Path(f"/proc/{worker}").exists():
            shutil.rmtree(home, ignore_errors=True)


async def _answer(process: asyncio.subprocess.Process, told: dict[str, Any], ask: Ask) -> None:
    question = told["question"]
    turns = tuple((str(role), str(text)) for role, text in question["turns"])
    answer = await ask(EngineQuestion(**{**question, "turns": turns}))
    _say(process, {"kind": "answer", "id": told["id"], "answer": asdict(answer)})


def _say(process: asyncio.subprocess.Process, told: dict[str, Any]) -> None:
    if process.stdin is not None:
        process.stdin.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")


def _failed() -> UnavailableError:
    return UnavailableError(
        "evaluation_failed",
        Bilingual(
            zh="评测进程意外结束；未完成的题目会重新评测。",
            en="The evaluating process ended unexpectedly; what has no result is done again.",
        ),
    )
