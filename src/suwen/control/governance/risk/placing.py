"""In which partition an application runs, by the law of the place where it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from suwen.control.governance.risk.deciding import decide
from suwen.control.governance.risk.rules import (
    Certainty,
    Jurisdiction,
    RiskStatus,
    RuleSet,
    rule_set,
)
from suwen.core.manifest import DeviceStatus, Manifest, Partition

_NOT_CLEAR = ("unclear", "undetermined")


class PlacedBy(StrEnum):
    """What put an application where it runs; of several the first."""

    LAW = "law"
    DECLARED = "declared"
    MANIFEST = "manifest"
    OFFICE = "office"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an application runs, and why.

    Attributes:
        laws: the laws that were looked at; more than one where the place is not clear.
        by: what asked for the device partition; ``NOTHING`` for the general one.
    """

    partition: Partition
    laws: tuple[Jurisdiction, ...]
    by: PlacedBy


def laws_of(jurisdiction: str) -> tuple[Jurisdiction, ...]:
    """The laws of a place; all of them where it is none that we know, so that the strictest holds.

    Args:
        jurisdiction: as the settings say it.
    """
    known = [law for law in Jurisdiction if law.value == jurisdiction]
    return tuple(known or Jurisdiction)


def place(
    manifest: Manifest,
    laws: tuple[Jurisdiction, ...],
    *,
    raised: bool = False,
    rules: RuleSet | None = None,
) -> Placement:
    """The partition of an application under these laws.

    What the rules decide and what the manifest declares are both looked at, and the stricter
    holds: a device, a likely one, and what is not clear while something would make it one. The
    manifest and the compliance office may raise, nobody may lower.

    Args:
        raised: whether the compliance office keeps it in the device partition.
        rules: the newest when ``None``.
    """
    law = rules or rule_set()
    for wanted, by in (
        (any(_law_asks(manifest, one, law) for one in laws), PlacedBy.LAW),
        (any(_declared(manifest.device_status.get(one.value)) for one in laws), PlacedBy.DECLARED),
        (manifest.least_partition is Partition.DEVICE, PlacedBy.MANIFEST),
        (raised, PlacedBy.OFFICE),
    ):
        if wanted:
            return Placement(Partition.DEVICE, laws, by)
    return Placement(Partition.GENERAL, laws, PlacedBy.NOTHING)


def _law_asks(manifest: Manifest, law: Jurisdiction, rules: RuleSet) -> bool:
    """What nobody answered of the questions is left to what the manifest declares."""
    if not manifest.function:
        return False
    found = decide(manifest.function, law, rules)
    unclear = found.certainty is Certainty.UNCLEAR and found.trigger is not None
    return found.status is not RiskStatus.NON_DEVICE or unclear


def _declared(status: DeviceStatus | None) -> bool:
    if status is None:
        return True
    if status.status.startswith("device"):
        return True
    return status.trigger is not None and any(word in status.status for word in _NOT_CLEAR)
