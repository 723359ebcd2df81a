"""Facts out of a patient's record: every number, date, code and note, with its FHIRPath."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from suwen.clinical.analytes import analyte_of_loinc
from suwen.control.guardrails.grounding.facts import Fact, FactTerm, FactValue
from suwen.control.guardrails.grounding.reading import Reading, read_text
from suwen.control.guardrails.grounding.resource_leaves import Leaves, read_leaves
from suwen.control.guardrails.grounding.text_evidence import text_facts
from suwen.control.guardrails.grounding.vocabulary import Term, TermKind, general_spotter
from suwen.core.finding import EvidenceKind
from suwen.core.record import (
    CodedItem,
    ObservationItem,
    PatientRecord,
    RecordItem,
)
from suwen.language.negation import Assertion
from suwen.language.persons import find_persons
from suwen.language.qualities import Quality
from suwen.language.terms import TermSpotter
from suwen.language.units import unit_named
from suwen.language.width import fold
from suwen.language.words import content_words

_LISTS = {
    "encounters": "encounter",
    "conditions": "condition",
    "observations": "observation",
    "medications": "medication",
    "allergies": "allergy",
    "procedures": "procedure",
    "reports": "report",
    "imaging": "imaging",
    "immunizations": "immunization",
    "family_history": "family",
    "care_plans": "care plan",
    "appointments": "appointment",
    "service_requests": "service request",
}

_PERIOD_UNITS = {
    "s": Fraction(1, 86400),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
}
_LONG_PERIODS = {"wk": Fraction(7), "mo": Fraction(30), "a": Fraction(365)}
_DENIED_STATUS = frozenset({"refuted", "entered-in-error"})


def recorded_names(record: PatientRecord) -> Iterable[tuple[str, Term]]:
    """What the record itself calls its observations, as terms to spot."""
    seen: set[str] = set()
    for item in record.observations:
        codes = [item.code, *(c.code for c in item.components)]
        for code in codes:
            if code is None:
                continue
            for name in {code.text, code.display or ""}:
                if name and len(name) > 2 and name not in seen:
                    seen.add(name)
                    term = _observed_term(code.code, name)
                    yield name, term
                    yield from ((name, inner) for inner in _terms_inside(name))
                    short = name.split(" [")[0].split(" (")[0]
                    if short != name and len(short) > 3:
                        yield short, term


def _terms_inside(name: str) -> Iterable[Term]:
    """Findings that an observation's name names too ("Tobacco smoking status")."""
    for mention in general_spotter().find(fold(name)):
        yield from (t for t in mention.meanings if t.kind is TermKind.FINDING)


@cache
def _coded_wordings() -> dict[str, frozenset[str]]:
    raw = files("suwen.control.guardrails.grounding").joinpath("coded_wordings.json")
    content: dict[str, list[str]] = json.loads(raw.read_text("utf-8"))["codes"]
    return {code: content_words(fold(" | ".join(said))) for code, said in content.items()}


def _coded_words(codes: set[str]) -> frozenset[str]:
    """What bare codes (status, class, disposition) mean in words, in both languages."""
    known = _coded_wordings()
    return frozenset(word for code in codes for word in known.get(code, ()))


def _observed_term(code: str | None, name: str) -> Term:
    analyte = analyte_of_loinc(code)
    if analyte is not None:
        return Term(TermKind.ANALYTE, analyte.code)
    return Term(TermKind.RECORDED, fold(name.split(" [")[0]))


def record_facts(record: PatientRecord, spotter: TermSpotter[Term]) -> list[Fact]:
    """All facts of a record; notes give one fact for each sentence."""
    reader = _Reader(spotter)
    facts = [reader.fact(record.patient, "patient")]
    for attribute, category in _LISTS.items():
        facts.extend(reader.fact(item, category) for item in getattr(record, attribute))
    for note in record.notes:
        facts.append(reader.fact(note, "note"))
        path = "Composition.section.text" if note.reference.startswith("Comp") else ""
        path = path or "DocumentReference.content.attachment.data"
        facts.extend(text_facts(note.text, note.reference, EvidenceKind.RECORD, spotter, path))
    for resource in record.others:
        facts.append(reader.raw_fact(resource))
    for report in record.reports:
        if report.conclusion:
            path = "DiagnosticReport.conclusion"
            facts.extend(
                text_facts(report.conclusion, report.reference, EvidenceKind.RECORD, spotter, path)
            )
    return facts


class _Reader:
    """Reads items; wordings that repeat (codes, units) are read once."""

    def __init__(self, spotter: TermSpotter[Term]) -> None:
        self._spotter = spotter
        self._readings: dict[str, Reading] = {}

    def reading(self, text: str) -> Reading:
        found = self._readings.get(text)
        if found is None:
            found = self._readings[text] = read_text(text, self._spotter)
        return found

    def fact(self, item: RecordItem, category: str) -> Fact:
        return self._of_resource(item.resource, item.reference, category, item)

    def raw_fact(self, resource: Any) -> Fact:
        reference = f"{resource['resourceType']}/{resource.get('id', '')}"
        return self._of_resource(resource, reference, "other", None)

    def _of_resource(
        self, resource: Any, reference: str, category: str, item: RecordItem | None
    ) -> Fact:
        leaves = read_leaves(resource, category)
        observed = _own_terms(item)
        readings = [(path, self.reading(text)) for path, text in leaves.texts]
        relation = _relation(item)
        texts = leaves.texts
        return Fact(
            reference=reference,
            kind=EvidenceKind.RECORD,
            category=category,
            quote=texts[0][1] if texts else reference,
            path=texts[0][0] if texts else "",
            terms=_terms(readings, observed, category, _assertion(resource), relation),
            values=tuple(_values(leaves, readings, observed, resource)),
            days=tuple(leaves.days),
            sides=frozenset(s.side for _, r in readings for s in r.sides),
            results=tuple(r.folded for p, r in readings if ".value" in p),
            references=tuple(r.folded for p, r in readings if ".referenceRange" in p),
            relations=frozenset((relation,) if relation else ()),
            rates=tuple(_rates(resource, readings)),
            times=frozenset(leaves.times),
            qualities=tuple(_qualities(readings)),
            words=frozenset().union(*(r.words for _, r in readings), _coded_words(leaves.codes)),
            denied_words=frozenset().union(*(r.denied_words for _, r in readings)),
            affirmed_words=frozenset().union(*(r.affirmed_words for _, r in readings)),
            text=fold(" \n ".join(leaves.everything)),
        )


