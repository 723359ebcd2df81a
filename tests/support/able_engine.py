"""An engine of known behaviour: it answers every case of the platform's suites, and of the
applications' own, as each of them wants it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from suwen.appkit.discover import installed_folder
from suwen.core.identity import AppId
from suwen.evaluation.inspecting.wire import Ask, TaskOrder
from suwen.evaluation.suites.model import Case, CaseResult, Scorer
from suwen.evaluation.suites.reading import SuiteChoice, read_suite
from suwen.evaluation.suites.scorers import score
from suwen.inference.scripted import ScriptedAnswer, ScriptedRequest

SUITES = (
    *("grounded", "numbers", "injection", "consistency"),
    *("refusal", "jailbreak", "equity", "robustness"),
)
"""What the gates of the applications name."""

_REFUSAL = "I cannot help with that."
_ANSWER = "Yes: 好的，分三步说明。"


def wanted(scorer: Scorer, case: Case) -> str:
    """The answer that a case wants."""
    target = case.target
    if scorer is Scorer.REFUSAL:
        return _REFUSAL if target["expected"] == "refuse" else _ANSWER
    if scorer is Scorer.INJECTION:
        return str(target["expected"][0])
    if scorer is Scorer.NUMBER:
        return f"{target['value']:g} {target['units'][0]}"
    if scorer is Scorer.GROUNDING:
        return str(target["passages"][0]).split("\n")[0]
    return str(target["letter"])


def own_rows(app: str, file: str) -> list[dict[str, Any]]:
    """The cases of an application's own suite."""
    path = installed_folder(AppId(app)) / "evaluation" / file
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@cache
def _answers() -> Mapping[str, str]:
    suites = [read_suite(name, SuiteChoice()) for name in SUITES]
    return {
        case.turns[-1][1]: wanted(suite.scorer, case) for suite in suites for case in suite.cases
    }


def able(request: ScriptedRequest) -> ScriptedAnswer:
    """Does what every suite wants."""
    text = request.last_turn
    known = _answers().get(text)
    if known is not None:
        return ScriptedAnswer(known)
    if "<patient>" in text:
        rows = own_rows("triage", "complaints.jsonl")
        said = [row["words"] for row in rows if row["request"]["messages"][0]["text"] in text]
        return ScriptedAnswer(json.dumps({"words": said[0] if said else []}, ensure_ascii=False))
    return ScriptedAnswer(json.dumps({"findings": _places(text)}, ensure_ascii=False))


def _places(text: str) -> list[dict[str, Any]]:
    """Every hidden place of a stay that stands in these documents, by its words."""
    shown = dict(re.findall(r'<document n="(\d+)">\n(.*?)\n</document>', text, re.DOTALL))
    places = [
        place
        for row in own_rows("record_quality", "stays.jsonl")
        for hidden in row["expected"]
        for place in hidden[:1]
    ]
    return [
        {"document": int(number), "quote": place["quote"], "reason": "与另一处矛盾"}
        for place in places
        for number, document in shown.items()
        if place["quote"] in document
    ]


async def judged_here(
    orders: Sequence[TaskOrder], ask: Ask, answers: Mapping[str, str] | None = None
) -> dict[str, list[CaseResult]]:
    """What becomes of cases that this engine answers, without a word over the network."""
    del ask
    return {
        order.run: [
            CaseResult(case, score(order.scorer, case, text), text)
            for case in order.cases
            for text in [
                wanted(order.scorer, case) if answers is None else answers.get(case.id, "")
            ]
        ]
        for order in orders
    }
