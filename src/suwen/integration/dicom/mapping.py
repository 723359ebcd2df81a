"""Brings received studies into the record, or into the queue of those that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.integration.dicom.matching import IdentifierRules, Match, match, study_number
from suwen.integration.dicom.study import imaging_study, modalities, stored_study
from suwen.storage.imaging import ImagingStore, StoredInstance, Study, StudyState
from suwen.storage.record_import import StoredResource

QUIET: Final = timedelta(seconds=2)
"""A study of which nothing came for so long is mapped."""

LONGEST: Final = timedelta(seconds=15)
"""A study that keeps growing is mapped at least so often."""

RETRIED: Final = frozenset({"patient_unknown", "patient_ambiguous"})
"""Reasons that a later message of the HIS may settle without a person."""

_AT_ONCE: Final = 50


class StudyMapper:
    """Maps the studies of one connection."""

    def __init__(
        self, store: ImagingStore, connection: str, rules: IdentifierRules, clock: Clock
    ) -> None:
        self._store = store
        self._connection = connection
        self._rules = rules
        self._clock = clock

    async def map_new(self) -> list[Study]:
        """Maps what came and is quiet now; the studies as they stand after it."""
        now = self._clock.now()
        studies = await self._store.unmapped(
            self._connection,
            quiet_since=now - QUIET,
            begun_before=now - LONGEST,
            limit=_AT_ONCE,
        )
        return [await self.map_study(uid) for uid in studies]

    async def retry_waiting(self) -> list[Study]:
        """Tries studies again whose patient was not known; those that stand otherwise now."""
        linked: list[Study] = []
        for study in await self._store.waiting(self._connection, limit=_AT_ONCE * 4):
            if study.reason not in RETRIED or study.decided_by is not None:
                continue
            found = await self._matched(await self._store.of_study(study.study_uid))
            if found.reason != study.reason:
                linked.append(await self.map_study(study.study_uid))
        return linked

    async def map_study(self, study_uid: str) -> Study:
        """Maps one study as all its objects now say."""
        instances = await self._store.of_study(study_uid)
        before = await self._store.study(study_uid)
        if before is not None and before.decided_by is not None:
            found = await self._as_decided(before, instances)
        else:
            found = await self._matched(instances)
            if before is not None and before.state is StudyState.LINKED:
                found = _still(before, found)
        return await self._settle(instances, before, found, before)

    async def link(self, study_uid: str, patient: str, by: str) -> Study:
        """Links a study to a patient whom a person chose.

        Raises:
            NotFoundError: ``no_such_study``, ``patient_not_found``.
            ConflictError: ``study_of_another_origin`` when one is a demonstration's and the other
                is not.
        """
        instances, before = await self._known(study_uid)
        synthetic = await self._store.is_synthetic(patient)
        if synthetic is None:
            raise NotFoundError(
                "patient_not_found",
                Bilingual(
                    zh="病历库中没有该患者。", en="There is no such patient in the record store."
                ),
                field="patient",
            )
        if synthetic != before.synthetic:
            raise ConflictError(
                "study_of_another_origin",
                Bilingual(
                    zh="示范患者与真实影像（或反之）不能关联。",
                    en="A demonstration's patient and a real study, or the reverse, are never "
                    "linked.",
                ),
                field="patient",
            )
        found = Match(await self._store.survivor(patient), None)
        decided = self._decided(before, by)
        return await self._settle(instances, before, found, decided)

    async def set_aside(self, study_uid: str, reason: str, by: str) -> Study:
        """Takes a study out of the queue, and out of a record that it was linked to.

        Raises:
            NotFoundError: ``no_such_study``.
        """
        instances, before = await self._known(study_uid)
        decided = replace(self._decided(before, by), state=StudyState.SET_ASIDE)
        return await self._settle(instances, before, Match(None, reason), decided)

    async def _known(self, study_uid: str) -> tuple[list[StoredInstance], Study]:
        instances, before = await self._store.of_study(study_uid), None
        if instances:
            before = await self._store.study(study_uid) or await self.map_study(study_uid)
        if before is None:
            raise NotFoundError(
                "no_such_study", Bilingual(zh="没有该检查。", en="There is no such study.")
            )
        return instances, before

    def _decided(self, before: Study, by: str) -> Study:
        return replace(before, decided_by=by, decided_at=self._clock.now())

    async def _matched(self, instances: Sequence[StoredInstance]) -> Match:
        stated = study_number(instances)
        number = stated[0] if stated is not None else None
        candidates = await self._store.candidates(number) if number is not None else []
        return match(instances, candidates, self._rules)

    async def _as_decided(self, before: Study, instances: Sequence[StoredInstance]) -> Match:
        """What a person decided stands, unless later objects say another number."""
        if study_number(instances) is None and before.reason != "study_of_several_patients":
            return Match(None, "study_of_several_patients")
        patient = before.patient
        if patient is not None:
            patient = await self._store.survivor(patient)
        return Match(patient, None if patient else before.reason)

    async def _settle(
        self,
        instances: Sequence[StoredInstance],
        before: Study | None,
        found: Match,
        decided: Study | None,
    ) -> Study:
        resources: list[StoredResource] = []
        resource = before.resource if before is not None else None
        if found.patient is not None:
            body = imaging_study(instances, found.patient)
            resource = body["id"]
            resources.append(stored_study(instances, body))
        if before is not None and before.patient not in (None, found.patient):
            former = imaging_study(instances, str(before.patient), status="entered-in-error")
            resources.append(stored_study(instances, former))
        study = Study(
            study_uid=instances[0].study_uid,
            connection=instances[0].connection,
            synthetic=instances[0].synthetic,
            state=_state(found, decided),
            reason=found.reason,
            patient=found.patient,
            resource=resource if found.patient is not None else None,
            started=next((s for i in instances if (s := i.header.get("study_started"))), None),
            modalities=modalities(instances),
            instances=len(instances),
            changed_at=self._clock.now(),
            decided_by=decided.decided_by if decided is not None else None,
            decided_at=decided.decided_at if decided is not None else None,
        )
        try:
            await self._store.settle(study, resources, [i.sop_instance_uid for i in instances])
        except ConflictError as error:
            # Its ImagingStudy is there with another origin: a person must look.
            study = replace(
                study, state=StudyState.WAITING, reason=error.code, patient=None, resource=None
            )
            await self._store.settle(study, [], [i.sop_instance_uid for i in instances])
        return study


def _still(before: Study, found: Match) -> Match:
    """A link that was made stands as long as nothing speaks against the number itself."""
    if found.patient is not None or found.reason == "study_of_several_patients":
        return found
    return Match(before.patient, None)


def _state(found: Match, decided: Study | None) -> StudyState:
    if found.patient is not None:
        return StudyState.LINKED
    if decided is not None and decided.state is StudyState.SET_ASIDE:
        return StudyState.SET_ASIDE
    return StudyState.WAITING
