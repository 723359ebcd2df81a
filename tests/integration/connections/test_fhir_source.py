"""A FHIR source as the runner runs it: settings, try-out, following, and being told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from suwen.bootstrap.connections.fhir_settings import FhirSourceSettings
from suwen.bootstrap.connections.kinds import build_connector, checked_settings
from suwen.bootstrap.connections.notifications import NotificationBoard
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.errors import InputError, SuwenError
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.server import FhirServer
from suwen.storage.connections import ConnectionStore
from tests.integration.fhir.test_client import fhir, misbehaving
from tests.support.peers.medplum import MedplumServer, medplum_server

TYPES = ["Patient", "Observation"]


class Told:
    def __init__(self) -> None:
        self.ups = 0
        self.codes: list[str] = []
        self.messages = 0

    def up(self, *, port: int | None = None) -> None:
        self.ups += 1

    def down(self, error: SuwenError) -> None:
        self.codes.append(error.code)

    def message(self, count: int = 1, lag_s: float | None = None) -> None:
        self.messages += count

    def error(self, code: str, where: str) -> None:
        self.codes.append(code)


@pytest.fixture(scope="module")
def medplum() -> Iterator[MedplumServer]:
    with medplum_server(token="the-token") as server:
        yield server


def source(name: str, base: str, **more: Any) -> Connection:
    secrets = {"token": more.pop("token", "the-token")}
    settings = {"base_url": base, "types": TYPES, "sign_in": "token", **more}
    return Connection(name, ConnectionKind.FHIR_SOURCE, settings, synthetic=True, secrets=secrets)


async def put(parts: ConnectionParts, connection: Connection) -> None:
    store = ConnectionStore(parts.database, parts.cipher)
    await store.put(connection, None, by="test", at=datetime.now(UTC))


@asynccontextmanager
async def running(parts: ConnectionParts, connection: Connection) -> AsyncIterator[Told]:
    told = Told()
    task = asyncio.create_task(build_connector(connection, parts).run(told))
    try:
        yield told
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 3)


async def until(condition: Any, limit_s: float = 15.0) -> None:
    async with asyncio.timeout(limit_s):
        while not await condition():  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(0.05)


async def test_a_source_is_tried_out_without_reading_into_the_record(
    parts: ConnectionParts, medplum: MedplumServer
) -> None:
    good = await build_connector(source("emr", medplum.base), parts).test()
    assert good.ok and "4.0.1" in good.detail.en and good.took_ms > 0
    wrong = await build_connector(source("emr", medplum.base, token="x"), parts).test()
    assert not wrong.ok and "credentials" in wrong.detail.en
    nobody = await build_connector(source("emr", "http://127.0.0.1:9/fhir"), parts).test()
    assert not nobody.ok
    assert await parts.records.counts_by_type() == {}


async def test_a_source_is_followed_and_told_of_news_looks_at_once(
    parts: ConnectionParts, medplum: MedplumServer
) -> None:
    connection = source("emr", medplum.base, every_s=3600)
    await put(parts, connection)
    async with FhirClient(FhirServer(medplum.base, proof_of(), ceiling=5)) as client:
        patient = (await client.create({"resourceType": "Patient"})).reference
        identity = patient.partition("/")[2]
        async with running(parts, connection) as told:

            async def has_patient() -> bool:
                return bool(await parts.records.read(identity, ["Patient"]))

            async def is_up() -> bool:
                return told.ups == 1

            await until(has_patient)
            await until(is_up)
            await asyncio.sleep(1.2)
            await client.create(
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {"text": "news"},
                    "subject": {"reference": patient},
                }
            )
            await NotificationBoard(parts.database, "emr").tell()

            async def has_news() -> bool:
                return bool(await parts.records.read(identity, ["Observation"]))

            await until(has_news)
            assert told.codes == [] and told.messages >= 2
    [found] = await parts.records.read(identity, ["Patient"])
    assert found["meta"]["source"] == "urn:suwen:emr"


def proof_of() -> Any:
    from suwen.integration.fhir.server import TokenProof

    return TokenProof("the-token")


async def test_a_type_that_the_server_does_not_have_holds_up_no_other(
    parts: ConnectionParts,
) -> None:
    async def serve(request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        if kind == "metadata":
            return fhir({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
        if kind == "Observation":
            return fhir({"resourceType": "OperationOutcome", "issue": []}, 404)
        patient = {"resourceType": "Patient", "id": "only"}
        entry = [{"resource": patient}]
        return fhir({"resourceType": "Bundle", "type": "searchset", "entry": entry})

    async with misbehaving(serve) as server:
        connection = source("emr", server.base, deletions="none")
        await put(parts, connection)
        tried = await build_connector(connection, parts).test()
        assert not tried.ok and "Observation" in tried.detail.en
        async with running(parts, connection) as told:

            async def is_there() -> bool:
                return bool(await parts.records.read("only", ["Patient"])) and told.ups > 0

            await until(is_there)
            assert set(told.codes) == {"fhir_not_found"}


async def test_two_sources_of_one_kind_need_a_master(
    parts: ConnectionParts, medplum: MedplumServer
) -> None:
    first, second = source("emr", medplum.base), source("lis", medplum.base, id_prefix="lis-")
    await put(parts, first)
    await put(parts, second)
    async with running(parts, first) as told:

        async def refused() -> bool:
            return "fhir_no_master" in told.codes

        await until(refused)
        assert told.ups == 0
    assert await parts.records.counts_by_type() == {}


async def test_a_source_that_is_gone_is_down_and_tried_on(
    parts: ConnectionParts, medplum: MedplumServer
) -> None:
    connection = source("emr", "http://127.0.0.1:9/fhir", every_s=1, timeout_s=0.5)
    await put(parts, connection)
    async with running(parts, connection) as told:

        async def twice() -> bool:
            return told.codes.count("fhir_unreachable") >= 3

        await until(twice)
        assert told.ups == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"types": ["Patients"]}, "types"),
        ({"types": ["Patient", "Patient"]}, "types"),
        ({"master_of": ["Condition"]}, ""),
        ({"search": {"Condition": "x=1"}}, ""),
        ({"sign_in": "basic"}, ""),
        ({"sign_in": "magic"}, "sign_in"),
        ({"patient_identifier_system": "urn:x"}, ""),
        ({"id_prefix": "a/b"}, "id_prefix"),
        ({"every_s": 0}, "every_s"),
        ({"page_size": 100_000}, "page_size"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_settings_that_cannot_work_are_refused(changed: dict[str, Any], field: str) -> None:
    values = {"base_url": "http://emr/fhir", "types": TYPES, **changed}
    with pytest.raises(InputError) as refused:
        checked_settings(FhirSourceSettings, values)
    assert refused.value.code == "connection_settings_wrong"
    assert (refused.value.field or "") == field


def test_secrets_are_kept_apart() -> None:
    assert FhirSourceSettings.secret_names() == {
        "password",
        "token",
        "client_secret",
        "private_key",
        "notification_secret",
    }
    whole = checked_settings(FhirSourceSettings, {"base_url": "http://emr/fhir", "token": "s3cret"})
    assert "s3cret" not in repr(whole)
