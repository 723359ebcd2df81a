"""What the device partition tells of itself: its Releases, what it counted, its alarms.

It lays a signed file that the general partition reads; nobody asks it anything for that. Figures,
names of accounts and reasons stand in it, no words of or about a patient.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.device.platform import DevicePlatform
from suwen.bootstrap.device.told import ALIVE_EVERY, FILE, FOLDER, FORM
from suwen.bootstrap.signed_files import keep_copy, signed
from suwen.core.audit import content_hash
from suwen.core.errors import SuwenError
from suwen.core.identity import AppId, Principal, batch_principal
from suwen.core.language import Bilingual
from suwen.core.release import Suspension

if TYPE_CHECKING:
    from suwen.bootstrap.releases.board import BoardApplication, BoardRow, ReleaseBoard
    from suwen.storage.monitoring import Slice

DAYS: Final = 28
LOOKS_EVERY_S: Final = 60.0

_MOST_ALARMS: Final = 50
_MOST_LOG: Final = 20

log = logging.getLogger(__name__)


async def keep_telling(platform: DevicePlatform) -> None:
    """Lays the file whenever something changed, and every ten minutes, until cancelled."""
    known, laid_at = "", platform.clock.now() - ALIVE_EVERY
    while True:
        try:
            body = await told_of(platform)
            now, found = platform.clock.now(), content_hash(body)
            if found != known or now - laid_at >= ALIVE_EVERY:
                await asyncio.to_thread(lay, platform, body)
                known, laid_at = found, now
        except (SuwenError, OSError) as error:
            log.warning("the general partition was told nothing: %s", type(error).__name__)
        await asyncio.sleep(LOOKS_EVERY_S)


def lay(platform: DevicePlatform, body: Mapping[str, Any]) -> None:
    """Writes the file, signed by this partition's key."""
    content = signed({**body, "at": platform.clock.now().isoformat()}, platform.signer)
    keep_copy(platform.settings.home / FOLDER / FILE, content)


async def told_of(platform: DevicePlatform) -> dict[str, Any]:
    """Everything that is told, without the time."""
    return {
        "form": FORM,
        "applications": await _applications(platform),
        "monitoring": await _monitoring(platform),
    }


async def _applications(platform: DevicePlatform) -> list[dict[str, Any]]:
    from suwen.bootstrap.releases.board import ReleaseBoard
    from suwen.bootstrap.releases.opening import open_releases

    board, acting = ReleaseBoard(open_releases(platform)), batch_principal(None)
    models = {app.manifest.id: app for app in await board.applications(acting)}
    return [
        await _application(platform, board, app, models.get(app), acting)
        for app in sorted(platform.applications)
    ]


async def _application(
    platform: DevicePlatform,
    board: ReleaseBoard,
    app: AppId,
    shown: BoardApplication | None,
    acting: Principal,
) -> dict[str, Any]:
    current = await platform.releases.current(app)
    suspension = await platform.releases.suspension(app)
    log_entries = (await board.change_log(app, acting))[:_MOST_LOG]
    return {
        "app": app,
        "title": _both(platform.applications[app].manifest.title),
        "release": None if current is None else current.hash,
        "since": None if current is None else current.approved_at.isoformat(),
        "suspended": None if suspension is None else _suspended(suspension),
        "demand": None if shown is None else _both(shown.demand.why),
        "engines": [] if shown is None else [_engine(row) for row in shown.rows],
        "log": [
            {"at": one.at.isoformat(), "by": one.by, "words": _both(one.words)}
            for one in log_entries
        ],
    }


def _suspended(suspension: Suspension) -> dict[str, str]:
    return {
        "reason": suspension.reason,
        "by": suspension.suspended_by,
        "at": suspension.suspended_at.isoformat(),
    }


def _engine(row: BoardRow) -> dict[str, Any]:
    binding = row.binding
    return {
        "endpoint": row.endpoint,
        "model_part": None if binding is None else binding.id,
        "state": None if binding is None else binding.state.value,
        "stage": None if binding is None or binding.stage is None else binding.stage.value,
        "departments": [] if binding is None else sorted(binding.departments),
        "why": None if row.why is None else _both(row.why),
        "open_approvals": [_both(seat.title) for seat in row.open_seats],
    }


async def _monitoring(platform: DevicePlatform) -> dict[str, Any]:
    from suwen.bootstrap.device.watching import watch_of
    from suwen.storage.monitoring import Slice

    watch = watch_of(platform)
    wishes, counted = await watch.wishes.read(), await watch.store.counted()
    today = watch.today()
    alarms = await watch.store.alarms(limit=_MOST_ALARMS)
    chosen = Slice(today - timedelta(days=DAYS - 1), today)
    return {
        "days": DAYS,
        "every_minutes": wishes.every_minutes,
        "counted_at": None if counted is None else counted[1].isoformat(),
        "applications": await _lines(platform, watch.wishes.apps(), chosen),
        "alarms": [
            {
                "id": one.id,
                "app": one.app,
                "release": one.release,
                "rule": one.rule,
                "day": one.day.isoformat(),
                "raised_at": one.raised_at.isoformat(),
                "suspended": one.suspended,
                "answered_by": one.answered_by,
                "events": one.facts.get("events"),
                "cases": one.facts.get("cases"),
            }
            for one in alarms
        ],
    }


async def _lines(
    platform: DevicePlatform, apps: Sequence[str], chosen: Slice
) -> list[dict[str, Any]]:
    from suwen.evaluation.monitoring.measures import Adverse, cases_and_events
    from suwen.storage.monitoring import MonitoringStore

    counted = await MonitoringStore(platform.database).grouped(chosen, "app")
    cells = {name: found for (name,), found in counted.items()}
    return [
        {
            "app": app,
            "runs": cases_and_events(cells.get(app, {}), Adverse.REFUSED)[0],
            "shares": {
                one.value: list(cases_and_events(cells.get(app, {}), one)) for one in Adverse
            },
        }
        for app in apps
    ]


def _both(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
