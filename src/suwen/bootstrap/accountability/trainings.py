"""Training and competence: recorded by an office or a head, about another person, by a trainer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from suwen.bootstrap.audited import act_of, audited
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.competence import Standing, months_after, standing_of
from suwen.core.errors import ConflictError, InputError, NotFoundError
from suwen.core.identity import AppId, Principal, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.storage.people import PeopleStore
from suwen.storage.training import TrainingRecord, TrainingStore

LONGEST = 500
USUAL_MONTHS = 24
"""How long a training counts where the register does not ask for any."""


@dataclass(frozen=True, slots=True)
class TrainingStanding:
    """Where one person stands with one application that asks for training."""

    app: AppId
    person: PrincipalId
    standing: Standing
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class WantedTraining:
    """A training to be recorded.

    Attributes:
        trainer: account of whoever trained; another person than ``person``.
        subject: what it was about.
    """

    person: str
    app: str
    trainer: str
    subject: str
    trained_on: date
    competent: bool


class TrainingDesk:
    """Who was trained on what."""

    def __init__(self, parts: GatewayParts, store: TrainingStore, people: PeopleStore) -> None:
        self._parts = parts
        self._store = store
        self._people = people

    async def records(self, acting: Principal) -> Sequence[TrainingRecord]:
        """Every record for whoever may keep them, else one's own.

        Raises:
            AccessError: for a program.
        """
        return await self._store.records(None if self._may_manage(acting) else acting.id)

    async def demanded(self) -> dict[AppId, int]:
        """The applications for which the register asks for a training, with its months."""
        found = {app: await self._store.demanded_months(app) for app in self._parts.applications}
        return {app: months for app, months in found.items() if months}

    async def standings(self, acting: Principal) -> Sequence[TrainingStanding]:
        """Where people stand with each application that asks for training, as ``records``; for an
        office everybody who has a record or may run it."""
        wanted = await self.demanded()
        today = self._parts.clock.now().date()
        everybody = await self._people.list() if self._may_manage(acting) else []
        told = []
        for app in sorted(wanted):
            roles = self._parts.applications[app].manifest.roles
            users = [p.id for p in everybody if p.roles & roles and not p.disabled] or [acting.id]
            for person in users:
                records = await self._store.records(person, app)
                standing = standing_of(records, today)
                ends = [r.expires_on for r in records if r.revoked_by is None and r.competent]
                told.append(TrainingStanding(app, person, standing, max(ends, default=None)))
        return told

    async def record(self, wanted: WantedTraining, acting: Principal) -> TrainingRecord:
        """Keeps a training; it counts from its day on.

        Raises:
            AccessError: for whoever may not record training.
            NotFoundError: ``no_such_account``, ``application_not_found``.
            InputError: ``training_wrong`` with its field.
            ConflictError: ``trained_by_oneself``, ``training_recorded_by_oneself``.
        """
        self._parts.access.require(acting, Action.MANAGE_TRAINING, InstallationTarget())
        app = self._app(wanted.app)
        person = (await self._people.read(PrincipalId(wanted.person))).id
        trainer = (await self._people.read(PrincipalId(wanted.trainer))).id
        now = self._parts.clock.now()
        _check(wanted, now.date())
        if trainer == person:
            raise _by_oneself("trained_by_oneself", "trainer")
        if acting.id == person:
            raise _by_oneself("training_recorded_by_oneself", "person")
        months = await self._store.demanded_months(app) or USUAL_MONTHS
        record = TrainingRecord(
            id=str(uuid.uuid4()),
            person=person,
            app=app,
            subject=wanted.subject.strip(),
            competent=wanted.competent,
            trainer=trainer,
            trained_on=wanted.trained_on,
            expires_on=months_after(wanted.trained_on, months),
            recorded_by=acting.id,
            recorded_at=now,
        )
        act = act_of(
            acting,
            "training.record",
            subject=f"Person/{person}",
            app=app,
            trainer=trainer,
            competent="yes" if wanted.competent else "no",
            expires=record.expires_on.isoformat(),
        )
        async with audited(self._parts.audit, act):
            await self._store.put(record)
        return record

    async def revoke(self, record: str, reason: str, acting: Principal) -> None:
        """Takes a record back; the person may not use the application from now on.

        Raises:
            AccessError: for whoever may not record training.
            NotFoundError: ``no_such_training``.
            ConflictError: ``training_revoked``.
            InputError: ``training_wrong`` without a reason.
        """
        self._parts.access.require(acting, Action.MANAGE_TRAINING, InstallationTarget())
        require_plain(reason, "reason")
        if not reason.strip() or len(reason) > LONGEST:
            raise _wrong("reason", "请说明撤销原因。", "Say why it is taken back.")
        act = act_of(acting, "training.revoke", subject=f"Training/{record}")
        async with audited(self._parts.audit, act):
            now = self._parts.clock.now()
            await self._store.revoke(record, acting.id, now, reason.strip())

    def _may_manage(self, acting: Principal) -> bool:
        target = InstallationTarget()
        return self._parts.access.decide(acting, Action.MANAGE_TRAINING, target).allowed

    def _app(self, wanted: str) -> AppId:
        if AppId(wanted) not in self._parts.applications:
            raise NotFoundError(
                "application_not_found",
                Bilingual(zh="没有安装此应用。", en="No such application is installed."),
                field="app",
            )
        return AppId(wanted)


def _check(wanted: WantedTraining, today: date) -> None:
    require_plain(wanted.subject, "subject")
    if not wanted.subject.strip() or len(wanted.subject) > LONGEST:
        raise _wrong("subject", "请说明培训内容。", "Say what the training was about.")
    if wanted.trained_on > today:
        raise _wrong("trained_on", "培训日期不能在将来。", "The day of the training is to come.")


def _wrong(name: str, zh: str, en: str) -> InputError:
    return InputError("training_wrong", Bilingual(zh, en), field=name)


def _by_oneself(code: str, name: str) -> ConflictError:
    return ConflictError(
        code,
        Bilingual(
            "培训须由另一人带教并由另一人登记。",
            "Somebody else trains, and somebody else records it.",
        ),
        field=name,
    )
