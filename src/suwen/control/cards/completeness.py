"""What an order of a medicine lacks, so that its dose cannot be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from suwen.core.finding import Confidence, Evidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import Resource

INCOMPLETE = "CDS-O01"
SOURCE = Source("处方管理办法（卫生部令第53号）", "2007", "第六条：用法、用量")


class Lacking(StrEnum):
    """A part of a dosage."""

    DOSE = "dose"
    ROUTE = "route"
    FREQUENCY = "frequency"


WORDS: Mapping[Lacking, Bilingual] = {
    Lacking.DOSE: Bilingual("剂量", "dose"),
    Lacking.ROUTE: Bilingual("途径", "route"),
    Lacking.FREQUENCY: Bilingual("频次", "frequency"),
}


def lacking(order: Resource) -> tuple[Lacking, ...]:
    """The parts that any step of the order's dosage lacks; a text alone holds none of them.

    Source: HL7 FHIR R4 Dosage; Prescription Management Measures (China, 2007), article 6.
    """
    given = order.get("dosageInstruction") or order.get("dosage") or ()
    steps = [step for step in given if isinstance(step, Mapping)] or [{}]
    missing = set()
    for step in steps:
        if not _has_dose(step):
            missing.add(Lacking.DOSE)
        if not _says_something(step.get("route")):
            missing.add(Lacking.ROUTE)
        if not _has_frequency(step):
            missing.add(Lacking.FREQUENCY)
    return tuple(part for part in Lacking if part in missing)


def words_of_lacking(parts: Sequence[Lacking]) -> Bilingual:
    """The parts by their names, in one line."""
    return Bilingual(
        zh="、".join(WORDS[part].zh for part in parts),
        en=", ".join(WORDS[part].en for part in parts),
    )


def dose_missing(message: Bilingual, severity: Severity, evidence: Evidence) -> Finding:
    """The finding that an order lacks parts of its dosage."""
    return Finding(
        rule=INCOMPLETE,
        severity=severity,
        message=message,
        source=SOURCE,
        confidence=Confidence.VERIFIED,
        evidence=(evidence,),
    )


def dosage_text(order: Resource) -> str | None:
    """The dosage in words, where the order holds one."""
    given = order.get("dosageInstruction") or order.get("dosage") or ()
    texts = [step["text"] for step in given if isinstance(step, Mapping) and step.get("text")]
    return "; ".join(texts) or None


def _has_dose(step: Mapping[str, Any]) -> bool:
    for rate in step.get("doseAndRate") or ():
        if not isinstance(rate, Mapping):
            continue
        if any(_is_quantity(rate.get(name)) for name in ("doseQuantity", "rateQuantity")):
            return True
        for name in ("doseRange", "rateRange"):
            bounds = rate.get(name)
            if isinstance(bounds, Mapping) and (
                _is_quantity(bounds.get("high")) or _is_quantity(bounds.get("low"))
            ):
                return True
        ratio = rate.get("rateRatio")
        if isinstance(ratio, Mapping) and _is_quantity(ratio.get("numerator")):
            return True
    return False


def _is_quantity(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and value.get("value") is not None
        and bool(value.get("unit") or value.get("code"))
    )


def _says_something(concept: object) -> bool:
    if not isinstance(concept, Mapping):
        return False
    codings = concept.get("coding") or ()
    return bool(concept.get("text")) or any(
        isinstance(c, Mapping) and (c.get("code") or c.get("display")) for c in codings
    )


def _has_frequency(step: Mapping[str, Any]) -> bool:
    timing = step.get("timing")
    if not isinstance(timing, Mapping):
        return False
    if _says_something(timing.get("code")) or timing.get("event"):
        return True
    repeat = timing.get("repeat")
    if not isinstance(repeat, Mapping):
        return False
    if repeat.get("timeOfDay") or repeat.get("when"):
        return True
    return all(repeat.get(name) is not None for name in ("period", "periodUnit")) and (
        repeat.get("frequency") is not None or repeat.get("frequencyMax") is not None
    )
