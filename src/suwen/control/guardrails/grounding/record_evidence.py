"""Facts out of a patient's record: every number, date, code and note, with its FHIRPath."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from suwen.clinical.analytes import analyte_of_loinc
from suwen.control.guardrails.grounding.facts import Fact, FactDay, FactTerm, FactValue
from suwen.control.guardrails.grounding.reading import Reading, read_text
from suwen.control.guardrails.grounding.text_evidence import text_facts
from suwen.control.guardrails.grounding.vocabulary import Term, TermKind, general_spotter
from suwen.core.finding import EvidenceKind
from suwen.core.record import (
    CodedItem,
    ObservationItem,
    PatientRecord,
    RecordItem,
)
from suwen.language.laterality import find_sides
from suwen.language.negation import Assertion
from suwen.language.persons import find_persons
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
_DATE_ROLES = {
    "birthDate": "birth",
    "deceasedDateTime": "death",
    "onsetDateTime": "onset",
    "abatementDateTime": "abatement",
}
_NAMED_BY_THEMSELVES = (
    "system",
    "reference",
    "url",
    "fullUrl",
    "profile",
    "lastUpdated",
    "use",
    "div",
    "data",
)
_PERIOD_UNITS = {
    "s": Fraction(1, 86400),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
}
_LONG_PERIODS = {"wk": Fraction(7), "mo": Fraction(30), "a": Fraction(365)}
_CODED = frozenset({"code", "status", "criticality", "severity", "gender", "intent"})
_DENIED_STATUS = frozenset({"refuted", "entered-in-error"})
_Leaf = tuple[str, str, Any]


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


def _coded_words(leaves: list[_Leaf]) -> frozenset[str]:
    """What bare codes (status, class, disposition) mean in words, in both languages."""
    found: set[str] = set()
    for _, name, value in leaves:
        if name in _CODED and isinstance(value, str):
            found |= _coded_wordings().get(value, frozenset())
    return frozenset(found)


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
        leaves = list(_leaves(resource, str(resource.get("resourceType", ""))))
        texts = _texts(leaves)
        relation = _relation(item)
        observed = _own_terms(item)
        assertion = _assertion(resource, category)
        values = [*_quantities(resource, leaves, observed), *_bare_numbers(leaves, observed)]
        terms: dict[tuple[str, str, Assertion | None], FactTerm]
        terms = {(t.kind, t.key, assertion): FactTerm(t, assertion, relation) for t in observed}
        words: set[str] = set()
        denied: set[str] = set()
        affirmed: set[str] = set()
        for path, text in texts:
            reading = self.reading(text)
            words |= reading.words
            denied |= reading.denied_words
            affirmed |= reading.affirmed_words
            values.extend(_text_values(reading, path, observed))
            for use in reading.terms:
                held: Assertion | None = use.assertion
                if use.assertion is Assertion.AFFIRMED:
                    held = assertion
                if category == "observation" and ".code" in path and "value" not in path:
                    held = None
                terms.setdefault(
                    (use.term.kind, use.term.key, held),
                    FactTerm(use.term, held, relation or use.relation, use.sides),
                )
        decided = {(kind, key) for kind, key, held in terms if held is not None}
        terms = {k: t for k, t in terms.items() if k[2] is not None or k[:2] not in decided}
        sides = frozenset(s.side for _, text in texts for s in find_sides(fold(text)))
        quote = texts[0][1] if texts else reference
        return Fact(
            reference=reference,
            kind=EvidenceKind.RECORD,
            category=category,
            quote=quote,
            path=texts[0][0] if texts else "",
            terms=tuple(terms.values()),
            values=tuple(values),
            days=tuple(_days(leaves, item, category)),
            sides=sides,
            results=tuple(fold(t) for p, t in texts if ".value" in p),
            references=tuple(fold(t) for p, t in texts if ".referenceRange" in p),
            relations=frozenset((relation,) if relation else ()),
            rates=tuple(self._rates(resource, texts)),
            times=frozenset(_times(leaves)),
            words=frozenset(words) | _coded_words(leaves),
            denied_words=frozenset(denied),
            affirmed_words=frozenset(affirmed),
            text=" \n ".join(fold(str(value)) for _, _, value in leaves if value is not None),
        )

    def _rates(self, resource: Any, texts: list[tuple[str, str]]) -> Iterable[Fraction]:
        for dosage in [*resource.get("dosageInstruction", ()), *resource.get("dosage", ())]:
            repeat = (dosage.get("timing") or {}).get("repeat") or {}
            count, period = repeat.get("frequency"), repeat.get("period")
            unit = str(repeat.get("periodUnit"))
            days = _PERIOD_UNITS.get(unit) or _LONG_PERIODS.get(unit)
            if count and period and days:
                yield Fraction(str(count)) / (Fraction(str(period)) * days)
        for _, text in texts:
            for mention in self.reading(text).frequencies:
                if mention.per_day is not None:
                    yield mention.per_day


def _leaves(node: Any, path: str) -> Iterable[_Leaf]:
    """Every leaf of a resource: FHIRPath, element name, value."""
    for name, child in node.items():
        where = f"{path}.{name}"
        if isinstance(child, dict):
            yield from _leaves(child, where)
        elif isinstance(child, list | tuple):
            for index, element in enumerate(child):
                spot = f"{where}[{index}]"
                if isinstance(element, dict):
                    yield from _leaves(element, spot)
                else:
                    yield spot, name, element
        else:
            yield where, name, child


def _texts(leaves: list[_Leaf]) -> list[tuple[str, str]]:
    """Readable wordings of a resource, the shown text before codes' displays."""
    found = [
        (path, value)
        for path, name, value in leaves
        if isinstance(value, str)
        and name not in _NAMED_BY_THEMSELVES
        and name not in {"id", "resourceType", "status", "intent", "unit", "code"}
        and not _is_date(value)
        and (any(c.isalpha() for c in value) or name == "valueString")
    ]
    found.sort(key=lambda f: 0 if f[0].endswith(".text") else 1 if f[0].endswith("display") else 2)
    return found


