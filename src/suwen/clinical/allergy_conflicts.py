"""What an allergy to one medicine or class means for an order of another.

The grades are those of the table of allergies by which prescriptions are reviewed; beside a row it
says where a card at the order is graver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from suwen.clinical.allergy_classes import Agent, allergy_classes, substance_title
from suwen.clinical.medicines.medicine import Medicine, medicines
from suwen.clinical.medicines.rows import RuleRow, shipped_rows
from suwen.core.finding import Confidence, Severity, Source
from suwen.core.language import Bilingual

SAME_SUBSTANCE: Final = "CDS-A01"
NAMED_CLASS: Final = "CDS-A02"
OF_A_ROW: Final = "CDS-A:"
"""Before the row's id: to quiet a rule of the review does not quiet the card."""

_RECORDED = Source("HL7 FHIR R4 AllergyIntolerance, the record's own statement", "4.0.1")
_GRAVEST: Final = (
    Severity.INFO,
    Severity.MINOR,
    Severity.MODERATE,
    Severity.MAJOR,
    Severity.CONTRAINDICATED,
)
_AFTER_A_GRAVE_REACTION: Final = "anaphylaxis"
_KEPT: Final = 16_384
_SAME_ADVICE = Bilingual(
    zh="记录为对该药过敏，请换药或核实过敏史。",
    en="The record says allergic to this very substance: choose another or verify the allergy.",
)
_CLASS_ADVICE = Bilingual(
    zh="记录为对该类药物过敏，请换用其他类别或核实过敏史。",
    en="The record says allergic to the class: choose another class or verify the allergy.",
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """An allergy that speaks against an order.

    Attributes:
        rule: stable identifier of the rule; of the row where a row says it.
        shared: the substance or class by which they meet, as people call it.
    """

    rule: str
    severity: Severity
    shared: Bilingual
    advice: Bilingual
    source: Source
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _Reaction:
    """One row of the table, with its words read.

    Attributes:
        named: the grade where the record names the class itself.
        only_named: whether it holds only where the record names the class itself.
        only_grave: whether it holds only after a grave reaction.
    """

    row: RuleRow
    of: frozenset[str]
    to: frozenset[str]
    severity: Severity
    named: Severity
    only_named: bool
    only_grave: bool

    def goes_before(self, other: _Reaction) -> bool:
        """Whether it says of medicines by name what another row says of their class."""
        if self.to == other.to:
            return _of_medicines(self.of) and not _of_medicines(other.of)
        return self.of == other.of and _of_medicines(self.to) and not _of_medicines(other.to)


class AllergyGrades:
    """The table of allergies as cards at an order read it: the shipped one or a hospital's.

    Which form a reaction had (asthma, angioedema, thrombocytopenia) an entry seldom says, so that
    rows about one form hold for every entry.
    """

    def __init__(self, rows: Iterable[RuleRow], known: Mapping[str, Medicine]) -> None:
        self._reactions = tuple(_reaction(row) for row in rows)
        self._known = known
        self._conflict = lru_cache(_KEPT)(self._found)

    def worst(
        self, allergens: Iterable[Agent], ordered: Iterable[Agent], *, grave: bool
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
            if (conflict := self._conflict(allergen, order, grave)) is not None
        ]
        return max(found, key=lambda c: _GRAVEST.index(c.severity), default=None)

    def _found(self, allergen: Agent, order: Agent, grave: bool) -> Conflict | None:
        if allergen.substance is not None and allergen.substance == order.substance:
            shared, severity = substance_title(allergen.substance), Severity.CONTRAINDICATED
            return Conflict(
                SAME_SUBSTANCE, severity, shared, _SAME_ADVICE, _RECORDED, Confidence.VERIFIED
            )
        ordered = self._names(order)
        if (conflict := self._of_named_class(allergen, order, ordered)) is not None:
            return conflict
        every = list(self._met(allergen, ordered, grave))
        met = [one for one in every if not any(other.goes_before(one) for other in every)]
        if not met:
            return None
        worst = max(met, key=lambda one: _GRAVEST.index(one.severity))
        return _said(worst, worst.severity, _shared(allergen, order))

    def _of_named_class(
        self, allergen: Agent, order: Agent, ordered: frozenset[str]
    ) -> Conflict | None:
        for name in sorted(allergen.named & order.classes):
            known = allergy_classes()[name]
            subject = f"@{known.dictionary_class}"
            about = [r for r in self._reactions if subject in r.of and r.to & ordered & {subject}]
            if about:
                worst = max(about, key=lambda one: _GRAVEST.index(one.named))
                said = _said(worst, worst.named, known.title)
                return Conflict(
                    NAMED_CLASS, said.severity, said.shared, _CLASS_ADVICE, said.source,
                    said.confidence,
                )  # fmt: skip
        return None

    def _met(self, allergen: Agent, ordered: frozenset[str], grave: bool) -> Iterator[_Reaction]:
        names = self._names(allergen)
        named = frozenset(_subject(name) for name in allergen.named)
        for one in self._reactions:
            of = named if one.only_named else names
            if (grave or not one.only_grave) and of & one.of and ordered & one.to:
                yield one

    def _names(self, agent: Agent) -> frozenset[str]:
        """Names by which rows may speak of an agent: substances, classes, what is no medicine."""
        found = {_subject(name) for name in agent.classes | agent.named}
        if agent.substance is not None:
            found |= {agent.substance, f"#{agent.substance}"}
            if (medicine := self._known.get(agent.substance)) is not None:
                found |= medicine.substances | {f"@{name}" for name in medicine.classes}
        return frozenset(found)


@cache
def shipped_grades() -> AllergyGrades:
    """The grades of the shipped table."""
    return AllergyGrades(shipped_rows("allergies"), medicines())


def worst_conflict(
    allergens: Iterable[Agent], ordered: Iterable[Agent], *, grave: bool
) -> Conflict | None:
    """The gravest conflict by the shipped table; as ``AllergyGrades.worst``."""
    return shipped_grades().worst(allergens, ordered, grave=grave)


def _reaction(row: RuleRow) -> _Reaction:
    severity = _gravest_of(row, "severity", "card_severity")
    of, to = _subjects(row, "from_subject"), _subjects(row, "to_subject")
    return _Reaction(
        row=row,
        of=of,
        to=to,
        severity=severity,
        named=_gravest_of(row, "severity", "card_severity", "card_named"),
        only_named=bool(row.text("only_named")),
        only_grave=row.text("keyword") == _AFTER_A_GRAVE_REACTION,
    )


def _gravest_of(row: RuleRow, *columns: str) -> Severity:
    grades = (Severity(written) for column in columns if (written := row.text(column)))
    return max(grades, key=_GRAVEST.index)


def _of_medicines(subjects: frozenset[str]) -> bool:
    return all(name[0] not in "@#" for name in subjects)


def _subjects(row: RuleRow, column: str) -> frozenset[str]:
    return frozenset(part.strip() for part in row.text(column).split(";") if part.strip())


def _subject(name: str) -> str:
    return f"@{allergy_classes()[name].dictionary_class}"


def _said(one: _Reaction, severity: Severity, shared: Bilingual) -> Conflict:
    row = one.row
    advice = Bilingual(row.text("advice_zh"), row.text("advice_en"))
    return Conflict(f"{OF_A_ROW}{row.id}", severity, shared, advice, row.source, row.confidence)


def _shared(allergen: Agent, order: Agent) -> Bilingual:
    for name in sorted(allergen.classes & order.classes):
        return allergy_classes()[name].title
    for name in sorted(allergen.classes):
        return allergy_classes()[name].title
    return substance_title(allergen.substance or "")
