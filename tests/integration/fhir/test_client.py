"""The FHIR client against Medplum's server, and against one that misbehaves on purpose."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from suwen.core.errors import (
    ConfigurationError,
    ConflictError,
    IntegrationError,
    NotFoundError,
    SuwenError,
    UnavailableError,
)
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.server import (
    BasicProof,
    ClientCredentials,
    FhirServer,
    Limits,
    TokenProof,
)
from tests.support.peers.medplum import MedplumServer, medplum_server
from tests.support.peers.slapd import issue_certificate

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "gender": "female",
    "birthDate": "1950-02-03",
}
QUICK = Limits(timeout_s=2.0, attempts=3, longest_pause_s=0.05)


@pytest.fixture(scope="module")
def medplum() -> Iterator[MedplumServer]:
    with medplum_server() as server:
        yield server


@pytest.fixture
async def client(medplum: MedplumServer) -> AsyncIterator[FhirClient]:
    async with FhirClient(FhirServer(medplum.base, ceiling=5)) as opened:
        yield opened


def numbered(system: str, value: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": system, "value": value}]}


def glucose(patient: str, text: str = "glucose") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": text},
        "subject": {"reference": patient},
    }


async def test_a_conditional_create_writes_once(client: FhirClient) -> None:
    first = await client.create(numbered("urn:a", "1"), {"identifier": "urn:a|1"})
    again = await client.create(numbered("urn:a", "1"), {"identifier": "urn:a|1"})
    assert first.created and not again.created
    assert first.reference == again.reference


async def test_an_update_replaces_only_the_version_that_was_seen(client: FhirClient) -> None:
    written = await client.create(numbered("urn:b", "1"))
    seen = await client.read("Patient", written.reference.partition("/")[2])
    assert seen["meta"]["versionId"] == written.version
    changed = await client.update({**seen, "gender": "male"}, if_match=written.version)
    assert changed.reference == written.reference and changed.version != written.version
    with pytest.raises(ConflictError) as lost:
        await client.update({**seen, "gender": "other"}, if_match=written.version)
    assert lost.value.code == "fhir_precondition_failed"
    assert (await client.read("Patient", seen["id"]))["gender"] == "male"


async def test_every_page_of_a_search_comes_once(client: FhirClient) -> None:
    patient = (await client.create(numbered("urn:c", "1"))).reference
    made = {(await client.create(glucose(patient))).reference for _ in range(23)}
    pages = client.search("Observation", {"subject": patient, "_count": "5"})
    found = [[f"Observation/{r['id']}" for r in page.resources] async for page in pages]
    assert [len(page) for page in found] == [5, 5, 5, 5, 3]
    assert {one for page in found for one in page} == made


async def test_what_the_server_refuses_names_code_and_place(client: FhirClient) -> None:
    with pytest.raises(IntegrationError) as refused:
        await client.create({"resourceType": "Observation", "code": {"text": "x"}})
    assert refused.value.code == "fhir_refused"
    assert refused.value.field == "Observation.status"
    assert refused.value.detail["issue"] == "structure"
    with pytest.raises(NotFoundError) as gone:
        await client.read("Patient", "nobody")
    assert gone.value.code == "fhir_not_found"


async def test_a_transaction_and_a_batch_answer_for_each_entry(client: FhirClient) -> None:
    patient = (await client.create(numbered("urn:d", "1"))).reference
    entries = [
        {
            "resource": glucose(patient, text),
            "request": {"method": "POST", "url": "Observation"},
        }
        for text in ("one", "two")
    ]
    written = [answer.written for answer in await client.transaction(entries)]
    assert all(one is not None and one.created for one in written)
    answers = await client.batch(
        [
            {"request": {"method": "GET", "url": patient}},
            {"request": {"method": "GET", "url": "Patient/nobody"}},
        ]
    )
    assert [answer.status for answer in answers] == [200, 404]
    assert answers[0].resource is not None and answers[1].error is not None
    assert answers[1].error.code == "fhir_not_found"


async def test_a_token_opens_the_server_and_its_want_does_not() -> None:
    with medplum_server(token="secret-token") as server:
        async with FhirClient(FhirServer(server.base, TokenProof("secret-token"))) as inside:
            assert (await inside.capabilities())["fhirVersion"] == "4.0.1"
        async with FhirClient(FhirServer(server.base, TokenProof("another"))) as outside:
            with pytest.raises(IntegrationError) as refused:
                await outside.capabilities()
    assert refused.value.code == "fhir_not_admitted"
    assert "another" not in str(refused.value.detail)


@dataclass
class Misbehaving:
    """A server whose every answer a test decides; keeps what it was asked."""

    base: str = ""
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    asked: list[web.Request] = field(default_factory=list)


@asynccontextmanager
async def misbehaving(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Misbehaving]:
    served = Misbehaving(handler=handler)

    async def answer(request: web.Request) -> web.StreamResponse:
        served.asked.append(request)
        return await handler(request)

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    served.base = f"{'https' if tls else 'http'}://127.0.0.1:{port}/fhir"
    try:
        yield served
    finally:
        await runner.cleanup()


def fhir(body: Any, status: int = 200, **headers: str) -> web.Response:
    return web.Response(
        text=json.dumps(body),
        status=status,
        content_type="application/fhir+json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


async def read_patient(server: FhirServer) -> Any:
    async with FhirClient(server) as client:
        return await client.read("Patient", "p1")


async def error_of(server: FhirServer) -> SuwenError:
    with pytest.raises(SuwenError) as raised:
        await read_patient(server)
    return raised.value


async def test_a_busy_server_is_asked_again_when_it_said() -> None:
    answers = iter([fhir({}, 503, Retry_After="0"), fhir({}, 429), fhir(PATIENT)])

    async def busy(_request: web.Request) -> web.Response:
        return next(answers)

    async with misbehaving(busy) as server:
        assert (await read_patient(FhirServer(server.base, limits=QUICK)))["id"] == "p1"
        assert len(server.asked) == 3


async def test_retry_after_is_kept_and_bounded() -> None:
    answers = iter([fhir({}, 503, Retry_After="60"), fhir(PATIENT)])

    async def busy(_request: web.Request) -> web.Response:
        return next(answers)

    async with misbehaving(busy) as server:
        began = time.monotonic()
        limits = Limits(timeout_s=20.0, attempts=2, longest_pause_s=0.3)
        await read_patient(FhirServer(server.base, limits=limits))
        assert 0.25 <= time.monotonic() - began < 30


async def test_a_server_that_stays_busy_is_unavailable() -> None:
    async def busy(_request: web.Request) -> web.Response:
        return fhir({}, 503)

    async with misbehaving(busy) as server:
        error = await error_of(FhirServer(server.base, limits=QUICK))
        assert isinstance(error, UnavailableError) and error.code == "fhir_busy"
        assert len(server.asked) == QUICK.attempts


async def test_a_broken_connection_is_tried_again_for_a_read_and_never_for_a_create() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        await request.read()
        request.transport.close()
        await asyncio.sleep(0.05)
        return web.Response()

    async with misbehaving(cut) as server:
        error = await error_of(FhirServer(server.base, limits=QUICK))
        assert error.code == "fhir_unreachable"
        # aiohttp itself repeats a read once on a connection that it kept; we repeat the rest.
        assert len(server.asked) >= QUICK.attempts
        server.asked.clear()
        async with FhirClient(FhirServer(server.base, limits=QUICK, ceiling=5)) as client:
            with pytest.raises(IntegrationError) as unknown:
                await client.create(numbered("urn:e", "1"))
            assert unknown.value.code == "fhir_outcome_unknown"
            assert len(server.asked) == 1
            server.asked.clear()
            with pytest.raises(UnavailableError):
                await client.create(numbered("urn:e", "1"), {"identifier": "urn:e|1"})
            assert len(server.asked) >= QUICK.attempts
            assert all(r.headers["If-None-Exist"] == "identifier=urn%3Ae%7C1" for r in server.asked)


async def test_no_credential_goes_to_another_host() -> None:
    async def trap(_request: web.Request) -> web.Response:
        return fhir(PATIENT)

    async with misbehaving(trap) as elsewhere:

        async def lead_away(_request: web.Request) -> web.Response:
            return fhir({}, 307, Location=f"{elsewhere.base}/Patient/p1")

        async with misbehaving(lead_away) as server:
            proof = TokenProof("never-to-be-seen-there")
            error = await error_of(FhirServer(server.base, proof, limits=QUICK))
            assert error.code == "fhir_link_elsewhere"
            assert elsewhere.asked == []
            # The twin: where the operator lists the host, it is followed.
            listed = FhirServer(
                server.base, proof, also_at=(elsewhere.base.removesuffix("/fhir"),), limits=QUICK
            )
            assert (await read_patient(listed))["id"] == "p1"


async def test_a_next_link_to_another_host_is_not_followed() -> None:
    async def page(_request: web.Request) -> web.Response:
        return fhir(
            {
                "resourceType": "Bundle",
                "type": "searchset",
                "link": [{"relation": "next", "url": "http://10.0.0.1/fhir?page=2"}],
                "entry": [{"resource": PATIENT}],
            }
        )

    async with (
        misbehaving(page) as server,
        FhirClient(FhirServer(server.base, limits=QUICK)) as client,
    ):
        with pytest.raises(IntegrationError) as refused:
            [page async for page in client.search("Patient", {})]
    assert refused.value.code == "fhir_link_elsewhere"


async def test_pages_that_lead_back_end() -> None:
    async def page(request: web.Request) -> web.Response:
        bundle = {"resourceType": "Bundle", "type": "searchset"}
        return fhir({**bundle, "link": [{"relation": "next", "url": str(request.url)}]})

    async with (
        misbehaving(page) as server,
        FhirClient(FhirServer(server.base, limits=QUICK)) as client,
    ):
        with pytest.raises(IntegrationError) as refused:
            [page async for page in client.search("Patient", {"_count": "1"})]
    assert refused.value.code == "fhir_paging_endless"


@pytest.mark.parametrize("compressed", [False, True])
async def test_an_answer_larger_than_the_limit_is_cut_off(compressed: bool) -> None:
    async def huge(_request: web.Request) -> web.Response:
        answer = web.Response(body=b'{"x":"' + b"a" * 3_000_000 + b'"}')
        if compressed:
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async with misbehaving(huge) as server:
        limits = Limits(timeout_s=5.0, attempts=1, answer_bytes=1_000_000)
        error = await error_of(FhirServer(server.base, limits=limits))
    assert error.code == "fhir_answer_too_large"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b"[]",
        b'{"resourceType":"Patient"',
        b"\xff\xfe{}",
        b'{"resourceType":"Observation","id":"p1"}',
        b'{"resourceType":"Patient","id":"p1","id":"p2"}',
    ],
)
async def test_an_answer_that_is_no_fhir_is_refused(body: bytes) -> None:
    async def wrong(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/fhir+json")

    async with misbehaving(wrong) as server:
        error = await error_of(FhirServer(server.base, limits=QUICK))
    assert error.code == "fhir_answer_malformed"


async def test_one_damaged_resource_of_a_page_holds_up_no_other() -> None:
    damaged = {"resourceType": "Patient", "id": "bad", "gender": "f", "meta": {"versionId": "3"}}

    async def page(request: web.Request) -> web.Response:
        other = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
        other["subject"] = {"reference": f"http://{request.host}/fhir/Patient/p1"}
        entries = [{"resource": r} for r in (PATIENT, damaged, other)]
        return fhir({"resourceType": "Bundle", "type": "searchset", "entry": entries})

    async with (
        misbehaving(page) as server,
        FhirClient(FhirServer(server.base, limits=QUICK)) as client,
    ):
        [page_read] = [page async for page in client.search("Patient", {})]
    assert [r["id"] for r in page_read.resources] == ["p1", "o"]
    assert page_read.resources[1]["subject"] == {"reference": "Patient/p1"}
    [refused] = page_read.refused
    assert (refused.reference, refused.error.field) == ("Patient/bad", "Patient.gender")


async def test_diagnostics_of_a_server_are_never_kept() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "invalid",
                "diagnostics": "王小明 13800138000",
                "expression": ["Patient.name.where(text='王小明')"],
            }
        ],
    }

    async def refusing(_request: web.Request) -> web.Response:
        return fhir(outcome, 422)

    async with misbehaving(refusing) as server:
        error = await error_of(FhirServer(server.base, limits=QUICK))
    told = f"{error.safe_message} {error.detail} {error.field} {error}"
    assert error.code == "fhir_refused" and error.detail["issue"] == "invalid"
    assert "王" not in told and "138" not in told


async def test_a_token_is_fetched_kept_and_renewed_when_it_is_refused() -> None:
    issued: list[str] = []

    async def both(request: web.Request) -> web.Response:
        if request.path == "/token":
            form = await request.post()
            assert form["grant_type"] == "client_credentials"
            issued.append(f"token-{len(issued)}")
            return web.json_response({"access_token": issued[-1], "expires_in": 3600})
        if request.headers.get("Authorization") != "Bearer token-1":
            return fhir({}, 401)
        return fhir(PATIENT)

    async with misbehaving(both) as server:
        url = server.base.removesuffix("/fhir") + "/token"
        proof = ClientCredentials(url, "suwen", secret="s")
        async with FhirClient(FhirServer(server.base, proof, limits=QUICK)) as client:
            await client.read("Patient", "p1")
            await client.read("Patient", "p1")
    assert issued == ["token-0", "token-1"]


async def test_a_statement_is_signed_for_the_token_endpoint() -> None:
    from joserfc import jwt
    from joserfc.jwk import ECKey

    key = ECKey.generate_key("P-384")

    async def both(request: web.Request) -> web.Response:
        if request.path == "/token":
            form = await request.post()
            claims = jwt.decode(str(form["client_assertion"]), key, algorithms=["ES384"]).claims
            assert claims["iss"] == claims["sub"] == "suwen"
            assert claims["aud"] == str(request.url)
            assert 0 < claims["exp"] - time.time() <= 300
            return web.json_response({"access_token": "t", "expires_in": 60})
        return fhir(PATIENT)

    async with misbehaving(both) as server:
        url = server.base.removesuffix("/fhir") + "/token"
        pem = key.as_pem(private=True).decode()
        proof = ClientCredentials(url, "suwen", private_key=pem, key_id="k1")
        assert (await read_patient(FhirServer(server.base, proof, limits=QUICK)))["id"] == "p1"


async def test_basic_proof_is_sent() -> None:
    async def guarded(request: web.Request) -> web.Response:
        right = request.headers.get("Authorization") == "Basic c3V3ZW46cGFzcw=="
        return fhir(PATIENT) if right else fhir({}, 401)

    async with misbehaving(guarded) as server:
        ours = FhirServer(server.base, BasicProof("suwen", "pass"), limits=QUICK)
        assert (await read_patient(ours))["id"] == "p1"
        wrong = FhirServer(server.base, BasicProof("suwen", "other"), limits=QUICK)
        assert (await error_of(wrong)).code == "fhir_not_admitted"


async def test_both_sides_prove_themselves_by_certificate(tmp_path: Path) -> None:
    issue_certificate(tmp_path)
    ours = tmp_path / "ours.pem"
    ours.write_bytes(
        (tmp_path / "server.pem").read_bytes() + (tmp_path / "server.key").read_bytes()
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    tls.verify_mode = ssl.CERT_REQUIRED

    async def serve(_request: web.Request) -> web.Response:
        return fhir(PATIENT)

    async with misbehaving(serve, tls) as server:
        known = {"ca_file": tmp_path / "ca.pem", "limits": QUICK}
        both = FhirServer(server.base, certificate_file=ours, **known)
        assert (await read_patient(both))["id"] == "p1"
        # Without ours the server refuses us; without its authority we refuse the server.
        assert (await error_of(FhirServer(server.base, **known))).code == "fhir_unreachable"
        stranger = FhirServer(server.base, certificate_file=ours, limits=QUICK)
        error = await error_of(stranger)
        assert (error.code, error.detail["at"]) == (
            "fhir_unreachable",
            "ClientConnectorCertificateError",
        )
        assert len(server.asked) == 1
    missing = FhirServer("https://emr/fhir", ca_file=tmp_path / "nowhere.pem")
    with pytest.raises(ConfigurationError) as refused:
        FhirClient(missing)
    assert refused.value.code == "fhir_certificate_unreadable"


async def test_nobody_there_is_unavailable() -> None:
    error = await error_of(FhirServer("http://127.0.0.1:9/fhir", limits=QUICK))
    assert isinstance(error, UnavailableError) and error.code == "fhir_unreachable"


@pytest.mark.parametrize(
    "address",
    ["ftp://emr/fhir", "http://user:pass@emr/fhir", "http:///fhir", "http://emr/fhir?x=1", "emr"],
)
def test_an_address_that_cannot_be_used_safely_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        FhirServer(address)
    assert refused.value.code == "fhir_address_invalid"
