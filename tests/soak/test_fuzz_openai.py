"""The doors of ``/v1`` fuzzed by schemathesis for ten minutes, or for ``SUWEN_SOAK_MINUTES``.

Requests are made from the published description, right ones and wrong ones, with a key that opens
everything. Whatever is sent, the answer is valid or a refusal in OpenAI's form; nothing breaks.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import openapi
from schemathesis.generation import GenerationMode

from suwen.web.openai.schema import DESCRIPTION
from tests.integration.openai_api.conftest import programs
from tests.support.clients import Programs

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(7200),
    pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning"),
]
BATCH = 200
EXPECTED = {200, 400, 403, 404, 405, 409, 422}
MODELS = ["ward", "plain", "vectors", "suwen/evidence:chest", "nobody"]

__all__ = ["programs"]


def _document() -> dict[str, Any]:
    """The description with models that are there, so that many requests get as far as an engine;
    the library's own vectors are left out, they take a fifth of a second a text."""
    document: dict[str, Any] = json.loads(json.dumps(DESCRIPTION))
    for path in ("/v1/chat/completions", "/v1/embeddings"):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        body["schema"]["properties"]["model"] = {"enum": MODELS}
    return document


def _cases() -> list[Any]:
    document = openapi.from_dict(_document())
    found = []
    for path, method in (
        ("/v1/chat/completions", "POST"),
        ("/v1/embeddings", "POST"),
        ("/v1/models/{model}", "GET"),
    ):
        operation = document[path][method]
        found += [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    return [*found, found[0], found[0]]


def test_no_request_breaks_the_doors(programs: Programs) -> None:
    seconds = float(os.environ.get("SUWEN_SOAK_MINUTES", "10")) * 60
    key, cases = programs.key(), _cases()
    seen: Counter[int] = Counter()
    until = time.monotonic() + seconds

    @settings(
        max_examples=BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.one_of(cases))
    def send(case: Any) -> None:
        if time.monotonic() > until:
            return
        try:
            body = None if case.method == "GET" else json.dumps(case.body).encode()
        except (TypeError, ValueError):
            return
        path = case.path.replace(
            "{model}", quote(str(case.path_parameters.get("model", "x")) or "x")
        )
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        for name, value in (case.headers or {}).items():
            plain = str(value).isascii() and str(value).isprintable()
            if name.lower() == "x-suwen-data-class" and plain:
                headers[name] = str(value)
        answer = programs.site.stranger().request(case.method, path, body, headers)
        seen[answer.status] += 1
        assert answer.status in EXPECTED, (case.method, path, answer.status, answer.text)
        if answer.status == 200:
            assert answer.body
        else:
            assert set(answer.json["error"]) == {"message", "type", "param", "code"}

    while time.monotonic() < until:
        send()
    assert seen[200], seen
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes:
        line = {"window": "fuzz openai", "seconds": seconds, "answers": dict(seen)}
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
