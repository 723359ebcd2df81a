"""The last look at a draft before it is shown: other patients' identifiers, leftover orders."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from suwen.control.gateway.run_state import Run
from suwen.control.guardrails.other_patient import OwnMaterial
from suwen.control.guardrails.screen_output import screen_output
from suwen.core.document import Document, Draft, Section, Statement, StatementOrigin
from suwen.core.errors import GuardrailError
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.language.identifiers import find_identifiers
from suwen.language.instruction_like import find_instruction_like

_SOURCE = Source("suwen guardrails", "1", "output")
_MESSAGES = {
    "guard.foreign_identifier": Bilingual(
        zh="语言模型写出了本病历中不存在的身份信息，该句已删除。",
        en="The model wrote an identifier that is not in this record; the sentence was removed.",
    ),
    "guard.instruction_in_output": Bilingual(
        zh="语言模型的输出中含有指令样文字，该句已删除。",
        en="The model's output contained instruction-like text; the sentence was removed.",
    ),
    "guard.output.system_prompt": Bilingual(
        zh="语言模型说出了其内部指令，该句已删除。",
        en="The model told its own instructions; the sentence was removed.",
    ),
    "guard.output.dosing_advice": Bilingual(
        zh="语言模型向患者给出了用药剂量，该句已删除；剂量请咨询医生或药师。",
        en="The model gave a patient a dose; the sentence was removed. "
        "Ask a physician or pharmacist.",
    ),
    "guard.output.diagnosis": Bilingual(
        zh="语言模型向患者作出了诊断，该句已删除；诊断由医生作出。",
        en="The model gave a patient a diagnosis; the sentence was removed. "
        "A physician makes a diagnosis.",
    ),
}


@dataclass(frozen=True, slots=True)
class GuardedDraft:
    """The draft without what must not be shown, what was noticed, how much was removed."""

    draft: Draft
    findings: tuple[Finding, ...]
    removed: int


def guard(draft: Draft, run: Run) -> GuardedDraft:
    """Removes sentences of the model that must not be shown.

    Raises:
        GuardrailError: ``foreign_identifier`` when rules or fields hold one: that is not the
            model's slip but a mixed-up record, and nothing of it is shown.
    """
    material = OwnMaterial(_material(run))
    _refuse_foreign(draft, material)
    if draft.document is None:
        return GuardedDraft(draft, (), 0)
    removed: list[str] = []

    def fault_of(statement: Statement) -> str | None:
        if statement.origin is not StatementOrigin.MODEL:
            return None
        if find_instruction_like(statement.text):
            return "guard.instruction_in_output"
        if material.foreign_identifiers(statement.text):
            return "guard.foreign_identifier"
        return _fault_for_reader(statement.text, run, material)

    document = _without(draft.document, fault_of, removed)
    findings = tuple(_finding(rule) for rule in dict.fromkeys(removed))
    return GuardedDraft(dataclasses.replace(draft, document=document), findings, len(removed))


def _fault_for_reader(text: str, run: Run, material: OwnMaterial) -> str | None:
    """What nobody may be told, and what a patient may not be told by a machine."""
    audience = run.admitted_plan.audience
    verdict = screen_output(
        text,
        audience,
        system_prompt=run.system_prompt,
        material=material.text,
        identifiers=find_identifiers,
    )
    if not verdict.reasons:
        return None
    rule = verdict.reasons[0].rule
    return "guard.foreign_identifier" if rule == "output.identifier" else f"guard.{rule}"


def _without(
    document: Document, fault_of: Callable[[Statement], str | None], removed: list[str]
) -> Document:
    sections: list[Section] = []
    for section in document.sections:
        kept = []
        for statement in section.statements:
            fault = fault_of(statement)
            if fault is None:
                kept.append(statement)
            else:
                removed.append(fault)
        sections.append(dataclasses.replace(section, statements=tuple(kept)))
    return dataclasses.replace(document, sections=tuple(sections))


def _refuse_foreign(draft: Draft, material: OwnMaterial) -> None:
    if any(material.foreign_identifiers(text) for text in _texts_of_rules(draft)):
        raise GuardrailError(
            "foreign_identifier",
            Bilingual(
                zh="生成的内容含有不属于本患者病历的身份信息，已全部拦截。请联系系统管理员。",
                en="What was built contains identifiers that are not in this patient's record; all "
                "of it was held back. Tell the system administrator.",
            ),
        )


def _texts_of_rules(draft: Draft) -> Iterator[str]:
    if draft.document is not None:
        for section in draft.document.sections:
            yield from (f.value for f in section.fields if f.value is not None)
            yield from (s.text for s in section.statements if s.origin is not StatementOrigin.MODEL)
    if draft.result is not None:
        yield from _texts_in(draft.result)


def _texts_in(value: object) -> Iterator[str]:
    """Every text in a structured result; joined ones would read as what nobody wrote."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts_in(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts_in(part)


def _material(run: Run) -> Iterator[str]:
    yield json.dumps(run.resources, ensure_ascii=False, default=str)
    yield json.dumps(run.raw_request, ensure_ascii=False, default=str)
    for passage in run.passages:
        yield from (passage.text, passage.title, *passage.section, passage.life.issuer or "")
    if run.record is not None:
        yield from (note.text for note in run.record.notes)
        yield run.record.patient.name or ""


def _finding(rule: str) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.MAJOR,
        message=_MESSAGES[rule],
        source=_SOURCE,
        confidence=Confidence.REVIEWED,
    )
