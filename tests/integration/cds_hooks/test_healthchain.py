"""Calls made by HealthChain's sandbox, an EMR of other people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cds_hooks.conftest import CdsSite
from tests.support import cds_emr as emr
from tests.support.peers.healthchain import send_by_sandbox
from tests.unit.integration.cdshooks.test_answers import RESPONSE

CONTEXT = {"patientId": "p1", "userId": "Practitioner/emr-1"}


def prefetch_file(folder: Path, name: str, **data: Any) -> Path:
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"patient": emr.patient(), **data}), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "hook", ["patient-view", "encounter-discharge", "order-select", "order-sign"]
)
def test_the_sandbox_gets_cards_that_it_can_read(cds: CdsSite, tmp_path: Path, hook: str) -> None:
    allergic = prefetch_file(tmp_path, "a", allergies=emr.bundle(emr.allergy("青霉素")))
    plain = prefetch_file(tmp_path, "b", allergies=emr.bundle())
    context: dict[str, Any] = {**CONTEXT, "encounterId": "e1"}
    if hook.startswith("order-"):
        context["draftOrders"] = {
            "resourceType": "Bundle",
            "entry": [{"resource": emr.order("阿莫西林胶囊")}],
        }
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/draft-1"]
    tokens = [cds.emr.token(emr.address(hook)) for _ in range(2)]
    sent, answers = send_by_sandbox(
        f"http://{cds.web.host}{emr.address(hook)}",
        hook,
        [allergic, plain],
        [context, context],
        tokens,
    )
    assert [request["hook"] for request in sent] == [hook, hook]
    assert len(answers) == 2
    for answer in answers:
        # What came out of the sandbox's own models is still valid by the specification.
        assert answer.get("cards"), answer
        assert not list(RESPONSE.iter_errors(answer))
    said = [json.dumps(answer, ensure_ascii=False) for answer in answers]
    if hook != "encounter-discharge":
        assert "青霉素" in said[0]
    assert "青霉素" not in said[1]
    if hook.startswith("order-"):
        assert answers[0]["cards"][0]["indicator"] == "critical"


def test_a_discharge_without_its_encounter_is_answered_and_says_so(
    cds: CdsSite, tmp_path: Path
) -> None:
    """As the sandbox sends it by itself: the hook requires an encounter, which it leaves out."""
    hook = "encounter-discharge"
    file = prefetch_file(tmp_path, "c", allergies=emr.bundle(emr.allergy("青霉素")))
    [sent], [answer] = send_by_sandbox(
        f"http://{cds.web.host}{emr.address(hook)}",
        hook,
        [file],
        [{**CONTEXT, "encounterId": "e1"}],
        [cds.emr.token(emr.address(hook))],
        whole_contexts=False,
    )
    assert "encounterId" not in sent["context"]
    assert not list(RESPONSE.iter_errors(answer))
    assert "请求没有指明就诊" in json.dumps(answer, ensure_ascii=False)
