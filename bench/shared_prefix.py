"""What a shared beginning of prompts saves, in CPU of the engine up to the first token.

Each round asks with a beginning that the engine has never seen, then with the shared one directly
after itself, then with the shared one after another prompt took the engine's only slot. All prompts
are equally long. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any

from engine_process import bench, load_average, options, spread

from suwen.core.inference import ChatMessage, GenerationRequest

WORDS = (
    *("fever", "cough", "pain", "chest", "left", "right", "acute", "chronic", "stable", "oral"),
    *("daily", "dose", "review", "ward", "night", "morning", "blood", "urine", "normal", "raised"),
    *("lowered", "image", "report", "plan", "follow", "again", "since", "after", "before"),
)
PREFIX_WORDS = 480


def prompt(beginning: str, question: int) -> GenerationRequest:
    text = f"{beginning} Question {question}: what is next?"
    return GenerationRequest((ChatMessage("user", text),), 1)


def words(seed: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=PREFIX_WORDS))


async def measure(rounds: int, home: Any) -> dict[str, Any]:
    shared = words(0)
    new_ms, same_ms, returned_ms, loads = [], [], [], []
    async with bench(home) as engine:
        tokens = await engine.count(prompt(shared, 0))
        await engine.cost(prompt(shared, 0))
        for n in range(1, rounds + 1):
            same_ms.append(1000 * (await engine.cost(prompt(shared, n))).cpu_s)
            new_ms.append(1000 * (await engine.cost(prompt(words(n), n))).cpu_s)
            returned_ms.append(1000 * (await engine.cost(prompt(shared, 100 + n))).cpu_s)
            loads.append(load_average())
    return {
        "bench": "shared_prefix",
        "measured": {"rounds": rounds, "prompt_tokens": tokens, "load_average": spread(loads)},
        "rows": [
            row("directly after itself", same_ms, new_ms),
            row("after another prompt", returned_ms, new_ms),
        ],
    }


def row(name: str, cpu_ms: Sequence[float], new_ms: Sequence[float]) -> dict[str, Any]:
    ratios = [cost / new for cost, new in zip(cpu_ms, new_ms, strict=True)]
    return {
        "name": f"first token, {name}",
        "value": spread(cpu_ms)["median"],
        "unit": "CPU ms",
        "spread": spread(cpu_ms),
        "peer": "a beginning never seen",
        "peer_value": spread(new_ms)["median"],
        "peer_spread": spread(new_ms),
        "ratio": spread(ratios)["median"],
        "ratio_spread": spread(ratios),
    }


def main() -> None:
    chosen = options(__doc__ or "")
    print(json.dumps(asyncio.run(measure(chosen.rounds, chosen.home))))


if __name__ == "__main__":
    main()
