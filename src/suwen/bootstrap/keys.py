"""The keys of an installation: what there is, new ones without an interruption, and an outside
key service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.device.place import device_settings
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.storage.data_keys import Algorithm
from suwen.storage.database import Database
from suwen.storage.imaging_files import ImagingFiles, imaging_cipher
from suwen.storage.imaging_resealing import ImageResealing
from suwen.storage.key_providers import FileKeyProvider, KeyProvider
from suwen.storage.key_rotation import PatientKeys
from suwen.storage.keyring import STEADY, KeyRing, Module
from suwen.storage.resealing import Resealing
from suwen.storage.transit_provider import TransitAddress, TransitProvider
from suwen.storage.vault import Vault

RENEWED: Final = tuple(module for module in Module if module not in STEADY)
"""Modules whose keys a rotation renews."""


@dataclass(frozen=True, slots=True)
class RotationWish:
    """What a rotation changes besides the master key.

    Attributes:
        modules: new keys for the modules; else only the master key is new.
        patients: a new key for every patient too.
        algorithm: seals from now on; ``None`` keeps the present one.
        provider: moves the master key to another provider; ``None`` keeps the present one.
    """

    modules: bool = True
    patients: bool = False
    algorithm: Algorithm | None = None
    provider: TransitAddress | str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """The keys of one partition and its database."""

    partition: Partition
    ring: KeyRing
    database: Database

    @property
    def resealing(self) -> Resealing:
        return Resealing(self.database, records=self.partition is Partition.GENERAL)

    @property
    def images(self) -> ImageResealing | None:
        """The image files; there are none in the device partition."""
        if self.partition is not Partition.GENERAL:
            return None
        files = ImagingFiles(self.ring.home, imaging_cipher(self.ring.home))
        return ImageResealing(self.database, files)

    @property
    def patients(self) -> PatientKeys:
        if self.database.vault is None:
            raise AssertionError("it was opened with one")
        return PatientKeys(self.database, self.database.vault)


async def key_status(platform: Platform) -> list[dict[str, Any]]:
    """The keys of each partition, without any secret, and how much waits to be sealed anew."""
    found = []
    async with _parts(platform) as parts:
        for part in parts:
            state = part.ring.opened().state
            found.append(
                {
                    "partition": part.partition.value,
                    "algorithm": state.algorithm.value,
                    "provider": dict(state.provider),
                    "keys": [
                        {
                            "id": key.id,
                            "module": key.module,
                            "made_at": key.made_at,
                            "current": key.current,
                        }
                        for key in state.keys
                    ],
                    "patients": asdict(await part.patients.counts()),
                    "waiting": await _waiting(part),
                }
            )
    return found


async def rotate_keys(
    platform: Platform, acting: Principal, wish: RotationWish
) -> list[dict[str, Any]]:
    """New keys while work goes on: what was sealed stays readable, and is sealed anew later.

    Data keys are wrapped anew before this returns; rows are sealed anew by ``reseal`` and by the
    hourly round. Cut off at any place, it may simply be done again.

    Raises:
        AccessError: ``not_permitted``.
        UnavailableError: ``key_service_unavailable``; the former keys go on.
    """
    platform.access.require(acting, Action.MANAGE_KEYS, InstallationTarget())
    act = act_of(
        acting,
        "keys.rotate",
        subject="Installation",
        modules=int(wish.modules),
        patients=int(wish.patients),
        algorithm=wish.algorithm.value if wish.algorithm is not None else "",
        moved=int(wish.provider is not None),
    )
    async with audited(platform.audit, act) as said, _parts(platform) as parts:
        for part in parts:
            if wish.modules:
                await asyncio.to_thread(part.ring.rotate_modules, RENEWED, wish.algorithm)
            follower = await asyncio.to_thread(_provider, part.ring, wish.provider)
            await asyncio.to_thread(part.ring.rotate_master, follower)
            wrapped = await part.patients.wrap_anew()
            if wish.patients:
                said[f"{part.partition.value}_renewed"] = await part.patients.renew(
                    platform.clock.now()
                )
            said[f"{part.partition.value}_wrapped"] = wrapped
    return await key_status(platform)


async def reseal(platform: Platform) -> dict[str, int]:
    """Seals everything anew that waits; how many rows, by partition."""
    done = {}
    async with _parts(platform) as parts:
        for part in parts:
            await part.patients.wrap_anew()
            done[part.partition.value] = await part.resealing.all()
            if (images := part.images) is not None:
                while count := await images.some():
                    done[part.partition.value] += count
    return done


async def _waiting(part: _Part) -> dict[str, int]:
    waiting = await part.resealing.waiting()
    if part.images is not None:
        waiting["image_file"] = await part.images.waiting()
    return waiting


async def retire_keys(platform: Platform, acting: Principal) -> dict[str, list[str]]:
    """Takes former keys of records and patients out of the ring, once nothing needs them.

    Keys of the other modules stay: what they sealed is not sealed anew.

    Raises:
        AccessError: ``not_permitted``.
        ConflictError: ``keys_in_use`` while anything waits.
    """
    platform.access.require(acting, Action.MANAGE_KEYS, InstallationTarget())
    retired: dict[str, list[str]] = {}
    act = act_of(acting, "keys.retire", subject="Installation")
    async with audited(platform.audit, act), _parts(platform) as parts:
        for part in parts:
            waiting = sum((await part.resealing.waiting()).values())
            if waiting or (await part.patients.counts()).behind:
                raise ConflictError(
                    "keys_in_use",
                    Bilingual(
                        zh="仍有数据由旧密钥加密。请先运行 suwen keys reseal。",
                        en="Former keys still seal something. Run suwen keys reseal first.",
                    ),
                    detail={"waiting": waiting},
                )
            former = [
                key.id
                for key in part.ring.opened().state.keys
                if not key.current and key.module in (Module.RECORDS, Module.PATIENTS)
            ]
            await asyncio.to_thread(part.ring.retire, former)
            retired[part.partition.value] = former
    return retired


@asynccontextmanager
async def _parts(platform: Platform) -> AsyncIterator[Sequence[_Part]]:
    """The partitions that this process holds."""
    async with AsyncExitStack() as closing:
        homes: Mapping[Partition, Path] = {
            Partition.GENERAL: platform.settings.home,
            Partition.DEVICE: device_settings(platform.settings).home,
        }
        parts = []
        for partition in platform.urls.partitions:
            ring = KeyRing(homes[partition])
            url = platform.urls.service(partition)
            database = Database(url, pool_size=2, vault=Vault(ring))
            closing.push_async_callback(database.close)
            parts.append(_Part(partition, ring, database))
        yield parts


def _provider(ring: KeyRing, wanted: TransitAddress | str | None) -> KeyProvider | None:
    if wanted is None:
        return None
    if isinstance(wanted, TransitAddress):
        provider = TransitProvider(wanted)
        # Whether it gives back what it was given is asked before anything depends on it.
        if provider.unwrap(provider.wrap(b"x" * 32, "keyring/test"), "keyring/test") != b"x" * 32:
            raise InputError(
                "key_service_wrong",
                Bilingual(
                    zh="密钥服务返回的内容不正确，未作更改。",
                    en="The key service did not give back what it was given; nothing was changed.",
                ),
            )
        return provider
    return FileKeyProvider.fresh(ring.home, ring.opened().state.algorithm)
