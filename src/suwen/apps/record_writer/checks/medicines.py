"""Orders against allergies and against kidney function."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from suwen.apps.record_writer.parts.laboratory import latest_results
from suwen.apps.record_writer.parts.measurements import codes_of
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import recorded
from suwen.clinical.drugs import Drug, drugs
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import AllergyItem, MedicationItem

_CROSS_REACTIVITY = Source(
    "Drug allergy practice parameter (AAAAI/ACAAI); WHO ATC classification", "2022; ATC 2024"
)
_RENAL = Source("Metformin-containing drugs, safety communication (FDA)", "2016-04-08", "eGFR")
_DISPROVED = frozenset({"refuted", "entered-in-error"})
_OVER = frozenset({"inactive", "resolved"})
_RUNNING = frozenset({"active", "on-hold", "intended"})
_EGFR = frozenset({"33914-3", "62238-1", "48642-3", "98979-8", "77147-7", "50044-7", "69405-9"})
_EGFR_UNITS = ("ml/min",)
METFORMIN_LIMIT = Decimal(30)

#: Wording of a class in an allergy, and the ATC groups that belong to it.
_CLASSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"青霉素|penicillin", ("J01C",)),
    (r"头孢|cephalosporin", ("J01DB", "J01DC", "J01DD", "J01DE")),
    (r"碳青霉烯|carbapenem", ("J01DH",)),
    (r"磺胺|sul(f|ph)onamide|\bsul(f|ph)a\b", ("J01E",)),
    (r"喹诺酮|quinolone", ("J01M",)),
    (r"大环内酯|macrolide", ("J01FA",)),
    (r"氨基糖苷|aminoglycoside", ("J01G",)),
    (r"四环素|tetracycline", ("J01AA",)),
    (r"非甾体|\bnsaids?\b", ("M01A", "N02BA")),
    (r"造影剂|contrast (agent|medium|media)", ("V08A", "V08B", "V08C")),
)
#: Stems of names by which a medicine belongs to a group, where the table has no code for it.
_STEMS = {
    "J01C": ("青霉素", "西林", "cillin"),
    "J01DD": ("头孢", "cef", "ceph"),
    "J01E": ("磺胺", "sulfameth", "sulfadiaz", "sulphameth"),
}
_ABSENT = re.compile(r"否认|无.{0,6}过敏|未发现|no known|no .{0,12}allerg|nka\b|nkda\b", re.I)


def allergy_findings(visit: Visit) -> Iterable[Finding]:
    """Orders that go on, or are of the visit, of a substance or class that an allergy names."""
    for allergy in visit.record.allergies:
        if (
            allergy.code is None
            or allergy.verification_status in _DISPROVED
            or allergy.clinical_status in _OVER
            or _ABSENT.search(_words(allergy.resource.get("code")))
        ):
            continue
        for order in _orders(visit):
            shared = _shared(allergy, order)
            if shared:
                yield _allergy_finding(allergy, order, shared)


def renal_findings(visit: Visit) -> Iterable[Finding]:
    """Metformin that goes on while the latest estimated filtration is below 30."""
    latest = None
    for result in latest_results(visit):
        if codes_of(result.element.get("code")) & _EGFR and not isinstance(result.value, str):
            latest = result
    if latest is None or isinstance(latest.value, str):
        return
    unit = (latest.value.unit or "").lower()
    if not unit.startswith(_EGFR_UNITS) or latest.value.comparator not in (None, "<"):
        return
    below = latest.value.value < METFORMIN_LIMIT or (
        latest.value.comparator == "<" and latest.value.value == METFORMIN_LIMIT
    )
    if not below:
        return
    for order in _orders(visit):
        if order.status in _RUNNING and "metformin" in _substances(order):
            value = f"{latest.value.comparator or ''}{latest.value.value} {latest.value.unit}"
            yield Finding(
                rule="RW-M02",
                severity=Severity.CONTRAINDICATED,
                message=Bilingual(
                    zh=f"估算肾小球滤过率 {value}，二甲双胍医嘱仍在执行；低于 30 时禁用。",
                    en=f"eGFR {value} while metformin is still ordered; below 30 it is "
                    "contraindicated.",
                ),
                source=_RENAL,
                confidence=Confidence.FROM_MEMORY,
                suggestion=Bilingual(
                    zh="请核对医嘱；出院带药中不应保留。",
                    en="Check the order; it should not stay on the discharge list.",
                ),
                evidence=(
                    recorded(
                        latest.item.reference,
                        f"{latest.path}.valueQuantity.value",
                        latest.value.value,
                    ),
                    _order_evidence(order),
                ),
            )


def _orders(visit: Visit) -> list[MedicationItem]:
    """Orders of the visit and orders that still go on, taken as given up to its end."""
    void = ("entered-in-error", "cancelled", "draft", "not-taken")
    return [
        m
        for m in visit.record.medications
        if m.medication is not None
        and m.status not in void
        and (visit.holds(m) or (m.status in _RUNNING and not visit.is_after(m.when)))
    ]


def _allergy_finding(allergy: AllergyItem, order: MedicationItem, shared: str) -> Finding:
    agent = allergy.code.text if allergy.code else ""
    drug = order.medication.text if order.medication else ""
    grave = allergy.criticality == "high"
    return Finding(
        rule="RW-M01",
        severity=Severity.CONTRAINDICATED if grave else Severity.MAJOR,
        message=Bilingual(
            zh=f"过敏记录“{agent}”与医嘱“{drug}”冲突（{shared}）。",
            en=f"Recorded allergy “{agent}” conflicts with the order “{drug}” ({shared}).",
        ),
        source=_CROSS_REACTIVITY,
        confidence=Confidence.FROM_MEMORY,
        suggestion=Bilingual(
            zh="请立即核对医嘱与过敏史，并在文书中说明。",
            en="Check order and allergy now, and say so in the document.",
        ),
        evidence=(
            recorded(
                allergy.reference, _wording_path(allergy.resource, "AllergyIntolerance"), agent
            ),
            _order_evidence(order),
        ),
    )


def _order_evidence(order: MedicationItem) -> Any:
    kind = order.reference.split("/")[0]
    text = order.medication.text if order.medication else ""
    concept = order.resource.get("medicationCodeableConcept")
    if concept is None:
        return recorded(order.reference, f"{kind}.status", order.status)
    return recorded(order.reference, f"{kind}.{_place('medicationCodeableConcept', concept)}", text)


def _wording_path(resource: Any, kind: str) -> str:
    return f"{kind}.{_place('code', resource.get('code') or {})}"


def _place(element: str, concept: Any) -> str:
    if concept.get("text"):
        return f"{element}.text"
    for index, coding in enumerate(concept.get("coding") or ()):
        if coding.get("display"):
            return f"{element}.coding[{index}].display"
    return f"{element}.coding[0].code"


def _shared(allergy: AllergyItem, order: MedicationItem) -> str | None:
    """The substance or class that both name; ``None`` when they name none in common."""
    agent = _words(allergy.resource.get("code"))
    substances = _substances(order)
    for name in _substances_in(agent):
        if name in substances:
            return name
    groups = _atc_groups(order, substances)
    for pattern, prefixes in _CLASSES:
        found = re.search(pattern, agent, re.I)
        if found and any(group.startswith(prefixes) for group in groups):
            return found[0]
    return None


def _substances(order: MedicationItem) -> frozenset[str]:
    concept = order.resource.get("medicationCodeableConcept")
    text = _words(concept) if concept else (order.medication.text if order.medication else "")
    return _substances_in(text)


def _atc_groups(order: MedicationItem, substances: frozenset[str]) -> set[str]:
    """ATC codes of the order itself and of the substances that it names."""
    concept = order.resource.get("medicationCodeableConcept") or {}
    groups = {
        str(c["code"])
        for c in concept.get("coding") or ()
        if c.get("code") and "atc" in str(c.get("system")).lower()
    }
    groups.update(d.atc for n in substances if (d := drugs().get(n)) is not None and d.atc)
    text = _words(concept).lower()
    groups.update(g for g, stems in _STEMS.items() if any(s in text for s in stems))
    return groups


def _words(concept: Any) -> str:
    concept = concept or {}
    displays = [c.get("display") or "" for c in concept.get("coding") or ()]
    return " ".join([concept.get("text") or "", *displays])


@cache
def _names() -> tuple[tuple[re.Pattern[str], Drug], ...]:
    """Every name of every medicine as a pattern, longest first."""
    pairs = [(name, drug) for drug in drugs().values() for name in drug.names]
    pairs.sort(key=lambda pair: -len(pair[0]))
    return tuple((_pattern(name), drug) for name, drug in pairs)


def _pattern(name: str) -> re.Pattern[str]:
    escaped = re.escape(name)
    if name.isascii():
        return re.compile(rf"(?<![a-z]){escaped}(?![a-z])", re.I)
    return re.compile(escaped, re.I)


@cache
def _substances_in(text: str) -> frozenset[str]:
    """Generic names of what a wording names; a longer name hides a shorter one within it."""
    left, found = text, set()
    for pattern, drug in _names():
        if pattern.search(left):
            left = pattern.sub(" ", left)
            found.update({drug.name, *drug.substances})
    return frozenset(found)
