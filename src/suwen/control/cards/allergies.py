"""Recorded allergies as rules read them, and orders against them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from suwen.clinical.allergies import NO_ALLERGY
from suwen.clinical.allergy_classes import Agent
from suwen.clinical.allergy_conflicts import Conflict
from suwen.control.cards.medicines import MedicineReader
from suwen.control.cards.wording import codings_of, named, plain, recorded, words_of
from suwen.core.cards import Card, CardTopic, DraftOrder, Removal
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import AllergyItem, MedicationItem, PatientRecord
from suwen.language.width import fold

SAME_WORDING = "CDS-A90"

_DISPROVED = frozenset({"refuted", "entered-in-error"})
_OVER = frozenset({"inactive", "resolved"})
_NOT_MEDICINES = frozenset({"food", "environment"})
_ABSENT = re.compile(r"否认|无.{0,6}过敏|未发现|no known|no .{0,12}allerg|\bnkd?a\b")
_NEGATIVE = re.compile(r"阴性|negative")
_GRAVE = re.compile(r"休克|喉头水肿|剥脱|坏死松解|anaphyla|stevens|necroly|laryngeal")
_ORDER = (
    Severity.INFO,
    Severity.MINOR,
    Severity.MODERATE,
    Severity.MAJOR,
    Severity.CONTRAINDICATED,
)
_WORDING = Source("Comparison of wordings, without a table", "as implemented")
_SHORTEST_WORDING = 2
REMOVE = Bilingual(zh="撤回该医嘱", en="Take this order back")


class AllergyKind(StrEnum):
    """What an entry of the allergy list is for the rules."""

    STANDING = "standing"
    ABSENCE = "absence"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Allergen:
    """One entry of the allergy list that counts.

    Attributes:
        label: how the record calls it.
        agents: medicines and classes that it names; empty where the tables know none.
        grave: whether the reaction was anaphylactic or is recorded as of high criticality.
        not_a_medicine: whether the record files it under food or environment only.
    """

    item: AllergyItem
    kind: AllergyKind
    label: str
    agents: tuple[Agent, ...]
    grave: bool
    not_a_medicine: bool

    @property
    def unknown(self) -> bool:
        """Whether it may be a medicine that no table knows."""
        return self.kind is AllergyKind.STANDING and not self.agents and not self.not_a_medicine


def read_allergies(record: PatientRecord, reader: MedicineReader) -> tuple[Allergen, ...]:
    """The entries that count: none that is disproved, entered in error, inactive or resolved."""
    return tuple(
        _allergen(item, reader)
        for item in record.allergies
        if item.verification_status not in _DISPROVED and item.clinical_status not in _OVER
    )


def is_documented(record: PatientRecord) -> bool:
    """Whether anybody recorded an allergy, or that there is none; an error is no record."""
    return any(item.verification_status != "entered-in-error" for item in record.allergies)


def _allergen(item: AllergyItem, reader: MedicineReader) -> Allergen:
    concept = item.resource.get("code")
    words = words_of(concept)
    folded = fold(words)
    categories = frozenset(item.resource.get("category") or ())
    agents = reader.agents_of(concept)
    if {code for _, code in codings_of(concept)} & NO_ALLERGY or _ABSENT.search(folded):
        kind = AllergyKind.ABSENCE
    elif not (words or agents) or _NEGATIVE.search(folded):
        kind = AllergyKind.UNREADABLE
    else:
        kind = AllergyKind.STANDING
    reactions = fold(" ".join(item.reactions))
    return Allergen(
        item=item,
        kind=kind,
        label=item.code.text if item.code else "",
        agents=agents,
        grave=item.criticality == "high" or bool(_GRAVE.search(reactions)),
        not_a_medicine=bool(categories) and categories <= _NOT_MEDICINES,
    )


def order_wording(order: DraftOrder) -> str:
    """How the order calls what it orders."""
    item = order.item
    if isinstance(item, MedicationItem):
        return item.medication.text if item.medication else ""
    return item.code.text if item is not None and item.code else ""


def order_agents(order: DraftOrder, reader: MedicineReader) -> tuple[Agent, ...]:
    """Medicines and classes that an order names."""
    item = order.item
    if isinstance(item, MedicationItem):
        return reader.agents_of_medicine(item)
    return reader.agents_in(words_of(order.resource.get("code")))


def allergy_card(
    order: DraftOrder, allergens: Sequence[Allergen], reader: MedicineReader
) -> Card | None:
    """What the allergies say against one order: the gravest first, the others as details."""
    agents, wording = order_agents(order, reader), order_wording(order)
    met = [
        (conflict, allergen)
        for allergen in allergens
        if allergen.kind is AllergyKind.STANDING
        and (conflict := _conflict(allergen, agents, wording, reader)) is not None
    ]
    if not met:
        return None
    met.sort(key=lambda pair: -_ORDER.index(pair[0].severity))
    conflict, allergen = met[0]
    return Card(
        finding=_finding(order, wording, conflict, allergen),
        topic=CardTopic.ALLERGY,
        details=(conflict.advice, *_recorded_as(allergen), *_others(met[1:])),
        orders=(order.reference,),
        removals=(Removal(REMOVE, order.reference),),
        overridable=conflict.severity not in (Severity.MINOR, Severity.INFO),
    )


def _conflict(
    allergen: Allergen, agents: tuple[Agent, ...], wording: str, reader: MedicineReader
) -> Conflict | None:
    found = reader.grades.worst(allergen.agents, agents, grave=allergen.grave)
    if found is None and not allergen.agents and _same_wording(allergen.label, wording):
        found = Conflict(
            SAME_WORDING,
            Severity.CONTRAINDICATED,
            Bilingual(named(allergen.label), named(allergen.label)),
            Bilingual(
                zh="药名与过敏记录的文字相同；药品表中没有该药，请人工核对。",
                en="The order's name and the recorded allergy are the same words; the table does "
                "not know the medicine, check by hand.",
            ),
            _WORDING,
            Confidence.VERIFIED,
        )
    if found is None or not _is_mild_intolerance(allergen.item):
        return found
    if _ORDER.index(found.severity) <= _ORDER.index(Severity.MODERATE):
        return found
    return Conflict(
        found.rule,
        Severity.MODERATE,
        found.shared,
        Bilingual(
            zh="记录为不耐受，不是过敏；请核对当时的反应。",
            en="It is recorded as an intolerance, not an allergy: look at what happened.",
        ),
        found.source,
        found.confidence,
    )


def _is_mild_intolerance(item: AllergyItem) -> bool:
    return item.resource.get("type") == "intolerance" and item.criticality != "high"


def _same_wording(allergen: str, wording: str) -> bool:
    one, other = fold(plain(allergen)), fold(plain(wording))
    if min(len(one), len(other)) < _SHORTEST_WORDING:
        return False
    return one in other or other in one


def _finding(order: DraftOrder, wording: str, conflict: Conflict, allergen: Allergen) -> Finding:
    drug, agent = named(wording), named(allergen.label)
    return Finding(
        rule=conflict.rule,
        severity=conflict.severity,
        message=Bilingual(
            zh=f"{drug}：与过敏记录“{agent}”有关（{conflict.shared.zh}）。",
            en=f"{drug}: recorded allergy “{agent}” ({conflict.shared.en}).",
        ),
        source=conflict.source,
        confidence=conflict.confidence,
        suggestion=conflict.advice,
        evidence=(
            recorded(allergen.item.reference, "AllergyIntolerance.code", allergen.label),
            recorded(order.reference, f"{order.kind}.medication", wording),
        ),
    )


def _recorded_as(allergen: Allergen) -> Iterable[Bilingual]:
    item = allergen.item
    if item.reactions:
        said = named("; ".join(item.reactions))
        yield Bilingual(zh=f"记录的反应：{said}。", en=f"Recorded reaction: {said}.")
    if item.verification_status == "unconfirmed":
        yield Bilingual(zh="该过敏记录尚未证实。", en="The recorded allergy is unconfirmed.")


def _others(met: Sequence[tuple[Conflict, Allergen]]) -> Iterable[Bilingual]:
    for conflict, allergen in met:
        agent = named(allergen.label)
        yield Bilingual(
            zh=f"另与过敏记录“{agent}”有关（{conflict.shared.zh}）：{conflict.advice.zh}",
            en=f"Also: recorded allergy “{agent}” ({conflict.shared.en}): {conflict.advice.en}",
        )
