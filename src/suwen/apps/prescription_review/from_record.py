"""A prescription out of a patient's record; what the record does not say stays unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from suwen.appkit import Bilingual, InputError, PatientRecord
from suwen.apps.prescription_review.measured import Measurements, measurements_of
from suwen.apps.prescription_review.orders import (
    VOID_ORDERS,
    is_order,
    is_taken,
    line_of,
    order_time,
    runs_at,
)
from suwen.apps.prescription_review.schema import RecordForm, refused
from suwen.apps.prescription_review.wording import NO_MOMENT, SEVERAL_DOSAGES, continued
from suwen.clinical.allergies import NO_KNOWN_ALLERGY
from suwen.clinical.medicines import shipped_names
from suwen.clinical.prescription_review import Prescription, read_prescription
from suwen.core.cards import CardCase
from suwen.core.record import AllergyItem, Coded, ConditionItem, MedicationItem, PatientItem

_SETTINGS: Final = {
    "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "EMER": "emergency",
    "AMB": "outpatient", "VR": "outpatient",
}  # fmt: skip
_PAST: Final = frozenset({"inactive", "resolved", "remission"})
_VOID: Final = frozenset({"refuted", "entered-in-error"})
# "No known drug allergy"; that there is none of food or latex says nothing of medicines.
_NO_DRUG_ALLERGY: Final = NO_KNOWN_ALLERGY | {"409137002"}
_NO_OTHER_ALLERGY: Final = frozenset({"429625007", "428607008", "1003774007"})
_DAY: Final = timedelta(days=1)
_IN_DAYS, _IN_MONTHS = 31, 1096


def prescription_of(
    record: PatientRecord, form: RecordForm
) -> tuple[Prescription, tuple[Bilingual, ...]]:
    """The prescription of a record, and what its reader must know of it.

    Its orders are those that are named; else the requests that are drafts; where none is, those
    that are active.

    Raises:
        InputError: ``request_invalid``: no order, no setting, or a value that cannot be.
    """
    orders = _orders(record, form)
    if not orders:
        raise refused(
            "orders" if form.orders else "bundle",
            "没有待审核的 MedicationRequest。",
            "It holds no order to review.",
        )
    chosen = {m.reference for m in orders}
    at = form.at or max((t for m in orders if (t := order_time(m))), default=None)
    past = at if form.retrospective else None
    current = [m for m in record.medications if m.reference not in chosen and runs_at(m, past)]
    values = Measurements() if at is None else measurements_of(record.observations, at)
    lines, parts = _lines(orders)
    taken, ran_on = _taken(current, orders)
    body: dict[str, Any] = {
        "patient": {**_person(record.patient, at), **values.known},
        "allergies": _allergies(record.allergies),
        "diagnoses": _diagnoses(record.conditions, orders),
        "current_medications": taken,
        "orders": lines,
        "setting": form.setting or _setting(record, orders),
        "at": at.isoformat() if at is not None else None,
    }
    if form.prescriber is not None:
        body["prescriber"] = form.prescriber.model_dump()
    limits = (
        *values.limits,
        *((SEVERAL_DOSAGES,) if parts else ()),
        *((continued(ran_on),) if ran_on else ()),
    )
    return _read(body), limits if at is not None else (*limits, NO_MOMENT)


def requester_of(record: PatientRecord, form: RecordForm) -> dict[str, str | None] | None:
    """Who wrote the prescription, as the first of its orders names them."""
    for order in _orders(record, form):
        said = order.resource.get("requester")
        if isinstance(said, Mapping):
            return {"reference": said.get("reference"), "display": said.get("display")}
    return None


def drafted(case: CardCase, orders: Sequence[MedicationItem]) -> tuple[Prescription, bool]:
    """The orders in the making of a call, and whether the kind of their encounter is known.

    Where it is not, they are read as an inpatient's, and the rules of form and quantity must not
    be held against them.

    Raises:
        InputError: ``request_invalid``: a value of the record that cannot be.
    """
    record, chosen = case.record, {m.reference for m in orders}
    replaced = {str(m.resource.get("id")) for m in orders}
    current = [
        m
        for m in record.medications
        if m.reference not in chosen and m.resource.get("id") not in replaced and is_taken(m)
    ]
    setting = _known_setting(record, orders, case.encounter)
    values = measurements_of(record.observations, case.now)
    body: dict[str, Any] = {
        "patient": {**_person(record.patient, case.now), **values.known},
        "allergies": _allergies(record.allergies) if case.obtained("AllergyIntolerance") else None,
        "diagnoses": _diagnoses(record.conditions, orders),
        "current_medications": _taken(current, orders)[0],
        "orders": _lines(orders)[0],
        "setting": setting or "inpatient",
        "at": case.now.isoformat(),
    }
    return _read(body), setting is not None


def _orders(record: PatientRecord, form: RecordForm) -> list[MedicationItem]:
    if form.orders is not None:
        named = {name.removeprefix("MedicationRequest/") for name in form.orders}
        wanted = {f"MedicationRequest/{name}" for name in named}
        void = VOID_ORDERS if form.retrospective else ()
        return [m for m in record.medications if m.reference in wanted and m.status not in void]
    there = record.medications
    if form.encounter_id is not None:
        encounter = f"Encounter/{form.encounter_id.removeprefix('Encounter/')}"
        there = tuple(m for m in there if m.encounter == encounter)
    drafts = [m for m in there if is_order(m, "draft")]
    return drafts or [m for m in there if is_order(m, "active")]


def _read(body: Mapping[str, Any]) -> Prescription:
    try:
        return read_prescription(body)
    except InputError as error:
        said = error.safe_message
        raise refused("bundle", said.zh, said.en) from error


def _lines(items: Iterable[MedicationItem]) -> tuple[list[dict[str, Any]], bool]:
    found, several = [], False
    for item in items:
        lines, parts = line_of(item)
        found.extend(lines)
        several = several or parts
    return found, several


def _taken(
    current: Iterable[MedicationItem], orders: Sequence[MedicationItem]
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """What is taken besides, and the names of what the orders carry on from elsewhere.

    What another encounter ordered, or another kind of order (a stay's before discharge), or the
    patient said to take, is carried on by an order of the same medicine: it is not counted
    besides. Within one encounter two orders of one kind both count.
    """
    ordered = {_medicine(m): (m.encounter, m.category) for m in orders}
    found, carried = [], []
    for item in current:
        lines, _ = line_of(item)
        name = _medicine(item)
        statement = item.reference.startswith("MedicationStatement/")
        elsewhere = statement or (item.encounter, item.category) != ordered.get(name)
        if name in ordered and elsewhere:
            carried.append(str(lines[0]["drug"]))
        else:
            found.extend(lines)
    return found, tuple(dict.fromkeys(carried))


def _medicine(item: MedicationItem) -> str:
    """What names the medicine: its id where it is identified, else the words."""
    name = item.medication.text.strip() if item.medication is not None else ""
    known = shipped_names().identify(name) if name else None
    return known.medicine.id if known is not None else name or item.reference


def _person(patient: PatientItem, at: datetime | None) -> dict[str, Any]:
    known = ("male", "female", "other", "unknown")
    person: dict[str, Any] = {"sex": patient.sex if patient.sex in known else "unknown"}
    if patient.birth_date is None or at is None:
        return person
    days = (at.date() - patient.birth_date) / _DAY
    if days < 0:
        raise refused("bundle", "出生日期晚于医嘱时间。", "The birth date is after the orders.")
    if days < _IN_DAYS:
        return {**person, "age_days": days}
    if days < _IN_MONTHS:
        return {**person, "age_months": days / 365.25 * 12}
    return {**person, "age_y": days / 365.25}


def _allergies(items: Sequence[AllergyItem]) -> list[str] | None:
    """As recorded; ``None`` where the record says nothing of allergies to medicines."""
    found: list[str] = []
    denied = False
    for item in items:
        if item.clinical_status in _PAST or item.verification_status in _VOID:
            continue
        code = item.code.code if item.code is not None else None
        if code in _NO_DRUG_ALLERGY:
            denied = True
        elif code not in _NO_OTHER_ALLERGY:
            # An entry without words is not understood, and is said to be.
            found.append((item.code.text if item.code is not None else "") or "？")
    return found if found or denied else None


def _diagnoses(
    conditions: Sequence[ConditionItem], orders: Sequence[MedicationItem]
) -> list[dict[str, Any]]:
    codes = [
        c.code
        for c in conditions
        if c.code is not None
        and c.clinical_status not in _PAST
        and c.verification_status not in _VOID
    ]
    codes += [reason for order in orders for reason in order.reasons]
    rows = dict.fromkeys((c.text or c.code or "", _icd10(c)) for c in codes)
    return [{"text": text, "code": code} for text, code in rows if text or code]


def _icd10(code: Coded) -> str | None:
    return code.code if "icd-10" in (code.system or "").lower() else None


def _setting(record: PatientRecord, orders: Sequence[MedicationItem]) -> str:
    """Of the orders' encounter, else of the latest one of the record."""
    setting = _known_setting(record, orders, None)
    if setting is None:
        raise refused(
            "setting",
            "记录中的就诊没有说明场所，请给出 outpatient、emergency 或 inpatient。",
            "The record's encounter does not say it: give outpatient, emergency or inpatient.",
        )
    return setting


def _known_setting(
    record: PatientRecord, orders: Sequence[MedicationItem], encounter: str | None
) -> str | None:
    named = {m.encounter for m in orders if m.encounter is not None}
    if encounter is not None:
        named.add(f"Encounter/{encounter.removeprefix('Encounter/')}")
    encounters = [e for e in record.encounters if e.reference in named] or list(record.encounters)
    dated = sorted(
        (e for e in encounters if e.when is not None or len(encounters) == 1),
        key=lambda e: e.when.start.timestamp() if e.when is not None else 0.0,
    )
    return _SETTINGS.get(dated[-1].encounter_class or "") if dated else None
