"""Planted checks and the pace of signing: how much people rely on outputs.

A check is a copy of a true draft about an invented patient in which one statement was falsified.
Whoever decides on it is told at once what it was; how single people answer is for two offices.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from suwen.bootstrap.accountability.planting import Falsified, falsified
from suwen.bootstrap.audited import act_of, audited
from suwen.control.access.decision import Action, InstallationTarget, RecordOrigin
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.first_opinion import OpinionRates, opinion_rates
from suwen.control.governance.signing_pace import AppPace, PersonPace, of_persons, paces
from suwen.core.audit import content_hash
from suwen.core.draft import DraftRecord, DraftStatus
from suwen.core.errors import NotFoundError, PreconditionError
from suwen.core.identity import AppId, DraftId, PatientId, Principal, TraceId
from suwen.core.language import Bilingual
from suwen.evaluation.corruption.model import CorruptionKind
from suwen.evaluation.intervals import wilson_interval
from suwen.storage.first_opinions import FirstOpinionStore
from suwen.storage.planted_checks import PlantedCheck, PlantedCheckStore
from suwen.storage.signing_times import SigningTimeStore

LOOKED_BACK = timedelta(days=90)
"""Over which time signatures are compared."""


@dataclass(frozen=True, slots=True)
class FoundRate:
    """How often planted errors were noticed.

    Attributes:
        key: an account, or an application.
        low, high: 95 % Wilson interval of the share, 0 to 1.
    """

    key: str
    answered: int
    found: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RelianceReport:
    """What is known of how much people rely on outputs.

    Attributes:
        persons, apps: rates of planted errors that were noticed.
        paces: how fast signatures come, by application; ``signers`` by person.
        opinions: what comparisons with own views show, by application that asks for them.
    """

    checks: tuple[PlantedCheck, ...]
    persons: tuple[FoundRate, ...]
    apps: tuple[FoundRate, ...]
    paces: tuple[AppPace, ...]
    signers: tuple[PersonPace, ...]
    opinions: dict[AppId, OpinionRates]


@dataclass(frozen=True, slots=True)
class CheckStores:
    """Where checks, own views and times of signing are kept."""

    checks: PlantedCheckStore
    opinions: FirstOpinionStore
    times: SigningTimeStore


class CheckDesk:
    """Plants checks and tells the two offices how they were answered."""

    def __init__(self, parts: GatewayParts, stores: CheckStores) -> None:
        self._parts = parts
        self._stores = stores

    async def plant(
        self, source: DraftId, acting: Principal, kind: CorruptionKind | None = None
    ) -> PlantedCheck:
        """Makes a known-wrong copy of a draft and puts it among the drafts to be signed.

        Args:
            source: a draft about an invented patient.
            kind: what to falsify; by default whatever the draft has room for.

        Raises:
            AccessError: for everybody but the quality and the compliance office.
            NotFoundError: ``no_such_draft``.
            PreconditionError: ``check_needs_invented_patient``, ``check_has_no_room``.
        """
        self._parts.access.require(acting, Action.PLANT_CHECKS, InstallationTarget())
        found = await self._parts.drafts.read(source)
        await self._require_invented(found)
        check = str(uuid.uuid4())
        made = await self._falsify(found, kind, check)
        wanted = DraftId(str(uuid.uuid4()))
        planted = PlantedCheck(
            id=check,
            draft=wanted,
            source_draft=source,
            app=found.app,
            release=found.release,
            patient=PatientId(str(found.patient)),
            section=made.section,
            statement=made.statement,
            kind=made.corruption.kind.value,
            original=made.corruption.original,
            planted=made.corruption.corrupted,
            planted_by=acting.id,
            planted_at=self._parts.clock.now(),
        )
        act = act_of(
            acting,
            "check.plant",
            subject=f"Check/{check}",
            app=found.app,
            kind=planted.kind,
            draft=wanted,
            source=source,
        )
        async with audited(self._parts.audit, act):
            # First that it is a check, then the draft: one that nobody knows of must not be signed.
            await self._stores.checks.put(planted)
            await self._parts.drafts.create(self._copy(found, wanted, made))
        return planted

    async def answered_by_me(self, check: str, acting: Principal) -> PlantedCheck:
        """A check that the person answered, with what was planted.

        Raises:
            NotFoundError: ``no_such_check``, also for one that somebody else answered.
        """
        found = await self._stores.checks.read(check)
        if found.answer is None or found.answer.person != acting.id:
            raise NotFoundError(
                "no_such_check", Bilingual("没有这次核查。", "There is no such check.")
            )
        return found

    async def answered_draft(self, draft: DraftId, acting: Principal) -> PlantedCheck | None:
        """The check that a draft was, when this person answered it; else ``None``."""
        found = await self._stores.checks.of_draft(draft)
        if found is None or found.answer is None or found.answer.person != acting.id:
            return None
        return found

    async def sources(self, acting: Principal) -> Sequence[DraftRecord]:
        """Drafts about invented patients that a check can be made of, latest first.

        Raises:
            AccessError: as ``plant``.
        """
        self._parts.access.require(acting, Action.PLANT_CHECKS, InstallationTarget())
        planted = {check.draft for check in await self._stores.checks.latest()}
        drafts = await self._parts.drafts.list(limit=200)
        return [
            one
            for one in drafts
            if one.content.get("origin") == RecordOrigin.SYNTHETIC
            and one.content["result"].get("document") is not None
            and one.id not in planted
        ]

    async def report(self, acting: Principal) -> RelianceReport:
        """How planted errors were noticed and how fast people sign.

        Raises:
            AccessError: for everybody but the quality and the compliance office.
        """
        act = act_of(acting, "reliance.read", subject="Reliance")
        async with audited(self._parts.audit, act):
            self._parts.access.require(acting, Action.READ_RELIANCE, InstallationTarget())
            checks = await self._stores.checks.latest()
            since = self._parts.clock.now() - LOOKED_BACK
            times = await self._stores.times.since(since)
            opinions = {
                app: opinion_rates(
                    (one.comparison.agrees, one.comparison.kept) if one.comparison else None
                    for one in await self._stores.opinions.of_app(app)
                )
                for app, installed in self._parts.applications.items()
                if installed.manifest.first_opinion
            }
        answered = [(check, check.answer) for check in checks if check.answer is not None]
        return RelianceReport(
            checks=tuple(checks),
            persons=_rates([(answer.person, answer.found) for _, answer in answered]),
            apps=_rates([(check.app, answer.found) for check, answer in answered]),
            paces=paces(times),
            signers=of_persons(times),
            opinions=opinions,
        )

    async def _require_invented(self, found: DraftRecord) -> None:
        patient = found.patient
        summary = await self._parts.records.read_summary(patient) if patient is not None else None
        invented = summary is not None and summary.origin == RecordOrigin.SYNTHETIC
        if not invented or found.content.get("origin") != RecordOrigin.SYNTHETIC:
            raise PreconditionError(
                "check_needs_invented_patient",
                Bilingual(
                    "核查只能用虚构患者的草稿；真实病历绝不使用。",
                    "A check is made of a draft about an invented patient, never of a real record.",
                ),
            )

    async def _falsify(
        self, found: DraftRecord, kind: CorruptionKind | None, check: str
    ) -> Falsified:
        versions = await self._parts.drafts.versions(found.id)
        record = await self._parts.records.read_patient(PatientId(str(found.patient)))
        seed = uuid.UUID(check).int % 1_000_003
        made = await asyncio.to_thread(falsified, versions[0].content, record, kind, seed)
        if made is None:
            raise PreconditionError(
                "check_has_no_room",
                Bilingual(
                    "这份草稿没有可植入此类错误的陈述，请换一份。",
                    "This draft has no statement that such an error fits; take another one.",
                ),
            )
        return made

    def _copy(self, found: DraftRecord, wanted: DraftId, made: Falsified) -> DraftRecord:
        """The copy as it is stored: as new, by whoever had the true one built."""
        now = self._parts.clock.now()
        label = {**made.content["label"], "content_id": wanted}
        trace = TraceId(str(uuid.uuid4()))
        content = {**made.content, "label": label, "trace": trace}
        return replace(
            found,
            id=wanted,
            trace=trace,
            status=DraftStatus.DRAFT,
            version=1,
            content=content,
            content_hash=content_hash(content),
            created_at=now,
            updated_at=now,
            updated_by=found.created_by,
        )


def _rates(answers: Sequence[tuple[str, bool]]) -> tuple[FoundRate, ...]:
    """Rates by key, the lowest share first."""
    by_key: defaultdict[str, list[bool]] = defaultdict(list)
    for key, found in answers:
        by_key[key].append(found)
    rates = [
        FoundRate(key, len(found), sum(found), *wilson_interval(sum(found), len(found)))
        for key, found in by_key.items()
    ]
    return tuple(sorted(rates, key=lambda one: (one.found / one.answered, one.key)))
