"""Which medicines belong together in allergy, and what an allergy to one means for another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from suwen.clinical.medicines.medicine import Medicine, Product, medicines
from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Severity, Source
from suwen.core.language import Bilingual

SAME_SUBSTANCE: Final = "CDS-A01"
NAMED_CLASS: Final = "CDS-A02"

_RECORDED = Source("HL7 FHIR R4 AllergyIntolerance, the record's own statement", "4.0.1")
_GRAVEST = (
    Severity.INFO,
    Severity.MINOR,
    Severity.MODERATE,
    Severity.MAJOR,
    Severity.CONTRAINDICATED,
)


@dataclass(frozen=True, slots=True)
class AllergyClass:
    """A group of medicines that allergies are recorded and checked by.

    Attributes:
        words: wordings that name the whole class.
        dictionary_class: class of the dictionary whose medicines are members; ``None`` for none.
        members: generic names: those of that class as shipped, and further ones.
        stems: regular expressions over folded text that a member's name matches.
        atc: ATC prefixes of its members.
        named_severity: what it means for a member when the record names the class itself.
    """

    id: str
    title: Bilingual
    words: tuple[str, ...]
    dictionary_class: str | None
    members: frozenset[str]
    stems: tuple[str, ...]
    atc: tuple[str, ...]
    named_severity: Severity
    source: Source
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class CrossReaction:
    """What an allergy to one side means for an order of the other.

    Attributes:
        only_grave: whether it holds only after a grave reaction.
    """

    id: str
    from_substances: frozenset[str]
    from_classes: frozenset[str]
    from_named: frozenset[str]
    to_substances: frozenset[str]
    to_classes: frozenset[str]
    severity: Severity
    advice: Bilingual
    source: Source
    confidence: Confidence
    only_grave: bool


@dataclass(frozen=True, slots=True)
class Agent:
    """One medicine or class that a text names.

    Attributes:
        substance: generic name; ``None`` when only a class is known.
        classes: classes it belongs to.
        named: classes that the text names as such ("penicillins").
    """

    substance: str | None
    classes: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Conflict:
    """An allergy that speaks against an order.

    Attributes:
        rule: stable identifier of the rule.
        shared: the substance or class by which they meet, as people call it.
    """

    rule: str
    severity: Severity
    shared: Bilingual
    advice: Bilingual
    source: Source
    confidence: Confidence


_SAME_ADVICE = Bilingual(
    zh="记录为对该药过敏，请换药或核实过敏史。",
    en="The record says allergic to this very substance: choose another or verify the allergy.",
)
_CLASS_ADVICE = Bilingual(
    zh="记录为对该类药物过敏，请换用其他类别或核实过敏史。",
    en="The record says allergic to the class: choose another class or verify the allergy.",
)


@cache
def _table() -> dict[str, Any]:
    return read_table("allergy_classes")


@cache
def allergy_classes() -> Mapping[str, AllergyClass]:
    """All classes by id."""
    table = _table()
    return {
        row["id"]: AllergyClass(
            id=row["id"],
            title=Bilingual(row["zh"], row["en"]),
            words=tuple(row["words"]),
            dictionary_class=row.get("dictionary_class"),
            members=frozenset(row["members"]) | _of_dictionary(row.get("dictionary_class")),
            stems=tuple(row["stems"]),
            atc=tuple(row["atc"]),
            named_severity=Severity(row["named_severity"]),
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
        for row in table["classes"]
    }


def _of_dictionary(name: str | None) -> frozenset[str]:
    """The medicines that the dictionary counts among a class of its own; none without one."""
    return frozenset(m.id for m in medicines().values() if name in m.classes)


@cache
def cross_reactions() -> tuple[CrossReaction, ...]:
    """All rules, the particular before the general: of two that fit the first one counts."""
    table = _table()
    return tuple(
        CrossReaction(
            id=row["id"],
            from_substances=frozenset(row["from"].get("drugs", ())),
            from_classes=frozenset(row["from"].get("classes", ())),
            from_named=frozenset(row["from"].get("named", ())),
            to_substances=frozenset(row["to"].get("drugs", ())),
            to_classes=frozenset(row["to"].get("classes", ())),
            severity=Severity(row["severity"]),
            advice=Bilingual(row["zh"], row["en"]),
            source=row_source(row, table),
            confidence=row_confidence(row),
            only_grave=row.get("grave", False),
        )
        for row in table["cross_reactivity"]
    )


@cache
def substance_wordings() -> tuple[tuple[str, str], ...]:
    """The wordings of the shipped dictionary; as ``wordings_of``."""
    return wordings_of(medicines())


def wordings_of(
    known: Mapping[str, Medicine], products: Iterable[Product] = ()
) -> tuple[tuple[str, str], ...]:
    """Wordings of medicines and allergens, each with a generic name it stands for.

    A combination stands for each of its parts. Names of one Chinese character are left out, they
    are part of too many others.

    Args:
        known: medicines by id.
        products: packs of a hospital's own dictionary.
    """
    named = [(medicine, (medicine.id, *medicine.names)) for medicine in known.values()]
    named += [(known[pack.medicine], pack.names) for pack in products if pack.medicine in known]
    of_classes = {word.lower() for one in allergy_classes().values() for word in one.words}
    pairs = [
        (wording, name)
        for medicine, wordings in named
        for wording in wordings
        if wording.lower() not in of_classes
        for name in substances_of(medicine)
    ]
    for row in _table()["further_substances"]:
        pairs.extend((wording, row["name"]) for wording in (row["name"], *row["names"]))
    return tuple((w, n) for w, n in pairs if len(w) > 1)


def substances_of(medicine: Medicine) -> tuple[str, ...]:
    """The generic names by which a medicine meets an allergy or another order: its own, those of
    its parts, and of another salt or ester of the same."""
    same: Mapping[str, str] = _table()["same_substance"]
    parts = (medicine.id, *medicine.id.split("/"), *(name for name, _ in medicine.contents))
    known = (same.get(part, part) for part in parts)
    return tuple(dict.fromkeys((medicine.id, *known)))


@cache
def substance_title(name: str) -> Bilingual:
    """What people call a generic name: in Chinese by its approved name, where the table has one."""
    known = medicines().get(name)
    return Bilingual(name, name) if known is None else known.title


@cache
def salts() -> frozenset[str]:
    """Generic names that, right behind another name, say of which salt that medicine is."""
    return frozenset(_table()["salts"])


@cache
def classes_of(substance: str) -> frozenset[str]:
    """The classes that a generic name belongs to."""
    return frozenset(c.id for c in allergy_classes().values() if substance in c.members)


def classes_of_medicine(medicine: Medicine) -> frozenset[str]:
    """The classes of a medicine, also of one that a hospital added or changed."""
    tagged = {c.id for c in allergy_classes().values() if c.dictionary_class in medicine.classes}
    return classes_of(medicine.id) | tagged


def worst_conflict(
    allergens: Iterable[Agent], ordered: Iterable[Agent], *, grave: bool
) -> Conflict | None:
    """The gravest way in which what one is allergic to speaks against what is ordered.

    Args:
        grave: whether the reaction was anaphylactic or is recorded as of high criticality.
    """
    wanted = tuple(ordered)
    found = [
        conflict
        for allergen in allergens
        for order in wanted
        if (conflict := _conflict(allergen, order, grave)) is not None
    ]
    return max(found, key=lambda c: _GRAVEST.index(c.severity), default=None)


@cache
def _conflict(allergen: Agent, order: Agent, grave: bool) -> Conflict | None:
    if allergen.substance is not None and allergen.substance == order.substance:
        shared = substance_title(allergen.substance)
        severity = Severity.CONTRAINDICATED
        return Conflict(
            SAME_SUBSTANCE, severity, shared, _SAME_ADVICE, _RECORDED, Confidence.VERIFIED
        )
    for name in sorted(allergen.named & order.classes):
        known = allergy_classes()[name]
        return Conflict(
            NAMED_CLASS,
            known.named_severity,
            known.title,
            _CLASS_ADVICE,
            known.source,
            known.confidence,
        )
    for rule in cross_reactions():
        if (grave or not rule.only_grave) and _from(rule, allergen) and _to(rule, order):
            shared = _shared(allergen, order)
            return Conflict(
                rule.id, rule.severity, shared, rule.advice, rule.source, rule.confidence
            )
    return None


def _from(rule: CrossReaction, agent: Agent) -> bool:
    return (
        agent.substance in rule.from_substances
        or bool(agent.classes & rule.from_classes)
        or bool(agent.named & rule.from_named)
    )


def _to(rule: CrossReaction, agent: Agent) -> bool:
    return agent.substance in rule.to_substances or bool(agent.classes & rule.to_classes)


def _shared(allergen: Agent, order: Agent) -> Bilingual:
    for name in sorted(allergen.classes & order.classes):
        return allergy_classes()[name].title
    for name in sorted(allergen.classes):
        return allergy_classes()[name].title
    return substance_title(allergen.substance or "")
