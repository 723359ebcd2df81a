"""How long each kind of record is kept at least, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final


class RecordType(StrEnum):
    """Kinds of records that a rule sets a time for."""

    INPATIENT_RECORD = "inpatient_record"
    OUTPATIENT_RECORD = "outpatient_record"
    ORDINARY_PRESCRIPTION = "ordinary_prescription"
    PSYCHOTROPIC_2_PRESCRIPTION = "psychotropic_2_prescription"
    NARCOTIC_PRESCRIPTION = "narcotic_prescription"
    IMPACT_ASSESSMENT = "impact_assessment"
    AUDIT = "audit"
    UNLABELLED_OUTPUT_LOG = "unlabelled_output_log"


@dataclass(frozen=True, slots=True)
class Period:
    """The shortest time that a kind of record is kept.

    Attributes:
        days: counted in days, a year as 365.25.
        since: what it runs from, as a code.
        confidence: ``verified`` or ``from_memory``.
    """

    record: RecordType
    days: int
    since: str
    source: str
    confidence: str

    @property
    def span(self) -> timedelta:
        """The time itself."""
        return timedelta(days=self.days)


def _years(count: int) -> int:
    return -(-count * 1461 // 4)


PERIODS: Final[Mapping[RecordType, Period]] = {
    period.record: period
    for period in (
        Period(
            RecordType.INPATIENT_RECORD,
            _years(30),
            "last_discharge",
            "医疗机构管理条例实施细则 art. 53; 医疗机构病历管理规定 (2013) art. 29",
            "from_memory",
        ),
        Period(
            RecordType.OUTPATIENT_RECORD,
            _years(15),
            "last_visit",
            "医疗机构管理条例实施细则 art. 53; 医疗机构病历管理规定 (2013) art. 29",
            "from_memory",
        ),
        Period(
            RecordType.ORDINARY_PRESCRIPTION,
            _years(1),
            "written",
            "处方管理办法 (2007) art. 50: ordinary, emergency, paediatric",
            "from_memory",
        ),
        Period(
            RecordType.PSYCHOTROPIC_2_PRESCRIPTION,
            _years(2),
            "written",
            "处方管理办法 (2007) art. 50: toxic for medical use, psychotropic class II",
            "from_memory",
        ),
        Period(
            RecordType.NARCOTIC_PRESCRIPTION,
            _years(3),
            "written",
            "处方管理办法 (2007) art. 50: narcotic, psychotropic class I",
            "from_memory",
        ),
        Period(RecordType.IMPACT_ASSESSMENT, _years(3), "made", "PIPL 2021 art. 56", "from_memory"),
        Period(
            RecordType.AUDIT,
            184,
            "written",
            "Cybersecurity Law 2017 art. 21 (six months); GB/T 22239-2019",
            "from_memory",
        ),
        Period(
            RecordType.UNLABELLED_OUTPUT_LOG,
            184,
            "written",
            "人工智能生成合成内容标识办法 (2025), six months",
            "from_memory",
        ),
    )
}
"""By law or rule at least; a hospital may keep longer, never shorter."""

# Source: HL7 v3 ActCode, value set ActEncounterCode.
_INPATIENT: Final = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS"})


def kept_until(
    encounters: Iterable[Mapping[str, Any]], signed: Iterable[datetime]
) -> datetime | None:
    """Until when a patient's records must be kept; ``None`` when nothing asks for it.

    Args:
        encounters: the patient's Encounter resources. One that has not ended, or of which it is
            not known when, counts as going on: ``datetime.max`` is returned.
        signed: when documents about the patient were signed; each counts as inpatient, the longer
            time, unless all encounters are known to be others.
    """
    until: list[datetime] = []
    inpatient = False
    known = False
    for encounter in encounters:
        known = True
        code = (
            encounter.get("class", {}).get("code")
            if isinstance(encounter.get("class"), Mapping)
            else None
        )
        is_inpatient = code is None or code in _INPATIENT
        inpatient = inpatient or is_inpatient
        end = _end_of(encounter)
        if end is None:
            return datetime.max.replace(tzinfo=UTC)
        until.append(end + _period(inpatient=is_inpatient))
    until += [at + _period(inpatient=inpatient or not known) for at in signed]
    return max(until, default=None)


def _period(*, inpatient: bool) -> timedelta:
    kind = RecordType.INPATIENT_RECORD if inpatient else RecordType.OUTPATIENT_RECORD
    return PERIODS[kind].span


def _end_of(encounter: Mapping[str, Any]) -> datetime | None:
    period = encounter.get("period")
    text = period.get("end") if isinstance(period, Mapping) else None
    try:
        end = datetime.fromisoformat(str(text)) if text is not None else None
    except ValueError:
        return None
    if end is None:
        return None
    return end if end.tzinfo is not None else end.replace(tzinfo=UTC) + timedelta(days=1)
