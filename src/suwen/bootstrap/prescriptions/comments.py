"""Prescription comments after the fact: a sample of what was written, judged as a bulk run."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.bulk_runs import BulkDesk
from suwen.bootstrap.prescriptions.intake import REVIEW
from suwen.bootstrap.prescriptions.quieting import Quiet, quietened, rows_of, urgency_of
from suwen.bulk.options import BulkOptions
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun
from suwen.storage.encryption import field_cipher
from suwen.storage.people import PeopleStore
from suwen.storage.prescription_comments import (
    RETROSPECTIVE,
    CommentFigures,
    CommentScope,
    CommentStore,
    WrittenOrder,
)
from suwen.storage.prescription_types import NewPrescription, PrescriptionState
from suwen.storage.prescriptions import PrescriptionStore
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import care_encounter

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

LONGEST_PERIOD: Final = timedelta(days=366)


class SampleRule(StrEnum):
    """How many prescriptions are judged.

    Source: 医院处方点评管理规范（试行）, 2010: monthly at least 1/1000 of outpatient prescriptions
    and not fewer than 100; of inpatients at least 1 % and not fewer than 30.
    """

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    ALL = "all"


def sample_size(rule: SampleRule, there: int) -> int:
    """How many of the prescriptions that there are the rule asks for."""
    if rule is SampleRule.ALL:
        return there
    share, least = (1000, 100) if rule is SampleRule.OUTPATIENT else (100, 30)
    return min(there, max(ceil(there / share), least))


class CommentDesk:
    """Starts a sample and reads what was found.

    Whoever starts one reads the records by their own rights: the quality office, for quality.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = CommentStore(platform.database)

    async def figures(self, scope: CommentScope, principal: Principal) -> CommentFigures:
        """What was found in a scope.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(principal)
        act = act_of(principal, "prescription.comments", app=REVIEW)
        async with audited(self._platform.audit, act):
            return await self._store.figures(scope)

    async def faulty(self, scope: CommentScope, principal: Principal) -> list[tuple[str, str, str]]:
        """Prescriptions with a fault: id, rule, category; raises as ``figures``."""
        self._require(principal)
        return await self._store.faulty(scope)

    async def start(
        self,
        scope: CommentScope,
        rule: SampleRule,
        principal: Principal,
    ) -> tuple[BulkRun, int]:
        """Draws the sample of a period and has it judged; the run, and how many there were.

        The same period and department draw the same sample.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``nothing_selected``.
            ConfigurationError: ``jobs_not_configured``.
        """
        self._require(principal)
        orders = await self._store.written(scope.begin, scope.until, scope.department)
        zone = self._platform.settings.zone
        found = prescriptions_of(orders, self._platform)
        days = f"{scope.begin.astimezone(zone):%Y-%m-%d}..{scope.until.astimezone(zone):%Y-%m-%d}"
        seed = f"{days}:{scope.department or ''}"
        chosen = sorted(found, key=lambda one: _drawn(seed, one))[: sample_size(rule, len(found))]
        run = await BulkDesk(self._platform).start(
            str(REVIEW),
            f"prescriptions:{days}",
            [(group[0].patient, request_of(group)) for group in chosen],
            BulkOptions(without_model=True, store=False),
            principal,
            title=f"处方点评 {days}",
        )
        return run, len(found)

    def _require(self, principal: Principal) -> None:
        self._platform.access.require(principal, Action.COMMENT_PRESCRIPTIONS, InstallationTarget())


def prescriptions_of(
    orders: Sequence[WrittenOrder], platform: Platform
) -> list[tuple[WrittenOrder, ...]]:
    """Orders that make one prescription: of one patient, encounter and day."""
    zone = platform.settings.zone
    groups: dict[tuple[str, str | None, date], list[WrittenOrder]] = defaultdict(list)
    for order in orders:
        groups[order.patient, order.encounter, order.at.astimezone(zone).date()].append(order)
    return [tuple(group) for group in groups.values()]


def period(first: str, last: str, platform: Platform) -> tuple[datetime, datetime]:
    """The instants from which and before which a period of days lies, in the wards' zone.

    Args:
        first, last: days, ISO 8601; empty is the present month up to today.

    Raises:
        InputError: ``period_wrong``.
    """
    zone = platform.settings.zone
    today = platform.clock.now().astimezone(zone).date()
    try:
        begin = date.fromisoformat(first) if first else today.replace(day=1)
        end = date.fromisoformat(last) if last else today
    except ValueError:
        raise _wrong_period() from None
    if end < begin or end - begin > LONGEST_PERIOD:
        raise _wrong_period()
    return (
        datetime.combine(begin, time(), zone),
        datetime.combine(end + timedelta(days=1), time(), zone),
    )


class KeepsComments:
    """Keeps a judged prescription of a bulk run for the statistics."""

    def __init__(self, platform: Platform) -> None:
        cipher = field_cipher(platform.settings.home)
        self._store = PrescriptionStore(platform.database, cipher)
        self._people: PeopleStore = platform.people
        self._clock = platform.clock

    async def keep(
        self, connection: AsyncConnection, run: BulkRun, item: BulkItem, result: BulkResult
    ) -> None:
        """In the transaction that keeps the result; judged again, it takes the former's place."""
        judged = result.body.get("result")
        request = item.request
        if result.status != "ok" or not isinstance(judged, Mapping) or "orders" not in request:
            return
        said = quietened(judged, Quiet())
        prescriber, name = await self._prescriber(judged.get("requester"))
        orders = tuple(f"MedicationRequest/{one}" for one in request["orders"])
        key = f"bulk:{item.patient}:{hashlib.sha256('|'.join(sorted(orders)).encode()).hexdigest()}"
        new = NewPrescription(
            id=hashlib.sha256(key.encode()).hexdigest()[:20],
            origin=RETROSPECTIVE,
            origin_key=key,
            patient=item.patient,
            encounter=request.get("encounter_id"),
            department=await _department(connection, request.get("encounter_id")),
            prescriber=prescriber,
            orders=orders,
            setting=said["reviewed"]["setting"],
            decision=said["decision"],
            urgency=urgency_of(said),
            written_at=datetime.fromisoformat(request["at"]),
            findings=rows_of(said),
            content={
                "result": said,
                "run": {"trace": result.body["run"]["trace_id"], "release": ""},
                "prescriber_name": name,
            },
            state=PrescriptionState.COMMENTED,
        )
        await self._store.put_judged(connection, new, run.started_by, self._clock.now())

    async def _prescriber(self, requester: object) -> tuple[str | None, str | None]:
        """Account and name of whoever wrote it; without an account the name stands for both."""
        if not isinstance(requester, Mapping):
            return None, None
        name = requester.get("display")
        reference = str(requester.get("reference") or "").rpartition("/")[2]
        accounts = await self._people.by_practitioner(reference) if reference else []
        if len(accounts) == 1:
            return accounts[0].id, name or accounts[0].name
        return name, name


async def _department(connection: AsyncConnection, encounter: str | None) -> str | None:
    if encounter is None:
        return None
    await connection.execute(EVERYBODY.opening())
    found: str | None = await connection.scalar(
        select(care_encounter.c.department).where(care_encounter.c.id == encounter)
    )
    return found


def _drawn(seed: str, group: Sequence[WrittenOrder]) -> str:
    return hashlib.sha256(f"{seed}:{group[0].id}".encode()).hexdigest()


def request_of(group: Sequence[WrittenOrder]) -> dict[str, Any]:
    """What the application is asked about a prescription of the record, as of its day."""
    first = group[0]
    return {
        "patient_id": first.patient,
        **({"encounter_id": first.encounter} if first.encounter else {}),
        "orders": [one.id for one in group],
        "at": max(one.at for one in group).isoformat(),
        "retrospective": True,
        "detail": True,
    }


def _wrong_period() -> InputError:
    return InputError(
        "period_wrong",
        Bilingual(
            zh="日期须为 YYYY-MM-DD，且不超过一年。",
            en="Days are written YYYY-MM-DD, of at most a year.",
        ),
        field="from",
    )
