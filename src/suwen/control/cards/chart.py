"""When a record is opened or an encounter begins: what waits, what is owed, what is dangerous."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from suwen.clinical.laboratory.book import LaboratoryBook, laboratory_book
from suwen.clinical.prescription_review.rulebook import rule_book
from suwen.control.cards.allergies import AllergyKind, is_documented, read_allergies
from suwen.control.cards.critical_results import critical_results
from suwen.control.cards.documents import (
    INPATIENT,
    current_stay,
    owed_cards,
    patient_link,
    waiting_cards,
)
from suwen.control.cards.medicines import reader_of
from suwen.control.cards.wording import listed, named, recorded
from suwen.core.cards import Card, CardAnswer, CardCase, CardTopic, Hook, Unchecked
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual

RECORDED_ALLERGIES = "CDS-S01"
NO_ALLERGY_STATUS = "CDS-S02"

_ALLERGY_LIST = Source("HL7 FHIR R4 AllergyIntolerance, as recorded", "4.0.1")
_NORM = Source("病历书写基本规范（卫医政发〔2010〕11号）", "2010", "入院记录：过敏史")
_MOST_TOLD = 6
_NOT_OBTAINED = Bilingual(zh="未取得相关记录", en="the record of them was not obtained")
_NOT_THERE = Bilingual(
    zh="所指的就诊不在取得的记录中", en="the encounter named is not in what was obtained"
)
_NOT_LOOKED = Bilingual(
    zh="本平台不认识当前用户，或其无权查看该患者",
    en="this platform does not know the user, or the user may not see the patient here",
)
_WHAT = {
    "AllergyIntolerance": Bilingual("过敏", "allergies"),
    "Observation": Bilingual("危急值", "critical results"),
    "DocumentReference": Bilingual("应完成的文书", "documents that are due"),
    "Encounter": Bilingual("本次就诊与文书时限", "the encounter and its time limits"),
    "MedicationRequest": Bilingual("用药", "medicines"),
    "ServiceRequest": Bilingual("未完成的检查医嘱", "examinations that are still open"),
    "DiagnosticReport": Bilingual("未出的报告", "reports still to come"),
}


class ChartReminders:
    """What somebody who opens the record should know first.

    Args:
        laboratory: the tables of the hospital's laboratory as they work now.
    """

    card_title = Bilingual(zh="患者要点", en="Patient reminders")
    card_hooks = frozenset({Hook.PATIENT_VIEW, Hook.ENCOUNTER_START})
    card_reads = frozenset({"Encounter", "AllergyIntolerance", "Observation", "DocumentReference"})

    def __init__(self, laboratory: Callable[[], LaboratoryBook] = laboratory_book) -> None:
        self._laboratory = laboratory

    def cards(self, case: CardCase) -> CardAnswer:
        """Critical results, allergies, owed and waiting documents, the gravest first."""
        results = critical_results(case, self._laboratory())
        cards = [*results.cards, *allergy_cards(case)]
        unchecked = [*results.unchecked, *not_obtained(case, self.card_reads)]
        stay = current_stay(case)
        if stay is not None and case.obtained("Encounter", "DocumentReference"):
            if stay.when is None and stay.encounter_class in INPATIENT:
                unchecked.append(_no_admission_time())
            cards.extend(owed_cards(case, stay))
        cards.extend(waiting_cards(case))
        return CardAnswer(tuple(cards), tuple(unchecked))


def allergy_cards(case: CardCase) -> Iterator[Card]:
    """The recorded allergies in one card; at the start of an encounter, that nobody asked."""
    if not case.obtained("AllergyIntolerance"):
        return
    if not is_documented(case.record):
        if case.hook is not Hook.PATIENT_VIEW:
            yield _no_status(case)
        return
    reader = reader_of(rule_book())
    standing = [a for a in read_allergies(case.record, reader) if a.kind is not AllergyKind.ABSENCE]
    told = [a for a in standing if a.label]
    if not told or case.hook is Hook.ENCOUNTER_DISCHARGE:
        return
    names = listed(dict.fromkeys(named(a.label) for a in told), _MOST_TOLD)
    yield Card(
        finding=Finding(
            rule=RECORDED_ALLERGIES,
            severity=Severity.MODERATE if any(a.grave for a in told) else Severity.INFO,
            message=Bilingual(
                zh=f"记录的过敏：{names.zh}。", en=f"Recorded allergies: {names.en}."
            ),
            source=_ALLERGY_LIST,
            confidence=Confidence.VERIFIED,
            evidence=tuple(
                recorded(a.item.reference, "AllergyIntolerance.code", a.label) for a in told
            ),
        ),
        topic=CardTopic.ALLERGY,
        details=tuple(
            Bilingual(
                zh=f"{named(a.label)}：{named('; '.join(a.item.reactions))}",
                en=f"{named(a.label)}: {named('; '.join(a.item.reactions))}",
            )
            for a in told
            if a.item.reactions
        ),
        links=patient_link(case),
    )


def _no_status(case: CardCase) -> Card:
    return Card(
        finding=Finding(
            rule=NO_ALLERGY_STATUS,
            severity=Severity.MODERATE,
            message=Bilingual(
                zh="未记录过敏史：既无过敏条目，也无“无已知过敏”的记录。",
                en="No allergy status: neither an allergy nor that none is known is recorded.",
            ),
            source=_NORM,
            confidence=Confidence.FROM_MEMORY,
        ),
        topic=CardTopic.ALLERGY_STATUS,
        links=patient_link(case),
    )


def not_obtained(case: CardCase, wanted: Iterable[str]) -> Iterator[Unchecked]:
    """What could not be looked at."""
    for kind in sorted(wanted):
        if kind in _WHAT and not case.obtained(kind):
            yield Unchecked(_WHAT[kind], _NOT_OBTAINED)
    if case.encounter is not None and case.obtained("Encounter") and current_stay(case) is None:
        yield Unchecked(_WHAT["Encounter"], _NOT_THERE)
    if case.drafts is None:
        yield Unchecked(Bilingual("本平台的待签文书", "documents that wait here"), _NOT_LOOKED)


def _no_admission_time() -> Unchecked:
    return Unchecked(
        Bilingual(zh="文书时限", en="time limits of documents"),
        Bilingual(zh="没有入院时间", en="there is no time of admission"),
    )
