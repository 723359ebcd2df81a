"""A person's edit of a draft: split into statements again, and each new one checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from suwen.control.gateway.draft_content import visible_label
from suwen.core.document import DocumentField, Section, Statement, StatementOrigin
from suwen.core.document_form import (
    field_line,
    joined_text,
    section_as_json,
    section_from_json,
)
from suwen.core.errors import InputError
from suwen.core.grounding import StatementChecker
from suwen.core.language import Bilingual, Language

_LONGEST = 20_000
"""Code points that one section may have."""


def edited_content(
    content: Mapping[str, Any], texts: Mapping[str, str], checker: StatementChecker
) -> dict[str, Any]:
    """The content with some sections' texts replaced by what a person wrote.

    Statements that stand unchanged in the new text keep evidence and verdict; everything else
    becomes a statement of the person and is checked. A field whose line was changed takes the new
    value, one whose line is gone is no longer filled.

    Args:
        texts: new text by section id, exactly as it shall stand.

    Raises:
        InputError: ``not_editable``, ``section_unknown`` or ``section_too_long``.
    """
    document = content["result"].get("document")
    if document is None:
        raise InputError(
            "not_editable",
            Bilingual(zh="该结果没有可编辑的文书。", en="This result has no document to edit."),
        )
    _check_texts(document, texts)
    language = Language(document["language"])
    sections = [
        _edited_section(section, texts[section["id"]].replace("\r\n", "\n"), language, checker)
        if section["id"] in texts
        else section
        for section in document["sections"]
    ]
    text = joined_text(
        document["title"],
        [(section["title"], section["text"]) for section in sections],
        visible_label(content["label"], language),
    )
    edited = {**document, "sections": sections, "text": text}
    return {**content, "result": {**content["result"], "document": edited}}


def _check_texts(document: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    known = {section["id"] for section in document["sections"]}
    for name, text in texts.items():
        if name not in known:
            raise InputError(
                "section_unknown",
                Bilingual(zh="文书中没有这一部分。", en="The document has no such section."),
                field=f"sections.{name}",
            )
        if len(text) > _LONGEST:
            raise InputError(
                "section_too_long",
                Bilingual(
                    zh=f"每一部分最多 {_LONGEST} 字。",
                    en=f"A section has at most {_LONGEST} characters.",
                ),
                field=f"sections.{name}",
            )


def _edited_section(
    stored: Mapping[str, Any], text: str, language: Language, checker: StatementChecker
) -> Mapping[str, Any]:
    if text == stored["text"]:
        return stored
    section = section_from_json(stored)
    fields, claimed = _fields_of(section, text, language)
    statements = _statements_of(section, text, claimed, checker, language)
    edited = dataclasses.replace(section, fields=fields, statements=statements)
    return section_as_json(edited, language, text)


def _fields_of(
    section: Section, text: str, language: Language
) -> tuple[tuple[DocumentField, ...], list[tuple[int, int]]]:
    """The fields as the new text has them, and the stretches of unchanged field lines."""
    fields: list[DocumentField] = []
    claimed: list[tuple[int, int]] = []
    for field in section.fields:
        line = field_line(field, language)
        if line is None:
            fields.append(field)
            continue
        at = _find_line(text, line, claimed)
        if at is not None:
            claimed.append((at, at + len(line)))
            fields.append(field)
            continue
        heading = line[: len(line) - len(field.value or "")]
        value = _changed_value(text, heading, claimed)
        fields.append(dataclasses.replace(field, value=value, evidence=()))
    return tuple(fields), claimed


def _find_line(text: str, line: str, claimed: list[tuple[int, int]]) -> int | None:
    """Where the whole line (or lines) stands, outside what is claimed already."""
    at = text.find(line)
    while at != -1:
        end = at + len(line)
        whole = (at == 0 or text[at - 1] == "\n") and (end == len(text) or text[end] == "\n")
        if whole and not _overlaps(at, end, claimed):
            return at
        at = text.find(line, at + 1)
    return None


def _changed_value(text: str, heading: str, claimed: list[tuple[int, int]]) -> str | None:
    """What a person wrote after a field's label; the line itself is then checked as theirs."""
    start = 0
    for line in text.splitlines(keepends=True):
        begins, start = start, start + len(line)
        if line.startswith(heading.rstrip()) and not _overlaps(begins, start, claimed):
            return line[len(heading.rstrip()) :].strip() or None
    return None


def _statements_of(
    section: Section,
    text: str,
    claimed: list[tuple[int, int]],
    checker: StatementChecker,
    language: Language,
) -> tuple[Statement, ...]:
    placed: list[tuple[int, Statement]] = []
    taken = list(claimed)
    for statement in section.statements:
        at = _find_sentence(text, statement.text, taken)
        if at is not None:
            taken.append((at, at + len(statement.text)))
            placed.append((at, statement))
    for begin, end in _gaps(taken, len(text)):
        placed.extend(_written(section, text, (begin, end), checker, language))
    return tuple(statement for _at, statement in sorted(placed, key=lambda pair: pair[0]))


def _find_sentence(text: str, sentence: str, taken: list[tuple[int, int]]) -> int | None:
    """Where the sentence stands unchanged: not in the middle of a longer one."""
    at = text.find(sentence)
    while at != -1:
        end = at + len(sentence)
        if (
            not _overlaps(at, end, taken)
            and _begins_sentence(text, at)
            and _ends(text, sentence, end)
        ):
            return at
        at = text.find(sentence, at + 1)
    return None


def _begins_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \t")
    return not before or before[-1] in '\n。！？!?；;.”"'


def _ends(text: str, sentence: str, end: int) -> bool:
    """A sentence without a closing mark must end its line, else words were added to it."""
    return sentence[-1:] in "。！？!?；;." or end == len(text) or text[end] == "\n"


def _written(
    section: Section,
    text: str,
    gap: tuple[int, int],
    checker: StatementChecker,
    language: Language,
) -> list[tuple[int, Statement]]:
    """The statements that a person wrote into a gap between what stayed."""
    begin, end = gap
    written: list[tuple[int, Statement]] = []
    context = section.title
    for part in checker.check_text(text[begin:end], language):
        checked = checker.check_statement(part.text, context, language)
        context = f"{section.title}\n{part.text}"
        statement = Statement(
            text=part.text,
            evidence=checked.evidence,
            origin=StatementOrigin.PERSON,
            supported=checked.supported,
            reason=checked.reason,
        )
        written.append((begin + part.start, statement))
    return written


def _gaps(taken: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    gaps, at = [], 0
    for begin, end in sorted(taken):
        if begin > at:
            gaps.append((at, begin))
        at = max(at, end)
    if at < length:
        gaps.append((at, length))
    return gaps


def _overlaps(begin: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return any(begin < taken_end and taken_begin < end for taken_begin, taken_end in taken)
