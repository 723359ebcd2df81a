"""Prescription review at the hooks of ordering: interactions, once an encounter, and the queue."""

from __future__ import annotations

import json
from typing import Any

from suwen.storage.prescription_types import PrescriptionState
from tests.integration.cds_hooks.conftest import CdsSite
from tests.support import cds_emr as emr

FEEDBACK = emr.address("order-sign") + "/feedback"


def two(hook: str = "order-sign", encounter: str = "e-rx", patient: str = "p1") -> dict[str, Any]:
    """Simvastatin in the making for somebody who is to have itraconazole too."""
    orders = [
        emr.order("辛伐他汀片", "w1", patient),
        emr.order("伊曲康唑胶囊", "i1", patient),
    ]
    stay = {
        "resourceType": "Encounter",
        "id": encounter,
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": f"Patient/{patient}"},
    }
    prefetch = {
        **emr.medicines_prefetch(),
        "patient": {**emr.patient(), "id": patient},
        "encounters": emr.bundle(stay),
    }
    return emr.call(hook, *orders, prefetch=prefetch, encounter=encounter, patient_id=patient)


def cards(cds: CdsSite, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = cds.call(body)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["cards"]
    return found


def interaction(cds: CdsSite, body: dict[str, Any]) -> dict[str, Any]:
    [found] = [c for c in cards(cds, body) if c["source"]["topic"]["code"] == "interaction"]
    return found


def test_an_interaction_is_found_with_its_source_and_what_else_could_be_given(cds: CdsSite) -> None:
    for hook in ("order-select", "order-sign"):
        card = interaction(cds, two(hook))
        assert card["indicator"] == "critical"
        assert "伊曲康唑" in card["summary"]
        provenance = card["extension"]["suwen.finding"]
        assert provenance["rule"]
        assert "待" in json.dumps(card, ensure_ascii=False)
        assert {s["actions"][0]["resourceId"] for s in card["suggestions"]} == {
            "MedicationRequest/w1",
            "MedicationRequest/i1",
        }


def test_what_both_would_say_is_said_once(cds: CdsSite) -> None:
    body = emr.call(
        "order-sign",
        emr.order("阿莫西林胶囊"),
        prefetch=emr.medicines_prefetch(emr.allergy("青霉素")),
        encounter="e-once",
    )
    topics = [c["source"]["topic"]["code"] for c in cards(cds, body)]
    assert topics.count("allergy") == 1


def test_what_was_overridden_asks_no_more_in_the_encounter(cds: CdsSite) -> None:
    card = interaction(cds, two(encounter="e-memory"))
    reason = {"reason": {"code": "will_monitor", "system": "urn:suwen:cds-hooks:override-reason"}}
    told = {
        "feedback": [
            {
                "card": card["uuid"],
                "outcome": "overridden",
                "outcomeTimestamp": "2026-11-22T09:00:00+08:00",
                "overrideReason": reason,
            }
        ]
    }
    assert cds.post(FEEDBACK, told).json == {"kept": 1}
    again = interaction(cds, two(encounter="e-memory"))
    assert again["indicator"] == "info"
    assert "已注明理由" in again["detail"]
    assert interaction(cds, two(encounter="e-other"))["indicator"] == "critical"


def test_signed_orders_come_into_the_queue_once(cds: CdsSite) -> None:
    for _ in range(2):
        cards(cds, two(encounter="e-queue", patient="p-queue"))
    desk = cds.web.platform.prescriptions

    async def take() -> list[Any]:
        await desk.intake.take_arrivals(100)
        return await desk.intake.store.queue(list(PrescriptionState), limit=500)

    [one] = [p for p in cds.web.run(take()) if p.patient == "p-queue"]
    assert (one.origin, one.decision, one.setting) == ("cds", "interrupt", "inpatient")
    assert {"MedicationRequest/w1", "MedicationRequest/i1"} == set(one.orders)


def test_the_kill_switch_takes_its_cards_out_and_says_so(cds: CdsSite) -> None:
    platform = cds.web.platform
    desk = platform.parts.releases

    async def switch(on: bool) -> None:
        from suwen.control.governance.kill_switch import resume, suspend
        from suwen.core.identity import AppId, PrincipalId

        who = PrincipalId("com.test")
        if on:
            await suspend(desk, AppId("prescription_review"), "t", who, platform.clock.now())
        else:
            await resume(desk, AppId("prescription_review"), who)

    cds.web.run(switch(True))
    try:
        said = json.dumps(cards(cds, two(encounter="e-off")), ensure_ascii=False)
    finally:
        cds.web.run(switch(False))
    assert "该应用已停用" in said
    assert '"interaction"' not in said
