"""What keeps people from relying on an output more than they may.

Training before access, the own view before the output, and checks that are planted. Each asks the
general database; where a process has none, as the device partition's, what a manifest or the
register demands cannot be shown to be met, and is refused.
"""

from __future__ import annotations

from typing import Final

from suwen.control.governance.competence import Standing, refusal_of, standing_of
from suwen.control.governance.first_opinion import check_opinion, opinion_wanted
from suwen.core.draft import DraftRecord, DraftStatus
from suwen.core.identity import AppId, DraftId, PatientId, Principal, Purpose, ReleaseHash
from suwen.core.manifest import Manifest
from suwen.core.ports import Clock
from suwen.storage.first_opinions import FirstOpinion, FirstOpinionStore
from suwen.storage.planted_checks import PlantedCheckStore
from suwen.storage.training import TrainingStore

_DECIDED: Final = (DraftStatus.SIGNED, DraftStatus.REJECTED)


class Reliance:
    """The guards against over-reliance, over their stores."""

    def __init__(
        self,
        training: TrainingStore,
        opinions: FirstOpinionStore,
        checks: PlantedCheckStore,
        clock: Clock,
    ) -> None:
        self.training = training
        self.opinions = opinions
        self.checks = checks
        self._clock = clock

    async def require_trained(self, principal: Principal, manifest: Manifest) -> None:
        """Lets a person pass who was trained, where the register asks for it; services pass.

        Raises:
            GovernanceError: ``training_missing``, ``training_expired``, ``training_not_passed``.
        """
        if not principal.is_person or not await self.training.demanded_months(manifest.id):
            return
        records = await self.training.records(principal.id, manifest.id)
        standing = standing_of(records, self._clock.now().date())
        if standing is not Standing.VALID:
            raise refusal_of(standing, manifest)

    async def require_view(
        self, principal: Principal, draft: DraftRecord, manifest: Manifest
    ) -> None:
        """Lets somebody pass who may see the output of a draft now.

        Raises:
            PreconditionError: ``first_opinion_needed``.
        """
        if draft.status in _DECIDED or not asks_view(principal, manifest):
            return
        if not principal.is_person or not await self.opinions.has(draft.id, principal.id):
            raise opinion_wanted(manifest)

    async def keep_view(
        self,
        principal: Principal,
        draft: DraftId,
        app: AppId,
        release: ReleaseHash,
        patient: str | None,
        opinion: str,
    ) -> None:
        """Keeps somebody's view, before the output is shown to them.

        Raises:
            InputError: ``first_opinion_too_short``, ``field_too_long``.
            ConflictError: ``first_opinion_written``.
        """
        wanted = FirstOpinion(
            draft=draft,
            person=principal.id,
            app=app,
            release=release,
            patient=PatientId(patient) if patient is not None else None,
            opinion=check_opinion(opinion),
            written_at=self._clock.now(),
        )
        await self.opinions.put(wanted)


def asks_view(principal: Principal, manifest: Manifest) -> bool:
    """Whether somebody is asked for their own view first: whoever treats patients, not offices
    that look back and not runs for evaluation."""
    return manifest.first_opinion and principal.purpose is Purpose.TREATMENT
