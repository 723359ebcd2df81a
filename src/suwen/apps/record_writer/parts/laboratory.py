"""Laboratory results: each analyte's latest value with the interval and flag it was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from suwen.apps.record_writer.moments import start_of
from suwen.apps.record_writer.parts.measurements import codes_of, time_path
from suwen.apps.record_writer.parts.part import Entry, Part, told
from suwen.apps.record_writer.parts.problems import time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import (
    FLAGS,
    exact_number,
    free_text,
    label,
    listed,
    quantity_exact,
    quantity_shown,
    recorded,
    term_evidence,
    term_of,
    unit_text,
)
from suwen.core.finding import Evidence
from suwen.core.record import ObservationItem, Quantity, ReportItem

_VOID = frozenset({"entered-in-error", "cancelled"})
_CATEGORIES = frozenset({"laboratory", "LAB"})
LABORATORY_REPORTS = frozenset(
    {"LAB", "HM", "CH", "MB", "BLB", "IMM", "SR", "TX", "URN", "VR", "GE"}
)
HIGH, LOW = frozenset({"H", "HU", "HH", ">"}), frozenset({"L", "LU", "LL", "<"})
NORMAL = frozenset({"N", "NEG", "S"})
CRITICAL = frozenset({"HH", "LL", "AA"})


@dataclass(frozen=True, slots=True)
class Result:
    """One analyte's value at one time.

    Attributes:
        element: the Observation or the component that holds the value, as received.
        path: FHIRPath of ``element``.
        flag: v3 ObservationInterpretation code: as stated, else derived from the stated
            interval (H or L outside it, N inside); ``None`` where neither decides.
        is_stated: whether the flag was stated and not derived.
    """

    item: ObservationItem
    element: Mapping[str, Any]
    path: str
    value: Quantity | str
    low: Decimal | None
    high: Decimal | None
    interval_text: str | None
    flag: str | None
    is_stated: bool

    @property
    def analyte(self) -> str:
        """What identifies the analyte: its LOINC code, else any code, else its wording."""
        concept = self.element.get("code") or {}
        loinc = sorted(codes_of(concept))
        codes = [c["code"] for c in concept.get("coding") or () if c.get("code")]
        return (loinc or codes or [str(concept.get("text"))])[0]

    @property
    def is_abnormal(self) -> bool:
        """Whether the flag says that the value is not normal."""
        return self.flag is not None and self.flag not in NORMAL


def laboratory_part(visit: Visit) -> Part:
    """Latest result of each analyte: those of the encounter first, abnormal ones before the
    others; then reports with a conclusion."""
    results = latest_results(visit)
    ordered = sorted(results, key=lambda r: (not visit.holds(r.item), not r.is_abnormal))
    entries = [_result_entry(r, visit) for r in ordered]
    entries += [_report_entry(r, visit) for r in _reports(visit, results)]
    return told("laboratory", entries, visit)


def results_of(visit: Visit) -> list[Result]:
    """All laboratory results that the document may use, oldest first: everything known by the
    end of the stay or visit; what is older than it stands with its own date."""
    return [
        result
        for item in visit.record.observations
        if is_laboratory(item, visit) and (visit.holds(item) or not visit.is_after(item.when))
        for result in _results_in(item)
    ]


def latest_results(visit: Visit) -> list[Result]:
    """The last result of each analyte, in the order in which the analytes first appear."""
    latest: dict[str, Result] = {}
    for result in results_of(visit):
        known = latest.get(result.analyte)
        if known is None or not _earlier(result, known):
            latest[result.analyte] = result
    return list(latest.values())


def is_laboratory(item: ObservationItem, visit: Visit) -> bool:
    """Whether an observation is a laboratory result that stands: by its category, or, without
    one, because a laboratory report groups it."""
    if item.status in _VOID:
        return False
    if item.category is not None:
        return item.category in _CATEGORIES
    return any(
        item.reference in report.results
        for report in visit.record.reports
        if report.category in LABORATORY_REPORTS
    )


def _earlier(first: Result, second: Result) -> bool:
    one, two = start_of(first.item.when), start_of(second.item.when)
    if one is None or two is None:
        return one is None and two is not None
    return one.is_before(two)


def _results_in(item: ObservationItem) -> Iterable[Result]:
    own = _result(item, item.resource, "Observation", item.interpretation)
    if own is not None:
        yield own
    for index, element in enumerate(item.resource.get("component") or ()):
        found = _result(item, element, f"Observation.component[{index}]", None)
        if found is not None:
            yield found


def _result(
    item: ObservationItem, element: Mapping[str, Any], path: str, stated: str | None
) -> Result | None:
    value = _value(element)
    if value is None:
        return None
    stated = stated or _interpretation(element)
    low, high, text = _interval(element, value, item if path == "Observation" else None)
    flag = stated or _derived(value, low, high)
    return Result(item, element, path, value, low, high, text, flag, stated is not None)


def _value(element: Mapping[str, Any]) -> Quantity | str | None:
    quantity = element.get("valueQuantity")
    if quantity is not None and quantity.get("value") is not None:
        return Quantity(
            value=Decimal(str(quantity["value"])),
            unit=quantity.get("unit") or quantity.get("code"),
            code=quantity.get("code"),
            comparator=quantity.get("comparator"),
        )
    for name in ("valueString", "valueInteger"):
        if element.get(name) is not None:
            return str(element[name])
    if isinstance(element.get("valueBoolean"), bool):
        return str(element["valueBoolean"]).lower()
    concept = element.get("valueCodeableConcept")
    return None if not concept else _concept_wording(concept)


def _concept_wording(concept: Mapping[str, Any]) -> str | None:
    codings = concept.get("coding") or [{}]
    wording = concept.get("text") or codings[0].get("display") or codings[0].get("code")
    return str(wording) if wording else None


def _interpretation(element: Mapping[str, Any]) -> str | None:
    for concept in element.get("interpretation") or ():
        for coding in concept.get("coding") or ():
            if coding.get("code"):
                return str(coding["code"])
    return None


def _interval(
    element: Mapping[str, Any], value: Quantity | str, item: ObservationItem | None
) -> tuple[Decimal | None, Decimal | None, str | None]:
    """The stated interval in the value's own unit; several intervals decide nothing."""
    if item is not None:
        found = item.reference_range
        if found is None:
            return None, None, None
        return found.low, found.high, found.text
    ranges = list(element.get("referenceRange") or ())
    if len(ranges) != 1:
        return None, None, None
    stated = ranges[0]
    low = _edge(stated.get("low") or {}, value)
    return low, _edge(stated.get("high") or {}, value), stated.get("text")


