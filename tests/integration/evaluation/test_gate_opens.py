"""A gate that names suites of the platform: it opens for an engine of known ability, and shuts."""

from __future__ import annotations

from suwen.bootstrap.evaluation.for_gate import evaluate_lacking
from suwen.bootstrap.releases.board import ReleaseBoard
from suwen.bootstrap.releases.opening import open_releases
from suwen.bootstrap.releases.suite_rows import suite_title
from suwen.control.governance.gate import GateReason
from suwen.core.identity import AppId
from suwen.core.release import ReleaseState
from suwen.inference.scripted import ScriptedAnswer, ScriptedRequest
from tests.integration.evaluation.conftest import COMPLIANCE, EvaluationSite
from tests.support.able_engine import able

QUALITY = AppId("record_quality")
DEMANDED = {"app:record_quality", "grounded", "injection", "consistency"}


def babbling(_request: ScriptedRequest) -> ScriptedAnswer:
    """Says what stands in no note."""
    return ScriptedAnswer("Metformin 500 mg was given for 7 years.")


async def test_the_gate_opens_suite_by_suite_and_says_which_one_shuts_it(
    site: EvaluationSite,
) -> None:
    engine = await site.engine("able", able)
    endpoint = engine.endpoint("able", context_tokens=32_768)
    await site.platform.models.put(endpoint)
    await site.platform.endpoints.put(endpoint)
    desk = open_releases(site.platform)
    board = ReleaseBoard(desk)
    binding = await desk.propose(QUALITY, "able", COMPLIANCE)

    started = await evaluate_lacking(site.platform, binding.id, COMPLIANCE)
    assert set(started) == DEMANDED
    assert await evaluate_lacking(site.platform, binding.id, COMPLIANCE) == ()
    await site.finish()
    page = await board.read(binding.id, COMPLIANCE)
    told = {one.standing.suite: one.standing for one in page.suites}
    assert all(one.reason is None for one in told.values()), {
        name: one.result and one.result.report for name, one in told.items()
    }
    assert page.binding.state is ReleaseState.EVALUATED
    assert page.reason is GateReason.NOT_APPROVED
    assert await evaluate_lacking(site.platform, binding.id, COMPLIANCE) == ()

    # Another seed than the suite's own is told no gate, however it came out.
    engine.respond = babbling
    await site.evaluate("grounded", "able", seed=5)
    assert (await desk.read(binding.id)).state is ReleaseState.EVALUATED
    await site.evaluate("grounded", "able")
    assert (await desk.read(binding.id)).state is ReleaseState.PROPOSED
    [row] = [
        row
        for app in await board.applications(COMPLIANCE)
        for row in app.rows
        if app.manifest.id == QUALITY
    ]
    assert (row.reason, row.suite) == (GateReason.FAILED, "grounded")
    assert row.why is not None and suite_title("grounded").en in row.why.en
    assert set(await evaluate_lacking(site.platform, binding.id, COMPLIANCE)) == {"grounded"}
