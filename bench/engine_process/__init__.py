"""The embedded engine for the inference benches: one thread, its CPU time read from /proc."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from suwen.core.inference import Finished, GenerationRequest
from suwen.inference.client import OpenAiModel
from suwen.inference.embedded.engine import EmbeddedEngine, EngineSettings
from suwen.inference.model_store import ModelStore

MODEL = "smollm2-135m"
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """What one answer cost the engine."""

    cpu_s: float
    output_tokens: int


class Bench:
    """A running engine and a client of it."""

    def __init__(self, engine: EmbeddedEngine, model: OpenAiModel) -> None:
        self._engine = engine
        self._model = model

    async def cost(self, request: GenerationRequest) -> Cost:
        """CPU seconds of the engine process, all its threads, for one answer."""
        before = self._cpu_s()
        tokens = None
        async with aclosing(self._model.stream(request)) as parts:
            async for part in parts:
                if isinstance(part, Finished):
                    tokens = part.output_tokens
        if tokens is None:
            raise SystemExit("the engine did not count its tokens")
        return Cost(self._cpu_s() - before, tokens)

    async def count(self, request: GenerationRequest) -> int:
        """Tokens of the prompt."""
        return await self._model.count_tokens(request.messages)

    def _cpu_s(self) -> float:
        fields = (
            Path(f"/proc/{self._engine.status.pid}/stat").read_text().rpartition(")")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) * _TICK_S


@asynccontextmanager
async def bench(home: Path) -> AsyncIterator[Bench]:
    """The engine with one thread and one slot, started for this bench."""
    model = await ModelStore(home).pull(MODEL)
    settings = EngineSettings(model.file, MODEL, threads=1, context_tokens=4096, slots=1)
    async with EmbeddedEngine(settings) as engine, OpenAiModel(engine.endpoint()) as asked:
        yield Bench(engine, asked)


def options(description: str) -> argparse.Namespace:
    """``--rounds`` (at least 5) and ``--home`` (where the model is kept)."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--home", type=Path, default=Path("build/bench-home"))
    chosen = parser.parse_args()
    if chosen.rounds < 5:
        parser.error("fewer than 5 rounds say nothing")
    return chosen


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(median(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
    }


def load_average() -> float:
    """Processes that wanted a core during the last minute, as a mean."""
    return round(os.getloadavg()[0], 2)
