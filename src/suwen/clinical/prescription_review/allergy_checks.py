"""What recorded allergies mean for the lines: the same substance, its class, cross-reactions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from suwen.clinical.medicines.wording import folded_name
from suwen.clinical.prescription_review.compiling import CompiledRules, subject_names
from suwen.clinical.prescription_review.findings import GRAVITY, ReviewFinding
from suwen.clinical.prescription_review.lines import ReviewLine
from suwen.clinical.prescription_review.review_kinds import Action, Kind, action_of
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

_NONE = re.compile(
    r"^(?:无|否认|没有|未发现|nkda|nka|nil|none|no known|denies)|无(?:已知)?(?:药物)?(?:食物)?过敏|"
    r"否认.{0,12}过敏"
)
_NOT_KNOWN = re.compile(r"^(?:不详|未知|未询问|unknown|not known)$")
_NO_MEDICINE = re.compile(
    r"海鲜|虾|蟹|鱼|花粉|尘螨|螨|胶布|牛奶|奶|鸡蛋|蛋|花生|坚果|芒果|食物|酒精|紫外线|冷空气|动物|毛发|猫|狗|"
    r"seafood|shellfish|pollen|dust|mite|latex|tape|nut|egg|milk|food|乳胶|橡胶|油漆|金属|镍|香水|化妆品"
)
_KEYWORDS: Final = {
    "airway": re.compile(
        r"哮喘|喘|aerd|aspirin-exacerbated|asthma|bronchospasm|支气管痉挛|荨麻疹|urticaria"
        r"|血管(?:神经)?性水肿|喉头水肿|angioedema|呼吸困难|憋"
    ),
    "angioedema": re.compile(r"血管性水肿|血管神经性水肿|angioedema|喉头水肿"),
    "hit": re.compile(
        r"(?<![a-z])hit(?![a-z])|诱导的?血小板减少|induced thrombocytopenia|血小板减少"
    ),
    "anaphylaxis": re.compile(r"休克|anaphyla|喉头水肿|呼吸困难|严重"),
}
_BESIDES = re.compile(
    r"过敏性?|史|皮疹|皮试|阳性|休克|反应|rash|allergy|allergic|to |[（(].*?[)）]|[+，,;；。\s]"
)
_KEPT: Final = 4096
_SEVERAL = re.compile(r"多种|均过敏|类药|several|all nsaid")


@dataclass(frozen=True, slots=True)
class Allergy:
    """One recorded allergy, understood.

    Attributes:
        substances: medicines that it names.
        names: those and their classes.
        classes: classes that it names as such.
        rules: mask of the rows that it sets in force.
    """

    text: str
    substances: frozenset[str]
    names: frozenset[str]
    classes: frozenset[str]
    rules: int
    understood: bool


def allergies_of(texts: Sequence[str], rules: CompiledRules) -> tuple[Allergy, ...]:
    """The allergies that the records mean; those that say "none" are left out."""
    kept = rules.allergies_read
    found = []
    for text in texts:
        if text not in kept:
            if len(kept) >= _KEPT:
                kept.clear()
            kept[text] = _read(text, rules)
        if (allergy := kept[text]) is not None:
            found.append(allergy)
    return tuple(found)


def _read(text: str, rules: CompiledRules) -> Allergy | None:
    folded = folded_name(text)
    if not folded or (_NONE.search(folded) and not _NOT_KNOWN.match(folded)):
        return None
    named = {medicine for _, medicine in rules.book.names.named_in(text)}
    certain = True
    if not named:
        bare, names_known = _BESIDES.sub("", folded), rules.book.names
        identity = names_known.identify(bare)
        # Allergic to one of several: each is taken for it, and that it is not certain is said.
        meant = names_known.meanings(bare) if identity is None else (identity,)
        named, certain = {one.medicine for one in meant}, len(meant) < 2
    classes: set[str] = set()
    for row in rules.book.live("allergens"):
        if any(word in folded for word in row.text("words").split(";")):
            classes.update(subject_names(row.text("subject")))
    if named and not _SEVERAL.search(folded):
        classes = {name for name in classes if not any(name[1:] in m.classes for m in named)} | (
            {"@penicillin"} if any(m.id == "penicillin g" for m in named) else set()
        )
    substances = {name for medicine in named for name in medicine.substances}
    names = substances | {f"@{name}" for medicine in named for name in medicine.classes} | classes
    force = _in_force(frozenset(names), frozenset(classes), folded, rules)
    understood = (certain and bool(names)) or bool(_NO_MEDICINE.search(folded))
    return Allergy(
        text, frozenset(substances), frozenset(names), frozenset(classes), force, understood
    )


def _in_force(
    names: frozenset[str], classes: frozenset[str], folded: str, rules: CompiledRules
) -> int:
    found = 0
    for index, row in enumerate(rules.allergies):
        subjects = set(subject_names(row.text("from_subject")))
        if not subjects & (classes if row.text("only_named") else names):
            continue
        keyword = row.text("keyword")
        if keyword and not _KEYWORDS[keyword].search(folded):
            continue
        found |= 1 << index
    return found


def allergy_findings(
    lines: Sequence[ReviewLine], allergies: Sequence[Allergy], rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """The gravest conflict of each line with each allergy."""
    for line in lines:
        compiled = line.compiled
        if compiled is None or line.current:
            continue
        for allergy in allergies:
            if allergy.substances and compiled.medicine.substances & allergy.substances:
                yield _same(line, allergy, rules)
            elif hits := compiled.allergic_to & allergy.rules:
                yield _gravest(line, allergy, hits, rules)


def _same(line: ReviewLine, allergy: Allergy, rules: CompiledRules) -> ReviewFinding:
    detail = Bilingual(allergy.text, allergy.text)
    row = rules.statements["ALG-same"]
    severity = Severity.CONTRAINDICATED
    return ReviewFinding(row, Kind.ALLERGY, severity, Action.INTERRUPT, (line,), detail)


def _gravest(line: ReviewLine, allergy: Allergy, hits: int, rules: CompiledRules) -> ReviewFinding:
    rows = [row for index, row in enumerate(rules.allergies) if hits & (1 << index)]
    row = max(rows, key=lambda r: GRAVITY[Severity(r.text("severity"))])
    severity = Severity(row.text("severity"))
    action = action_of(severity, interrupts=row.text("interrupts") == "yes")
    detail = Bilingual(f"过敏史“{allergy.text}”", f'allergy "{allergy.text}"')
    return ReviewFinding(row, Kind.ALLERGY, severity, action, (line,), detail)
