"""Which endpoint may answer, and why none may."""

from __future__ import annotations

import pytest

from suwen.control.routing.choice import (
    IneligibleReason,
    NoEligible,
    choose_endpoint,
    rank_endpoints,
)
from suwen.core.inference import Endpoint
from suwen.core.manifest import ModelProfile, Partition
from tests.support.applications import endpoint

PROFILE = ModelProfile(frozenset({"chat", "json_schema"}), 4096, 256)


@pytest.mark.parametrize(
    ("endpoints", "reason"),
    [
        ([], IneligibleReason.NO_ENDPOINT),
        ([endpoint(partition=Partition.DEVICE)], IneligibleReason.NO_ENDPOINT),
        ([endpoint(capabilities=frozenset({"chat"}))], IneligibleReason.NO_CAPABILITY),
        ([endpoint(context_tokens=4095)], IneligibleReason.CONTEXT_TOO_SMALL),
        ([endpoint(ceiling=3)], IneligibleReason.ABOVE_CEILING),
    ],
)
def test_why_none_may(endpoints: list[Endpoint], reason: IneligibleReason) -> None:
    chosen = choose_endpoint(PROFILE, 4, Partition.GENERAL, endpoints)
    assert isinstance(chosen, NoEligible)
    assert chosen.reason is reason
    assert chosen.message.zh


def test_the_hospitals_engine_comes_first_then_the_one_just_cleared_enough() -> None:
    endpoints = [
        endpoint("embedded", ceiling=4, embedded=True),
        endpoint("open", ceiling=5),
        endpoint("b-just-enough", ceiling=4),
        endpoint("a-just-enough", ceiling=4),
        endpoint("low", ceiling=1),
    ]
    ranked = rank_endpoints(PROFILE, 4, Partition.GENERAL, endpoints)
    assert not isinstance(ranked, NoEligible)
    assert [e.name for e in ranked] == ["a-just-enough", "b-just-enough", "open", "embedded"]
    assert choose_endpoint(PROFILE, 4, Partition.GENERAL, endpoints) == ranked[0]
    assert endpoint(context_tokens=4096) in [
        choose_endpoint(PROFILE, 4, Partition.GENERAL, [endpoint(context_tokens=4096)])
    ]
