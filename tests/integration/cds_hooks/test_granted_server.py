"""The caller's FHIR server, asked over HTTP with the access it granted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from suwen.bootstrap.granted_server import GrantedServer
from suwen.core.errors import IntegrationError, SuwenError, UnavailableError
from tests.support import cds_emr as emr


class FhirServer:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"{}"
        self.asked: list[tuple[str, str | None]] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.asked.append((self.path, self.headers.get("Authorization")))
                self.send_response(told.status)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(told.body)))
                self.end_headers()
                self.wfile.write(told.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_port}/fhir"
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def tell(self, body: Any, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(body).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def fhir() -> Iterator[FhirServer]:
    server = FhirServer()
    yield server
    server.close()


async def test_a_search_and_a_read_carry_the_granted_token(fhir: FhirServer) -> None:
    server = GrantedServer()
    fhir.tell(emr.bundle(emr.allergy("青霉素")))
    found = await server.read(fhir.base, "secret", "AllergyIntolerance?patient=p1")
    assert found.complete
    assert [r["id"] for r in found.resources] == ["a1"]
    fhir.tell(emr.patient())
    assert (await server.read(fhir.base, "secret", "Patient/p1")).resources[0]["id"] == "p1"
    assert fhir.asked == [
        ("/fhir/AllergyIntolerance?patient=p1", "Bearer secret"),
        ("/fhir/Patient/p1", "Bearer secret"),
    ]
    await server.close()


async def test_more_pages_and_a_damaged_resource_are_not_complete(fhir: FhirServer) -> None:
    server = GrantedServer()
    page = emr.bundle(emr.allergy("青霉素"))
    fhir.tell({**page, "link": [{"relation": "next", "url": f"{fhir.base}?page=2"}]})
    assert not (await server.read(fhir.base, "t", "AllergyIntolerance?patient=p1")).complete
    fhir.tell(emr.bundle(emr.allergy("青霉素"), {**emr.allergy("x", "a2"), "criticality": "very"}))
    found = await server.read(fhir.base, "t", "AllergyIntolerance?patient=p1")
    assert not found.complete
    assert [r["id"] for r in found.resources] == ["a1"]
    await server.close()


@pytest.mark.parametrize("status", [302, 401, 403, 404, 500])
async def test_a_refusal_is_an_error_and_no_redirect_is_followed(
    fhir: FhirServer, status: int
) -> None:
    server = GrantedServer()
    fhir.tell({"resourceType": "OperationOutcome"}, status)
    with pytest.raises(SuwenError):
        await server.read(fhir.base, "t", "Patient/p1")
    assert len(fhir.asked) == 1
    await server.close()


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"resourceType":"Patient"}', b"\xff"])
async def test_an_answer_that_is_no_fhir(fhir: FhirServer, body: bytes) -> None:
    server = GrantedServer()
    fhir.body = body
    with pytest.raises(IntegrationError):
        await server.read(fhir.base, "t", "AllergyIntolerance?patient=p1")
    await server.close()


async def test_nobody_there() -> None:
    server = GrantedServer()
    with pytest.raises(UnavailableError) as caught:
        await server.read("http://127.0.0.1:9/fhir", "t", "Patient/p1")
    assert caught.value.code == "cds_fhir_unreachable"
    await server.close()
