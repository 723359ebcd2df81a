"""Which words mean a medicine or a class of medicines wherever an allergy or an order names one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from suwen.clinical.medicines.medicine import Medicine, Product, medicines
from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual


@dataclass(frozen=True, slots=True)
class AllergyClass:
    """A group of medicines that allergies are recorded and checked by.

    Attributes:
        words: wordings that name the whole class.
        dictionary_class: class of the dictionary whose medicines are members.
        members: generic names: those of that class as shipped, and parts that are no medicine.
        stems: regular expressions over folded text that a member's name matches.
        atc: ATC prefixes of its members.
    """

    id: str
    title: Bilingual
    words: tuple[str, ...]
    dictionary_class: str
    members: frozenset[str]
    stems: tuple[str, ...]
    atc: tuple[str, ...]
    source: Source
    confidence: Confidence


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


@cache
def _table() -> dict[str, Any]:
    return read_table("allergy_words")


@cache
def allergy_classes() -> Mapping[str, AllergyClass]:
    """All classes by id."""
    table = _table()
    return {
        row["id"]: AllergyClass(
            id=row["id"],
            title=Bilingual(row["zh"], row["en"]),
            words=tuple(row["words"]),
            dictionary_class=row["dictionary_class"],
            members=frozenset(row["further_members"]) | _of_dictionary(row["dictionary_class"]),
            stems=tuple(row["stems"]),
            atc=tuple(row["atc"]),
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
        for row in table["classes"]
    }


def _of_dictionary(name: str) -> frozenset[str]:
    """The medicines that the dictionary counts among a class of its own."""
    return frozenset(m.id for m in medicines().values() if name in m.classes)


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
