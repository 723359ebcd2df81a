"""CDS Hooks over HTTP: discovery, calls, feedback, and everybody who is turned away."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from suwen.core.audit import AuditOutcome
from suwen.integration.cdshooks.catalogue import CATALOGUE
from tests.integration.cds_hooks.conftest import CdsSite
from tests.support import cds_emr as emr
from tests.support.web_site import Answer
from tests.unit.integration.cdshooks.test_answers import RESPONSE, schema

SIGN = emr.address("order-sign")
FEEDBACK = SIGN + "/feedback"
DISCOVERY = schema("discovery")


def signing(text: str = "阿莫西林胶囊") -> dict[str, Any]:
    return emr.call(
        "order-sign", emr.order(text), prefetch=emr.medicines_prefetch(emr.allergy("青霉素"))
    )


def cards(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.text
    assert not list(RESPONSE.iter_errors(answer.json))
    found: list[dict[str, Any]] = answer.json["cards"]
    return found


def test_discovery_needs_nobody_and_names_the_services(cds: CdsSite) -> None:
    for language in ("zh", "en"):
        answer = cds.web.stranger().get("/cds-services", **{"Accept-Language": language})
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert not list(DISCOVERY.iter_errors(answer.json))
    assert [s["id"] for s in answer.json["services"]] == list(CATALOGUE)


@pytest.mark.parametrize("hook", sorted(CATALOGUE))
def test_every_service_answers(cds: CdsSite, hook: str) -> None:
    orders = [emr.order("阿莫西林胶囊")] if hook.startswith("order-") else []
    prefetch = {"patient": emr.patient(), "allergies": emr.bundle(emr.allergy("青霉素"))}
    found = cards(cds.call(emr.call(hook, *orders, prefetch=prefetch)))
    assert found
    assert all(len(card["summary"]) < 140 for card in found)
    if hook.startswith("order-"):
        assert found[0]["indicator"] == "critical"


def test_a_token_is_for_one_address_and_one_call(cds: CdsSite) -> None:
    headers = cds.emr.headers(SIGN)
    assert cds.post(SIGN, signing(), **headers).status == 200
    again = cds.post(SIGN, signing(), **headers)
    assert (again.status, again.json["code"]) == (401, "cds_token_replayed")
    other = cds.post(SIGN, signing(), **cds.emr.headers(emr.address("order-select")))
    assert (other.status, other.json["code"]) == (401, "cds_audience_wrong")
    # Another name of this server in the Host header does not make it the addressee.
    foreign = emr.Emr(cds.emr.key, base="https://elsewhere.test")
    forged = cds.post(SIGN, signing(), Host="elsewhere.test", **foreign.headers(SIGN))
    assert (forged.status, forged.json["code"]) == (401, "cds_audience_wrong")


def test_who_has_no_token_is_told_what_to_send(cds: CdsSite) -> None:
    for path in (SIGN, FEEDBACK, emr.address("nothing")):
        answer = cds.post(path, signing(), Authorization=None)
        assert (answer.status, answer.json["code"]) == (401, "cds_token_missing")
    person = cds.web.token("dr.lin")
    answer = cds.post(SIGN, signing(), Authorization=f"Bearer {person}")
    assert answer.status == 401
    # A browser's session is no client, whatever page sent it.
    session = cds.web.person("dr.lin").send("POST", SIGN, signing())
    assert session.status == 401


def test_a_client_token_opens_no_other_door(cds: CdsSite) -> None:
    headers = cds.emr.headers("/api/v1/patients")
    answer = cds.web.stranger().request("GET", "/api/v1/patients", None, headers)
    assert answer.status == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "json_malformed"),
        (b"{", 422, "json_malformed"),
        (b"\xff\xfe", 422, "cds_body_not_utf8"),
        (b"[" * 20_000, 422, "json_too_deep"),
        (b'{"hook":"order-sign","hook":"x"}', 422, "json_duplicate_key"),
        (b"[]", 422, "cds_element_wrong"),
        (b"{}", 422, "cds_element_missing"),
        (b'{"x":"' + b"y" * (8 * 1024 * 1024) + b'"}', 422, "request_too_large"),
    ],
    ids=range(8),
)
def test_a_body_that_cannot_be_taken(cds: CdsSite, body: bytes, status: int, code: str) -> None:
    answer = cds.post(SIGN, body)
    assert (answer.status, answer.json["code"]) == (status, code)


def test_a_refusal_names_the_element_and_no_patient(cds: CdsSite) -> None:
    body = signing()
    body["prefetch"]["allergies"]["entry"][0]["resource"]["clinicalStatus"] = "active"
    answer = cds.call(body)
    assert answer.status == 422
    assert answer.json["field"] == "prefetch.allergies.entry[0].resource.clinicalStatus"
    assert "青霉素" not in answer.text


def test_other_answers(cds: CdsSite) -> None:
    unknown = cds.post(emr.address("nothing"), signing())
    assert (unknown.status, unknown.json["code"]) == (404, "cds_service_not_found")
    kind = cds.post(SIGN, signing(), **{"Content-Type": "text/plain"})
    assert (kind.status, kind.json["code"]) == (422, "cds_content_type")
    nothing = cds.call(emr.call("patient-view"))
    assert (nothing.status, nothing.json["code"]) == (412, "cds_nothing_known")
    patient = cds.call(
        emr.call("patient-view", prefetch={"patient": emr.patient()}, user="Patient/p1")
    )
    assert (patient.status, patient.json["code"]) == (403, "cds_user_not_staff")
    read = cds.web.stranger().request("GET", SIGN, None, cds.emr.headers(SIGN))
    assert read.status == 405


def feedback(card: str, **changes: Any) -> dict[str, Any]:
    item = {
        "card": card,
        "outcome": "overridden",
        "overrideReason": {
            "reason": {"code": "tolerated_before", "system": "urn:suwen:cds-hooks:override-reason"},
            "userComment": "张三曾用过阿莫西林",
        },
        "outcomeTimestamp": datetime.now(UTC).isoformat(),
    }
    item.update(changes)
    return {"feedback": [{name: value for name, value in item.items() if value is not None}]}


def kept(cds: CdsSite) -> list[Any]:
    found: list[Any] = cds.web.run(cds.web.platform.cds_hooks.feedback.list())
    return found


def test_feedback_is_kept_like_a_sign_off(cds: CdsSite) -> None:
    body = signing()
    [card, *_] = cards(cds.call(body))
    answer = cds.post(FEEDBACK, feedback(card["uuid"]))
    assert (answer.status, answer.json) == (200, {"kept": 1})
    [latest, *_] = kept(cds)
    assert (latest.client, latest.service, latest.card) == ("emr", "order-sign", card["uuid"])
    assert (latest.patient, latest.person) == ("p1", "Practitioner/emr-1")
    assert latest.override_code == "tolerated_before"
    assert latest.override_display == "患者曾耐受该药"
    assert latest.comment == "张三曾用过阿莫西林"
    # The same again is known; another time of the same card is another outcome.
    again = feedback(card["uuid"], outcomeTimestamp=latest.outcome_at.isoformat())
    assert cds.post(FEEDBACK, again).json == {"kept": 0}


def test_a_comment_is_sealed_in_the_database_and_in_no_audit(cds: CdsSite) -> None:
    [card, *_] = cards(cds.call(signing()))
    assert cds.post(FEEDBACK, feedback(card["uuid"])).status == 200

    async def look() -> tuple[str, str]:
        from sqlalchemy import text

        async with cds.web.platform.database.transaction() as connection:
            rows = await connection.execute(text("SELECT * FROM card_feedback"))
            stored = repr([dict(row) for row in rows.mappings()])
        events = await cds.web.platform.audit_store.latest(50)
        return stored, json.dumps([dict(e.entry.detail) for e in events], ensure_ascii=False)

    stored, audit = cds.web.run(look())
    assert "comment_sealed" in stored
    for text in ("张三", "阿莫西林"):
        assert text not in stored
        assert text not in audit
    assert card["uuid"] in audit


def test_an_accepted_suggestion(cds: CdsSite) -> None:
    [card, *_] = cards(cds.call(signing()))
    suggestion = card["suggestions"][0]["uuid"]
    taken = feedback(
        card["uuid"],
        outcome="accepted",
        overrideReason=None,
        acceptedSuggestions=[{"id": suggestion}],
    )
    assert cds.post(FEEDBACK, taken).status == 200
    assert kept(cds)[0].accepted_suggestions == (suggestion,)
    [other, *_] = cards(cds.call(signing()))
    taken["feedback"][0]["acceptedSuggestions"] = [{"id": other["suggestions"][0]["uuid"]}]
    answer = cds.post(FEEDBACK, taken)
    assert (answer.status, answer.json["code"]) == (422, "cds_suggestion_unknown")


def test_feedback_on_a_card_that_was_never_given(cds: CdsSite) -> None:
    [card, *_] = cards(cds.call(signing()))
    before = len(kept(cds))
    for identity in (str(uuid.uuid4()), card["uuid"][:-4] + "ff00", card["uuid"][:-2] + "01"):
        answer = cds.post(FEEDBACK, feedback(identity))
        assert (answer.status, answer.json["code"]) == (404, "cds_card_not_found")
        assert answer.json["field"] == "feedback[0].card"
    # Nor at another service; and one wrong item keeps all others out.
    elsewhere = emr.address("order-select") + "/feedback"
    assert cds.post(elsewhere, feedback(card["uuid"])).status == 404
    both = feedback(card["uuid"])
    both["feedback"] += feedback(str(uuid.uuid4()))["feedback"]
    answer = cds.post(FEEDBACK, both)
    assert (answer.status, answer.json["field"]) == (404, "feedback[1].card")
    assert len(kept(cds)) == before
    unknown = {"reason": {"code": "because", "system": "urn:suwen:cds-hooks:override-reason"}}
    answer = cds.post(FEEDBACK, feedback(card["uuid"], overrideReason=unknown))
    assert (answer.status, answer.json["code"]) == (422, "cds_reason_unknown")
    foreign = {"reason": {"code": "x-1", "system": "https://emr.test/reasons"}}
    assert cds.post(FEEDBACK, feedback(card["uuid"], overrideReason=foreign)).status == 200


def test_a_person_of_the_hospital_sees_the_own_record(cds: CdsSite) -> None:
    """A patient of the demonstration, asked for by an account that cares for the patient."""

    async def find() -> tuple[str, str]:
        people = {p.id: p for p in await cds.web.platform.people.list()}
        person = people["dr.lin"]
        rows = await cds.web.platform.records.list_patients(limit=200)
        mine = [r for r in rows if r.department in person.departments]
        return person.practitioner or "", mine[0].id

    practitioner, patient = cds.web.run(find())
    assert practitioner
    body = emr.call(
        "patient-view",
        patient_id=patient,
        user=f"Practitioner/{practitioner}",
        encounter=None,
    )
    found = cards(cds.call(body))
    said = json.dumps(found, ensure_ascii=False)
    assert "本平台不认识当前用户" not in said
    events = cds.web.run(cds.web.platform.audit_store.latest(1, action="cards.answer"))
    assert events[0].entry.outcome is AuditOutcome.DONE
    assert events[0].entry.actor == "dr.lin"
    # The same patient is closed to a user whom nobody knows here.
    stranger = cds.call(emr.call("patient-view", patient_id=patient, encounter=None))
    assert (stranger.status, stranger.json["code"]) == (412, "cds_nothing_known")
