"""Laboratory results that nobody acted on, or that a note or their own flag contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from suwen.apps.record_writer.moments import start_of
from suwen.apps.record_writer.parts.laboratory import (
    CRITICAL,
    HIGH,
    LOW,
    NORMAL,
    Result,
    results_of,
)
from suwen.apps.record_writer.parts.measurements import codes_of
from suwen.apps.record_writer.parts.problems import time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import exact_number, recorded
from suwen.clinical.analytes import analyte_of_loinc
from suwen.core.finding import Confidence, Evidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import NoteItem, Quantity

_CRITICAL_VALUES = Source(
    "医疗质量安全核心制度要点（国卫医发〔2018〕8号）", "2018", "危急值报告制度"
)
_CONSISTENCY = Source("电子病历应用管理规范（试行）；病案质控常见缺陷", "2017", "检验与病程一致")
#: How long before a note a result may be to be the one that the note speaks of.
NOTE_REACH = timedelta(hours=24)


def critical_findings(visit: Visit) -> Iterable[Finding]:
    """Critical values of the visit after which no note mentions the analyte."""
    for result in _held(visit):
        if result.flag not in CRITICAL or start_of(result.item.when) is None:
            continue
        if any(_mentions(note, result) for note in _notes_after(result, visit)):
            continue
        when = time_text(result.item.when, visit)
        name, value = _name(result), _value(result)
        yield Finding(
            rule="RW-L01",
            severity=Severity.MAJOR,
            message=Bilingual(
                zh=f"危急值：{name} {value}（{when}），其后的病程记录未提及处理。",
                en=f"Critical value: {name} {value} ({when}); no later note mentions it.",
            ),
            source=_CRITICAL_VALUES,
            confidence=Confidence.FROM_MEMORY,
            suggestion=Bilingual(
                zh="请核实处理情况并补记危急值处理记录。",
                en="Verify what was done and record how the critical value was handled.",
            ),
            evidence=_evidence(result),
        )


def note_findings(visit: Visit) -> Iterable[Finding]:
    """Notes that call an analyte normal although its last result before them was not."""
    results = _held(visit)
    for note in visit.record.notes:
        if not visit.holds(note) or note.when is None or note.when.precision != "instant":
            continue
        for result in _last_before(note, results):
            if not result.is_abnormal:
                continue
            claim = _normal_claim(note.text, result)
            if claim is None:
                continue
            when = time_text(result.item.when, visit)
            name, value = _name(result), _value(result)
            critical = result.flag in CRITICAL
            yield Finding(
                rule="RW-L02",
                severity=Severity.MAJOR if critical or _far_out(result) else Severity.MODERATE,
                message=Bilingual(
                    zh=f"病程记录写“{claim}”，而{name} {value}（{when}）不正常。",
                    en=f"A note says “{claim}” while {name} was {value} ({when}), not normal.",
                ),
                source=_CONSISTENCY,
                confidence=Confidence.FROM_MEMORY,
                suggestion=Bilingual(
                    zh="请核对检验结果并更正病程记录。",
                    en="Check the result and correct the note.",
                ),
                evidence=(
                    *_evidence(result),
                    recorded(note.reference, _note_path(note), claim),
                ),
            )


def flag_findings(visit: Visit) -> Iterable[Finding]:
    """Results whose stated flag contradicts the interval stated with them."""
    for result in _held(visit):
        if not result.is_stated or not isinstance(result.value, Quantity):
            continue
        number = result.value.value
        if result.value.comparator is not None:
            continue
        over = result.high is not None and number > result.high
        under = result.low is not None and number < result.low
        inside = result.low is not None and result.high is not None and not (over or under)
        wrong = (
            (over and result.flag in LOW | NORMAL)
            or (under and result.flag in HIGH | NORMAL)
            or (inside and result.flag in HIGH | LOW)
        )
        if wrong:
            name, value = _name(result), _value(result)
            yield Finding(
                rule="RW-L03",
                severity=Severity.MODERATE,
                message=Bilingual(
                    zh=f"{name} {value} 的标记（{result.flag}）与所附参考区间不符。",
                    en=f"The flag ({result.flag}) of {name} {value} contradicts the interval "
                    "stated with it.",
                ),
                source=_CONSISTENCY,
                confidence=Confidence.FROM_MEMORY,
                evidence=_evidence(result),
            )


def _held(visit: Visit) -> list[Result]:
    return [r for r in results_of(visit) if visit.holds(r.item)]


def _last_before(note: NoteItem, results: Iterable[Result]) -> Iterable[Result]:
    """Each analyte's last result in the day before the note."""
    last: dict[str, Result] = {}
    written = start_of(note.when)
    for result in results:
        taken = start_of(result.item.when)
        if written is None or taken is None or not taken.is_instant or taken.is_after(written):
            continue
        if written.at - taken.at <= NOTE_REACH:
            last[result.analyte] = result
    return last.values()


