"""The gate of the patients' application: measured, approved and opened in its own partition."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.bootstrap.releases.measuring import GateMeasuring
from suwen.bootstrap.releases.opening import open_releases
from suwen.control.governance.gate import GateReason, GateVerdict
from suwen.core.errors import InputError
from suwen.core.identity import AppId
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.core.release import ReleaseState, RolloutStage
from suwen.inference.scripted import ScriptedEngine, serving_in_thread
from tests.support.able_engine import able, judged_here
from tests.support.device_site import DeviceSite
from tests.support.releases import OPERATOR, approve

TRIAGE = AppId("triage")
NOBODY: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def engine(device: DeviceSite) -> Iterator[Endpoint]:
    """An engine of the device partition that understands every complaint of the suite."""
    with serving_in_thread(ScriptedEngine(able)) as running:
        endpoint = running.endpoint(
            "chat-engine", partition=Partition.DEVICE, context_tokens=32_768, weights="ab" * 32
        )
        device.run(device.platform.endpoints.put(endpoint))
        device.run(device.platform.models.put(endpoint))
        yield endpoint
        device.run(device.platform.endpoints.remove(endpoint.name))


def verdict(device: DeviceSite, endpoint: Endpoint) -> GateVerdict:
    """What the gate says now."""
    platform = device.platform
    release = device.run(platform.releases.current(TRIAGE))
    [found] = device.run(
        platform.parts.model_gate.verdicts(
            release.hash,
            platform.applications[TRIAGE],
            [device.run(platform.endpoints.read(endpoint.name))],
            NOBODY,
            platform.clock.now(),
        )
    )
    assert isinstance(found, GateVerdict)
    return found


def test_the_chat_s_model_part_opens_by_what_was_measured_here(
    device: DeviceSite, engine: Endpoint
) -> None:
    platform, desk = device.platform, open_releases(device.platform)
    measuring = GateMeasuring(platform, TRIAGE, judged_here)
    binding = device.run(desk.propose(TRIAGE, engine.name, OPERATOR))

    own = device.run(measuring.measure(engine.name, 20, OPERATOR, ["model_part"]))
    report = own["suites"]["model_part"]
    assert own["passed"] and report["supported"]["value"] == 1.0, report
    assert set(own["left"]) == {"refusal", "jailbreak", "equity", "robustness"}
    found = verdict(device, engine)
    assert (found.reason, found.suite) == (GateReason.NOT_EVALUATED, "refusal")

    rest = device.run(measuring.measure(engine.name, 20, OPERATOR, own["left"]))
    assert rest["passed"] and rest["left"] == ["model_part"], rest
    assert device.run(desk.read(binding.id)).state is ReleaseState.EVALUATED
    device.run(approve(desk, binding))
    device.run(desk.roll_out(binding.id, RolloutStage.SHADOW, NOBODY, OPERATOR))
    device.run(desk.roll_out(binding.id, RolloutStage.ALL, NOBODY, OPERATOR))
    assert verdict(device, engine).is_open
    device.run(desk.retire(binding.id, "test over", OPERATOR))


def test_a_suite_that_the_gate_does_not_name_is_refused(
    device: DeviceSite, engine: Endpoint
) -> None:
    measuring = GateMeasuring(device.platform, TRIAGE, judged_here)
    with pytest.raises(InputError, match="suite_not_demanded"):
        device.run(measuring.measure(engine.name, 1, OPERATOR, ["numbers"]))