def _edge(edge: Mapping[str, Any], value: Quantity | str) -> Decimal | None:
    """A limit in the value's own unit; in another unit it says nothing about the value."""
    if not isinstance(value, Quantity) or edge.get("value") is None:
        return None
    code = edge.get("code")
    same = edge.get("unit") in (None, value.unit) or (code is not None and code == value.code)
    return Decimal(str(edge["value"])) if same else None


def _derived(value: Quantity | str, low: Decimal | None, high: Decimal | None) -> str | None:
    """H above the interval, L below it, N inside a closed one; a limit itself is inside.

    A value with a comparator (``<5``) decides only where every value that it allows lies on
    one side.
    """
    if not isinstance(value, Quantity) or (low is None and high is None):
        return None
    number, comparator = value.value, value.comparator
    if (
        high is not None
        and comparator in (None, ">", ">=")
        and (number > high or (comparator == ">" and number == high))
    ):
        return "H"
    if (
        low is not None
        and comparator in (None, "<", "<=")
        and (number < low or (comparator == "<" and number == low))
    ):
        return "L"
    return "N" if comparator is None else None


def interval_shown(result: Result, visit: Visit) -> str | None:
    """The stated interval as written; ``None`` without one."""
    unit = unit_text(result.value.unit) if isinstance(result.value, Quantity) else ""
    space = "" if not unit or unit.startswith(("%", "℃")) else " "
    low = None if result.low is None else exact_number(result.low)
    high = None if result.high is None else exact_number(result.high)
    if low is not None and high is not None:
        return f"{low}–{high}{space}{unit}"
    if low is not None:
        return f"≥{low}{space}{unit}"
    if high is not None:
        return f"≤{high}{space}{unit}"
    return free_text(result.interval_text, visit.language) if result.interval_text else None


def value_shown(result: Result, visit: Visit) -> str:
    """The value as written in a sentence."""
    if isinstance(result.value, Quantity):
        return quantity_shown(result.value, visit.language)
    return _coded_value(result, visit) or free_text(result.value, visit.language)


def _coded_value(result: Result, visit: Visit) -> str | None:
    path = f"{result.path}.valueCodeableConcept"
    term = term_of(result.element.get("valueCodeableConcept"), path, visit.language)
    return term.shown(visit.language) if term else None


def result_evidence(result: Result, visit: Visit) -> list[Evidence]:
    """Analyte, value, unit, interval, stated flag and time of a result."""
    reference, path = result.item.reference, result.path
    found: list[Evidence] = []
    name = term_of(result.element.get("code"), f"{path}.code", visit.language)
    if name is not None:
        found.extend(term_evidence(reference, name)[:1])
    if isinstance(result.value, Quantity):
        found.append(recorded(reference, f"{path}.valueQuantity.value", result.value.value))
        unit = result.element["valueQuantity"]
        if result.value.unit:
            part = "unit" if unit.get("unit") else "code"
            found.append(recorded(reference, f"{path}.valueQuantity.{part}", result.value.unit))
    else:
        term = term_of(
            result.element.get("valueCodeableConcept"),
            f"{path}.valueCodeableConcept",
            visit.language,
        )
        if term is not None:
            found.extend(term_evidence(reference, term)[:1])
        else:
            kind = next(
                k for k in ("valueString", "valueInteger", "valueBoolean") if k in result.element
            )
            found.append(recorded(reference, f"{path}.{kind}", result.value))
    found.extend(_interval_evidence(result))
    if result.is_stated and result.flag:
        found.append(recorded(reference, f"{path}.interpretation.coding.code", result.flag))
    if result.item.when is not None:
        found.append(recorded(reference, time_path(result.item), result.item.when.text))
    return found


