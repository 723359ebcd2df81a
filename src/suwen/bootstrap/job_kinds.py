"""The kinds of jobs that a site's worker can do."""

from __future__ import annotations

from collections.abc import Mapping

from suwen.bootstrap.platform import Platform
from suwen.jobs.model import JobKind


def job_kinds(platform: Platform) -> Mapping[str, JobKind]:
    """All of them, by name."""
    kinds: list[JobKind] = []
    return {kind.name: kind for kind in kinds}
