"""Who was trained, and who is barred, on its way to the device partition: a signed file, one way.

The device partition reads no table of the general one and knows no person; of what was recorded it
is handed what concerns its own applications and the sessions of the staff there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.signed_files import keep_copy, signed, verified
from suwen.core.errors import SuwenError
from suwen.core.identity import AppId, PrincipalId
from suwen.core.manifest import Partition
from suwen.core.ports import SignatureProvider
from suwen.storage.sessions import SessionList
from suwen.storage.training import TrainingStore

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

FILE: Final = "trainings.json"
LOOKS_EVERY_S: Final = 5.0
_MOST: Final = 100_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HandedTraining:
    """A training that stands; see ``TrainingRecord``."""

    person: PrincipalId
    app: AppId
    competent: bool
    trained_on: date
    expires_on: date
    revoked_by: str | None = None


@dataclass(frozen=True, slots=True)
class HandedTrainings:
    """What is known of training on the applications of the device partition.

    Attributes:
        at: when it was handed over; only what is later takes the place of the present one.
        demanded: the applications for which the register asks for a training.
        barred: accounts that may not be used any more, whose sessions end there too.
    """

    at: datetime
    demanded: frozenset[AppId]
    trainings: tuple[HandedTraining, ...]
    barred: frozenset[PrincipalId] = frozenset()


async def keep_trainings_handed_over(platform: Platform) -> None:
    """Lays the file now and whenever something about it changed, until cancelled."""
    store = TrainingStore(platform.database)
    known: HandedTrainings | None = None
    while True:
        try:
            found = await trainings_of_device(platform, store)
            if known is None or replace(found, at=known.at) != known:
                content = write_trainings(found, platform.signer)
                file = platform.settings.home / "public" / FILE
                await asyncio.to_thread(keep_copy, file, content)
                known = found
        except (SuwenError, OSError) as error:
            log.warning("trainings were not handed over: %s", type(error).__name__)
        await asyncio.sleep(LOOKS_EVERY_S)


async def trainings_of_device(platform: Platform, store: TrainingStore) -> HandedTrainings:
    """What concerns the applications of the device partition, as it is now."""
    demanded, trainings = set(), []
    for app, installed in sorted(platform.applications.items()):
        if installed.manifest.partition is not Partition.DEVICE:
            continue
        if await store.demanded_months(app):
            demanded.add(app)
            trainings += [
                HandedTraining(one.person, app, one.competent, one.trained_on, one.expires_on)
                for one in await store.records(app=app, limit=_MOST)
                if one.revoked_by is None
            ]
    barred = await SessionList(platform.database).barred()
    now = platform.clock.now()
    return HandedTrainings(now, frozenset(demanded), tuple(trainings), barred)


def write_trainings(trainings: HandedTrainings, signer: SignatureProvider) -> bytes:
    """The file, signed by the partition that people work in."""
    body = {
        "at": trainings.at.isoformat(),
        "demanded": sorted(trainings.demanded),
        "trainings": [
            {
                "person": one.person,
                "app": one.app,
                "competent": one.competent,
                "trained_on": one.trained_on.isoformat(),
                "expires_on": one.expires_on.isoformat(),
            }
            for one in trainings.trainings
        ],
        "barred": sorted(trainings.barred),
    }
    return signed(body, signer)


def read_trainings(content: bytes, keys: Path) -> HandedTrainings:
    """What a file says.

    Args:
        keys: file of the public keys of the partition that signs.

    Raises:
        ValueError: it is none, or its signature is by none of these keys.
        OSError: the keys cannot be read.
    """
    body = verified(content, keys)
    try:
        return HandedTrainings(
            datetime.fromisoformat(body["at"]),
            frozenset(AppId(app) for app in body["demanded"]),
            tuple(map(_training, body["trainings"])),
            frozenset(PrincipalId(account) for account in body.get("barred", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("these are no trainings") from error


def _training(row: Mapping[str, Any]) -> HandedTraining:
    return HandedTraining(
        person=PrincipalId(row["person"]),
        app=AppId(row["app"]),
        competent=bool(row["competent"]),
        trained_on=date.fromisoformat(row["trained_on"]),
        expires_on=date.fromisoformat(row["expires_on"]),
    )
