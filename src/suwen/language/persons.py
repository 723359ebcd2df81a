"""Whom a statement is about: the patient, a relative, or somebody else."""

from __future__ import annotations

import re
from dataclasses import dataclass

RELATIONS: dict[str, tuple[str, ...]] = {
    "father": ("father", "dad", "daddy", "fathers", "父亲", "其父", "爸爸"),
    "mother": ("mother", "mom", "mum", "mothers", "母亲", "其母", "妈妈"),
    "parent": ("parent", "parents", "父母", "双亲"),
    "brother": ("brother", "brothers", "兄弟", "哥哥", "弟弟", "其兄", "其弟"),
    "sister": ("sister", "sisters", "姐姐", "妹妹", "姐妹", "其姐", "其妹"),
    "sibling": ("sibling", "siblings", "同胞", "兄弟姐妹"),
    "son": ("son", "sons", "儿子", "其子"),
    "daughter": ("daughter", "daughters", "女儿", "其女"),
    "child": ("children", "子女"),
    "grandmother": (
        "grandmother",
        "grandma",
        "grandmothers",
        "祖母",
        "外祖母",
        "奶奶",
        "外婆",
        "姥姥",
    ),
    "grandfather": (
        "grandfather",
        "grandpa",
        "grandfathers",
        "祖父",
        "外祖父",
        "爷爷",
        "外公",
        "姥爷",
    ),
    "grandparent": ("grandparent", "grandparents"),
    "aunt": ("aunt", "aunts", "姑姑", "姨妈", "姑母", "姨母"),
    "uncle": ("uncle", "uncles", "叔叔", "舅舅", "伯父"),
    "cousin": ("cousin", "cousins", "表兄", "堂兄"),
    "family": (
        "family history",
        "family members",
        "relatives",
        "family",
        "家族史",
        "家族中",
        "家族",
        "家人",
        "亲属",
    ),
}
_NOT_HISTORY = re.compile(
    r"family\s+(?:doctor|physician|practice|medicine|nurse|room|meeting|planning|support|business)"
)
_FORMS = {form: relation for relation, forms in RELATIONS.items() for form in forms}
_PATTERN = re.compile(
    "(?a)"
    + "|".join(
        rf"\b{re.escape(f)}\b" if f.isascii() else re.escape(f)
        for f in sorted(_FORMS, key=len, reverse=True)
    )
)
_OTHER_PATIENT = re.compile(
    r"(?a)\b(?:another|other|different|neighbou?ring|next)\s+patient\b|\broommate\b|邻床|另一(?:名|位)?患者|"
    r"其他患者|同病房患者"
)


@dataclass(frozen=True, slots=True)
class PersonMention:
    """Somebody who is not the patient: ``relation`` is a relative's, or ``other patient``."""

    start: int
    end: int
    relation: str


def find_persons(folded: str) -> list[PersonMention]:
    """Relatives and other patients named in a text, in order.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    masked = [m.span() for m in _NOT_HISTORY.finditer(folded)]
    found = [
        PersonMention(m.start(), m.end(), _FORMS[m.group()])
        for m in _PATTERN.finditer(folded)
        if not any(a <= m.start() < b for a, b in masked)
    ]
    found.extend(
        PersonMention(m.start(), m.end(), "other patient") for m in _OTHER_PATIENT.finditer(folded)
    )
    return sorted(found, key=lambda p: p.start)
