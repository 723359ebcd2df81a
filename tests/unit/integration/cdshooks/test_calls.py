"""Calls and feedback as sent: every published example, and everything that may be wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.control.gateway.card_data import Gathered, parsed_body, take_orders, take_request
from suwen.core.errors import InputError
from suwen.integration.cdshooks.calls import HookCall, read_call
from suwen.integration.cdshooks.catalogue import CATALOGUE
from suwen.integration.cdshooks.feedback import read_feedback
from tests.support import cds_emr as emr
from tests.support.shared_data import shared_data
from tests.unit.integration.cdshooks.test_answers import RESPONSE, schema

NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
REQUEST = schema("request")
CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2700"


def read(body: dict[str, Any], hook: str | None = None) -> HookCall:
    return read_call(body, CATALOGUE[hook or body["hook"]])


def whole(hook: str) -> dict[str, Any]:
    orders = [emr.order("阿莫西林胶囊")] if hook.startswith("order-") else []
    return emr.call(
        hook,
        *orders,
        prefetch={"patient": emr.patient(), "allergies": emr.bundle(emr.allergy("青霉素"))},
        fhirServer="https://emr.test/fhir",
        fhirAuthorization={
            "access_token": "token",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "user/*.read",
            "subject": "suwen",
        },
    )


@pytest.mark.parametrize("hook", sorted(CATALOGUE))
def test_a_whole_call_is_read_and_valid_by_our_schema(hook: str) -> None:
    body = whole(hook)
    assert not list(REQUEST.iter_errors(body))
    call = read(body)
    assert call.patient == "p1"
    assert call.user == ("Practitioner", "emr-1")
    assert call.access is not None
    assert "token" not in repr(call.access)
    gathered = take_request(call, NOW)
    assert {"Patient", "AllergyIntolerance"} <= gathered.held.keys()
    assert len(take_orders(call, gathered)) == (1 if hook.startswith("order-") else 0)


def without(body: dict[str, Any], path: str) -> dict[str, Any]:
    copy = deepcopy(body)
    owner: Any = copy
    *steps, last = path.split(".")
    for step in steps:
        owner = owner[step]
    del owner[last]
    return copy


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    copy = deepcopy(body)
    owner: Any = copy
    *steps, last = path.split(".")
    for step in steps:
        owner = owner[step]
    owner[last] = value
    return copy


REQUIRED = [
    "hook",
    "hookInstance",
    "context",
    "context.userId",
    "context.patientId",
    "context.draftOrders",
    "context.selections",
    "fhirServer",
    "fhirAuthorization.access_token",
    "fhirAuthorization.token_type",
    "fhirAuthorization.expires_in",
    "fhirAuthorization.scope",
    "fhirAuthorization.subject",
]


@pytest.mark.parametrize("path", REQUIRED)
def test_what_is_required(path: str) -> None:
    body = without(whole("order-select"), path)
    with pytest.raises(InputError) as caught:
        read(body, "order-select")
    assert (caught.value.code, caught.value.field) == ("cds_element_missing", path)


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start", "encounter-discharge"])
def test_a_call_without_its_encounter_is_read(hook: str) -> None:
    """Clients leave it out even where the hook requires it; the answer then says so."""
    assert read(without(whole(hook), "context.encounterId")).encounter is None


WRONG = [
    ("hook", "order-sign", "hook"),
    ("hook", 5, "hook"),
    ("hookInstance", "1", "hookInstance"),
    ("hookInstance", ["x"], "hookInstance"),
    ("context", [], "context"),
    ("context.userId", "abc", "context.userId"),
    ("context.userId", "Group/1", "context.userId"),
    ("context.patientId", "../Patient/2", "context.patientId"),
    ("context.patientId", "p1?_include=*", "context.patientId"),
    ("context.patientId", "", "context.patientId"),
    ("context.patientId", 7, "context.patientId"),
    ("context.patientId", "x" * 65, "context.patientId"),
    ("context.encounterId", "a b", "context.encounterId"),
    ("context.selections", [], "context.selections"),
    ("context.selections", "MedicationRequest/draft-1", "context.selections"),
    ("context.selections", ["draft-1"], "context.selections[0]"),
    ("context.selections", ["MedicationRequest/draft-1", 5], "context.selections[1]"),
    ("context.draftOrders", {"resourceType": "List"}, "context.draftOrders.resourceType"),
    ("context.draftOrders", [], "context.draftOrders"),
    ("fhirServer", "ftp://emr.test", "fhirServer"),
    ("fhirServer", "https://user:secret@emr.test", "fhirServer"),
    ("fhirServer", "//emr.test", "fhirServer"),
    ("fhirServer", "http://[", "fhirServer"),
    ("fhirAuthorization", "Bearer x", "fhirAuthorization"),
    ("fhirAuthorization.access_token", "a b", "fhirAuthorization.access_token"),
    ("fhirAuthorization.access_token", "a\r\nX: y", "fhirAuthorization.access_token"),
    ("fhirAuthorization.token_type", "Basic", "fhirAuthorization.token_type"),
    ("fhirAuthorization.expires_in", "300", "fhirAuthorization.expires_in"),
    ("fhirAuthorization.expires_in", True, "fhirAuthorization.expires_in"),
    ("fhirAuthorization.expires_in", -1, "fhirAuthorization.expires_in"),
    ("fhirAuthorization.patient", "p2", "fhirAuthorization.patient"),
    ("prefetch", [], "prefetch"),
    ("prefetch", {str(n): None for n in range(60)}, "prefetch"),
    ("prefetch.allergies", "123", "prefetch.allergies"),
    ("prefetch.allergies", [], "prefetch.allergies"),
]


@pytest.mark.parametrize(
    ("path", "value", "field"), WRONG, ids=[f"{w[0]}-{n}" for n, w in enumerate(WRONG)]
)
def test_what_is_wrong_is_named(path: str, value: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read(changed(whole("order-select"), path, value), "order-select")
    assert caught.value.field == field
    said = caught.value.safe_message
    assert said.zh
    assert "青霉素" not in said.zh + said.en


def test_text_that_no_database_can_hold() -> None:
    with pytest.raises(InputError) as caught:
        read(changed(whole("order-select"), "fhirAuthorization.scope", "a\0b"), "order-select")
    assert caught.value.code == "text_not_storable"


def gathered_of(prefetch: dict[str, Any], hook: str = "order-sign") -> Gathered:
    orders = [emr.order("阿莫西林")] if hook.startswith("order-") else []
    return take_request(read(emr.call(hook, *orders, prefetch=prefetch)), NOW)


@pytest.mark.parametrize(
    ("prefetch", "code", "field"),
    [
        ({"patient": emr.patient("p2")}, "cds_other_patient", "prefetch.patient"),
        ({"patient": {"resourceType": "Patient"}}, "cds_other_patient", "prefetch.patient"),
        (
            {"allergies": emr.bundle(emr.allergy("青霉素", patient_id="p2"))},
            "cds_other_patient",
            "prefetch.allergies",
        ),
        ({"allergies": emr.patient()}, "cds_element_wrong", "prefetch.allergies"),
        (
            {"allergies": emr.bundle({**emr.allergy("x"), "clinicalStatus": "active"})},
            "not_r4",
            "prefetch.allergies.entry[0].resource.clinicalStatus",
        ),
        (
            {"allergies": {"resourceType": "Bundle", "entry": [{}]}},
            "entry_without_resource",
            "prefetch.allergies.entry[0].resource",
        ),
        (
            {"allergies": {"resourceType": "Bundle", "entry": {}}},
            "element_type",
            "prefetch.allergies.entry",
        ),
        (
            {"medications": emr.bundle({**emr.order("x"), "status": "busy"})},
            "code_not_allowed",
            "prefetch.medications.entry[0].resource.status",
        ),
        (
            {"medications": emr.bundle({"resourceType": "MedicationOrder", "id": "1"})},
            "resource_type_unknown",
            "prefetch.medications.entry[0].resource.resourceType",
        ),
    ],
)
def test_prefetched_data_that_cannot_be_taken(
    prefetch: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        gathered_of(prefetch)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_no_data_is_an_answer_and_a_failure_is_none() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception"}],
    }
    gathered = gathered_of(
        {"allergies": None, "medications": outcome, "orders": emr.bundle(outcome), "other": "123"}
    )
    assert gathered.held.keys() == {"AllergyIntolerance", "ServiceRequest"}
    assert [u.what.en for u in gathered.unchecked] == ["running orders", "examination orders"]


def test_a_page_with_more_behind_it_is_said() -> None:
    page = {**emr.bundle(emr.allergy("青霉素")), "link": [{"relation": "next", "url": "https://x"}]}
    [unchecked] = gathered_of({"allergies": page}).unchecked
    assert unchecked.what.en == "allergies"
    result = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"text": "K"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": (NOW - timedelta(days=9)).isoformat(),
    }
    older = {**emr.bundle(result), "link": page["link"]}
    assert gathered_of({"laboratory": older}, "patient-view").unchecked == []
    result["effectiveDateTime"] = NOW.isoformat()
    newer = {**emr.bundle(result), "link": page["link"]}
    assert len(gathered_of({"laboratory": newer}, "patient-view").unchecked) == 1


def test_orders_of_another_patient_and_unknown_selections() -> None:
    with pytest.raises(InputError) as caught:
        call = read(emr.call("order-sign", emr.order("阿莫西林", patient_id="p2")))
        take_orders(call, Gathered())
    assert caught.value.code == "cds_other_patient"
    body = changed(whole("order-select"), "context.selections", ["MedicationRequest/other"])
    with pytest.raises(InputError) as caught:
        take_orders(read(body), Gathered())
    assert caught.value.field == "context.selections"
    many = [emr.order("阿莫西林", f"d{n}") for n in range(201)]
    with pytest.raises(InputError) as caught:
        take_orders(read(emr.call("order-sign", *many)), Gathered())
    assert caught.value.code == "cds_too_many_orders"


def published() -> Iterator[tuple[str, dict[str, Any]]]:
    text = (shared_data("cds_hooks") / "json_examples.jsonl").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines()):
        yield f"{number}", json.loads(line)


def test_every_published_example_is_read_or_refused_at_its_place() -> None:
    """Nothing crashes; what is refused says where. Ours are read when they are of our hooks."""
    outcomes: dict[str, list[str]] = {"read": [], "refused": [], "card": [], "other": []}
    for number, example in published():
        body = example["json"]
        if body is None:
            with pytest.raises(InputError):
                parsed_body(example["malformed"].encode())
            outcomes[_of_fragment(example)].append(number)
        elif "cards" in body:
            # Elided resources ("...": "<snipped") are no FHIR; one card of the specification
            # lacks its required indicator.
            faults = {e.message for e in RESPONSE.iter_errors(body)}
            assert faults <= {"'indicator' is a required property", *_elided(body)}, number
            outcomes["card"].append(number)
        elif "context" in body and "patientId" in body["context"]:
            outcomes[_tried(body, example["file"])].append(number)
        else:
            outcomes["other"].append(number)
    assert sum(map(len, outcomes.values())) == 58
    assert len(outcomes["read"]) >= 8, outcomes
    assert outcomes["refused"], outcomes


def _of_fragment(example: dict[str, Any]) -> str:
    """A context that is printed without the braces of its call."""
    try:
        body = parsed_body(f"{{{example['malformed']}}}".encode())
    except InputError:
        return "other"
    return _tried(body, example["file"]) if "patientId" in body.get("context", {}) else "other"


def _elided(body: dict[str, Any]) -> set[str]:
    """What our schema says of system actions without a description, as the examples hold them."""
    return {"'description' is a required property"} if "systemActions" in body else set()


def _tried(body: dict[str, Any], file: str) -> str:
    hook = body.get("hook") or file.removesuffix(".md")
    service = CATALOGUE.get(hook)
    if service is None:
        return "other"
    instance = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    try:
        call = read_call({"hook": hook, "hookInstance": instance, **body}, service)
        gathered = take_request(call, NOW)
        take_orders(call, gathered)
    except InputError as error:
        assert error.field
        return "refused"
    return "read"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [*REQUIRED, "prefetch", "prefetch.patient", "prefetch.allergies", "context.encounterId",
     "fhirAuthorization", "context.draftOrders.entry", "context.draftOrders.resourceType"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(PATHS, JSON)
def test_any_value_anywhere_is_read_or_refused_at_a_place(path: str, value: Any) -> None:
    body = changed(whole("order-select"), path, value)
    try:
        call = read(body, "order-select")
        gathered = take_request(call, NOW)
        take_orders(call, gathered)
    except InputError as error:
        assert error.code
        assert error.field is not None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    try:
        parsed = parsed_body(body)
        read_call(parsed, CATALOGUE["patient-view"])
    except InputError as error:
        assert error.code


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe{}", b"[" * 5000, b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1e99999}'],
)
def test_bodies_that_are_no_json(body: bytes) -> None:
    with pytest.raises(InputError):
        parsed_body(body)


def feedback(**changes: Any) -> dict[str, Any]:
    item = {
        "card": CARD,
        "outcome": "overridden",
        "overrideReason": {
            "reason": {"code": "will_monitor", "system": "urn:suwen:cds-hooks:override-reason"},
            "userComment": "患者曾多次使用",
        },
        "outcomeTimestamp": "2026-03-10T06:00:00Z",
    }
    item.update(changes)
    return {"feedback": [{k: v for k, v in item.items() if v is not None}]}


FEEDBACK = schema("feedback")


def test_feedback_is_read() -> None:
    body = feedback()
    assert not list(FEEDBACK.iter_errors(body))
    [outcome] = read_feedback(body, NOW)
    assert outcome.reason == ("urn:suwen:cds-hooks:override-reason", "will_monitor")
    assert outcome.comment == "患者曾多次使用"
    assert "患者" not in repr(outcome)
    accepted = feedback(
        outcome="accepted", overrideReason=None, acceptedSuggestions=[{"id": CARD[:-1] + "1"}]
    )
    assert not list(FEEDBACK.iter_errors(accepted))
    assert read_feedback(accepted, NOW)[0].suggestions == (CARD[:-1] + "1",)
    bare = feedback(overrideReason=None)
    assert read_feedback(bare, NOW)[0].reason is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "feedback"),
        ({"feedback": []}, "feedback"),
        ({"feedback": {}}, "feedback"),
        ({"feedback": [5]}, "feedback[0]"),
        ({"feedback": [{}] * 201}, "feedback"),
        (feedback(card=None), "feedback[0].card"),
        (feedback(card="1"), "feedback[0].card"),
        (feedback(outcome="ignored"), "feedback[0].outcome"),
        (feedback(outcome="accepted", overrideReason=None), "feedback[0].acceptedSuggestions"),
        (feedback(acceptedSuggestions=[{"id": CARD}]), "feedback[0].acceptedSuggestions"),
        (feedback(acceptedSuggestions=[{}]), "feedback[0].acceptedSuggestions[0].id"),
        (
            feedback(outcome="accepted", acceptedSuggestions=[{"id": CARD}]),
            "feedback[0].overrideReason",
        ),
        (
            feedback(overrideReason={"userComment": "x" * 2001}),
            "feedback[0].overrideReason.userComment",
        ),
        (
            feedback(overrideReason={"reason": {"code": "x"}}),
            "feedback[0].overrideReason.reason.system",
        ),
        (feedback(outcomeTimestamp=None), "feedback[0].outcomeTimestamp"),
        (feedback(outcomeTimestamp="2026-03-10"), "feedback[0].outcomeTimestamp"),
        (feedback(outcomeTimestamp="2026-03-10T06:00:00"), "feedback[0].outcomeTimestamp"),
        (feedback(outcomeTimestamp="2027-03-10T06:00:00Z"), "feedback[0].outcomeTimestamp"),
    ],
)  # fmt: skip
def test_feedback_that_is_wrong_is_refused_at_its_place(body: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_feedback(body, NOW)
    assert caught.value.field == field


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        ["card", "outcome", "overrideReason", "outcomeTimestamp", "acceptedSuggestions"]
    ),
    JSON,
)
def test_any_feedback_is_read_or_refused(name: str, value: Any) -> None:
    try:
        read_feedback({"feedback": [{**feedback()["feedback"][0], name: value}]}, NOW)
    except InputError as error:
        assert error.field
