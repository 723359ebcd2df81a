"""Whether somebody of the staff was trained, asked in the device partition itself.

It does not rely on the general partition having asked already: what was handed over is verified,
its newest state is kept here, and without any nobody of the staff is let in.
"""

from __future__ import annotations

import logging
from pathlib import Path

from suwen.bootstrap.accountability.training_hand_over import (
    FILE,
    HandedTrainings,
    read_trainings,
)
from suwen.bootstrap.signed_files import keep_copy
from suwen.control.governance.competence import Standing, refusal_of, standing_of
from suwen.core.errors import GovernanceError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.ports import Clock

log = logging.getLogger(__name__)


class DeviceTrainings:
    """Who was trained, as the general partition handed it over.

    Args:
        folder: where it lays its file.
        own: where the newest verified file is kept.
        keys: file of its public keys.
    """

    def __init__(self, folder: Path, own: Path, keys: Path, clock: Clock) -> None:
        self._file = folder / FILE
        self._own = own / FILE
        self._keys = keys
        self._clock = clock
        self._seen: tuple[int, int] | None = None
        self._present: HandedTrainings | None = None
        self._opened = False

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
        self._look()
        if self._present is None:
            raise _unknown()
        if manifest.id not in self._present.demanded:
            return
        records = [
            one
            for one in self._present.trainings
            if (one.person, one.app) == (principal.id, manifest.id)
        ]
        standing = standing_of(records, self._clock.now().date())
        if standing is not Standing.VALID:
            raise refusal_of(standing, manifest)

    def _look(self) -> None:
        """Takes what was laid since; what is lost, damaged or older changes nothing."""
        if not self._opened:
            self._present, self._opened = self._read(self._own), True
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return
        self._seen = stamp
        found = self._read(self._file)
        if found is not None and (self._present is None or found.at > self._present.at):
            self._present = found
            keep_copy(self._own, self._file.read_bytes())

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size)

    def _read(self, file: Path) -> HandedTrainings | None:
        try:
            return read_trainings(file.read_bytes(), self._keys)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            log.warning("trainings were laid here that the general partition did not sign")
            return None


def _unknown() -> GovernanceError:
    return GovernanceError(
        "training_unknown",
        Bilingual(
            zh="本分区尚未收到培训记录，无法确认您的资质。请稍候再试；若仍如此，请联系系统管理员。",
            en="This partition has not been told yet who was trained. Try again in a moment; if "
            "that does not help, tell the system administrator.",
        ),
    )
