"""A site's whole day in small: started, asked at every door, sent a message, backed up.

Run by ``test_no_egress.py`` where nothing but loopback exists; it is an ordinary test besides.
"""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from suwen.bootstrap.demonstration.library_documents import COLLECTIONS
from suwen.web.doors import DOORS, Door
from tests.support.site import COMMAND, Site, wait_until

pytestmark = [pytest.mark.site, pytest.mark.timeout(150)]

ADMIT = (
    "MSH|^~\\&|HIS|H|SUWEN|H|20260302120000||ADT^A01^ADT_A01|ISOLATED|P|2.5\r"
    "EVN|A01|20260302120000\r"
    "PID|1||ISOLATED^^^HIS^MR||Test^Person||19700101|M\r"
    "PV1|1|I|W1^101^1\r"
)
ENOUGH = "a passphrase that is long enough"
INITIALISE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "walk", "version": "1"},
    },
}


def test_a_day_of_a_site(state_folder: Path) -> None:
    site = Site(state_folder / "home")
    site.start()
    try:
        _every_door(site)
        _an_agent_and_a_program(site)
        _a_search(site)
        _a_document(site)
        _a_message(site)
        _a_backup(site, state_folder / "site.backup")
        _the_site_says_how_it_is(site)
    finally:
        site.stop()


def _every_door(site: Site) -> None:
    """Whoever may come in comes in; an address that is answered by an error page is answered."""
    answered = {door.path: _knock(site, door) for door in DOORS}
    assert set(answered) == {door.path for door in DOORS}
    assert all(status < 500 for status in answered.values()), answered
    open_doors = {"/", "/healthz", "/readyz", "/metrics", "/api/openapi.json", "/cds-services"}
    assert {answered[path] for path in open_doors} == {200}


def _knock(site: Site, door: Door) -> int:
    # A GET of /mcp is a stream that the server keeps open.
    posted = door.methods == frozenset({"POST"}) or door.path == "/mcp"
    method = "POST" if posted else "GET"
    path = door.path.replace("*", "x")
    headers = {"Authorization": f"Bearer {site.token('dr.lin')}", "Accept": "*/*"}
    question = urllib.request.Request(
        site.url + path, data=b"{}" if method == "POST" else None, method=method, headers=headers
    )
    try:
        with urllib.request.urlopen(question, timeout=20) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def _an_agent_and_a_program(site: Site) -> None:
    status, told = site.request(
        "POST", "/mcp", INITIALISE, Accept="application/json, text/event-stream"
    )
    assert status == 200, told
    made = site.run(
        "client", "add", "walk", "--scope", "app.evidence_search",
        "--owner", "security.dong", "--json",
    )  # fmt: skip
    key = json.loads(made.stdout)["key"]
    question = urllib.request.Request(
        site.url + "/v1/models", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(question, timeout=20) as answer:
        assert answer.status == 200


def _a_search(site: Site) -> None:
    """In the demonstration's library, which the worker builds after the start."""
    question = {"query": "二甲双胍 肾功能", "collection": sorted(COLLECTIONS)[0], "k": 3}
    body = {"request": question, "store": False}

    def answered() -> bool:
        status, told = site.again("POST", "/api/v1/apps/evidence_search/run", body)
        assert status in (200, 404), told
        return status == 200

    wait_until(answered, 60)


def _a_document(site: Site) -> None:
    status, told = site.request("GET", "/api/v1/patients?limit=1")
    assert status == 200
    patient = told["patients"][0]["id"]
    request = {"patient_id": patient, "document_type": "discharge_summary", "language": "zh"}
    status, told = site.request("POST", "/api/v1/apps/record_writer/run", {"request": request})
    assert status == 200, told


def _a_message(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.ports["his"]), 10) as sender:
        sender.sendall(b"\x0b" + ADMIT.encode() + b"\x1c\r")
        assert b"MSA|AA|ISOLATED" in sender.recv(10_000)


def _a_backup(site: Site, file: Path) -> None:
    _with_passphrase(site.environment, "create", file)
    home = file.parent / "restored"
    environment = {**site.environment, "SUWEN_HOME": str(home)}
    environment["SUWEN_AUDIT_ANCHOR"] = str(file.parent / "restored-anchor.jsonl")
    _with_passphrase(environment, "restore", file)
    assert (home / "postgres").is_dir()


def _with_passphrase(environment: dict[str, str], verb: str, file: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "backup", verb, str(file)],
        input=f"{ENOUGH}\n",
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _the_site_says_how_it_is(site: Site) -> None:
    told = json.loads(site.run("status", "--json").stdout)
    assert {check["part"] for check in told["checks"]} >= {"database", "audit", "connections"}
    assert site.audit_report()["ok"]
