"""Which of the hospital's endpoints may answer: capability, context, partition, data class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import ModelProfile, Partition


class IneligibleReason(StrEnum):
    """Why no endpoint may answer; the first obstacle that none of them passed."""

    NO_ENDPOINT = "no_endpoint"
    NO_CAPABILITY = "no_capability"
    CONTEXT_TOO_SMALL = "context_too_small"
    ABOVE_CEILING = "above_ceiling"


_REASONS = {
    IneligibleReason.NO_ENDPOINT: Bilingual(
        zh="本分区没有配置语言模型端点", en="no language model endpoint in this partition"
    ),
    IneligibleReason.NO_CAPABILITY: Bilingual(
        zh="没有端点具备该应用所需的能力", en="no endpoint has the capabilities that are needed"
    ),
    IneligibleReason.CONTEXT_TOO_SMALL: Bilingual(
        zh="没有端点的上下文窗口足够大", en="no endpoint has a context window that is large enough"
    ),
    IneligibleReason.ABOVE_CEILING: Bilingual(
        zh="没有端点获准处理该级别的数据", en="no endpoint is cleared for data of this class"
    ),
}


@dataclass(frozen=True, slots=True)
class NoEligible:
    """No endpoint may answer, and why."""

    reason: IneligibleReason

    @property
    def message(self) -> Bilingual:
        """The reason in words."""
        return _REASONS[self.reason]


def rank_endpoints(
    profile: ModelProfile,
    data_class: int,
    partition: Partition,
    endpoints: Sequence[Endpoint],
) -> tuple[Endpoint, ...] | NoEligible:
    """All endpoints that may answer, best first: a hospital's own engine before the embedded
    one, then the lowest ceiling that suffices (keeping the best cleared free), then by name."""
    left = [e for e in endpoints if e.partition is partition]
    if not left:
        return NoEligible(IneligibleReason.NO_ENDPOINT)
    left = [e for e in left if profile.capabilities <= e.capabilities]
    if not left:
        return NoEligible(IneligibleReason.NO_CAPABILITY)
    left = [e for e in left if e.context_tokens >= profile.context_tokens]
    if not left:
        return NoEligible(IneligibleReason.CONTEXT_TOO_SMALL)
    left = [e for e in left if e.ceiling >= data_class]
    if not left:
        return NoEligible(IneligibleReason.ABOVE_CEILING)
    return tuple(sorted(left, key=lambda e: (e.embedded, e.ceiling, e.name)))


def choose_endpoint(
    profile: ModelProfile,
    data_class: int,
    partition: Partition,
    endpoints: Sequence[Endpoint],
) -> Endpoint | NoEligible:
    """The best endpoint that may answer, or why none may."""
    ranked = rank_endpoints(profile, data_class, partition, endpoints)
    return ranked if isinstance(ranked, NoEligible) else ranked[0]
