"""HealthChain's sandbox: an EMR that we did not write, which calls CDS services.

It has an environment of its own, because its dependencies do not agree with ours; it is run as a
program. It knows no client tokens: each call is given one of those that the test signed.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

_PYTHON = Path(__file__).resolve().parents[3] / ".venv/peers/healthchain/bin/python"

_PROGRAM = """
import json, sys
import httpx
from healthchain.models import CDSRequest
from healthchain.sandbox import SandboxClient, sandboxclient
from healthchain.sandbox.requestconstructors import CdsRequestConstructor

wanted = json.load(sys.stdin)
tokens = iter(wanted["tokens"])

class Signed(httpx.Auth):
    def auth_flow(self, request):
        request.headers["Authorization"] = "Bearer " + next(tokens)
        yield request

class Client(httpx.Client):
    def __init__(self, **options):
        super().__init__(auth=Signed(), trust_env=False, **options)

sandboxclient.httpx.Client = Client
if wanted["whole_contexts"]:
    dump = CDSRequest.model_dump
    CDSRequest.model_dump = lambda self, **k: dump(self, serialize_as_any=True, **k)
client = SandboxClient(url=wanted["url"], workflow=wanted["workflow"])
constructor = CdsRequestConstructor()
for path, context in zip(wanted["files"], wanted["contexts"], strict=True):
    # As load_from_path does it, which however has no way to name the patient.
    with open(path) as file:
        data = json.load(file)
    client.requests.append(constructor.construct_request(data, client.workflow, context))
sent = client.get_request_data("dict")
json.dump({"sent": sent, "answers": client.send_requests()}, sys.stdout, default=str)
"""


def send_by_sandbox(
    url: str,
    workflow: str,
    files: Sequence[Path],
    contexts: Sequence[Mapping[str, Any]],
    tokens: Sequence[str],
    *,
    whole_contexts: bool = True,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The requests that the sandbox made of prefetch files, and the answers as it read them.

    Left to itself, the sandbox sends of a context only user and patient (it serialises by the base
    class of contexts); ``whole_contexts`` has it send all that it holds.

    A sandbox that is not installed skips the test by name, except in CI, where it fails.
    """
    if not _PYTHON.exists():
        if os.environ.get("CI"):
            pytest.fail("HealthChain must be installed in CI (make sets it up)")
        pytest.skip("HealthChain is not installed (make sets it up)")
    wanted = {
        "url": url,
        "workflow": workflow,
        "files": [str(file) for file in files],
        "contexts": [dict(context) for context in contexts],
        "tokens": list(tokens),
        "whole_contexts": whole_contexts,
    }
    done = subprocess.run(
        [str(_PYTHON), "-c", _PROGRAM],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout[done.stdout.index("{") :])
    assert all(told["answers"]), done.stderr[-3000:]
    return told["sent"], told["answers"]
