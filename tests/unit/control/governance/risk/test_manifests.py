"""What the manifests of our applications say agrees with what the rules decide."""

from __future__ import annotations

from suwen.appkit.discover import discover
from suwen.control.governance.risk.deciding import decide_everywhere
from suwen.control.governance.risk.questions import check_answers
from suwen.control.governance.risk.rules import RiskStatus, rule_set


def test_a_manifest_says_device_where_the_rules_do() -> None:
    answered = [one.manifest for one in discover().values() if one.manifest.function]
    assert len(answered) >= 3
    for manifest in answered:
        decisions = decide_everywhere(check_answers(manifest.function), rule_set())
        for jurisdiction, decision in decisions.items():
            says = manifest.device_status[jurisdiction.value].status.startswith("device")
            assert says is (decision.status is RiskStatus.DEVICE), (manifest.id, jurisdiction)