def _interval_evidence(result: Result) -> list[Evidence]:
    reference, found = result.item.reference, []
    for index, stated in enumerate(result.element.get("referenceRange") or ()):
        for name, edge in (("low", result.low), ("high", result.high)):
            value = (stated.get(name) or {}).get("value")
            if edge is not None and value is not None and Decimal(str(value)) == edge:
                path = f"{result.path}.referenceRange[{index}].{name}.value"
                found.append(recorded(reference, path, value))
        if result.low is None and result.high is None and stated.get("text"):
            path = f"{result.path}.referenceRange[{index}].text"
            found.append(recorded(reference, path, stated["text"]))
    return found


def analyte_name(result: Result, visit: Visit) -> str:
    """The analyte's wording in the document."""
    term = term_of(result.element.get("code"), f"{result.path}.code", visit.language)
    return term.shown(visit.language) if term else result.analyte


def flag_words(result: Result, visit: Visit) -> str | None:
    """What the flag says, in words; an unknown code stands as it is."""
    if result.flag is None or result.flag == "N":
        return None
    return label(FLAGS, result.flag, visit.language)


def _result_entry(result: Result, visit: Visit) -> Entry:
    name, interval = analyte_name(result, visit), interval_shown(result, visit)
    moment = time_text(result.item.when, visit)
    exact = (
        quantity_exact(result.value)
        if isinstance(result.value, Quantity)
        else value_shown(result, visit)
    )
    reference = visit.say(f"参考区间{interval}", f"reference {interval}") if interval else None
    flag = flag_words(result, visit)
    value = f"{name} {listed((exact, reference, flag), visit.language)}"
    space = visit.say("" if name.endswith("）") else " ", " ")
    words = f"{name}{space}{value_shown(result, visit)}"
    if flag:
        words += visit.say(f"，{flag}", f", {flag}")
    details = listed((reference, moment), visit.language)
    if details:
        words += visit.say(f"（{details}）", f" ({details})")
    return Entry(value, words, tuple(result_evidence(result, visit)))


def _reports(visit: Visit, shown: list[Result]) -> list[ReportItem]:
    """Laboratory reports of the document that say more than the results already shown."""
    told_items = {r.item.reference for r in shown}
    in_reach = [
        r
        for r in visit.record.reports
        if r.status not in _VOID
        and r.category in LABORATORY_REPORTS
        and (visit.holds(r) or (not visit.document_type.needs_stay and not visit.is_after(r.when)))
    ]
    return [
        r
        for r in in_reach
        if r.conclusion
        or (visit.holds(r) and not told_items.intersection(r.results) and _adds(r, visit))
    ]


def _adds(report: ReportItem, visit: Visit) -> bool:
    """Whether a report without a conclusion is more than the frame of known results."""
    known = {o.reference for o in visit.record.observations if is_laboratory(o, visit)}
    return not known.intersection(report.results)


def _report_entry(report: ReportItem, visit: Visit) -> Entry:
    return report_entry(report, visit, visit.say("检验报告：", "Laboratory report: "))


def report_entry(report: ReportItem, visit: Visit, head: str) -> Entry:
    """A diagnostic report: what it is, when, and its conclusion."""
    term = term_of(report.resource.get("code"), "DiagnosticReport.code", visit.language)
    evidence = [*term_evidence(report.reference, term)[:1]] if term else []
    moment = time_text(report.when, visit)
    if report.when is not None:
        evidence.append(recorded(report.reference, _report_time(report), report.when.text))
    conclusion = None
    if report.conclusion:
        conclusion = free_text(report.conclusion, visit.language)
        evidence.append(
            recorded(report.reference, "DiagnosticReport.conclusion", report.conclusion)
        )
    name = term.shown(visit.language) if term else None
    title = listed((moment, name), visit.language)
    value = visit.say("：", ": ").join(p for p in (title, conclusion) if p)
    return Entry(value, f"{head}{value}", tuple(evidence))


def _report_time(report: ReportItem) -> str:
    for name in ("effectiveDateTime", "effectivePeriod", "issued"):
        if name in report.resource:
            return f"DiagnosticReport.{name}" + (".start" if name == "effectivePeriod" else "")
    return "DiagnosticReport.issued"
