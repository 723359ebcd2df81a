"""Checks of who the patient is: name, sex, age, record number, and other people's names."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from suwen.clinical.derived import age_in_years
from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.numbers_match import Agreement, agreement
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.core.document import UnsupportedReason
from suwen.core.finding import Evidence, EvidenceKind
from suwen.language.width import fold

_NAME = re.compile(
    r"(?:患者姓名|病人姓名|(?<![一-鿿])姓名|\bpatient\s+name|\bname\s+of\s+(?:the\s+)?patient|(?:^|[;,.]\s*)name)\s*[:：]\s*"
    r"(?P<name>[^，,；;。\n:：]{2,60})",
    re.I,
)
_CALLED = re.compile(r"患者(?P<name>[\u4e00-\u9fff]{1,3}某{0,2})(?=[，,]\s*[男女])")
_FEMALE = re.compile(
    r"(?a)女(?:性|，|,|；|;|。|$|\s)|性别\s*[:：]?\s*女|\bfemale\b|\bwoman\b|\bgirl\b"
)
_MALE = re.compile(
    r"(?a)男(?:性|，|,|；|;|。|$|\s)|性别\s*[:：]?\s*男|\bmale\b|\bman\b|\bboy\b|\bgentleman\b"
)


# The days of one stay, at any of which its documents may state the age.
_ONE_STAY = timedelta(days=120)


def check_identity(
    claims: Claims, index: EvidenceIndex, outcome: Outcome, days: frozenset[date]
) -> None:
    """Name, sex, age and identifiers against the record's patient.

    Args:
        days: days that the whole text names; an age may be that at any of them.
    """
    if index.record is None:
        return
    _check_name(claims, index, outcome)
    _check_sex(claims, index, outcome)
    _check_age(claims, index, outcome, days)
    for span in claims.reading.identifiers:
        written = claims.reading.folded[span.start : span.end]
        code = re.split(r"[\s:]", written)[-1]
        if code in index.pool:
            outcome.holds()
        elif code == written:
            outcome.fails(UnsupportedReason.PERSON)
        else:
            outcome.fails(UnsupportedReason.NO_EVIDENCE)


def _check_name(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    patient = index.record.patient if index.record else None
    if patient is None or not patient.name:
        return
    for pattern in (_NAME, _CALLED):
        for match in pattern.finditer(claims.reading.text):
            stated = set(_name_parts(match.group("name")))
            known = set(_name_parts(patient.name))
            if stated and (stated <= known or known <= stated):
                outcome.holds(
                    Evidence(EvidenceKind.RECORD, f"{patient.reference}#Patient.name", patient.name)
                )
            elif stated:
                outcome.fails(UnsupportedReason.PERSON)


def _name_parts(name: str) -> list[str]:
    folded = fold(name).strip().strip(".'\"")
    if any("\u4e00" <= c <= "\u9fff" for c in folded):
        return [re.sub(r"[\s()]", "", folded)]
    return [p for p in re.findall(r"[^\W_]+", folded) if p not in {"mr", "mrs", "ms", "dr", "miss"}]


def _check_sex(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    patient = index.record.patient if index.record else None
    if patient is None or patient.sex not in ("male", "female") or claims.reading.persons:
        return
    female, male = _FEMALE.search(claims.reading.folded), _MALE.search(claims.reading.folded)
    if bool(female) == bool(male):
        return
    if bool(female) == (patient.sex == "female"):
        evidence = Evidence(EvidenceKind.RECORD, f"{patient.reference}#Patient.gender", patient.sex)
        outcome.holds(evidence)
    else:
        outcome.fails(UnsupportedReason.PERSON)


def _check_age(
    claims: Claims, index: EvidenceIndex, outcome: Outcome, days: frozenset[date]
) -> None:
    record = index.record
    birth = record.patient.birth_date if record else None
    for claim in claims.values:
        if not claim.is_age:
            continue
        if birth is None or claims.reading.persons:
            if claims.reading.persons:
                continue
            outcome.fails(UnsupportedReason.NUMBER)
            continue
        ages = {age_in_years(birth, day).value for day in _age_days(index, days) if day >= birth}
        quantity = claim.use.quantity
        months = quantity.unit is not None and quantity.unit.code in ("mo", "d", "wk")
        stated = quantity.numbers[0].value
        if months:
            stated = _in_years(stated, quantity.unit.code if quantity.unit else "mo")
        if stated in ages:
            reference = f"{record.patient.reference}#Patient.birthDate" if record else "age"
            outcome.holds(
                Evidence(EvidenceKind.CALCULATION, "age_in_years", str(stated)),
                Evidence(EvidenceKind.RECORD, reference, birth.isoformat()),
            )
        elif not any(
            fact.category == "text"
            and agreement(quantity.numbers[0], quantity.unit, value) is Agreement.EQUAL
            for fact, value in index.of_number(quantity.numbers[0].value)
        ):
            outcome.fails(UnsupportedReason.NUMBER)


def _in_years(value: Decimal, code: str) -> Decimal:
    per_year = {"mo": 12, "wk": 52, "d": 365}[code]
    return Decimal(int(value) // per_year)


def _age_days(index: EvidenceIndex, days: frozenset[date]) -> set[date]:
    """The days at which a document may state an age: its own days, the last stays, today."""
    record = index.record
    found = {datetime.now(UTC).date()}
    if record is None:
        return found | days
    visited = {d.day for _, d in index.days if d.role in ("admission", "discharge")} & days
    if visited:
        latest = max(visited)
        found |= {day for day in visited if latest - day <= _ONE_STAY}
    stays = [e for e in record.encounters if e.when is not None]
    inpatient = [e for e in stays if e.encounter_class in ("IMP", "ACUTE", "NONAC")]
    for chosen in (stays[-1:], inpatient[-1:]):
        for encounter in chosen:
            if encounter.when is not None:
                found.add(encounter.when.start.date())
                if encounter.when.end is not None:
                    found.add(encounter.when.end.date())
    return found
