"""What a model is asked for: sentences on the course, from numbered facts and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from suwen.appkit.prompts import Prompt, load_prompts
from suwen.apps.record_writer.documents import NARRATIVE_SECTIONS
from suwen.apps.record_writer.schema import DocumentType
from suwen.core.application import ModelAnswer, PromptSpec
from suwen.core.document import Document, Statement, StatementOrigin
from suwen.core.finding import Evidence
from suwen.core.language import Language

MAX_SENTENCES = 8
#: So many facts keep the question within the context that the manifest asks for.
_MAX_FACTS = 90
_MAX_RESULTS = 20
_MAX_SENTENCE_CHARACTERS = 400
_MAX_OUTPUT_TOKENS = 900
_WITHOUT_FACTS = frozenset({"patient", "immunisations"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A numbered sentence of the document, offered to the model."""

    number: int
    text: str
    evidence: tuple[Evidence, ...]


def facts_of(document: Document) -> tuple[Fact, ...]:
    """The document's own statements, numbered from 1; the patient's identity is not offered,
    of the laboratory only the first results (those of the encounter and abnormal ones lead)."""
    statements = [
        statement
        for section in document.sections
        if section.id not in _WITHOUT_FACTS
        for statement in section.statements[: _MAX_RESULTS if section.id == "laboratory" else None]
        if statement.origin is StatementOrigin.RULE and statement.evidence
    ]
    return tuple(
        Fact(number, s.text, s.evidence)
        for number, s in enumerate(statements[:_MAX_FACTS], start=1)
    )


def prompt_for(facts: Sequence[Fact], language: Language) -> PromptSpec | None:
    """The question to the model; ``None`` when there are too few facts to tell a course."""
    if len(facts) < 2:
        return None
    listing = "\n".join(f"[{fact.number}] {_single_line(fact.text)}" for fact in facts)
    return PromptSpec(
        system=system_prompt(language),
        user=f"<facts>\n{listing}\n</facts>",
        json_schema=answer_schema(len(facts)),
        max_output_tokens=_MAX_OUTPUT_TOKENS,
    )


@cache
def _prompts() -> Mapping[tuple[str, Language], Prompt]:
    return load_prompts(Path(__file__).parent)


def system_prompt(language: Language) -> str:
    """The instructions, from the prompts folder."""
    return _prompts()[("system", language)].fill()


def answer_schema(facts: int) -> Mapping[str, Any]:
    """JSON schema of the answer: sentences, each with the numbers of the facts it rests on."""
    return {
        "type": "object",
        "properties": {
            "statements": {
                "type": "array",
                "maxItems": MAX_SENTENCES,
                "items": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string", "maxLength": _MAX_SENTENCE_CHARACTERS},
                        "facts": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 8,
                            "items": {"type": "integer", "minimum": 1, "maximum": facts},
                        },
                    },
                    "required": ["text", "facts"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["statements"],
        "additionalProperties": False,
    }


def with_narrative(document: Document, facts: Sequence[Fact], answer: ModelAnswer) -> Document:
    """The document with the model's sentences in its narrative section, each resting on the
    facts that it names; a sentence that names none, or repeats one, is dropped."""
    known = {fact.number: fact for fact in facts}
    told = {" ".join(s.text.split()) for s in document.statements}
    added: list[Statement] = []
    for text, numbers in _sentences(answer):
        cited = [known[n] for n in dict.fromkeys(numbers) if n in known]
        if not cited or " ".join(text.split()) in told:
            continue
        told.add(" ".join(text.split()))
        evidence = tuple(dict.fromkeys(e for fact in cited for e in fact.evidence))
        added.append(Statement(text, evidence, StatementOrigin.MODEL))
    if not added:
        return document
    target = NARRATIVE_SECTIONS[DocumentType(document.document_type)]
    return replace(
        document,
        sections=tuple(
            replace(s, statements=(*s.statements, *added)) if s.id == target else s
            for s in document.sections
        ),
    )


def _sentences(answer: ModelAnswer) -> list[tuple[str, list[int]]]:
    """The well-formed sentences of an answer; what is not of the schema is left out."""
    items = answer.data.get("statements")
    found: list[tuple[str, list[int]]] = []
    for item in items if isinstance(items, list) else []:
        text = item.get("text") if isinstance(item, Mapping) else None
        numbers = item.get("facts") if isinstance(item, Mapping) else None
        if not isinstance(text, str) or not isinstance(numbers, list):
            continue
        line = _single_line(text)[:_MAX_SENTENCE_CHARACTERS]
        if line:
            found.append((line, [n for n in numbers if type(n) is int]))
    return found[:MAX_SENTENCES]


def _single_line(text: str) -> str:
    return " ".join(text.split())
