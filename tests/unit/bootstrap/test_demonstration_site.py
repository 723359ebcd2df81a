"""The demonstration hospital on a site: loaded once, resumed, retired, refused where unsafe."""

from __future__ import annotations

import pytest

from suwen.bootstrap import demonstration_site
from suwen.bootstrap.demonstration.library_documents import COLLECTIONS, document_lines
from suwen.bootstrap.demonstration_site import LIBRARY_JOB, prepare_demonstration
from suwen.bootstrap.platform import Platform
from suwen.core.errors import AuthenticationError, ConfigurationError, UnavailableError
from suwen.core.identity import Channel, PrincipalId
from suwen.core.knowledge import DocumentState
from suwen.core.language import Bilingual
from suwen.knowledge.ingestion.contract_lines import read_line
from suwen.knowledge.ingestion.document import document_of_line
from suwen.storage.knowledge_types import DocumentFilter, NewCollection
from suwen.storage.people import DEMONSTRATION
from suwen.storage.record_import import IMPORTED, SYNTHETIC, StoredResource
from tests.unit.bootstrap.conftest import Opener

HERE = "127.0.0.1"


def resource(name: str, origin: str) -> StoredResource:
    body = {"resourceType": "Patient", "id": name}
    return StoredResource("Patient", name, name, None, None, None, origin, body)


async def states(platform: Platform) -> set[bool]:
    """Whether the demonstration accounts are disabled."""
    return {person.disabled for person in await platform.people.list(DEMONSTRATION)}


async def test_it_is_loaded_once_and_the_same_at_every_start(open_again: Opener) -> None:
    async with open_again() as platform:
        first = await prepare_demonstration(platform, host=HERE, wanted=True)
        counts = await platform.records.counts_by_type()
        head = await platform.audit_store.head()
    async with open_again() as platform:
        again = await prepare_demonstration(platform, host=HERE, wanted=True)
        assert await platform.records.counts_by_type() == counts
        assert await platform.audit_store.head() == head
        assert not await platform.records.has_real_records()
    assert first == again
    assert counts["Patient"] >= 30
    assert len({account.password for account in first}) == 1


