"""The quick reader takes nothing that the exact one would refuse, and takes it alike."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.core.errors import InputError
from suwen.core.exact_json import read_exact, write_exact
from suwen.integration.fhir import validate
from suwen.integration.fhir.at_once import read_at_once
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.reading import parse_json, read_checked
from suwen.integration.fhir.validate import TYPED_RESOURCES, explain, passes

CONCEPT = {"coding": [{"system": "urn:s", "code": "c", "display": "d"}], "text": "t"}
SUBJECT = {"reference": "Patient/p"}
AT = "2024-05-31T08:30:00+08:00"
RIGHT: dict[str, dict[str, Any]] = {
    "Patient": {"gender": "female", "birthDate": "1950-02", "name": [{"family": "王"}]},
    "Encounter": {
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": SUBJECT,
        "period": {"start": AT, "end": "2024-06-01"},
    },
    "Condition": {
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                    "code": "active",
                }
            ]
        },
        "code": CONCEPT,
        "subject": SUBJECT,
        "onsetDateTime": "2019",
    },
    "Observation": {
        "status": "final",
        "category": [CONCEPT],
        "code": CONCEPT,
        "subject": SUBJECT,
        "effectiveDateTime": AT,
        "issued": AT,
        "valueQuantity": {"value": 4.1, "unit": "mmol/L", "comparator": "<"},
        "referenceRange": [{"low": {"value": 3}, "high": {"value": 5.3}}],
    },
    "MedicationRequest": {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": CONCEPT,
        "subject": SUBJECT,
        "dosageInstruction": [{"text": "qd", "asNeededBoolean": False}],
    },
    "AllergyIntolerance": {"patient": SUBJECT, "criticality": "high", "code": CONCEPT},
    "Procedure": {"status": "completed", "subject": SUBJECT, "performedDateTime": AT},
    "DiagnosticReport": {"status": "final", "code": CONCEPT, "result": [SUBJECT]},
    "Immunization": {
        "status": "completed",
        "vaccineCode": CONCEPT,
        "patient": SUBJECT,
        "occurrenceDateTime": AT,
    },
    "DocumentReference": {
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain"}}],
    },
}
JUNK = [None, True, 0, 1.5, -1, "", "x", [], {}, [None], {"a": None}, [[]], "\u0000", "final"]


def resource(kind: str, identity: str = "a") -> dict[str, Any]:
    return {"resourceType": kind, "id": identity, **copy.deepcopy(RIGHT[kind])}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in plain data."""
    found = [path] if path else []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return found + [one for key, item in items for one in places(item, (*path, key))]


def changed(value: Any, path: tuple[Any, ...], new: Any, *, remove: bool) -> Any:
    body = copy.deepcopy(value)
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return body


def exact(text: str) -> list[Any] | str:
    try:
        return list(read_resources(parse_json(text)))
    except InputError as error:
        return f"{error.code} {error.field}"


def same(text: str) -> None:
    quick = read_at_once(text)
    if quick is None:
        return
    slow = exact(text)
    assert isinstance(slow, list), slow
    assert [write_exact(r) for r in quick] == [write_exact(r) for r in slow]


ENDS = [
    "2024",
    "2024-05",
    "2024-05-31",
    "2024-06-01",
    AT,
    "2024-05-31T00:29:59Z",
    "2024-05-31T08:30:00.5+08:00",
    "2024-05-31T08:30:00.25+08:00",
    "2024-05-31T09:30:00+09:00",
]


@given(st.lists(st.sampled_from(ENDS), min_size=2, max_size=2))
def test_a_period_that_ends_before_it_starts_never_passes(ends: list[str]) -> None:
    body = {**resource("Encounter"), "period": {"start": ends[0], "end": ends[1]}}
    try:
        explain(body, "Encounter")
    except InputError:
        assert not passes(body)


@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_what_is_right_is_taken_at_once(kind: str) -> None:
    text = json.dumps(resource(kind))
    taken = read_at_once(text)
    assert taken is not None
    same(text)


def test_every_type_that_is_checked_has_its_quick_form() -> None:
    for kind in TYPED_RESOURCES:
        assert not passes({"resourceType": kind, "text": 1, "subject": 5, "name": 5, "code": 5})


