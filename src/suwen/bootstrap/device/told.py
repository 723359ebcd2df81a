"""What the device partition told of itself, read in the general partition: verified, never asked.

The general partition holds the device partition's public key and nothing else of it. What nobody
signed is not shown, and what is old says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from suwen.bootstrap.device.place import FOLDER as HOME
from suwen.bootstrap.device.place import PUBLIC_KEYS
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.signed_files import verified

FILE: Final = "of_the_device_partition.json"
FOLDER: Final = "public"
FORM: Final = 1
"""Of the file: another one is not read."""

ALIVE_EVERY: Final = timedelta(minutes=10)
"""So often the file is laid anew without any news: one that is much older has nobody behind it."""

OLD_AFTER: Final = 3 * ALIVE_EVERY
"""Three rounds without a word: the partition does not run, or cannot tell."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the device partition told last.

    Attributes:
        trouble: ``missing`` where there is nothing, ``unsigned`` where what lies there is not the
            partition's; ``None`` otherwise.
        at: when it was told; ``None`` without a word.
        applications: as ``telling`` writes them.
    """

    trouble: str | None
    at: datetime | None = None
    applications: Sequence[Mapping[str, Any]] = ()
    monitoring: Mapping[str, Any] = field(default_factory=dict)

    def is_old(self, now: datetime) -> bool:
        """Whether nothing was told for longer than a running partition is silent."""
        return self.at is not None and now - self.at > OLD_AFTER

    @property
    def open_alarms(self) -> Sequence[Mapping[str, Any]]:
        """The alarms that nobody has answered."""
        alarms: Sequence[Mapping[str, Any]] = self.monitoring.get("alarms", ())
        return [one for one in alarms if one["answered_by"] is None]

    def application(self, app: str) -> Mapping[str, Any] | None:
        """One application; ``None`` where it does not run there."""
        return next((one for one in self.applications if one["app"] == app), None)


def read_told(settings: Settings) -> Told:
    """The last word of the device partition of a site."""
    home = settings.home / HOME
    try:
        content = (home / FOLDER / FILE).read_bytes()
    except OSError:
        return Told("missing")
    try:
        body = verified(content, home / "secrets" / "signing" / PUBLIC_KEYS)
        if body["form"] != FORM:
            return Told("missing")
        return Told(
            None,
            datetime.fromisoformat(body["at"]),
            [_application(one) for one in body["applications"]],
            _monitoring(body["monitoring"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Told("unsigned")


def _application(told: Mapping[str, Any]) -> dict[str, Any]:
    suspended = told["suspended"]
    return {
        **told,
        "since": _moment(told["since"]),
        "suspended": None if suspended is None else {**suspended, "at": _moment(suspended["at"])},
        "log": [{**one, "at": _moment(one["at"])} for one in told["log"]],
    }


def _monitoring(told: Mapping[str, Any]) -> dict[str, Any]:
    alarms = [{**one, "raised_at": _moment(one["raised_at"])} for one in told["alarms"]]
    return {**told, "counted_at": _moment(told["counted_at"]), "alarms": alarms}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
