"""Draws decided drafts for a second reading: by a stated share and seed, so that anybody with the
seed can draw the same again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from suwen.core.manifest import Manifest, SignOffRule
from suwen.evaluation.monitoring.measures import DECIDED
from suwen.storage.counted_work import CountedDecision
from suwen.storage.second_reviews import ReviewCase

VERDICT_OF: Final[Mapping[str, str]] = {
    "accept": "as_built",
    "amend": "changed",
    "reject": "unusable",
}
"""What a decision says of the draft as it was built."""

VERDICTS: Final = tuple(VERDICT_OF.values())


def is_drawn(draft: str, percent: float, seed: str) -> bool:
    """Whether a draft is among the share: its place by SHA-256 of seed and id, as if by chance."""
    digest = hashlib.sha256(f"{seed}/{draft}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < percent / 100


def draw(
    decisions: Sequence[CountedDecision],
    applications: Mapping[str, Manifest],
    percent: float,
    seed: str,
    at: datetime,
) -> list[ReviewCase]:
    """The cases among decisions; only of applications whose drafts people sign."""
    found: dict[str, ReviewCase] = {}
    for taken in decisions:
        manifest = applications.get(taken.app)
        if manifest is None or manifest.sign_off is SignOffRule.NONE:
            continue
        if taken.decision not in DECIDED or not is_drawn(taken.draft, percent, seed):
            continue
        found.setdefault(
            taken.draft,
            ReviewCase(
                id=hashlib.sha256(f"review/{seed}/{taken.draft}".encode()).hexdigest()[:20],
                draft=taken.draft,
                decision=taken.number,
                app=taken.app,
                release=taken.release,
                department=taken.department,
                patient=taken.patient,
                first_reader=taken.signer,
                first_verdict=VERDICT_OF[taken.decision],
                decided_at=taken.decided_at,
                drawn_at=at,
                seed=seed,
                share=percent / 100,
            ),
        )
    return list(found.values())
