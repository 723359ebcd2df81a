"""Malformed stays: sound requests of our own, damaged in every way that a sender may manage."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

_JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e400,
    "",
    "\u0000",
    "\ud800",
    "x" * 200_001,
    "2026-02-30T09:00:00+08:00",
    "2026-03-03",
    "09:00",
    {},
    [],
    [[[]]],
    {"a": {"b": []}},
    "男" * 50,
)
_TEXTS = (
    "",
    "\n\n\n",
    "：：：：",
    "【】【】",
    "主诉：\n主诉：\n主诉：",
    "\ufeff\u202e病历\u200b",
    "2026-99-99 99:99 血压999/0 mmHg 血钾-5 mmol/L 血红蛋白1e9 g/L",
    "青霉素过敏" * 40,
    "(" * 300 + "患者" + ")" * 300,
    "左右左右双侧" * 60,
    "\t\r\n医师签名：\r\n",
)


def malformed(sound: dict[str, Any], count: int, seed: int = 5) -> Iterator[dict[str, Any]]:
    """So many damaged copies of a sound request, always the same for a seed."""
    chance = random.Random(seed)
    for _ in range(count):
        request = copy.deepcopy(sound)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            _damage(request, chance)
        yield request


def _damage(request: dict[str, Any], chance: random.Random) -> None:
    holders = list(_holders(request))
    holder: Any = chance.choice(holders)
    key: Any = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    way = chance.randrange(5)
    if way == 0:
        del holder[key]
    elif way == 1:
        holder[key] = chance.choice(_JUNK)
    elif way == 2 and isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    elif way == 3 and isinstance(holder[key], str):
        holder[key] = chance.choice(_TEXTS)
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(chance.choice(holder)))
    else:
        holder[key] = [holder[key]]


def _holders(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    """Every object and list that holds something."""
    if isinstance(value, dict | list) and value:
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _holders(item)
