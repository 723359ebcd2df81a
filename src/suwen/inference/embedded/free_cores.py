"""How many threads the engine may use: never more than there are free cores.

Two threads on a machine without a free core decode far slower than one, because each waits for the
other at every layer.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

_CGROUP_ROOT: Final = Path("/sys/fs/cgroup")


def threads_within(requested: int | None, cores: float, load: float) -> int:
    """Threads to use: at least 1, at most ``requested`` and the free cores.

    Args:
        requested: most threads; ``None`` leaves one core to the rest of the platform, which is
            idle when the engine starts and is not later.
        cores: cores that this process may use; less than a whole one is possible.
        load: processes that already want a core, as a mean.
    """
    wish = math.ceil(cores) - 1 if requested is None else requested
    free = math.floor(cores - load + 0.5)
    return max(1, min(wish, free, math.ceil(cores)))


def threads_now(requested: int | None) -> int:
    """``threads_within`` for this process at this moment."""
    return threads_within(requested, usable_cores(), os.getloadavg()[0])


def waits_asleep(threads: int, cores: float) -> bool:
    """Whether threads sleep, not spin, while they wait for one another.

    Spinning is up to twice as fast on idle cores and up to twenty times slower once others want
    those cores, which is likely when more than half of them are used.
    """
    return threads > 1 and threads * 2 > cores


def usable_cores() -> float:
    """Cores that affinity and the control group's quota leave to this process."""
    cores = float(len(os.sched_getaffinity(0)))
    quota = cpu_quota()
    return cores if quota is None else min(cores, quota)


def cpu_quota(
    root: Path = _CGROUP_ROOT, membership: Path = Path("/proc/self/cgroup")
) -> float | None:
    """The tightest quota of our control groups (version 2) in cores; ``None`` when unlimited."""
    try:
        lines = membership.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    group = next((line[3:] for line in lines if line.startswith("0::")), "/")
    quotas: list[float] = []
    folder = root / group.lstrip("/")
    for level in (folder, *folder.parents):
        if level != root and root not in level.parents:
            break
        if (quota := _quota_of(level / "cpu.max")) is not None:
            quotas.append(quota)
    return min(quotas, default=None)


def _quota_of(file: Path) -> float | None:
    try:
        most, _, period = file.read_text(encoding="ascii").strip().partition(" ")
        return None if most == "max" else int(most) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
