"""The stay or visit that a document is about, and which items of the record belong to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from suwen.apps.record_writer.moments import Moment, end_of, start_of
from suwen.apps.record_writer.schema import DocumentType
from suwen.core.errors import NotFoundError, PreconditionError
from suwen.core.language import Bilingual, Language
from suwen.core.record import EncounterItem, PatientRecord, RecordItem, When

#: HL7 v3 ActEncounterCode: inpatient and its two kinds.
INPATIENT_CLASSES = frozenset({"IMP", "ACUTE", "NONAC"})
_NOT_HELD = frozenset({"planned", "cancelled", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Visit:
    """What is written about, in which language, and the time it spans.

    Attributes:
        start: when it began; ``None`` where not recorded.
        end: when it ended; ``None`` while it goes on or where not recorded.
        members: ``Encounter/id`` of it and of the encounters that are part of it.
    """

    record: PatientRecord = field(repr=False)
    encounter: EncounterItem
    document_type: DocumentType
    language: Language
    start: Moment | None
    end: Moment | None
    members: frozenset[str]

    @property
    def is_stay(self) -> bool:
        """Whether it is an inpatient stay."""
        return self.encounter.encounter_class in INPATIENT_CLASSES

    def say(self, zh: str, en: str) -> str:
        """The wording in the document's language."""
        return zh if self.language is Language.ZH else en

    def holds(self, item: RecordItem) -> bool:
        """Whether the item belongs to the visit: by its link, else by its time.

        An item that names another encounter does not belong to it, whatever its time.
        """
        if item.encounter is not None:
            return item.encounter in self.members
        moment = start_of(item.when)
        if moment is None or self.start is None:
            return False
        return not moment.is_before(self.start) and not self.is_after(item.when)

    def is_before(self, when: When | None) -> bool:
        """Whether a time lies before the visit began; an unknown time does not."""
        moment = start_of(when)
        return moment is not None and self.start is not None and moment.is_before(self.start)

    def is_after(self, when: When | None) -> bool:
        """Whether a time lies after the visit ended; unknown times and open visits: no."""
        moment = start_of(when)
        return moment is not None and self.end is not None and moment.is_after(self.end)

    def ended_before(self, when: When | None) -> bool:
        """Whether something had certainly ended before the visit began."""
        moment = end_of(when)
        return moment is not None and self.start is not None and moment.is_before(self.start)


def choose_visit(
    record: PatientRecord,
    encounter_id: str | None,
    document_type: DocumentType,
    language: Language,
) -> Visit:
    """The encounter to write about.

    Without an id: for inpatient documents the stay that began last, for others the encounter
    that began last; planned, cancelled and mistakenly entered ones do not count.

    Raises:
        NotFoundError: ``encounter_not_found``.
        PreconditionError: ``no_inpatient_encounter``, ``encounter_not_inpatient``,
            ``no_encounter`` or ``encounter_not_held``.
    """
    if encounter_id is None:
        chosen = _latest(record, document_type)
    else:
        chosen = _named(record, encounter_id, document_type)
    reference = chosen.reference
    parts = {e.reference for e in record.encounters if e.part_of == reference}
    return Visit(
        record=record,
        encounter=chosen,
        document_type=document_type,
        language=language,
        start=start_of(chosen.when),
        end=end_of(chosen.when),
        members=frozenset({reference, *parts}),
    )


def _latest(record: PatientRecord, document_type: DocumentType) -> EncounterItem:
    held = [e for e in record.encounters if e.status not in _NOT_HELD]
    if document_type.needs_stay:
        held = [e for e in held if e.encounter_class in INPATIENT_CLASSES]
        if not held:
            raise PreconditionError(
                "no_inpatient_encounter",
                Bilingual(
                    zh="该患者没有住院记录，不能书写住院文书。",
                    en="The patient has no inpatient stay; an inpatient document cannot be "
                    "written.",
                ),
                field="encounter_id",
            )
    if not held:
        raise PreconditionError(
            "no_encounter",
            Bilingual(
                zh="该患者没有就诊记录，不能书写病历。",
                en="The patient has no encounter; no document can be written.",
            ),
            field="encounter_id",
        )
    return held[-1]


def _named(record: PatientRecord, encounter_id: str, document_type: DocumentType) -> EncounterItem:
    reference = f"Encounter/{encounter_id.removeprefix('Encounter/')}"
    chosen = next((e for e in record.encounters if e.reference == reference), None)
    if chosen is None:
        raise NotFoundError(
            "encounter_not_found",
            Bilingual(
                zh="该患者的记录中没有这次就诊。",
                en="The patient's record holds no such encounter.",
            ),
            field="encounter_id",
        )
    if chosen.status in _NOT_HELD:
        raise PreconditionError(
            "encounter_not_held",
            Bilingual(
                zh="这次就诊是计划中的、已取消的或误录的，不能书写病历。",
                en="The encounter is planned, cancelled or entered in error; no document can "
                "be written about it.",
            ),
            field="encounter_id",
        )
    if document_type.needs_stay and chosen.encounter_class not in INPATIENT_CLASSES:
        raise PreconditionError(
            "encounter_not_inpatient",
            Bilingual(
                zh="这次就诊不是住院，不能书写住院文书。",
                en="The encounter is not an inpatient stay; an inpatient document cannot be "
                "written about it.",
            ),
            field="encounter_id",
        )
    return chosen
