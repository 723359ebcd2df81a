"""How a bulk run is done: its speed, its hours, and whether it gives way to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

MOST_PARTS = 16
_HOURS = re.compile(r"([01]?\d|2[0-3])-([01]?\d|2[0-4])")


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """How a run is done.

    Attributes:
        without_model: leaves the model part out.
        store: keeps a draft of each item.
        parts: into how many jobs it is cut; as many workers can do them side by side.
        per_minute: most items a minute over all parts; ``None`` is not limited.
        hours: hour of day from which and up to which it works, local to the site, for example
            ``(22, 6)`` over midnight; ``None`` is any hour.
        give_way: whether it waits while people's runs are under way.
    """

    without_model: bool = True
    store: bool = False
    parts: int = 2
    per_minute: float | None = None
    hours: tuple[int, int] | None = None
    give_way: bool = True

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the run."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> BulkOptions:
        """As it was kept with the run, which may keep more there than how it is done."""
        own = {one.name: kept[one.name] for one in fields(cls) if one.name in kept}
        hours = kept.get("hours")
        return cls(**{**own, "hours": (int(hours[0]), int(hours[1])) if hours else None})

    def opens_in(self, now: datetime) -> timedelta:
        """How long until the hours begin; zero within them.

        Args:
            now: in the site's own zone.
        """
        if self.hours is None:
            return timedelta(0)
        begin, end = self.hours
        inside = begin <= now.hour < end if begin < end else now.hour >= begin or now.hour < end
        if inside:
            return timedelta(0)
        opens = now.replace(hour=begin % 24, minute=0, second=0, microsecond=0)
        return opens - now if opens > now else opens + timedelta(days=1) - now


def read_hours(text: str) -> tuple[int, int]:
    """Hours of day as typed, ``22-6``.

    Raises:
        InputError: ``bulk_hours_malformed``.
    """
    match = _HOURS.fullmatch(text.strip())
    if match is None or int(match[1]) == int(match[2]) % 24:
        raise InputError(
            "bulk_hours_malformed",
            Bilingual(
                zh="时段写作 22-6：从几点到几点，可跨午夜。",
                en="Hours are written 22-6: from and up to an hour, over midnight too.",
            ),
            field="--hours",
        )
    return int(match[1]), int(match[2])


def check_parts(parts: int) -> int:
    """The number of parts, if it is one.

    Raises:
        InputError: ``bulk_parts_out_of_range``.
    """
    if not 1 <= parts <= MOST_PARTS:
        raise InputError(
            "bulk_parts_out_of_range",
            Bilingual(zh=f"并行份数应为 1 至 {MOST_PARTS}。", en=f"Parts are 1 to {MOST_PARTS}."),
            field="--parts",
        )
    return parts
