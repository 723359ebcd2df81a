"""Programs and their keys from the command line; MCP on standard input and output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.site.cli.conftest import DemonstrationTerminal
from tests.support.peers.medplum import PEERS, need_node_package

ADD = ("client", "add", "open-webui", "--scope", "app.evidence_search", "--owner", "security.dong")


def test_a_key_is_shown_once_and_kept_as_its_hash(demonstration: DemonstrationTerminal) -> None:
    added = demonstration.run(*ADD, "--ceiling", "4", "--json").json
    assert added["key"].startswith("sk-suwen-")
    listed = demonstration.run("client", "list", "--json")
    assert added["key"] not in listed.out
    row = next(row for row in listed.json if row["id"] == "open-webui")
    assert (row["state"], row["ceiling"], row["requests_per_minute"]) == ("active", 4, 60)
    again = demonstration.run(*ADD, "--json")
    assert (again.status, again.error["code"]) == (2, "client_exists")


def test_another_key_takes_the_place_of_the_former(demonstration: DemonstrationTerminal) -> None:
    first = demonstration.run(
        "client", "add", "dify", "--scope", "model.raw", "--owner", "security.dong", "--json"
    ).json
    second = demonstration.run("client", "rotate", "dify", "--json").json
    assert second["key"] != first["key"]
    former = demonstration.run("mcp", "--json", SUWEN_CLIENT_KEY=first["key"])
    assert (former.status, former.error["code"]) == (3, "key_wrong")
    assert demonstration.run("client", "disable", "dify").status == 0
    barred = demonstration.run("mcp", "--json", SUWEN_CLIENT_KEY=second["key"])
    assert (barred.status, barred.error["code"]) == (3, "key_wrong")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("Bad Name", "--scope", "model.raw"), "id"),
        (("good-name", "--scope", "everything"), "scope"),
        (("good-name", "--scope", "app.../etc"), "scope"),
    ],
)
def test_a_client_that_cannot_be_is_refused_with_its_field(
    demonstration: DemonstrationTerminal, arguments: tuple[str, ...], field: str
) -> None:
    done = demonstration.run("client", "add", *arguments, "--owner", "security.dong", "--json")
    assert (done.status, done.error["code"], done.error["field"]) == (2, "client_wrong", field)


def test_nobody_serves_agents_without_saying_who_acts(
    demonstration: DemonstrationTerminal,
) -> None:
    done = demonstration.run("mcp", "--json")
    assert (done.status, done.error["code"]) == (3, "key_missing")


@asynccontextmanager
async def agent(terminal: DemonstrationTerminal, *arguments: str) -> AsyncIterator[Client]:
    """An agent that starts ``suwen mcp`` itself."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "suwen.cli.main", "mcp", *arguments],
        env=terminal.environ(),
    )
    async with Client(stdio_client(server)) as client:
        yield client


async def test_an_agent_acts_as_the_person_that_is_named(
    demonstration: DemonstrationTerminal,
) -> None:
    async with agent(demonstration, "--as", "dr.lin") as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        found: Any = await client.call_tool("list_drafts", {"limit": 3})
    assert tools == {
        *("search_evidence", "read_patient_summary", "list_drafts", "check_prescription")
    }
    assert isinstance(found.structured_content["drafts"], list)


def test_the_inspector_lists_and_calls_the_tools(demonstration: DemonstrationTerminal) -> None:
    need_node_package("@modelcontextprotocol/inspector")
    listed = _inspect(demonstration, "--method", "tools/list")
    assert {tool["name"] for tool in listed["tools"]} >= {"read_patient_summary", "list_drafts"}
    called = _inspect(
        demonstration,
        "--method",
        "tools/call",
        "--tool-name",
        "read_patient_summary",
        "--tool-arg",
        "patient_id=no-such-patient",
    )
    assert called["isError"] is True
    assert called["structuredContent"]["code"] == "patient_not_found"


def _inspect(terminal: DemonstrationTerminal, *arguments: str) -> Any:
    inspector = PEERS / "node_modules" / ".bin" / "mcp-inspector"
    done = subprocess.run(
        [
            str(inspector),
            "--cli",
            sys.executable,
            "-m",
            "suwen.cli.main",
            "mcp",
            "--as",
            "dr.lin",
            *arguments,
        ],
        capture_output=True,
        text=True,
        env=terminal.environ(),
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
