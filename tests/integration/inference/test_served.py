"""What an engine serves is asked from time to time; another model closes the gate."""

from __future__ import annotations

import dataclasses

import pytest_asyncio

from suwen.bootstrap.releases.watching import look
from suwen.inference.scripted import ScriptedAnswer, ScriptedEngine
from suwen.inference.served import served_as
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.endpoints import EndpointStore
from tests.support.applications import MemoryAudit


@pytest_asyncio.fixture
async def store(database: Database) -> EndpointStore:
    return EndpointStore(database, FieldCipher(b"k" * 32))


async def test_another_model_behind_an_address_is_noticed(store: EndpointStore) -> None:
    audit = MemoryAudit()
    async with ScriptedEngine(lambda _: ScriptedAnswer("x")) as engine:
        endpoint = engine.endpoint()
        said = await served_as(endpoint)
        assert said == '{"id":"scripted"}'
        await store.put(endpoint)
        assert await look(store, audit, served_as) == [], "nobody has proposed it"
        await store.put(dataclasses.replace(endpoint, served=said))
        assert await look(store, audit, served_as) == []
        await store.put(dataclasses.replace(endpoint, served='{"id":"scripted","root":"old"}'))
        assert await look(store, audit, served_as) == [endpoint.name]
        assert (await store.read(endpoint.name)).served == said
        assert [e.entry.action for e in audit.events] == ["endpoint.changed"]
        assert await served_as(dataclasses.replace(endpoint, model="another")) is None
        assert await served_as(dataclasses.replace(endpoint, embedded=True)) is None
    gone = dataclasses.replace(endpoint, served="before")
    await store.put(gone)
    assert await look(store, audit, served_as) == [], "an engine that is away stays as it is"