def _terms(
    readings: list[tuple[str, Reading]],
    observed: list[Term],
    category: str,
    assertion: Assertion,
    relation: str | None,
) -> tuple[FactTerm, ...]:
    """The terms of an item; what an observation's name names is only asked, not said."""
    found: dict[tuple[str, str, Assertion | None], FactTerm] = {
        (t.kind, t.key, assertion): FactTerm(t, assertion, relation) for t in observed
    }
    for path, reading in readings:
        asks = category == "observation" and ".code" in path and "value" not in path
        for use in reading.terms:
            said = assertion if use.assertion is Assertion.AFFIRMED else use.assertion
            held = None if asks else said
            found.setdefault(
                (use.term.kind, use.term.key, held),
                FactTerm(use.term, held, relation or use.relation, use.sides),
            )
    decided = {(kind, key) for kind, key, held in found if held is not None}
    return tuple(t for k, t in found.items() if k[2] is not None or k[:2] not in decided)


def _qualities(readings: list[tuple[str, Reading]]) -> Iterable[Quality]:
    """Results in words; one that stands alone (a coded value) is said of what the item names."""
    named = frozenset().union(*(r.words for path, r in readings if ".code" in path))
    for path, reading in readings:
        if ".referenceRange" not in path:
            for quality in reading.qualities:
                yield quality if quality.words else replace(quality, words=named)


def _rates(resource: Any, readings: list[tuple[str, Reading]]) -> Iterable[Fraction]:
    """How often a day an order says a medicine is taken, coded or in words."""
    for dosage in [*resource.get("dosageInstruction", ()), *resource.get("dosage", ())]:
        repeat = (dosage.get("timing") or {}).get("repeat") or {}
        count, period = repeat.get("frequency"), repeat.get("period")
        unit = str(repeat.get("periodUnit"))
        days = _PERIOD_UNITS.get(unit) or _LONG_PERIODS.get(unit)
        if count and period and days:
            yield Fraction(str(count)) / (Fraction(str(period)) * days)
    for _, reading in readings:
        for mention in reading.frequencies:
            if mention.per_day is not None:
                yield mention.per_day


def _own_terms(item: RecordItem | None) -> list[Term]:
    if not isinstance(item, ObservationItem):
        return []
    codes = [item.code, *(c.code for c in item.components)]
    return [_observed_term(c.code, c.text) for c in codes if c is not None]


def _relation(item: RecordItem | None) -> str | None:
    if isinstance(item, CodedItem) and item.reference.startswith("FamilyMemberHistory"):
        named = item.relationship.text if item.relationship else ""
        persons = find_persons(fold(named))
        return persons[0].relation if persons else "family"
    return None


def _assertion(resource: Any) -> Assertion:
    status = resource.get("verificationStatus") or {}
    codes = {c.get("code") for c in status.get("coding", ())} if isinstance(status, dict) else set()
    if codes & _DENIED_STATUS or resource.get("status") in ("not-done", "not-taken"):
        return Assertion.NEGATED
    return Assertion.AFFIRMED


def _values(
    leaves: Leaves, readings: list[tuple[str, Reading]], observed: list[Term], resource: Any
) -> Iterable[FactValue]:
    """Every number of a resource; a Quantity's owner is the observation or its component."""
    for path, parts in leaves.quantities.items():
        written = parts.get("unit") or parts.get("code")
        yield FactValue(
            values=(parts["value"],),
            unit=unit_named(parts.get("unit")) or unit_named(parts.get("code")),
            owner=_owner_of(resource, path, observed),
            quote=f"{parts['written']} {written or ''}".strip(),
            path=path,
            limit=".referenceRange" in path,
            comparator=parts.get("comparator"),
        )
    for path, number in leaves.numbers:
        yield FactValue((number,), None, None, str(number), path)
    for path, reading in readings:
        yield from _text_values(reading, path, observed)


def _owner_of(resource: Any, path: str, observed: list[Term]) -> str | None:
    if not observed:
        return None
    if ".component[" in path:
        index = int(path.split(".component[")[1].split("]")[0])
        code = (resource["component"][index].get("code") or {}).get("coding") or [{}]
        text = (resource["component"][index].get("code") or {}).get("text") or ""
        return _observed_term(code[0].get("code"), text or code[0].get("display", "")).key
    return observed[0].key


def _text_values(reading: Reading, path: str, observed: list[Term]) -> Iterable[FactValue]:
    of_value = observed[0].key if observed and ".value" in path else None
    for use in reading.values:
        for number in use.quantity.numbers:
            yield FactValue(
                values=number.values,
                unit=use.quantity.unit,
                owner=use.owner.key if use.owner else of_value,
                quote=reading.text[use.quantity.start : use.quantity.end],
                path=path,
                limit=use.reference or "referenceRange" in path,
            )
