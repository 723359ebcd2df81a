"""The desk of the quality office: findings, the way to their authors and back, dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.bulk_runs import bulk_store
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.acts import Act, note
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError, ConflictError, InputError
from suwen.core.identity import Principal, Purpose, Role
from suwen.core.language import Bilingual
from suwen.storage.encryption import field_cipher
from suwen.storage.quality import (
    CONTESTED,
    DISMISSED,
    FOUND,
    OPEN,
    REPAIRED,
    SENT,
    STEPS,
    AskedOf,
    FindingKey,
    QualityFinding,
    QualityStep,
    QualityStore,
    no_such_finding,
)
from suwen.storage.quality_stays import JudgedStay, QualityTotals, judged_stays, totals

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

QUALITY_APP: Final = "record_quality"
VIEWS: Final = ("department", "author", "month")
LONGEST_COMMENT: Final = 500
_MOST_OF_A_STAY: Final = 1_000
_MOST_ASKED: Final = 500


class QualityDesk:
    """Who sees which finding, and who may take it a step on.

    The quality officer sees all for the purpose of quality; an author sees what was sent to
    them, and answers it. Who wrote a document is known by their staff identifier, and by their
    name only where one account alone bears it; else the physicians of the department answer.
    Nobody decides on an answer of their own.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = quality_store(platform)

    def is_officer(self, principal: Principal) -> bool:
        """Whether somebody works for the quality office now."""
        return (
            principal.is_person
            and principal.launched_for is None
            and Role.QUALITY_OFFICER in principal.roles
            and principal.purpose is Purpose.QUALITY
        )

    async def worklist(
        self,
        principal: Principal,
        *,
        states: Sequence[str] = OPEN,
        department: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[QualityFinding]:
        """Findings for the quality office.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require_officer(principal)
        act = act_of(principal, "quality.list", app=QUALITY_APP)
        async with audited(self._platform.audit, act):
            return await self._store.latest(
                states=states, department=department, limit=limit, offset=offset
            )

    async def mine(self, principal: Principal) -> list[QualityFinding]:
        """What was sent to this author and waits for an answer, and what was sent to the desk of
        their department because nobody knows whose it is.

        Raises:
            AccessError: ``not_permitted`` for whoever works with no patients.
        """
        self.require_reader(principal)
        act = Act("quality.list", "QualityFinding", app=QUALITY_APP)
        await note(self._platform.audit, principal, act, AuditOutcome.DONE)
        return await self._sent_to(principal)

    async def waiting(self, principal: Principal) -> int:
        """How many findings ``mine`` holds; raises as it does."""
        self.require_reader(principal)
        return len(await self._sent_to(principal))

    async def _sent_to(self, principal: Principal) -> list[QualityFinding]:
        desks = principal.departments if Role.PHYSICIAN in principal.roles else ()
        found = await self._store.latest(
            states=(SENT,), asked_of=AskedOf(principal.id, desks), limit=_MOST_ASKED
        )
        return [one for one in found if self._is_author(one, principal)]

    async def read(
        self, key: FindingKey, principal: Principal
    ) -> tuple[QualityFinding, list[QualityStep]]:
        """One finding with its way so far; the reading is audited.

        Raises:
            NotFoundError: ``no_such_finding``, also for whom it does not concern.
            AccessError: ``not_permitted`` for whoever works with no patients.
        """
        found = await self._known(key, principal)
        act = Act("quality.read", f"QualityFinding/{key}", found.patient, QUALITY_APP)
        await note(self._platform.audit, principal, act, AuditOutcome.DONE)
        return found, await self._store.steps(key)

    async def _known(self, key: FindingKey, principal: Principal) -> QualityFinding:
        self.require_reader(principal)
        found = await self._store.read(key)
        if not (self.is_officer(principal) or self._is_author(found, principal)):
            raise no_such_finding()
        return found

    async def papers(
        self, found: QualityFinding, principal: Principal
    ) -> Mapping[str, Mapping[str, Any]]:
        """The documents that were judged together with a finding, by id, as the application's
        result lists them; for whom the finding concerns. Raises as ``read``."""
        await self._known(found.key, principal)
        results = bulk_store(self._platform).results(found.key.run, found.key.ordinal, 1)
        judged = [result.body.get("result") or {} async for result in results]
        return {str(d["id"]): d for one in judged for d in one.get("documents") or ()}

    def next_steps(self, found: QualityFinding, principal: Principal) -> tuple[str, ...]:
        """What this person may do with a finding now."""
        parts = set()
        if self.is_officer(principal):
            parts.add("officer")
        if self._is_author(found, principal):
            parts.add("author")
        if parts == {"officer", "author"} and found.state in (REPAIRED, CONTESTED):
            # Nobody accepts what they answered themselves.
            return ()
        return tuple(
            after
            for after, who in STEPS[found.state].items()
            if who in parts
            and not (after == SENT and found.account is None and found.department is None)
        )

    async def move(
        self, key: FindingKey, after: str, principal: Principal, comment: str = ""
    ) -> QualityFinding:
        """Takes a finding one step on.

        Raises:
            NotFoundError: ``no_such_finding``.
            ConflictError: ``step_not_possible``, ``finding_has_moved``.
            InputError: ``comment_needed``: who contests, dismisses or sends back says why.
        """
        found = await self._known(key, principal)
        if after not in self.next_steps(found, principal):
            raise ConflictError(
                "step_not_possible",
                Bilingual(zh="此时不能这样处理该缺陷。", en="This cannot be done with it now."),
            )
        said = comment.strip()[:LONGEST_COMMENT]
        sent_back = found.state != FOUND and after == SENT
        if not said and (after in (CONTESTED, DISMISSED) or sent_back):
            raise InputError(
                "comment_needed",
                Bilingual(zh="请写明理由。", en="Say why."),
                field="comment",
            )
        act = act_of(
            principal, f"quality.{after}", app=QUALITY_APP, subject=f"QualityFinding/{key}"
        )
        async with audited(self._platform.audit, act):
            await self._store.move(
                key, found.state, after, principal.id, self._platform.clock.now(), said
            )
        return await self._store.read(key)

    async def totals(self, by: str, principal: Principal) -> list[QualityTotals]:
        """Dashboard rows by department, author or month.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require_officer(principal)
        return await totals(self._platform.database, by)

    async def stays(
        self, patient: str, principal: Principal
    ) -> list[tuple[JudgedStay, list[QualityFinding]]]:
        """How each stay of a patient was judged last, with every finding and where it stands.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require_officer(principal)
        platform = self._platform
        act = act_of(principal, "quality.read_stays", app=QUALITY_APP, patient=patient)
        async with audited(platform.audit, act):
            ids = await platform.records.with_priors([patient])
            return [
                (
                    stay,
                    await self._store.latest(
                        states=tuple(STEPS), of=(stay.run, stay.ordinal), limit=_MOST_OF_A_STAY
                    ),
                )
                for stay in await judged_stays(platform.database, ids)
            ]

    def require_reader(self, principal: Principal) -> None:
        """Findings are of patients: they are for whoever may list them.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._platform.access.require(principal, Action.LIST_PATIENTS, InstallationTarget())

    @staticmethod
    def _is_author(found: QualityFinding, principal: Principal) -> bool:
        """Whether somebody answers for it: the author, or where nobody is surely meant a
        physician of the department."""
        if not principal.is_person or not principal.is_for(found.patient):
            return False
        if found.account is not None:
            return found.account == principal.id
        return Role.PHYSICIAN in principal.roles and found.department in principal.departments

    def _require_officer(self, principal: Principal) -> None:
        if not self.is_officer(principal):
            raise AccessError(
                "not_permitted",
                Bilingual(
                    zh="仅质控员以质控为目的可查看。",
                    en="For quality officers, for the purpose of quality, only.",
                ),
            )


def quality_store(platform: Platform) -> QualityStore:
    """The findings as they are kept on a site."""
    return QualityStore(platform.database, field_cipher(platform.settings.home))
