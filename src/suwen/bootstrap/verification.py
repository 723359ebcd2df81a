"""The door of ``suwen verify``: one line of text and evidence in, its checked statements out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.control.guardrails.grounding import build_checker
from suwen.core.document_form import evidence_as_json
from suwen.core.errors import InputError
from suwen.core.grounding import CheckedStatement, DialogueTurn, EvidenceBase, EvidencePassage
from suwen.core.language import Bilingual
from suwen.integration.fhir.bundle import read_bundle
from suwen.integration.fhir.record import read_record

KNOWN = {"id", "text", "bundle", "dialogue", "passages", "language"}
EVIDENCE = ("bundle", "dialogue", "passages")
SPEAKERS = ("doctor", "patient", "other")


def verify_line(
    line: Mapping[str, Any], laboratory: LaboratoryBook | None = None
) -> dict[str, Any]:
    """Checks the statements of one line.

    Args:
        laboratory: the tables of the hospital's laboratory; ``None`` for the shipped ones.

    Raises:
        InputError: ``field_missing``, ``field_unknown``, ``field_wrong`` or ``evidence_missing``
            with the field at fault; whatever the reading of the bundle refuses.
    """
    for name in line:
        if name not in KNOWN:
            raise _wrong("field_unknown", name, "没有这个字段", "is not a field of this form")
    text = line.get("text")
    if not isinstance(text, str):
        raise _wrong("field_missing", "text", "须为文本", "must be a text")
    if not any(name in line for name in EVIDENCE):
        raise _wrong(
            "evidence_missing",
            "bundle",
            "须给出 bundle、dialogue 或 passages 之一",
            "or dialogue or passages must be given as evidence",
        )
    checker = build_checker(_evidence(line), laboratory)
    return {
        "id": line.get("id"),
        "statements": [_as_json(s) for s in checker.check_text(text.replace("\r\n", "\n"))],
    }


def _evidence(line: Mapping[str, Any]) -> EvidenceBase:
    record = None
    if "bundle" in line:
        record = read_record(read_bundle(line["bundle"]))
    return EvidenceBase(
        record=record,
        dialogue=_dialogue(line.get("dialogue", [])),
        passages=_passages(line.get("passages", [])),
    )


def _dialogue(turns: object) -> tuple[DialogueTurn, ...]:
    found = []
    for number, turn in enumerate(_list(turns, "dialogue"), start=1):
        place = f"dialogue[{number - 1}]"
        if not isinstance(turn, Mapping) or not isinstance(turn.get("text"), str):
            raise _wrong("field_wrong", place, "须有 text 文本", "must have a text")
        if turn.get("speaker") not in SPEAKERS:
            known = "、".join(SPEAKERS)
            raise _wrong(
                "field_wrong",
                f"{place}.speaker",
                f"须为 {known} 之一",
                f"must be one of {', '.join(SPEAKERS)}",
            )
        found.append(DialogueTurn(number, turn["speaker"], turn["text"]))
    return tuple(found)


def _passages(passages: object) -> tuple[EvidencePassage, ...]:
    found = []
    for number, passage in enumerate(_list(passages, "passages")):
        ok = isinstance(passage, Mapping) and isinstance(passage.get("text"), str)
        if not ok or not isinstance(passage.get("id"), str):
            place = f"passages[{number}]"
            raise _wrong("field_wrong", place, "须有 id 和 text", "must have an id and a text")
        found.append(EvidencePassage(passage["id"], passage["text"]))
    return tuple(found)


def _list(value: object, field: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise _wrong("field_wrong", field, "须为列表", "must be a list")
    return value


def _as_json(statement: CheckedStatement) -> dict[str, Any]:
    return {
        "start": statement.start,
        "end": statement.end,
        "text": statement.text,
        "supported": statement.supported,
        "reason": statement.reason.value if statement.reason else None,
        "evidence": [evidence_as_json(e) for e in statement.evidence],
    }


def _wrong(code: str, field: str, zh: str, en: str) -> InputError:
    return InputError(code, Bilingual(zh=f"{field}：{zh}。", en=f"{field} {en}."), field=field)
