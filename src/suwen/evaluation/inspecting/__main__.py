"""The evaluating process: ``python -m suwen.evaluation.inspecting``.

It has no address, no key and no database: engines are asked by the parent, over standard input and
output. Whatever inspect-ai brings along cannot open a connection here, and its files lie in a
folder that the parent removes.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from typing import Any, BinaryIO, Final

_PR_SET_PDEATHSIG: Final = 1
_OUTWARD: Final = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "subprocess.Popen",
        "os.system",
    }
)


def main() -> int:
    """Works on batches until standard input ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # A core file would hold prompts.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    # What libraries print is not for the parent.
    os.dup2(2, 1)
    sys.addaudithook(_refuse_outward)
    asyncio.run(_Evaluating(answers).serve())
    return 0


def _refuse_outward(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _OUTWARD:
        raise PermissionError(event)


class _Evaluating:
    """Batches in, questions to engines out and their answers in, results out."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._open: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Reads lines until there are no more."""
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            told = json.loads(line)
            if told["kind"] == "answer":
                self._open.pop(told["id"]).set_result(told["answer"])
            else:
                task = asyncio.create_task(self._batch(told["orders"]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _batch(self, orders: list[dict[str, Any]]) -> None:
        # Loaded with the first batch, after the guard against connections stands.
        from suwen.evaluation.inspecting.tasks import run_tasks
        from suwen.evaluation.inspecting.wire import TaskOrder, result_as_json

        try:
            found = await run_tasks([TaskOrder.of(order) for order in orders], self._ask)
        except Exception as error:  # noqa: BLE001 - the edge of this process
            if os.environ.get("SUWEN_DEBUG"):
                traceback.print_exc()
            self._say({"kind": "failed", "error": type(error).__name__})
            return
        results = {run: [result_as_json(one) for one in all_] for run, all_ in found.items()}
        self._say({"kind": "done", "results": results})

    async def _ask(self, question: Any) -> Any:
        from dataclasses import asdict

        from suwen.evaluation.inspecting.wire import EngineAnswer

        self._last += 1
        number = self._last
        self._open[number] = asyncio.get_running_loop().create_future()
        self._say({"kind": "ask", "id": number, "question": asdict(question)})
        return EngineAnswer(**await self._open[number])

    def _say(self, told: dict[str, Any]) -> None:
        self._answers.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