def _is_date(value: str) -> bool:
    return len(value) >= 7 and value[:4].isdigit() and value[4] == "-" and value[5:7].isdigit()


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


def _assertion(resource: Any, category: str) -> Assertion:
    status = resource.get("verificationStatus") or {}
    codes = {c.get("code") for c in status.get("coding", ())} if isinstance(status, dict) else set()
    if codes & _DENIED_STATUS or resource.get("status") in ("not-done", "not-taken"):
        return Assertion.NEGATED
    return Assertion.AFFIRMED


def _quantities(resource: Any, leaves: list[_Leaf], observed: list[Term]) -> Iterable[FactValue]:
    """Every FHIR Quantity of a resource; the owner is the observation or its component."""
    root = str(resource.get("resourceType", ""))
    for path, element in _quantity_elements(resource, root):
        value = Decimal(str(element["value"]))
        unit = unit_named(element.get("unit")) or unit_named(element.get("code"))
        owner = _owner_of(resource, path, observed)
        quote = f"{element['value']} {element.get('unit') or element.get('code') or ''}".strip()
        yield FactValue(
            values=(value,),
            unit=unit,
            owner=owner,
            quote=quote,
            path=f"{path}.value",
            limit=".referenceRange" in path,
            comparator=element.get("comparator"),
        )


def _quantity_elements(node: Any, path: str) -> Iterable[tuple[str, Any]]:
    for name, child in node.items():
        where = f"{path}.{name}"
        children = child if isinstance(child, list | tuple) else [child]
        for index, element in enumerate(children):
            if not isinstance(element, dict):
                continue
            spot = f"{where}[{index}]" if isinstance(child, list | tuple) else where
            if isinstance(element.get("value"), int | float | Decimal):
                yield spot, element
            yield from _quantity_elements(element, spot)


def _owner_of(resource: Any, path: str, observed: list[Term]) -> str | None:
    if not observed:
        return None
    if ".component[" in path:
        index = int(path.split(".component[")[1].split("]")[0])
        code = (resource["component"][index].get("code") or {}).get("coding") or [{}]
        text = (resource["component"][index].get("code") or {}).get("text") or ""
        return _observed_term(code[0].get("code"), text or code[0].get("display", "")).key
    return observed[0].key


def _bare_numbers(leaves: list[_Leaf], observed: list[Term]) -> Iterable[FactValue]:
    for path, name, value in leaves:
        if name == "value" or isinstance(value, bool):
            continue
        if isinstance(value, int | float | Decimal):
            yield FactValue((Decimal(str(value)),), None, None, str(value), path)


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


def _days(leaves: list[_Leaf], item: RecordItem | None, category: str) -> Iterable[FactDay]:
    for path, name, value in leaves:
        if isinstance(value, str) and _is_date(value) and name not in ("lastUpdated", "id"):
            parts = value[:10].split("-")
            try:
                numbers = [int(p) for p in parts]
                day = date(numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 1)
            except ValueError:
                continue
            role = _DATE_ROLES.get(name, "other")
            if category == "encounter" and path.endswith("period.start"):
                role = "admission"
            elif category == "encounter" and path.endswith("period.end"):
                role = "discharge"
            yield FactDay(day, "day" if len(numbers) > 2 else "month", role, path, value)
        elif isinstance(value, str) and len(value) == 4 and value.isdigit() and "ate" in name:
            yield FactDay(
                date(int(value), 1, 1), "year", _DATE_ROLES.get(name, "other"), path, value
            )


def _times(leaves: list[_Leaf]) -> Iterable[tuple[int, int]]:
    for _, _, value in leaves:
        if isinstance(value, str) and _is_date(value) and len(value) >= 16 and value[10] == "T":
            yield int(value[11:13]), int(value[14:16])
