"""Whether somebody of the staff was trained or is barred, asked in the device partition itself.

It does not rely on the general partition having asked already: what was handed over is verified,
its newest state is kept here, and without any nobody of the staff is let in.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from suwen.bootstrap.accountability.training_hand_over import (
    FILE,
    HandedTrainings,
    read_trainings,
)
from suwen.bootstrap.device.laid_files import LaidFile
from suwen.control.governance.competence import Standing, refusal_of, standing_of
from suwen.core.errors import GovernanceError
from suwen.core.identity import Principal, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.ports import Clock


class DeviceTrainings:
    """Who was trained, as the general partition handed it over.

    Args:
        folder: where it lays its file.
        own: where the newest verified file is kept.
        keys: file of its public keys.
    """

    def __init__(self, folder: Path, own: Path, keys: Path, clock: Clock) -> None:
        self._laid: LaidFile[HandedTrainings] = LaidFile(
            folder / FILE,
            own / FILE,
            partial(read_trainings, keys=keys),
            order=lambda handed: handed.at,
        )
        self._clock = clock

    def bars(self, account: PrincipalId) -> bool:
        """Whether an account may not be used any more, as far as was handed over."""
        handed = self._laid.take()
        return handed is not None and account in handed.barred

    async def require_trained(self, principal: Principal, manifest: Manifest) -> None:
        """As ``check``, where a run asks."""
        self.check(principal, manifest)

    def check(self, principal: Principal, manifest: Manifest) -> None:
        """Lets a person pass who was trained, where the register asks for it; services and
        patients pass.

        Raises:
            GovernanceError: ``training_missing``, ``training_expired``, ``training_not_passed``;
                ``training_unknown`` where nothing was ever handed over.
        """
        if not principal.is_person:
            return
        handed = self._laid.take()
        if handed is None:
            raise _unknown()
        if manifest.id not in handed.demanded:
            return
        records = [
            one for one in handed.trainings if (one.person, one.app) == (principal.id, manifest.id)
        ]
        standing = standing_of(records, self._clock.now().date())
        if standing is not Standing.VALID:
            raise refusal_of(standing, manifest)


def _unknown() -> GovernanceError:
    return GovernanceError(
        "training_unknown",
        Bilingual(
            zh="本分区尚未收到培训记录，无法确认您的资质。请稍候再试；若仍如此，请联系系统管理员。",
            en="This partition has not been told yet who was trained. Try again in a moment; if "
            "that does not help, tell the system administrator.",
        ),
    )
