"""What becomes of text that tries to give orders to a model.

A hit in a user's text refuses the run. A hit in a record or a passage stays in the record, is
neutralised in the prompt, and is reported as a finding.
"""

from __future__ import annotations

from collections.abc import Iterable

from suwen.core.errors import GuardrailError
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.language.instruction_like import find_instruction_like

_SOURCE = Source("suwen guardrails", "1", "instruction-like text")


def refuse_instructions(texts: Iterable[str]) -> None:
    """Lets what a user wrote pass, or does not.

    Raises:
        GuardrailError: ``instruction_like`` with the kind in ``detail``.
    """
    for text in texts:
        hits = find_instruction_like(text)
        if hits:
            raise GuardrailError(
                "instruction_like",
                Bilingual(
                    zh="输入中含有试图改变系统行为的指令文字，未处理。请只写临床内容。",
                    en="The input contains text that tries to change how the system behaves; it "
                    "was not processed. Write clinical content only.",
                ),
                detail={"kind": hits[0].kind.value, "start": hits[0].span.start},
            )


def instruction_findings(texts: Iterable[tuple[str, str]]) -> tuple[Finding, ...]:
    """One finding for each text (reference, text) of a record or passage that gives orders."""
    return tuple(
        Finding(
            rule="guard.instruction_in_record",
            severity=Severity.MODERATE,
            message=Bilingual(
                zh=f"{reference} 中含有疑似针对模型的指令文字；原文保留，未作为指令执行，"
                "提供给模型前已去除。请核对该文书来源。",
                en=f"{reference} contains text that looks like orders to a model. It stays in the "
                "record, was not followed, and was removed before the model read it. "
                "Check where the document comes from.",
            ),
            source=_SOURCE,
            confidence=Confidence.REVIEWED,
            span=hits[0].span,
        )
        for reference, text in texts
        if (hits := find_instruction_like(text))
    )
