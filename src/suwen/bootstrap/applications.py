"""Switching applications off and on, and finding their folders."""

from __future__ import annotations

from pathlib import Path

from suwen.appkit.discover import discover
from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.kill_switch import resume, suspend
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, Principal
from suwen.core.language import Bilingual


def folder_of(app: str) -> Path:
    """The folder of an installed application.

    Raises:
        NotFoundError: ``no_such_application``, naming those that there are.
    """
    installed = discover()
    found = installed.get(AppId(app))
    if found is None:
        known = ", ".join(sorted(installed))
        raise NotFoundError(
            "no_such_application",
            Bilingual(
                zh=f"没有应用 {app}。现有：{known}。",
                en=f"There is no application {app}. Installed: {known}.",
            ),
            field="app",
        )
    return found.folder


async def disable_application(
    platform: Platform, app: AppId, reason: str, acting: Principal
) -> None:
    """Takes an application out of use at once: the kill switch.

    Raises:
        NotFoundError: ``no_such_application``.
        InputError: ``reason_missing``.
        ConflictError: ``already_suspended``.
        AccessError: when a person without the right asks.
    """
    folder_of(app)
    _require(platform, acting)
    act = act_of(acting, "application.disable", app=app, subject=f"Application/{app}")
    async with audited(platform.audit, act):
        await suspend(platform.releases, app, reason, acting.id, platform.clock.now())


async def enable_application(platform: Platform, app: AppId, acting: Principal) -> None:
    """Puts an application back into use.

    Raises:
        NotFoundError: ``no_such_application``.
        ConflictError: ``not_suspended``.
        AccessError: when a person without the right asks.
    """
    folder_of(app)
    _require(platform, acting)
    act = act_of(acting, "application.enable", app=app, subject=f"Application/{app}")
    async with audited(platform.audit, act):
        await resume(platform.releases, app, acting.id)


def _require(platform: Platform, acting: Principal) -> None:
    """The operator at the machine's own command line may; a person needs the right."""
    if not acting.batch:
        platform.access.require(acting, Action.MANAGE_RELEASES, InstallationTarget())
