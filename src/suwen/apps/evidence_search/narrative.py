"""What a model is asked for: sentences from numbered passages and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from suwen.appkit import (
    Evidence,
    EvidenceKind,
    Language,
    ModelAnswer,
    Passage,
    Prompt,
    PromptSpec,
    Statement,
    StatementOrigin,
    load_prompts,
)
from suwen.apps.evidence_search.sentences import SourceSentence, best_quote
from suwen.language.instruction_like import neutralise

MAX_SENTENCES = 6
MAX_SHOWN = 8
_MAX_SENTENCE = 400
_MAX_PASSAGE = 900
_MAX_OUTPUT_TOKENS = 700


@cache
def _prompts() -> Mapping[tuple[str, Language], Prompt]:
    return load_prompts(Path(__file__).parent)


def prompt_for(query: str, passages: Sequence[Passage], language: Language) -> PromptSpec | None:
    """The question to the model; ``None`` when there is nothing to answer from."""
    shown = passages[:MAX_SHOWN]
    if not shown:
        return None
    listing = "\n".join(
        f"[{number}] {_line(p.title)}: {_line(p.text)[:_MAX_PASSAGE]}"
        for number, p in enumerate(shown, start=1)
    )
    return PromptSpec(
        system=_prompts()[("system", language)].fill(),
        user=f"<passages>\n{listing}\n</passages>\n<question>{_line(query)}</question>",
        json_schema=answer_schema(len(shown)),
        max_output_tokens=_MAX_OUTPUT_TOKENS,
    )


def answer_schema(passages: int) -> Mapping[str, Any]:
    """JSON schema of the answer: sentences, each with the numbers of the passages it cites."""
    number = {"type": "integer", "minimum": 1, "maximum": passages}
    sentence = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "maxLength": _MAX_SENTENCE},
            "sources": {"type": "array", "minItems": 1, "maxItems": 4, "items": number},
        },
        "required": ["text", "sources"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "sufficient": {"type": "boolean"},
            "statements": {"type": "array", "maxItems": MAX_SENTENCES, "items": sentence},
        },
        "required": ["sufficient", "statements"],
        "additionalProperties": False,
    }


def statements_of(
    answer: ModelAnswer, passages: Sequence[Passage], sentences: Sequence[SourceSentence]
) -> tuple[Statement, ...]:
    """The model's sentences, each citing the nearest sentence of every passage that it names.

    Empty when the model found the passages insufficient, or cited none that it was given.
    """
    if answer.data.get("sufficient") is not True:
        return ()
    shown = dict(enumerate(passages[:MAX_SHOWN], start=1))
    found: list[Statement] = []
    for text, numbers in _sentences(answer):
        evidence = tuple(
            Evidence(EvidenceKind.PASSAGE, passage.id, _quote(text, passage, sentences))
            for passage in (shown[n] for n in dict.fromkeys(numbers) if n in shown)
        )
        if evidence:
            found.append(Statement(text, evidence, StatementOrigin.MODEL))
    return tuple(found)


def _quote(text: str, passage: Passage, sentences: Sequence[SourceSentence]) -> str:
    nearest = best_quote(text, [s for s in sentences if s.passage.id == passage.id])
    return nearest.text if nearest is not None else passage.text


def _sentences(answer: ModelAnswer) -> list[tuple[str, list[int]]]:
    items = answer.data.get("statements")
    found: list[tuple[str, list[int]]] = []
    for item in items if isinstance(items, list) else []:
        text = item.get("text") if isinstance(item, Mapping) else None
        numbers = item.get("sources") if isinstance(item, Mapping) else None
        if isinstance(text, str) and text.strip() and isinstance(numbers, list):
            cited = [n for n in numbers if type(n) is int]
            found.append((" ".join(text.split())[:_MAX_SENTENCE], cited))
    return found[:MAX_SENTENCES]


def _line(text: str) -> str:
    return " ".join(neutralise(text).split())
