"""Which results of a bulk run whoever started it may still read: those of records that are open to
them now, which may have been closed to them since."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

from suwen.control.access.decision import Action, PatientTarget, RecordOrigin
from suwen.control.access.refusals import MESSAGES
from suwen.control.gateway.chart import listed_rows
from suwen.control.gateway.patient_access import find_patient
from suwen.core.identity import Principal
from suwen.storage.bulk_runs import BulkResult

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

_CLOSED: Final = "no_care_relationship"
_AT_ONCE: Final = 200


async def readable(
    platform: Platform, principal: Principal, results: AsyncIterator[BulkResult]
) -> AsyncIterator[BulkResult]:
    """The results, each of a record that is closed to the person with nothing of what was found.

    A service that is no person reads what it was given; whoever reads every record, all.
    """
    everything = not principal.is_person or _reads_all(platform, principal)
    page: list[BulkResult] = []
    async for result in results:
        if everything:
            yield result
            continue
        page.append(result)
        if len(page) == _AT_ONCE:
            for one in await _open_ones(platform, principal, page):
                yield one
            page = []
    for one in await _open_ones(platform, principal, page):
        yield one


async def _open_ones(
    platform: Platform, principal: Principal, results: Sequence[BulkResult]
) -> list[BulkResult]:
    now = platform.clock.now()
    asked = {r.patient for r in results if r.status == "ok" and r.patient is not None}
    listed = await platform.records.summaries_of(asked, listed_rows(principal, now))
    closed = set()
    for patient in asked - listed.keys():
        # Not on the list and open all the same: in an emergency, or under a number given up.
        target = await find_patient(platform.records, principal, patient, now)
        if target is None or not (
            platform.access.decide(principal, Action.READ_RECORD, target).allowed
        ):
            closed.add(patient)
    return [_closed(r) if r.status == "ok" and r.patient in closed else r for r in results]


def _reads_all(platform: Platform, principal: Principal) -> bool:
    uncared_for = PatientTarget("", RecordOrigin.IMPORTED, care=False)
    return platform.access.decide(principal, Action.READ_RECORD, uncared_for).allowed


def _closed(result: BulkResult) -> BulkResult:
    words = MESSAGES[_CLOSED]
    told = {"code": _CLOSED, "message_zh": words.zh, "message_en": words.en}
    body = {
        "status": "refused",
        "result": None,
        "error": told,
        "run": {"took_ms": result.took_ms},
    }
    return dataclasses.replace(result, status="refused", code=_CLOSED, body=body)
