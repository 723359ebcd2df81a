"""Switching applications off and on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suwen.appkit.discover import installed_folder
from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.placing import installed_here
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.kill_switch import resume, suspend
from suwen.core.errors import GovernanceError
from suwen.core.identity import AppId, Principal
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform


async def disable_application(
    platform: Platform | DevicePlatform, app: AppId, reason: str, acting: Principal
) -> None:
    """Takes an application out of use at once: the kill switch.

    Raises:
        NotFoundError: ``no_such_application``.
        InputError: ``reason_missing``.
        ConflictError: ``already_suspended``.
        AccessError: when a person without the right asks.
        GovernanceError: ``switched_in_the_other_partition``.
    """
    installed_folder(app)
    _require(platform, app, acting)
    act = act_of(acting, "application.disable", app=app, subject=f"Application/{app}")
    async with audited(platform.audit, act):
        await suspend(platform.releases, app, reason, acting.id, platform.clock.now())


async def enable_application(
    platform: Platform | DevicePlatform, app: AppId, acting: Principal
) -> None:
    """Puts an application back into use.

    Raises:
        NotFoundError: ``no_such_application``.
        ConflictError: ``not_suspended``.
        AccessError: when a person without the right asks.
        GovernanceError: ``switched_in_the_other_partition``.
    """
    installed_folder(app)
    _require(platform, app, acting)
    act = act_of(acting, "application.enable", app=app, subject=f"Application/{app}")
    async with audited(platform.audit, act):
        await resume(platform.releases, app, acting.id)


def _require(platform: Platform | DevicePlatform, app: AppId, acting: Principal) -> None:
    """The operator at the machine's own command line may; a person needs the right."""
    if installed_here(platform.settings)[app].manifest.partition is not platform.parts.partition:
        raise GovernanceError(
            "switched_in_the_other_partition",
            Bilingual(
                zh="该应用属于器械分区，请在导诊台页面或命令行停用、恢复。",
                en="This application belongs to the device partition: switch it at the patients' "
                "desk or on the command line.",
            ),
            detail={"app": app},
        )
    if not acting.batch:
        platform.access.require(acting, Action.MANAGE_RELEASES, InstallationTarget())
