"""Second readings: who is handed which drawn draft, blind, and what they say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.monitoring.drawing import VERDICTS
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.draft_access import DraftDoor
from suwen.control.gateway.sign_off_types import SIGN_ROLES
from suwen.core.draft import RejectReason
from suwen.core.errors import ConflictError, InputError, NotFoundError
from suwen.core.identity import AppId, DraftId, Principal, Role
from suwen.core.language import Bilingual
from suwen.evaluation.monitoring.agreement import Agreement, cohen_kappa
from suwen.storage.second_reviews import (
    THIRD,
    Judgement,
    ReviewCase,
    Reviewed,
    SecondReviewStore,
    no_such_review,
    ones_own,
)

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

FAULTS: Final = tuple(one.value for one in RejectReason if one is not RejectReason.NOT_NEEDED)
SENIOR: Final = frozenset({Role.CHIEF_PHYSICIAN, Role.QUALITY_OFFICER})
AGREEMENT_DAYS: Final = 365
MOST_QUEUED: Final = 50


@dataclass(frozen=True, slots=True)
class BlindCase:
    """A case as its reader sees it: nothing of who decided before, or how.

    Attributes:
        document: the document as it was built; ``None`` where the draft has none.
        findings: what the application found.
    """

    id: str
    app: str
    stage: str
    document: Mapping[str, Any] | None = field(repr=False)
    findings: Sequence[Mapping[str, Any]] = field(repr=False)
    patient: str | None


@dataclass(frozen=True, slots=True)
class ReviewTotals:
    """Second readings of one application.

    Attributes:
        upheld: of those settled by a third reader, how often the first reader's verdict stood.
    """

    app: str
    drawn: int
    waiting: int
    agreement: Agreement
    third: int
    upheld: int


class ReviewDesk:
    """Hands drawn drafts to readers and keeps what they say."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._parts = platform.parts
        self._store = SecondReviewStore(platform.database)
        self._door = DraftDoor(platform.parts)

    async def queue(self, principal: Principal) -> list[ReviewCase]:
        """The cases that wait for this reader, the oldest first, at most 50."""
        mine: list[ReviewCase] = []
        for one in await self._store.list(waiting=True):
            if len(mine) < MOST_QUEUED and await self._may_judge(one, principal):
                mine.append(one.case)
        return mine

    async def open(self, review: str, principal: Principal) -> BlindCase:
        """A case, blind; that it is read is on the audit before it is.

        Raises:
            NotFoundError: ``no_such_review``, also for whom it is not.
        """
        found = await self._mine(review, principal)
        act = act_of(
            principal,
            "review.read",
            app=found.case.app,
            subject=f"Draft/{found.case.draft}",
            patient=found.case.patient,
            review=review,
        )
        async with audited(self._platform.audit, act):
            versions = await self._platform.drafts.versions(DraftId(found.case.draft))
        if not versions:
            raise no_such_review()
        result = versions[0].content["result"]
        return BlindCase(
            id=review,
            app=found.case.app,
            stage=found.stage or "",
            document=result.get("document"),
            findings=tuple(result.get("findings", ())),
            patient=found.case.patient,
        )

    async def judge(
        self, review: str, verdict: str, faults: Sequence[str], principal: Principal
    ) -> None:
        """Keeps a reader's verdict.

        Raises:
            NotFoundError: as ``open``.
            InputError: ``verdict_wrong``, ``faults_wrong``.
            ConflictError: ``review_judged``, ``review_is_ones_own``.
        """
        found = await self._mine(review, principal)
        _check(verdict, faults)
        if found.case.first_reader == principal.id:
            raise ones_own()
        roles = principal.roles & (self._sign_roles(found.case.app) | SENIOR)
        act = act_of(
            principal,
            "review.judge",
            app=found.case.app,
            subject=f"Draft/{found.case.draft}",
            patient=found.case.patient,
            review=review,
            verdict=verdict,
        )
        async with audited(self._platform.audit, act):
            await self._store.judge(
                Judgement(
                    review=review,
                    stage=found.stage or "",
                    reader=principal.id,
                    role=max(roles).value,
                    verdict=verdict,
                    faults=tuple(faults),
                    judged_at=self._platform.clock.now(),
                )
            )

    async def totals(self, principal: Principal) -> list[ReviewTotals]:
        """Agreement by application over the last year.

        Raises:
            AccessError: for whoever may not see the monitoring.
        """
        self._parts.access.require(principal, Action.READ_MONITORING, InstallationTarget())
        until = self._platform.clock.now()
        since = until - timedelta(days=AGREEMENT_DAYS)
        found = []
        for app in sorted(self._parts.applications):
            cases = [c for c in await self._store.list(app) if since <= c.case.decided_at]
            if cases:
                found.append(await self._totals(app, cases, since, until))
        return found

    async def _totals(
        self, app: AppId, cases: Sequence[Reviewed], since: datetime, until: datetime
    ) -> ReviewTotals:
        third = [one for one in cases if one.third is not None]
        return ReviewTotals(
            app=app,
            drawn=len(cases),
            waiting=sum(one.stage is not None for one in cases),
            agreement=cohen_kappa(await self._store.verdicts(app, since, until)),
            third=len(third),
            upheld=sum(one.outcome == one.case.first_verdict for one in third),
        )

    async def _mine(self, review: str, principal: Principal) -> Reviewed:
        found = await self._store.read(review)
        if found.stage is None and found.second is not None:
            readers = {found.second.reader, found.third.reader if found.third else ""}
            if principal.id in readers:
                raise ConflictError(
                    "review_judged",
                    Bilingual(
                        zh="这份抽样已由他人评判，或您已评判过。",
                        en="Somebody else has judged this case meanwhile, or you have before.",
                    ),
                )
        if not await self._may_judge(found, principal):
            raise no_such_review()
        return found

    async def _may_judge(self, found: Reviewed, principal: Principal) -> bool:
        """Whether the case waits for this reader: another than those before, with a role that may
        sign, a senior one where two disagree."""
        readers = {found.case.first_reader, found.second.reader if found.second else ""}
        if found.stage is None or principal.id in readers:
            return False
        if found.stage == THIRD and not principal.roles & SENIOR:
            return False
        if AppId(found.case.app) not in self._parts.applications:
            return False
        try:
            draft = await self._platform.drafts.read(DraftId(found.case.draft))
        except NotFoundError:
            return False
        target = await self._door.target(principal, draft)
        return self._parts.access.decide(principal, Action.JUDGE_DRAFT, target).allowed

    def _sign_roles(self, app: str) -> frozenset[Role]:
        return SIGN_ROLES[self._parts.applications[AppId(app)].manifest.sign_off]


def _check(verdict: str, faults: Sequence[str]) -> None:
    if verdict not in VERDICTS:
        raise InputError(
            "verdict_wrong", Bilingual(zh="请选择结论。", en="Choose a verdict."), field="verdict"
        )
    if set(faults) - set(FAULTS) or bool(faults) == (verdict == VERDICTS[0]):
        raise InputError(
            "faults_wrong",
            Bilingual(
                zh="有问题时至少选择一项；无须修改时不选。",
                en="Choose at least one fault, and none where nothing needs a change.",
            ),
            field="faults",
        )
