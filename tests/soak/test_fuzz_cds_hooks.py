"""The CDS Hooks door fuzzed by schemathesis for ten minutes, or for ``SUWEN_SOAK_MINUTES``.

Calls and feedback are made from our own schemas, right ones and wrong ones, each with a token that
was signed for it. Whatever is sent, the answer is valid or a refusal with its code; nothing breaks.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import openapi
from schemathesis.generation import GenerationMode

from suwen.integration.cdshooks.catalogue import CATALOGUE
from tests.integration.cds_hooks.conftest import CdsSite, cds
from tests.support.cds_emr import allergy, bundle, order, patient
from tests.unit.integration.cdshooks.test_answers import RESPONSE

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(7200),
    pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning"),
]
BATCH = 200
EXPECTED = {200, 403, 404, 412, 422}

__all__ = ["cds"]


def _schema(name: str) -> dict[str, Any]:
    folder = files("suwen.integration.cdshooks").joinpath("schemas")
    loaded: dict[str, Any] = json.loads(folder.joinpath(f"{name}.schema.json").read_text())
    return {key: value for key, value in loaded.items() if key not in ("$schema", "$id")}


def _at_hook(hook: str, *, known: bool) -> dict[str, Any]:
    """The schema of calls of one hook; ``known`` fills in data of which something can be said."""
    whole = _schema("request")
    whole["properties"]["hook"] = {"const": hook}
    kind = {
        "patient-view": "patientView",
        "order-select": "orderSelect",
        "order-sign": "orderSign",
    }.get(hook, "encounter")
    whole["properties"]["context"] = whole["$defs"][kind]
    del whole["allOf"]
    flat: dict[str, Any] = _without_references(whole, whole["$defs"])
    if known:
        _with_a_patient(flat)
    return flat


def _with_a_patient(schema: dict[str, Any]) -> None:
    orders = [order("阿莫西林胶囊"), order("x", "d2", whole=False), order("阿莫西林", "d3")]
    context, properties = schema["properties"]["context"], schema["properties"]
    context["properties"]["patientId"] = {"enum": ["p1", "p1", "p1", "p2"]}
    context["properties"]["userId"] = {"enum": ["Practitioner/1", "PractitionerRole/2"]}
    if "draftOrders" in context["properties"]:
        context["properties"]["draftOrders"] = {"enum": [bundle(*orders[:n]) for n in range(4)]}
    if "selections" in context["properties"]:
        named = [f"MedicationRequest/{one['id']}" for one in orders]
        context["properties"]["selections"]["items"] = {"enum": named}
    lists = [None, bundle(), bundle(allergy("青霉素")), bundle(allergy("x", patient_id="p2"))]
    properties["fhirServer"] = {"enum": ["https://emr.test/fhir", "http://169.254.169.254"]}
    properties["fhirAuthorization"] = {
        "enum": [
            {
                "access_token": "t",
                "token_type": "Bearer",
                "expires_in": 3,
                "scope": "user/*.read",
                "subject": "suwen",
            }
        ]
    }
    properties["prefetch"]["properties"] = {
        "patient": {"enum": [patient(), None]},
        "allergies": {"enum": lists},
        "medications": {"enum": [None, bundle(*orders)]},
    }
    schema["required"] = [*schema["required"], "prefetch"]


def _without_references(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _without_references(definitions[value["$ref"].rpartition("/")[2]], definitions)
        return {k: _without_references(v, definitions) for k, v in value.items() if k != "$defs"}
    if isinstance(value, list):
        return [_without_references(item, definitions) for item in value]
    return value


def _document(bodies: dict[str, Any]) -> dict[str, Any]:
    def operation(body: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": body}}
        return {
            "post": {
                "requestBody": {"required": True, "content": content},
                "responses": {"200": {"description": "answered"}},
            }
        }

    paths = {path: operation(body) for path, body in bodies.items()}
    return {"openapi": "3.1.0", "info": {"title": "cds", "version": "2.0"}, "paths": paths}


def _cases() -> list[Any]:
    """Right calls with data, right calls, wrong calls, feedback right and wrong."""
    feedback = _schema("feedback")
    outcomes = _without_references(feedback, feedback["$defs"])
    known = {f"/cds-services/{hook}": _at_hook(hook, known=True) for hook in CATALOGUE}
    plain = {f"/cds-services/{hook}": _at_hook(hook, known=False) for hook in CATALOGUE}
    told = {f"/cds-services/{hook}/feedback": outcomes for hook in ("order-sign", "patient-view")}
    found = []
    for bodies, modes in (
        # Several times, so that many of the calls get as far as the rules.
        (known, [GenerationMode.POSITIVE] * 5 + [GenerationMode.NEGATIVE]),
        (plain, list(GenerationMode)),
        (told, list(GenerationMode)),
    ):
        document = openapi.from_dict(_document(bodies))
        for path in bodies:
            found += [document[path]["POST"].as_strategy(generation_mode=m) for m in modes]
    return found


def test_no_call_breaks_the_door(cds: CdsSite) -> None:
    seconds = float(os.environ.get("SUWEN_SOAK_MINUTES", "10")) * 60
    cases = _cases()
    seen: Counter[int] = Counter()
    until = time.monotonic() + seconds

    @settings(
        max_examples=BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.one_of(cases))
    def send(case: Any) -> None:
        try:
            body = json.dumps(case.body).encode()
        except (TypeError, ValueError):
            return
        answer = cds.post(case.path, body)
        seen[answer.status] += 1
        assert answer.status in EXPECTED, (case.path, answer.status, answer.text)
        told = answer.json
        if answer.status == 200 and "cards" in told:
            assert not list(RESPONSE.iter_errors(told))
        elif answer.status != 200:
            assert told["code"]

    while time.monotonic() < until:
        send()
    assert seen[200], seen
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes:
        line = {"window": "fuzz cds hooks", "seconds": seconds, "answers": dict(seen)}
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
