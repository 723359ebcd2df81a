"""Medicines with the names they go by, what they contain and the classes that rules need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from suwen.clinical.medicines.rows import RuleRow, shipped_rows
from suwen.core.language import Bilingual

# What a combination does not take over from its parts: how the product itself is given or kept.
_OWN: Final = frozenset(
    {
        "lv1", "lv2", "lv3", "injection_only", "external_only", "rectal_only", "eye_only",
        "inhalation_only", "narcotic", "psychotropic_1", "psychotropic_2", "tcm_piece",
        "tcm_toxic", "skin_test", "antibacterial", "a11c", "a12aa",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine.

    Attributes:
        id: generic English name (pinyin for Chinese medicines).
        names: every other name that it goes by, generic and brand, in both languages.
        contents: substance and milligrams in one unit of the product, ``None`` where not known;
            empty for a single substance.
        classes: classes that rules name, its own and those of its parts.
    """

    id: str
    title: Bilingual
    names: tuple[str, ...]
    contents: tuple[tuple[str, float | None], ...]
    classes: frozenset[str]
    row: RuleRow = field(compare=False, repr=False)

    @property
    def substances(self) -> frozenset[str]:
        """Itself and what it contains."""
        return frozenset((self.id, *(name for name, _ in self.contents)))


@dataclass(frozen=True, slots=True)
class Product:
    """A pack of a hospital's own drug dictionary.

    Attributes:
        code: the hospital's own code; orders may carry it in place of a name.
        names: as orders carry them.
        medicine: id of the medicine that it is.
        strength, form: as the dictionary words them; empty where it says nothing.
    """

    code: str
    names: tuple[str, ...]
    medicine: str
    strength: str
    form: str


def products_of(rows: Iterable[RuleRow]) -> tuple[Product, ...]:
    """The packs that enabled rows describe."""
    return tuple(
        Product(
            row.id,
            _split(row.text("names")),
            row.text("medicine"),
            row.text("strength"),
            row.text("form"),
        )
        for row in rows
        if row.enabled
    )


def medicines_of(rows: Iterable[RuleRow]) -> Mapping[str, Medicine]:
    """The medicines that enabled rows describe, by id."""
    live = {row.id: row for row in rows if row.enabled}
    return {row.id: _medicine(row, live) for row in live.values()}


@cache
def medicines() -> Mapping[str, Medicine]:
    """The shipped medicines by id."""
    return medicines_of(shipped_rows("medicines"))


def _medicine(row: RuleRow, live: Mapping[str, RuleRow]) -> Medicine:
    contents = tuple(_content(part) for part in _split(row.text("components")))
    classes = set(row.text("classes").split())
    for part, _ in contents:
        if part in live:
            classes |= set(live[part].text("classes").split()) - _OWN
    zh = _split(row.text("zh"))
    return Medicine(
        id=row.id,
        title=Bilingual(zh[0] if zh else row.id, row.id),
        names=(*zh, *_split(row.text("en")), *_split(row.text("brands"))),
        contents=contents,
        classes=frozenset(classes),
        row=row,
    )


def _content(written: str) -> tuple[str, float | None]:
    name, _, amount = written.partition(":")
    return name, float(amount) if amount else None


def _split(written: str) -> tuple[str, ...]:
    return tuple(part for part in written.split(";") if part)
