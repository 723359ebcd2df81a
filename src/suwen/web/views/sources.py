"""The sources of a document: numbered in reading order, each with what it says in the record."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from suwen.core.record import (
    AllergyItem,
    CodedItem,
    ConditionItem,
    EncounterItem,
    ImagingItem,
    MedicationItem,
    NoteItem,
    ObservationItem,
    PatientItem,
    PatientRecord,
    ProcedureItem,
    RecordItem,
    ReportItem,
)
from suwen.web import formats
from suwen.web.texts import Texts
from suwen.web.views.series import interval_text, level_of


@dataclass(frozen=True, slots=True)
class SourceCard:
    """One source beside the text.

    Attributes:
        kind: resource type, or ``calculation``, ``rule``, ``passage``, ``dialogue``.
        quotes: what of it the document uses, as it stands there.
        value: the item's present content in one line; empty where it has none.
        level: ``critical``, ``abnormal`` or ``plain``.
        newer: a newer result of the same analyte, ``None`` when this is the newest.
        missing: the record no longer holds it.
    """

    number: int
    reference: str
    kind: str
    title: str
    at: str
    quotes: tuple[str, ...]
    value: str
    level: str
    newer: str | None
    missing: bool


class SourceNumbers:
    """Gives each source its number, in the order in which the document first uses it."""

    def __init__(self) -> None:
        self._quotes: dict[tuple[str, str], dict[str, str]] = {}

    def number(self, evidence: Mapping[str, Any]) -> int:
        """The number of the source that a piece of evidence points to."""
        reference, _, path = str(evidence["reference"]).partition("#")
        key = (str(evidence["kind"]), reference)
        self._quotes.setdefault(key, {})[str(evidence["quote"])] = path
        return list(self._quotes).index(key) + 1

    def numbers(self, evidence: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
        """The numbers of several pieces of evidence, each once, in order."""
        return tuple(dict.fromkeys(self.number(one) for one in evidence))

    def cards(
        self, record: PatientRecord | None, texts: Texts, zone: tzinfo
    ) -> tuple[SourceCard, ...]:
        """The cards of all sources numbered so far."""
        items = record_items(record) if record is not None else {}
        cards = []
        for number, ((kind, reference), quotes) in enumerate(self._quotes.items(), start=1):
            item = items.get(reference)
            is_record = kind == "record"
            title, value = describe(item, texts) if item is not None else (reference, "")
            if not is_record:
                title = texts.coded("calculation", reference)
            cards.append(
                SourceCard(
                    number=number,
                    reference=reference,
                    kind=reference.partition("/")[0] if is_record else kind,
                    title=title,
                    at=formats.recorded_period(item.when, zone) if item is not None else "",
                    quotes=_readable_quotes(quotes, texts, zone),
                    value=value,
                    level=level_of(item) if isinstance(item, ObservationItem) else "plain",
                    newer=newer_result(item, record, zone),
                    missing=is_record and item is None,
                )
            )
        return tuple(cards)


_INDEX: Final = re.compile(r"\[\d+\]")
_CODED: Final = {
    "Patient.gender": "sex",
    "Encounter.class.code": "class",
    "Encounter.hospitalization.dischargeDisposition.coding.code": "disposition",
    "Condition.clinicalStatus.coding.code": "clinical_status",
    "Condition.verificationStatus.coding.code": "verification",
    "AllergyIntolerance.criticality": "criticality",
    "MedicationRequest.status": "medication_status",
    "MedicationStatement.status": "medication_status",
    "MedicationRequest.category.coding.code": "order_category",
    "Observation.interpretation.coding.code": "interpretation",
}
"""Elements of a resource that hold a FHIR code and no words, with the texts of their codes."""


def _readable_quotes(quotes: Mapping[str, str], texts: Texts, zone: tzinfo) -> tuple[str, ...]:
    """What was used of an item, each once: a code in words, an instant in the wards' time."""
    read = []
    for quote, path in quotes.items():
        key = f"fhir_code.{_CODED.get(_INDEX.sub('', path))}.{quote}"
        if quote:
            read.append(texts(key) if texts.has(key) else _readable(quote, zone))
    return tuple(dict.fromkeys(read))


def _readable(quote: str, zone: tzinfo) -> str:
    """A quote as it stands; an instant in the wards' time zone."""
    if "T" not in quote:
        return quote
    try:
        at = datetime.fromisoformat(quote)
    except ValueError:
        return quote
    return formats.moment(at, zone) if at.tzinfo is not None else quote


def record_items(record: PatientRecord) -> dict[str, RecordItem]:
    """Every typed item of a record by its reference."""
    found: dict[str, RecordItem] = {record.patient.reference: record.patient}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple):
            found.update((i.reference, i) for i in value if isinstance(i, RecordItem))
    return found


def newer_result(item: RecordItem | None, record: PatientRecord | None, zone: tzinfo) -> str | None:
    """A result of the same analyte and unit that came after this one."""
    if not isinstance(item, ObservationItem) or record is None or item.when is None:
        return None
    if item.code is None or item.code.code is None:
        return None
    newest = item
    for other in record.observations:
        if (
            other.code is not None
            and (other.code.code, other.code.system) == (item.code.code, item.code.system)
            and other.when is not None
            and newest.when is not None
            and other.when.start > newest.when.start
            and other.status not in ("entered-in-error", "cancelled")
        ):
            newest = other
    if newest is item:
        return None
    value = formats.observed(newest.value, newest.components)
    return f"{value} · {formats.recorded(newest.when, zone)}"


def describe(item: RecordItem, texts: Texts) -> tuple[str, str]:
    """Title of an item, and its content in one line."""
    match item:
        case PatientItem():
            return texts("source.patient"), ""
        case EncounterItem():
            place = " ".join(part for part in (item.department, item.bed) if part)
            return f"{texts.coded('class', item.encounter_class)} {place}".strip(), "；".join(
                reason.text for reason in item.reasons
            )
        case ObservationItem():
            value = formats.observed(item.value, item.components)
            interval = interval_text(item.reference_range)
            shown = f"{value} ({interval})" if interval else value
            return (item.code.text if item.code else ""), shown
        case MedicationItem():
            return (item.medication.text if item.medication else ""), item.dosage_text or ""
        case ReportItem():
            return (item.code.text if item.code else ""), item.conclusion or ""
        case NoteItem():
            return (item.note_type.text if item.note_type else ""), ""
        case ImagingItem():
            return item.description or " ".join(item.modalities), ""
        case CodedItem():
            return (item.code.text if item.code else ""), item.description or ""
        case ConditionItem() | AllergyItem() | ProcedureItem():
            return (item.code.text if item.code else ""), ""
        case _:
            return item.reference, ""
