"""Switching applications off and on."""

from __future__ import annotations

from suwen.appkit.discover import installed_folder
from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.kill_switch import resume, suspend
from suwen.core.identity import AppId, Principal


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
    installed_folder(app)
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
    installed_folder(app)
    _require(platform, acting)
    act = act_of(acting, "application.enable", app=app, subject=f"Application/{app}")
    async with audited(platform.audit, act):
        await resume(platform.releases, app, acting.id)


def _require(platform: Platform, acting: Principal) -> None:
    """The operator at the machine's own command line may; a person needs the right."""
    if not acting.batch:
        platform.access.require(acting, Action.MANAGE_RELEASES, InstallationTarget())
