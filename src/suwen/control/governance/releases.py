"""Which Release of an application may run: registered by content hash, unless suspended.

A Release holds the editions of the knowledge that the application reads: other knowledge is
another Release, whose model part stays off until it is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from suwen.control.governance.content import platform_parts, release_hash
from suwen.core.application import InstalledApplication
from suwen.core.errors import GovernanceError
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.release import Release, ReleaseState
from suwen.storage.releases import ReleaseStore

_KNOWLEDGE = "knowledge:"
_NONE: Mapping[str, str] = {}


def release_of(
    installed: InstalledApplication, at: datetime, editions: Mapping[str, str] = _NONE
) -> Release:
    """The Release that the installed state of an application is.

    Args:
        editions: hash of the edition in force, by collection; only those that the manifest
            names become part of it.
    """
    pinned = {
        f"{_KNOWLEDGE}{collection}": edition
        for collection, edition in editions.items()
        if installed.manifest.names_collection(collection)
    }
    parts = {**installed.parts, **platform_parts(), **pinned}
    return Release(
        app=installed.manifest.id,
        hash=release_hash(parts),
        parts=parts,
        state=ReleaseState.ACTIVE,
        approved_at=at,
        approved_by=None,
    )


def pinned_editions(release: Release) -> dict[str, str]:
    """Hash of the edition that a Release reads, by collection."""
    return {
        name.removeprefix(_KNOWLEDGE): edition
        for name, edition in release.parts.items()
        if name.startswith(_KNOWLEDGE)
    }


async def register_releases(
    store: ReleaseStore,
    installed: Iterable[InstalledApplication],
    at: datetime,
    editions: Mapping[str, str] = _NONE,
) -> list[Release]:
    """Makes the installed state of each application the current one; approved by installation.

    Returns:
        The Releases that are new: changed code, prompts, rules, platform or knowledge. A new
        Release has no gate result, so that its model part stays off until it is evaluated.
    """
    changed: list[Release] = []
    for application in installed:
        release = release_of(application, at, editions)
        current = await store.current(release.app)
        if current is None or current.hash != release.hash:
            await store.put(release)
            changed.append(release)
    return changed


async def require_active(
    store: ReleaseStore, installed: InstalledApplication, at: datetime
) -> Release:
    """The Release that may run now.

    Raises:
        GovernanceError: ``application_suspended`` while the kill switch is on;
            ``release_not_approved`` when what is installed is not the approved Release.
    """
    manifest = installed.manifest
    await require_in_use(store, manifest)
    current = await store.current(manifest.id)
    editions = pinned_editions(current) if current is not None else {}
    release = release_of(installed, at, editions).hash
    if current is None or current.hash != release or current.state is not ReleaseState.ACTIVE:
        raise GovernanceError(
            "release_not_approved",
            Bilingual(
                zh=f"“{manifest.title.zh}”的当前版本未获批准，不能运行。请联系合规办公室。",
                en=f"The installed version of '{manifest.title.en}' is not approved and cannot "
                "run. Ask the compliance office.",
            ),
            detail={"app": manifest.id, "release": release},
        )
    return current


async def require_in_use(store: ReleaseStore, manifest: Manifest) -> None:
    """Lets an application pass that is not suspended.

    Raises:
        GovernanceError: ``application_suspended`` with the reason that was given.
    """
    suspension = await store.suspension(manifest.id)
    if suspension is not None:
        raise GovernanceError(
            "application_suspended",
            Bilingual(
                zh=f"“{manifest.title.zh}”已停用：{suspension.reason}",
                en=f"'{manifest.title.en}' is taken out of use: {suspension.reason}",
            ),
            detail={"app": manifest.id, "since": suspension.suspended_at.isoformat()},
        )