@pytest.mark.parametrize("content", [[{}], [{"attachment": None}], [], {}, [None]])
def test_the_exact_check_does_not_rest_on_the_quick_one(
    content: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a quick check that lets too much pass would hide itself from the test below."""
    monkeypatch.setattr(validate, "passes", lambda _resource: True)
    with pytest.raises(InputError):
        explain({**resource("DocumentReference"), "content": content}, "DocumentReference")


@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_nothing_passes_that_the_exact_check_refuses(kind: str) -> None:
    whole = resource(kind)
    refused = 0
    for path in places(whole):
        variants = [changed(whole, path, None, remove=True)]
        variants += [changed(whole, path, junk, remove=False) for junk in JUNK]
        for body in variants:
            if body.get("resourceType") != kind:
                continue
            try:
                explain(body, kind)
            except InputError:
                refused += 1
                assert not passes(body), (path, body)
            same(json.dumps(body))
    assert refused > 10


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_both_readers_agree_on_bundles(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(RIGHT)), max_size=4))
    uuids = data.draw(st.booleans())
    entries: list[Any] = []
    for number, kind in enumerate(kinds):
        body = resource(kind, data.draw(st.sampled_from(["a", "b", f"r{number}", "x y", ""])))
        if data.draw(st.integers(0, 5)) == 0:
            path = data.draw(st.sampled_from(places(body)))
            body = changed(body, path, data.draw(st.sampled_from(JUNK)), remove=False)
        if uuids and "subject" in body:
            body["subject"] = {"reference": "urn:uuid:0"}
        entry: dict[str, Any] = {"resource": body}
        if data.draw(st.booleans()):
            prefix = "urn:uuid:" if uuids else "http://emr/fhir/"
            entry["fullUrl"] = data.draw(st.sampled_from([f"{prefix}{number}", "Patient/a"]))
        if data.draw(st.booleans()):
            method = data.draw(st.sampled_from(["POST", "PUT", "DELETE"]))
            entry["request"] = {"method": method, "url": kind}
        entries.append(entry)
    kind = data.draw(st.sampled_from(["searchset", "transaction", "collection", "history", "x"]))
    bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
    spaced = data.draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]))
    escaped = data.draw(st.booleans())
    same(json.dumps(bundle, separators=spaced, ensure_ascii=escaped))


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(0, 9), st.booleans())
def test_every_digit_is_kept(digits: int, places_after: int, spaced: bool) -> None:
    number = format(Decimal(digits).scaleb(-places_after), "f")
    body = write_exact(resource("Observation")).replace("4.1", number)
    text = body.replace(",", ", ") if spaced else body
    [read] = read_checked(text)
    written = json.loads(write_exact(read), parse_float=str, parse_int=str)
    assert written["valueQuantity"]["value"] == write_exact(read_exact(number))


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType":"Patient","id":"a","gender":"male","gender":"female"}',
        '{"resourceType":"Patient","id":"a","gender" :"male", "gender":"female"}',
        '{"resourceType":"Patient","id":"a","gender":"male","g\\u0065nder":"female"}',
        '{"resourceType":"Patient","id":"a","x":{"b":1.50,"b":1.50}}',
    ],
)
def test_a_key_that_stands_twice_is_never_passed_over(text: str) -> None:
    assert read_at_once(text) is None
    with pytest.raises(InputError) as refused:
        read_checked(text)
    assert refused.value.code == "json_duplicate_key"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("NaN", "json_number"),
        ("1e999", "json_number"),
        ("1" * 70, "json_number"),
        ('"\\u0000"', "text_not_storable"),
        ('"\\ud800"', "text_not_storable"),
    ],
)
def test_what_cannot_be_stored_is_refused(value: str, code: str) -> None:
    text = f'{{"resourceType":"Patient","id":"a","x":{value}}}'
    assert read_at_once(text) is None
    with pytest.raises(InputError) as refused:
        read_checked(text)
    assert refused.value.code == code


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    same(text)
    same('{"resourceType":"Bundle","type":"searchset","entry":[' + text + "]}")
