"""What a model may add: places that contradict, by their exact words, for a person to verify."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from suwen.appkit import (
    Bilingual,
    Language,
    ModelAnswer,
    Prompt,
    PromptSpec,
    Span,
    load_prompts,
)
from suwen.apps.record_quality.findings import Defect, seen
from suwen.apps.record_quality.stay import Stay

_MOST = 8
_LONGEST_DOCUMENT = 1_500
_LONGEST_PROMPT = 12_000
_LONGEST_REASON = 160
_LEAST_QUOTE = 4


@cache
def _prompts() -> Mapping[tuple[str, Language], Prompt]:
    return load_prompts(Path(__file__).parent)


def prompt_for(stay: Stay, language: Language) -> PromptSpec | None:
    """What a model is asked about a stay; nothing where there is no text."""
    shown: list[str] = []
    length = 0
    for number, paper in enumerate(stay.papers, start=1):
        piece = f'<document n="{number}">\n{paper.text[:_LONGEST_DOCUMENT]}\n</document>'
        length += len(piece)
        if length > _LONGEST_PROMPT:
            break
        shown.append(piece)
    if not shown:
        return None
    return PromptSpec(
        system=_prompts()[("system", language)].fill(),
        user="\n".join(shown),
        json_schema=_schema(),
        max_output_tokens=700,
    )


def noticed_by_model(stay: Stay, answer: ModelAnswer) -> Iterator[Defect]:
    """Each place that a model named and whose words stand in the document as quoted.

    A quote that is not there word for word is dropped: it points at nothing.
    """
    rows = answer.data.get("findings", [])
    for row in rows[:_MOST] if isinstance(rows, list) else []:
        number, quote, reason = (row.get(k) for k in ("document", "quote", "reason"))
        if not (isinstance(number, int) and isinstance(quote, str) and isinstance(reason, str)):
            continue
        if not 1 <= number <= len(stay.papers) or len(quote.strip()) < _LEAST_QUOTE:
            continue
        paper = stay.papers[number - 1]
        start = paper.text.find(quote)
        if start < 0:
            continue
        span = Span(start, start + len(quote))
        told = reason.strip()[:_LONGEST_REASON]
        yield Defect(
            "RQ-U03",
            Bilingual(zh=f"模型提示，请核实：{told}", en=f"A model says, to be verified: {told}"),
            document=paper,
            span=span,
            evidence=(seen(paper, span),),
        )


@cache
def _schema() -> Mapping[str, Any]:
    row = {
        "type": "object",
        "properties": {
            "document": {"type": "integer", "minimum": 1},
            "quote": {"type": "string", "minLength": _LEAST_QUOTE, "maxLength": 120},
            "reason": {"type": "string", "maxLength": _LONGEST_REASON},
        },
        "required": ["document", "quote", "reason"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"findings": {"type": "array", "maxItems": _MOST, "items": row}},
        "required": ["findings"],
        "additionalProperties": False,
    }
