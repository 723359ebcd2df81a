"""Measures triage on vignettes of its red flags and on a public set of patients' questions."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from suwen.apps.triage.app import APP
from suwen.clinical.departments import rank_departments
from suwen.clinical.red_flag_rules import READER, red_flag_rules
from suwen.clinical.red_flags import find_red_flags, read_red_flags

DEPARTMENTS_OF_SET: Final[Mapping[str, str]] = {
    "肝病科": "hepatology_id",
    "消化科": "gastroenterology",
    "神经科": "neurology",
    "心血管科": "cardiology",
    "内分泌科": "endocrinology",
    "呼吸科": "respiratory",
    "肾内科": "nephrology",
    "感染科": "infectious_disease_clinic",
    "普通内科": "general_practice",
    "血液科": "haematology",
    "风湿免疫科": "rheumatology",
}
"""Departments of the public set as our directory names them."""

_SET: Final = Path("toyhom_dept/dev/internal_medicine_departments.jsonl")
_TURN_SAMPLE: Final = 200


def measure(data: Path | None, vignettes: Path | None) -> dict[str, Any]:
    """The figures of both parts; a part whose data are not given is absent.

    Args:
        data: folder of the public evaluation sets.
        vignettes: folder with ``red_flags.jsonl`` and ``ordinary.jsonl``; further sets of the same
            form in its folders are told apart.
    """
    report: dict[str, Any] = {}
    if vignettes is not None:
        sets = [_set(folder) for folder in _folders(vignettes)]
        report["red_flags"] = [
            {"set": name, **_half(half, flags, ordinary)}
            for name, flags, ordinary in sets
            for half in sorted({row["half"] for row in flags})
        ]
        report["turn_ms"] = _turns([r["request"] for _, *two in sets for rows in two for r in rows])
    if data is not None:
        report["departments"] = _departments(_rows(data / _SET))
    return report


def _folders(vignettes: Path) -> list[Path]:
    """The folder itself, and the folders in it that hold a set of their own."""
    return [vignettes, *sorted(path.parent for path in vignettes.glob("*/red_flags.jsonl"))]


def _set(folder: Path) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    return folder.name, _rows(folder / "red_flags.jsonl"), _rows(folder / "ordinary.jsonl")


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of one chat: diverted, by the rules alone, or asked the safety question first."""

    diverted: bool
    by_rules: bool
    asked: bool


def _read(request: Mapping[str, Any]) -> _Read:
    said = [m["text"] for m in request["messages"] if m["role"] == "patient"]
    known = {key: request[key] for key in ("age_y", "sex", "pregnant") if key in request}
    reading = read_red_flags(said, **known)
    rules = tuple(rule for rule in red_flag_rules() if rule.id != READER)
    by_rules = bool(find_red_flags(said, **known, rules=rules))
    return _Read(bool(reading.flags), by_rules, reading.ask)


def _half(
    half: str, flags: Sequence[Mapping[str, Any]], ordinary: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    grave = [_read(row["request"]) for row in flags if row["half"] == half]
    calm = [_read(row["request"]) for row in ordinary if row["half"] == half]
    found, diverted = sum(r.diverted for r in grave), sum(r.diverted for r in calm)
    return {
        "half": half,
        "emergencies": len(grave),
        "found": found,
        "recall": found / len(grave),
        "found_by_rules": sum(r.by_rules for r in grave),
        "found_asked": sum(r.asked for r in grave),
        "ordinary": len(calm),
        "diverted": diverted,
        "diverted_share": diverted / len(calm),
        "diverted_by_rules": sum(r.by_rules for r in calm),
        "ordinary_asked": sum(r.asked for r in calm),
    }


def _turns(requests: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """How long the core takes for one turn, in milliseconds, one turn after the other."""
    took = []
    for request in requests[:: max(len(requests) // _TURN_SAMPLE, 1)]:
        started = time.perf_counter()
        parsed = APP.parse(request)
        APP.output(APP.core(parsed, None, ()).draft)
        took.append((time.perf_counter() - started) * 1000)
    return {"median": statistics.median(took), "p95": statistics.quantiles(took, n=20)[-1]}


def _departments(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Top-1, top-3 and macro-F1 among the departments that the set knows."""
    known = set(DEPARTMENTS_OF_SET.values())
    pairs: Counter[tuple[str, str]] = Counter()
    in_three = 0
    for row in rows:
        truth = DEPARTMENTS_OF_SET[row["department"]]
        ranked = rank_departments([f"{row['title']}\n{row['question']}"])
        codes = [s.department.code for s in ranked if s.department.code in known]
        pairs[truth, codes[0]] += 1
        in_three += truth in codes[:3]
    each = {code: _f1(code, pairs) for code in sorted(known)}
    right = sum(count for (truth, said), count in pairs.items() if truth == said)
    return {
        "questions": len(rows),
        "top1": right / len(rows),
        "top3": in_three / len(rows),
        "macro_f1": statistics.fmean(f1 for _, f1 in each.values()),
        "each": {code: {"questions": n, "f1": f1} for code, (n, f1) in each.items()},
    }


def _f1(code: str, pairs: Counter[tuple[str, str]]) -> tuple[int, float]:
    hits = pairs[code, code]
    truths = sum(count for (truth, _), count in pairs.items() if truth == code)
    said = sum(count for (_, said), count in pairs.items() if said == code)
    return truths, 2 * hits / (truths + said) if truths + said else 0.0
