"""Falsifies whom a statement is about: the patient for a relative, a relative for the patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Final

from suwen.evaluation.corruption.context import CorruptionContext
from suwen.evaluation.corruption.model import CorruptionKind, Replacement
from suwen.evaluation.corruption.vocabulary import (
    CHINESE_OTHER_RELATIVES,
    CHINESE_RELATIVES,
    OTHER_RELATIVES,
    RELATIVE_SYNONYMS,
    RELATIVES,
)

_CLINICAL_VERB: Final = (
    r"(?:has|had|is|was|denies|reports|endorses|takes|complains|states|smokes|underwent|suffers)"
)
_PATIENT: Final = re.compile(
    rf"\b(?:The patient|Patient|He|She)(?= (?:also |currently |still )?{_CLINICAL_VERB}\b)"
)
_POSSESSIVE: Final = re.compile(r"\b(?:The patient's|Patient's)(?= [a-z])")
_RELATIVE: Final = re.compile(
    r"\b(?:the patient's|his|her|patient's|my) "
    rf"({'|'.join(RELATIVES + OTHER_RELATIVES)})(?= {_CLINICAL_VERB}\b)",
    re.IGNORECASE,
)
_CHINESE_PATIENT: Final = re.compile(r"患者|病人")
_CHINESE_RELATIVE: Final = re.compile("|".join(CHINESE_RELATIVES + CHINESE_OTHER_RELATIVES))
_WORD: Final = re.compile(r"[a-z]{6,}")
_NEVER_TELLING: Final = frozenset(
    [
        "patient",
        "reports",
        "states",
        "history",
        "significant",
        "father",
        "mother",
        "brother",
        "sister",
        "because",
        "positive",
        "negative",
        "family",
        "diagnosed",
        "medical",
        "problem",
        "problems",
        "living",
        "currently",
        "condition",
    ]
)


def wrong_persons(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """The same statement about somebody else of the family, or about the patient."""
    english = random.choice([r for r in RELATIVES if not _is_mentioned(r, context)] or [""])
    chinese = random.choice([r for r in CHINESE_RELATIVES if not _is_mentioned(r, context)] or [""])
    if english:
        for match in _PATIENT.finditer(statement):
            text = f"The patient's {english}" if match.start() == 0 else f"the patient's {english}"
            yield Replacement(CorruptionKind.PERSON, match.start(), match.end(), text)
        for match in _POSSESSIVE.finditer(statement):
            text = f"{match.group()} {english}'s"
            yield Replacement(CorruptionKind.PERSON, match.start(), match.end(), text)
    if chinese:
        for match in _CHINESE_PATIENT.finditer(statement):
            if not _CHINESE_RELATIVE.match(statement, match.end()):
                text = match.group() + chinese
                yield Replacement(CorruptionKind.PERSON, match.start(), match.end(), text)
    yield from _relative_to_patient(statement, context)


def _relative_to_patient(statement: str, context: CorruptionContext) -> Iterator[Replacement]:
    for match in _RELATIVE.finditer(statement):
        relative = match.group(1).lower()
        if _is_told_of_relative_only(statement, relative, context):
            text = "The patient" if match.start() == 0 else "the patient"
            yield Replacement(CorruptionKind.PERSON, match.start(), match.end(), text)
    found = _CHINESE_RELATIVE.search(statement)
    if found and not context.dialogue:
        rest = re.sub(r"[\W\d]+", "", statement[found.end() :])[:4]
        if context.evidence_text.count(rest) <= 1:
            yield Replacement(CorruptionKind.PERSON, found.start(), found.end(), "患者本人")


def _is_told_of_relative_only(statement: str, relative: str, context: CorruptionContext) -> bool:
    """Whether some telling word of the statement is only said right beside the relative."""
    names = RELATIVE_SYNONYMS.get(relative, (relative,))
    turns = [text.lower() for _, text in context.dialogue]
    beside = {
        i + step for i, t in enumerate(turns) if any(n in t for n in names) for step in (-1, 0, 1)
    }
    if not beside:
        return False
    for word in set(_WORD.findall(statement.lower())) - _NEVER_TELLING:
        where = {i for i, t in enumerate(turns) if word[:6] in t}
        if where and where <= beside:
            return True
    return False


def _is_mentioned(relative: str, context: CorruptionContext) -> bool:
    """Whether the relative may speak or be spoken of; an unnamed companion may be anybody."""
    accompanied = any(speaker == "other" for speaker, _ in context.dialogue)
    return accompanied or any(name in context.lowered for name in RELATIVE_SYNONYMS[relative])
