"""What JSON-schema decoding costs against plain decoding, in CPU of the engine for each token.

Both run on the same engine in turn, after the same prompt, which is already in the engine's cache,
for up to the same number of tokens. Prints one JSON object. Aim: at most 1.10 times.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from engine_process import bench, load_average, options, spread

from suwen.core.inference import ChatMessage, GenerationRequest

TOKENS = 600
PROMPT = "List twelve findings of a patient with fever and cough, each with its side and days."
SCHEMA = {
    "type": "object",
    "properties": {
        "summary": {"type": "string", "maxLength": 80},
        "urgent": {"type": "boolean"},
        "findings": {
            "type": "array",
            "minItems": 8,
            "maxItems": 8,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 24},
                    "side": {"enum": ["left", "right", "both", "none"]},
                    "days": {"type": "integer", "minimum": 0, "maximum": 365},
                },
                "required": ["name", "side", "days"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["summary", "urgent", "findings"],
    "additionalProperties": False,
}


async def measure(rounds: int, home: Any) -> dict[str, Any]:
    plain = GenerationRequest((ChatMessage("user", PROMPT),), TOKENS)
    constrained = replace(plain, json_schema=SCHEMA)
    ratios, plain_ms, schema_ms, loads = [], [], [], []
    async with bench(home) as engine:
        tokens = (await engine.cost(constrained)).output_tokens
        plain = replace(plain, max_output_tokens=tokens)
        plain_tokens = (await engine.cost(plain)).output_tokens
        for _ in range(rounds):
            with_schema = await engine.cost(constrained)
            without = await engine.cost(plain)
            schema_ms.append(1000 * with_schema.cpu_s / with_schema.output_tokens)
            plain_ms.append(1000 * without.cpu_s / without.output_tokens)
            ratios.append(schema_ms[-1] / plain_ms[-1])
            loads.append(load_average())
    cost, plain_cost = spread(schema_ms), spread(plain_ms)
    return {
        "bench": "schema_decoding",
        "measured": {
            "rounds": rounds,
            "schema_output_tokens": tokens,
            "plain_output_tokens": plain_tokens,
            "load_average": spread(loads),
        },
        "rows": [
            {
                "name": "JSON schema, engine CPU per token",
                "value": cost["median"],
                "unit": "ms",
                "spread": cost,
                "peer": "plain decoding",
                "peer_value": plain_cost["median"],
                "peer_spread": plain_cost,
                "ratio": spread(ratios)["median"],
                "ratio_spread": spread(ratios),
                "aim": "<= 1.10",
            }
        ],
    }


def main() -> None:
    chosen = options(__doc__ or "")
    print(json.dumps(asyncio.run(measure(chosen.rounds, chosen.home))))


if __name__ == "__main__":
    main()
