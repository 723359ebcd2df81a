"""The page of the rules of record_quality: what each notices, its source, and its examples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suwen.apps.record_quality import app as record_quality
from suwen.apps.record_quality.book import own_book
from suwen.apps.record_quality.findings import rules

CASES = Path(record_quality.__file__).parent / "evaluation" / "cases.jsonl"
KINDS = {
    "time": "Time limits · 时限",
    "missing": "Missing · 缺项",
    "signature": "Signatures · 签名",
    "contradiction": "Contradictions · 前后矛盾",
    "copy_forward": "Copied · 复制",
    "abbreviation": "Abbreviations · 缩写",
    "unchecked": "Not checked · 未检查",
}
LONGEST = 70


def record_quality_rules() -> Iterator[str]:
    """Every rule by kind, with source, deduction, an example that fires and one that does not."""
    yield "# Rules of record quality · 病历质控规则"
    yield (
        "A rule from memory works with its full severity and awaits the hospital's review. Points "
        "and limits are those of the tables as they come; a hospital changes them under "
        "Rules, agreed by two people. The examples are run by the tests."
    )
    yield ("凭记忆的规则照常生效，待本院审核；扣分与时限可由医院更改；示例由测试运行。")
    cases = _cases()
    for kind, title in KINDS.items():
        yield f"## {title}"
        for name, rule in sorted(rules().items()):
            if rule.kind == kind:
                yield from _rule(name, cases)


def _rule(name: str, cases: Mapping[str, Any]) -> Iterator[str]:
    known = rules()[name]
    source = known.rule.source
    yield f"### {name} · {known.title.zh}"
    yield f"{known.title.en}."
    scheme = own_book().scheme
    line = scheme.rules.get(name, scheme.kinds[known.kind])
    veto = f", at best grade {line.veto}" if line.veto else ""
    yield (
        f"Severity {known.rule.severity.value} · {line.points:g} points{veto} · "
        f"{source.title}, {source.edition} · {known.rule.confidence.value.replace('_', ' ')}"
    )
    for fires, words in ((True, "fires · 触发"), (False, "does not · 不触发")):
        case = cases.get(f"{name}.{'fires' if fires else 'silent'}")
        if case is not None:
            yield f"- {words}: {_example(case, name)}"


def _example(case: Mapping[str, Any], name: str) -> str:
    """What of the case shows the rule: its words, else the events and times."""
    app = record_quality.APP
    request = case["request"]
    told = app.output(app.core(app.parse(request), None, ()).draft)["findings"]
    mine = next((f for f in told if f["rule"] == name), None)
    if mine is not None:
        quote = f" `{_short(mine['quote'])}`" if mine["quote"] else ""
        return f"{_short(mine['message_zh'])}{quote}"
    events = "；".join(f"{e['type']} {e['at'][:16]}" for e in request["encounter"]["events"])
    last = request["documents"][-1] if request["documents"] else None
    shown = f"{last['document_type']} {last['written_at'][:16]}" if last else ""
    text = _short(last["text"].split("\n", 1)[-1]) if last else ""
    return "；".join(filter(None, (events, shown, f"`{text}`" if text else "")))


def _short(text: str) -> str:
    plain = " ".join(text.replace("`", "'").replace("|", "/").split())
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"


def _cases() -> dict[str, Any]:
    lines = CASES.read_text("utf-8").splitlines()
    return {case["id"]: case for case in map(json.loads, lines)}
