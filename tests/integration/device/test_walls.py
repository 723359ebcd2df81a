"""Gateway, database and network each keep the partitions apart, with the other two removed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.device.place import TRIAGE
from suwen.bootstrap.device.platform import device_on
from suwen.bootstrap.settings import read_settings
from suwen.control.gateway.run import Gateway
from suwen.control.gateway.run_types import RunOptions
from suwen.core.errors import AccessError, ConfigurationError, SuwenError
from suwen.core.identity import Role, batch_principal, visitor_principal
from suwen.core.manifest import Partition
from suwen.storage.embedded import DEVICE
from suwen.storage.secret_files import secrets_folder
from suwen.storage.urls import DatabaseUrls, variables_of
from tests.support.applications import person
from tests.support.database import TestServer, new_state_folder
from tests.support.device_site import DeviceSite, settings_at

COUGH: dict[str, Any] = {"messages": [{"role": "patient", "text": "咳嗽三天"}]}


# --- the gateway alone: it runs on the device database, with the device role's password ----------


@pytest.mark.parametrize("principal", [batch_principal(None), visitor_principal()])
def test_a_general_gateway_runs_no_application_of_device_grade(
    device: DeviceSite, principal: Any
) -> None:
    parts = device.platform.parts
    general = Gateway(replace(parts, partition=Partition.GENERAL))
    with pytest.raises(AccessError) as refused:
        device.run(general.run(principal, TRIAGE, COUGH))
    assert refused.value.code in ("wrong_partition", "not_permitted")
    done = device.run(Gateway(parts).run(principal, TRIAGE, COUGH))
    assert done.partition is Partition.DEVICE
    assert done.output["departments"][0]["code"] == "respiratory"


# --- the database alone: a gateway that believes to be the device one, with the general role -----


async def test_the_general_database_takes_nothing_of_a_device_application(
    database_urls: DatabaseUrls,
) -> None:
    wish = RunOptions(store=True)
    with new_state_folder() as home:
        crossed = replace(database_urls, device=database_urls.general)
        with pytest.raises(SuwenError) as refused:
            # It does not even open: the tables that its operators edit are not there.
            async with device_on(settings_at(home), crossed):
                pytest.fail("the general database served the device partition")
        assert refused.value.code == "database_refused"
    with new_state_folder() as home:
        async with device_on(settings_at(home), database_urls) as platform:
            done = await platform.gateway.run(batch_principal(None), TRIAGE, COUGH, wish)
            assert done.draft_id is not None


# --- the network alone: whoever serves one partition has no way in to the other ------------------


def test_nothing_of_the_general_partition_answers_at_the_device_port(device: DeviceSite) -> None:
    stranger = device.stranger()
    for path in ("/api/v1/patients", "/v1/models", "/fhir/metadata", "/mcp", "/sign-in", "/drafts"):
        assert stranger.get(path).status == 404, path
    assert stranger.get("/").status == 200


def test_a_session_of_the_general_partition_opens_nothing_here(device: DeviceSite) -> None:
    stranger = device.stranger()
    stranger.cookies.update(suwen_session="a session", suwen_desk="of another place")
    assert stranger.get("/desk", Authorization="Bearer of the general one").status == 401
    nurse = device.staff(person("n.qian", Role.NURSE))
    assert nurse.get("/desk").status == 200


@pytest.mark.parametrize("spoil", [lambda t: t[:-3] + "AAA", lambda t: "x" + t, lambda t: ""])
def test_only_the_general_partitions_own_ticket_lets_staff_in(
    device: DeviceSite, spoil: Any
) -> None:
    nurse, client = person("n.qian", Role.NURSE), device.stranger()
    ticket = device.ticket(nurse)
    assert client.get(f"/desk/enter?ticket={spoil(ticket)}").status == 401
    assert client.get(f"/desk/enter?ticket={ticket}").status == 303
    assert client.get(f"/desk/enter?ticket={ticket}").status == 401


def test_whom_the_manifest_does_not_name_does_not_get_to_the_desk(device: DeviceSite) -> None:
    ticket = device.ticket(person("ph.he", Role.PHARMACIST))
    assert device.stranger().get(f"/desk/enter?ticket={ticket}").status == 403


def test_a_process_of_one_partition_is_given_one_address() -> None:
    every = {
        "SUWEN_DATABASE_URL": "postgresql://general:a@db.example/general",
        "SUWEN_DEVICE_DATABASE_URL": "postgresql://device:b@db.example/device",
        "SUWEN_MIGRATION_DATABASE_URL": "postgresql://owner:c@db.example/general",
    }
    for partition, other in ((Partition.GENERAL, "device:b"), (Partition.DEVICE, "general:a")):
        given = {name: every[name] for name in variables_of(partition) & every.keys()}
        for environment in (given, every):
            urls = read_settings(environment, partition).outside_databases
            assert urls is not None
            assert urls.partitions == (partition,)
            held = (urls.general, urls.device, urls.migration, urls.device_migration)
            assert not any(other in url or "owner:c" in url for url in held)
            missing = next(one for one in Partition if one is not partition)
            with pytest.raises(ConfigurationError) as refused:
                urls.service(missing)
            assert refused.value.code == "partition_not_held"


HOLDS = """
import sys
from pathlib import Path
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.settings import Settings
from suwen.core.manifest import Partition
only = Partition(sys.argv[2]) if sys.argv[2] else None
database = SiteDatabase(Settings(home=Path(sys.argv[1])), only)
urls = database.attach()
print("attached", flush=True)
sys.stdin.readline()
database.detach()
"""


@pytest.mark.parametrize(("only", "held"), [("general", False), ("device", True), ("", True)])
def test_the_device_roles_password_is_not_in_a_general_process(
    postgres_server: TestServer, only: str, held: bool
) -> None:
    password = (secrets_folder(postgres_server.home) / f"database_{DEVICE[6:]}").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(postgres_server.home), only],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == "attached\n"
        assert _is_in_memory(process.pid, password.strip()) is held
    finally:
        process.communicate("\n")
    assert process.returncode == 0


def _is_in_memory(pid: int, wanted: bytes) -> bool:
    areas = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for area in areas:
            span, rights = area.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(place, 16) for place in span.split("-"))
            memory.seek(start)
            try:
                if wanted in memory.read(end - start):
                    return True
            except OSError:
                continue
    return False


def test_a_service_attaches_to_its_own_database_alone(postgres_server: TestServer) -> None:
    settings = settings_at(postgres_server.home)
    for partition in Partition:
        database = SiteDatabase(settings, partition)
        urls = database.attach()
        try:
            assert urls.partitions == (partition,)
        finally:
            database.detach()
