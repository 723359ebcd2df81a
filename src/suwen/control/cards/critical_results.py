"""Critical laboratory results of the last day that no newer result has replaced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from suwen.clinical.analytes import Analyte, analyte_of_loinc
from suwen.clinical.derived import age_in_years
from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.clinical.laboratory.limits import CRITICAL_FLAGS, CriticalLimit
from suwen.control.cards.documents import patient_link
from suwen.control.cards.wording import codings_of, named, recorded
from suwen.core.cards import Card, CardAnswer, CardCase, CardTopic, Unchecked
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import Coded, ObservationItem, Quantity
from suwen.language.units import Unit, convert, from_base, in_base, unit_named

FLAGGED = "CDS-C01"
BEYOND_LIMIT = "CDS-C02"
WINDOW = timedelta(hours=24)

_FLAG_SOURCE = Source("HL7 v3 ObservationInterpretation, the laboratory's own flag", "R4 binding")
_VOID = frozenset({"entered-in-error", "cancelled"})
# A ratio has no unit to be written; every other number needs one.
_WITHOUT_UNIT = frozenset({"INR"})
_LOINC = "http://loinc.org"
_MASS, _SUBSTANCE = "mass concentration", "substance concentration"
_A_DAY = timedelta(days=1)
_CLOCKS_DIFFER_BY = timedelta(minutes=5)
_LABORATORY = Bilingual(zh="检验结果", en="laboratory results")


@dataclass(frozen=True, slots=True)
class _Result:
    item: ObservationItem
    analyte: Analyte | None
    coded: bool

    @property
    def name(self) -> str:
        return named(self.item.code.text if self.item.code else "")

    def key(self, book: LaboratoryBook) -> str:
        """What newer results of replace it."""
        if self.analyte is not None:
            return book.group_of(self.analyte.code)
        codes = sorted(code for _, code in codings_of(self.item.resource.get("code")))
        return codes[0] if codes else self.name


def critical_results(case: CardCase, book: LaboratoryBook) -> CardAnswer:
    """Results that the laboratory flagged as critical, or that reach a limit of the tables."""
    if not case.obtained("Observation"):
        return CardAnswer()
    unchecked: list[Unchecked] = []
    results = [_read(item) for item in case.record.observations if _is_result(item)]
    recent, untimed, future = _recent(results, case)
    if untimed:
        unchecked.append(_said(untimed, "没有时间，无法判断是否为 24 小时内", "without a time"))
    if future:
        unchecked.append(_said(future, "时间在未来，请核对", "of a time that is yet to come"))
    newest: dict[str, _Result] = {}
    for result in sorted(recent, key=_moment):
        newest[result.key(book)] = result
    age = age_on(case.record.patient.birth_date, case.now.astimezone(case.zone).date())
    cards: list[Card] = []
    left: dict[Bilingual, list[_Result]] = {}
    for result in newest.values():
        answer = _judge(result, age, case, book)
        if isinstance(answer, Card):
            cards.append(answer)
        elif answer is not None:
            left.setdefault(answer, []).append(result)
    unchecked.extend(_said(found, why.zh, why.en) for why, found in left.items())
    return CardAnswer(tuple(cards), tuple(unchecked))


def limit_reached(
    item: ObservationItem, age_y: int | None, book: LaboratoryBook
) -> CriticalLimit | None:
    """The critical limit that a result surely reaches, ``None`` where it reaches none, or where
    that cannot be told.

    Args:
        age_y: the patient's age in completed years, ``None`` where it is not known.
    """
    result = _read(item)
    if not result.coded or result.analyte is None or age_y is None or not _is_result(item):
        return None
    limits = [one for one in book.limits_of(result.analyte.code) if one.holds_at(age_y)]
    analyte = result.analyte
    return next(
        (one for one in limits if isinstance(_against(one, item.value, analyte), str)), None
    )


def _is_result(item: ObservationItem) -> bool:
    return item.category == "laboratory" and item.status not in _VOID


def _read(item: ObservationItem) -> _Result:
    codes = [c for s, c in sorted(codings_of(item.resource.get("code"))) if s == _LOINC]
    known = next((a for code in codes if (a := analyte_of_loinc(code)) is not None), None)
    return _Result(item, known, bool(codes))


def _recent(
    results: Sequence[_Result], case: CardCase
) -> tuple[list[_Result], list[_Result], list[_Result]]:
    """Those of the last 24 hours, those without a time, those of the future."""
    recent, untimed, future = [], [], []
    for result in results:
        moment = result.item.when
        if moment is None or moment.precision in ("year", "month"):
            untimed.append(result)
            continue
        start = moment.start
        if moment.precision == "day":
            day = date.fromisoformat(moment.text[:10])
            start = datetime.combine(day, time(), case.zone)
            if start <= case.now < start + _A_DAY + WINDOW:
                recent.append(result)
            elif start > case.now:
                future.append(result)
        elif start > case.now + _CLOCKS_DIFFER_BY:
            future.append(result)
        elif start >= case.now - WINDOW:
            recent.append(result)
    return recent, untimed, future


def _moment(result: _Result) -> tuple[datetime, str]:
    moment = result.item.when
    return (moment.start if moment else datetime.min.replace(tzinfo=UTC), result.item.reference)


def _judge(
    result: _Result, age: int | None, case: CardCase, book: LaboratoryBook
) -> Card | Bilingual | None:
    """A card, why the result could not be judged, or ``None`` where there is nothing to say."""
    if result.item.interpretation in CRITICAL_FLAGS:
        return _card(result, None, None, case)
    if not result.coded:
        return Bilingual(
            "没有 LOINC 编码，仅看检验科标记", "without a LOINC code; only flags counted"
        )
    limits = book.limits_of(result.analyte.code) if result.analyte else ()
    if not limits or result.analyte is None:
        return None
    if age is None:
        return Bilingual("年龄不详，危急值界限不适用", "age not known, no limit applies")
    of_age = [limit for limit in limits if limit.holds_at(age)]
    found = [(limit, _against(limit, result.item.value, result.analyte)) for limit in of_age]
    for limit, reached in found:
        if isinstance(reached, str):
            return _card(result, limit, reached, case)
    if not any(limit.clears for limit in of_age):
        return Bilingual("危急值表没有该年龄的界限", "the table has no limit for this age")
    return next((doubt for _, doubt in found if isinstance(doubt, Bilingual)), None)


def _against(limit: CriticalLimit, value: object, analyte: Analyte) -> str | Bilingual | None:
    """Which end a value reaches, why that cannot be told, or ``None`` where it reaches none."""
    if not isinstance(value, Quantity):
        return Bilingual("结果不是数值", "the result is no number")
    compared = _in_unit_of(limit, value, analyte)
    if compared is None:
        return Bilingual("单位缺失或无法换算", "unit missing or not convertible")
    reached = limit.reached_by(compared, value.comparator)
    if reached == "undecided":
        return Bilingual("结果只是一个界值，无法判断", "the result is only a bound")
    return reached


def _in_unit_of(limit: CriticalLimit, value: Quantity, analyte: Analyte) -> Decimal | None:
    wanted = unit_named(limit.unit)
    given = unit_named(value.code) or unit_named(value.unit)
    if wanted is None:
        return None
    if given is None:
        written = value.unit or ""
        annotated = written.startswith("{") and written.endswith("}")
        ratio = limit.analyte in _WITHOUT_UNIT and (not written or annotated)
        return value.value if ratio else None
    converted = convert(value.value, given, wanted)
    if converted is not None:
        return converted
    return _by_molar_mass(value.value, given, wanted, analyte)


def _by_molar_mass(value: Decimal, given: Unit, wanted: Unit, analyte: Analyte) -> Decimal | None:
    molar = analyte.molar_mass_g_per_mol
    dimensions = (given.dimension, wanted.dimension)
    if molar is not None and dimensions == (_MASS, _SUBSTANCE):
        return from_base(in_base(value, given) / molar, wanted)
    if molar is not None and dimensions == (_SUBSTANCE, _MASS):
        return from_base(in_base(value, given) * molar, wanted)
    return None


def _card(
    result: _Result, limit: CriticalLimit | None, reached: str | None, case: CardCase
) -> Card:
    item, shown = result.item, _shown(result.item.value)
    at = _at(result, case.zone)
    if limit is None:
        why = Bilingual(
            zh=f"检验科标记为危急（{item.interpretation}）",
            en=f"flagged critical by the laboratory ({item.interpretation})",
        )
        source, confidence, details = _FLAG_SOURCE, Confidence.VERIFIED, []
    else:
        edge = limit.high if reached == "high" else limit.low
        why = Bilingual(
            zh=f"达到危急值界限 {'≥' if reached == 'high' else '≤'} {edge} {limit.unit}",
            en=f"reaches the limit {'≥' if reached == 'high' else '≤'} {edge} {limit.unit}",
        )
        source, confidence = limit.source, limit.confidence
        details = [limit.note] if limit.note is not None else []
    if item.status in ("preliminary", "registered"):
        details.append(Bilingual(zh="该结果为初步结果。", en="The result is preliminary."))
    return Card(
        finding=Finding(
            rule=FLAGGED if limit is None else BEYOND_LIMIT,
            severity=Severity.MAJOR,
            message=Bilingual(
                zh=f"危急值：{result.name} {shown}（{at}），{why.zh}。",
                en=f"Critical: {result.name} {shown} ({at}), {why.en}.",
            ),
            source=source,
            confidence=confidence,
            evidence=(recorded(item.reference, "Observation.value", shown),),
        ),
        topic=CardTopic.CRITICAL_RESULT,
        details=tuple(details),
        links=patient_link(case),
    )


def _shown(value: object) -> str:
    if isinstance(value, Quantity):
        return named(f"{value.comparator or ''}{value.value} {value.unit or ''}")
    return named(value.text if isinstance(value, Coded) else "" if value is None else str(value))


def _at(result: _Result, zone: tzinfo) -> str:
    moment = result.item.when
    if moment is None:
        return "-"
    if moment.precision == "day":
        return moment.text[:10]
    return moment.start.astimezone(zone).strftime("%m-%d %H:%M")


def age_on(birth_date: date | None, day: date) -> int | None:
    """The age in completed years, ``None`` where it cannot be told."""
    if birth_date is None or birth_date > day:
        return None
    return int(age_in_years(birth_date, day).value)


def _said(results: Iterable[_Result], zh: str, en: str) -> Unchecked:
    names = list(dict.fromkeys(result.name for result in results))
    shown = "、".join(names[:3]) + (f" 等 {len(names)} 项" if len(names) > 3 else "")
    told = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    what = Bilingual(f"{_LABORATORY.zh}（{shown}）", f"{_LABORATORY.en} ({told})")
    return Unchecked(what, Bilingual(zh, en))