async def test_a_start_that_was_cut_off_goes_on_with_the_same_hospital(
    open_again: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_again() as platform:
        store, imported = platform.records.import_unit, 0

        async def cut_off(resources: object) -> object:
            nonlocal imported
            imported += 1
            if imported == 5:
                raise UnavailableError("database_unavailable", Bilingual("断", "cut"))
            return await store(resources)  # type: ignore[arg-type]

        with monkeypatch.context() as change:
            change.setattr(type(platform.records), "import_unit", lambda _, r: cut_off(r))
            with pytest.raises(UnavailableError):
                await prepare_demonstration(platform, host=HERE, wanted=True)
        assert await platform.people.list(DEMONSTRATION) == []
        built_at = await platform.site.get(demonstration_site.BUILT_AT)
    async with open_again() as platform:
        accounts = await prepare_demonstration(platform, host=HERE, wanted=True)
        assert await platform.site.get(demonstration_site.BUILT_AT) == built_at
        # Nothing is there twice: what had been stored came again as it was.
        patients = await platform.records.list_patients(limit=1000)
        assert len(patients) == (await platform.records.counts_by_type())["Patient"] >= 30
        assert accounts


async def test_without_a_demonstration_its_accounts_are_out_of_use(open_again: Opener) -> None:
    async with open_again() as platform:
        accounts = await prepare_demonstration(platform, host=HERE, wanted=True)
        one = accounts[0]
        signed_in = await platform.authentication.sign_in(one.name, one.password, Channel.CLI)
        assert await states(platform) == {False}
        assert await prepare_demonstration(platform, host=HERE, wanted=False) == ()
        assert await states(platform) == {True}
        with pytest.raises(AuthenticationError, match="session_ended"):
            await platform.authentication.principal_of(signed_in.token, Channel.CLI)
        with pytest.raises(AuthenticationError, match="credentials_wrong"):
            await platform.authentication.sign_in(one.name, one.password, Channel.CLI)
        told = await platform.audit_store.latest(100)
        assert sum(e.entry.action == "people.disable" for e in told) == len(accounts)
    async with open_again() as platform:
        await prepare_demonstration(platform, host=HERE, wanted=True)
        assert await states(platform) == {False}


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", ""])
async def test_it_is_refused_where_others_reach_it_and_leaves_nothing(
    platform: Platform, host: str
) -> None:
    with pytest.raises(ConfigurationError, match="demonstration_not_on_loopback"):
        await prepare_demonstration(platform, host=host, wanted=True)
    assert await platform.people.list(DEMONSTRATION) == []
    assert await platform.records.counts_by_type() == {}
    assert await prepare_demonstration(platform, host=host, wanted=False) == ()


async def test_it_is_refused_beside_a_real_record_and_not_beside_an_invented_one(
    platform: Platform,
) -> None:
    await platform.records.import_unit([resource("real", IMPORTED)])
    with pytest.raises(ConfigurationError, match="demonstration_beside_real_records"):
        await prepare_demonstration(platform, host=HERE, wanted=True)
    assert await platform.people.list(DEMONSTRATION) == []


async def test_an_invented_record_is_no_reason_to_refuse(platform: Platform) -> None:
    await platform.records.import_unit([resource("invented", SYNTHETIC)])
    assert await prepare_demonstration(platform, host=HERE, wanted=True)


async def test_the_password_is_a_secret_file_and_on_no_audit_event(platform: Platform) -> None:
    accounts = await prepare_demonstration(platform, host=HERE, wanted=True)
    kept = platform.settings.home / "secrets" / "demonstration_password"
    assert kept.read_text() == accounts[0].password
    assert kept.stat().st_mode & 0o777 == 0o600
    events = await platform.audit_store.latest(100)
    assert accounts[0].password not in repr(events)


async def test_its_library_is_left_to_the_worker_and_goes_with_it(open_again: Opener) -> None:
    async with open_again() as platform:
        await prepare_demonstration(platform, host=HERE, wanted=True)
        await prepare_demonstration(platform, host=HERE, wanted=True)
        kinds = [job.kind for job in await platform.jobs.desk.list()]
        assert kinds.count(LIBRARY_JOB) == 1
        store, now = platform.library.parts.store, platform.clock.now()
        title, kind = COLLECTIONS["typical_cases"]
        by = PrincipalId("system")
        await store.create_collection(NewCollection("typical_cases", title, kind), by, now)
        lines = list(document_lines("typical_cases"))
        own = {**lines[0], "id": "our-own", "source": "our own case"}
        documents = [document_of_line(read_line(line, {})) for line in (*lines, own)]
        await store.put_documents("typical_cases", documents, by, now)
    async with open_again() as platform:
        await prepare_demonstration(platform, host=HERE, wanted=False)
        counts = await platform.library.parts.store.count_documents(
            "typical_cases", DocumentFilter()
        )
        assert counts[DocumentState.DELETED] == len(lines)
        assert counts[DocumentState.ACTIVE] == 1
        last = await platform.audit_store.head()
        await prepare_demonstration(platform, host=HERE, wanted=False)
        assert await platform.audit_store.head() == last


async def names_of_connections(platform: Platform) -> set[str]:
    listed = await platform.connection_parts.connections.list()
    assert all(connection.synthetic for connection in listed)
    return {connection.name for connection in listed}


async def test_its_listeners_are_made_once_and_go_with_it(open_again: Opener) -> None:
    async with open_again() as platform:
        await prepare_demonstration(platform, host=HERE, wanted=True)
        assert await names_of_connections(platform) == {"his", "pacs"}
        await platform.connection_parts.connections.remove("pacs")
        await prepare_demonstration(platform, host=HERE, wanted=True)
        assert await names_of_connections(platform) == {"his"}, "a removal stands"
        await prepare_demonstration(platform, host=HERE, wanted=False)
        assert await names_of_connections(platform) == set()
        closed = [e.entry for e in await platform.audit_store.latest(3, action="connection.remove")]
        assert [entry.subject for entry in closed] == ["Connection/his"]