def _notes_after(result: Result, visit: Visit) -> list[NoteItem]:
    taken = start_of(result.item.when)
    return [
        note
        for note in visit.record.notes
        if visit.holds(note)
        and (written := start_of(note.when)) is not None
        and taken is not None
        and not written.is_before(taken)
    ]


def _names_of(result: Result) -> list[str]:
    """Every wording of the analyte, longest first."""
    concept = result.element.get("code") or {}
    names = {str(concept.get("text") or "")}
    names.update(str(c.get("display") or "") for c in concept.get("coding") or ())
    for code in codes_of(concept):
        known = analyte_of_loinc(code)
        if known is not None:
            names.update(known.names)
    names.update(n.replace("血清", "血") for n in list(names) if n.startswith("血清"))
    return sorted((n for n in names if len(n) > 1), key=len, reverse=True)


def _mentions(note: NoteItem, result: Result) -> bool:
    return any(_word(name).search(note.text) for name in _names_of(result))


def _normal_claim(text: str, result: Result) -> str | None:
    """The words with which a note calls the analyte normal."""
    for name in _names_of(result):
        escaped = _word(name).pattern
        for pattern in (
            rf"{escaped}(?:水平|浓度|结果|值)?(?:均|基本|大致)?(?:正常|未见异常|在正常范围)",
            rf"{escaped}(?: level)?(?: (?:is|was|remains?))?(?: within)?(?: the)? normal",
            rf"normal {escaped}",
        ):
            found = re.search(pattern, text, re.I)
            if found:
                return found[0]
    return None


def _word(name: str) -> re.Pattern[str]:
    escaped = re.escape(name)
    if name.isascii():
        escaped = rf"(?<![A-Za-z]){escaped}(?![A-Za-z])"
    return re.compile(escaped, re.I)


def _far_out(result: Result) -> bool:
    """Whether a value lies beyond its interval by a tenth of the limit or more."""
    if not isinstance(result.value, Quantity):
        return False
    number = result.value.value
    if result.high is not None and number > result.high:
        return number * 10 >= result.high * 11
    return result.low is not None and number * 10 <= result.low * 9


def _name(result: Result) -> str:
    concept = result.element.get("code") or {}
    codings = concept.get("coding") or [{}]
    return str(concept.get("text") or codings[0].get("display") or result.analyte)


def _value(result: Result) -> str:
    if isinstance(result.value, Quantity):
        unit = f" {result.value.unit}" if result.value.unit else ""
        return f"{result.value.comparator or ''}{exact_number(result.value.value)}{unit}"
    return result.value


def _evidence(result: Result) -> tuple[Evidence, ...]:
    if isinstance(result.value, Quantity):
        path = f"{result.path}.valueQuantity.value"
        return (recorded(result.item.reference, path, result.value.value),)
    return (recorded(result.item.reference, "Observation.status", result.item.status),)


def _note_path(note: NoteItem) -> str:
    if note.reference.startswith("Composition/"):
        return "Composition.section.text.div"
    return "DocumentReference.content[0].attachment.data"
