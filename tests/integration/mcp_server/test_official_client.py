"""The official MCP client against the started platform, over HTTP and over standard input."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from suwen.control.access.care import counted_since
from suwen.control.access.clients import READ_DRAFTS, READ_RECORDS, SEARCH_EVIDENCE
from suwen.core.audit import AuditOutcome
from suwen.core.identity import Channel
from tests.support.clients import Programs

EVERY_TOOL = {"search_evidence", "read_patient_summary", "list_drafts", "check_prescription"}
READING = frozenset({READ_RECORDS})


@asynccontextmanager
async def agent(programs: Programs, bearer: str) -> AsyncIterator[Client]:
    """An agent with a key or a person's token."""
    headers = {"Authorization": f"Bearer {bearer}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        transport = streamable_http_client(f"http://{programs.site.host}/mcp", http_client=http)
        async with Client(transport) as client:
            yield client


@dataclass(frozen=True)
class Patient:
    """A patient, the department that treats them, and another department."""

    id: str
    department: str
    elsewhere: str


@pytest.fixture(scope="module")
def patient(programs: Programs) -> Patient:
    treating = programs.site.run(_treating(programs))
    (first, department), *others = treating.items()
    return Patient(first, department, next(d for _, d in others if d != department))


async def _treating(programs: Programs) -> dict[str, str]:
    """Code of a department that treats each patient, of those who are treated."""
    records, now = programs.site.platform.records, datetime.now(UTC)
    found: dict[str, str] = {}
    for row in await records.list_patients(limit=50):
        team = await records.care_team(row.id, counted_since(now))
        if len(team.departments) == 1:
            found[row.id] = min(team.departments)
    return found


async def test_a_physician_finds_the_tools_of_their_rights(programs: Programs) -> None:
    async with agent(programs, programs.site.token("dr.lin")) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == EVERY_TOOL
    collection = tools["search_evidence"].input_schema["properties"]["collection"]
    assert "chest" in collection["enum"]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())


async def test_evidence_comes_with_its_sources(programs: Programs) -> None:
    key = programs.key(scopes=frozenset({SEARCH_EVIDENCE}))
    async with agent(programs, key) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"search_evidence"}
        found = await client.call_tool(
            "search_evidence",
            {"query": "社区获得性肺炎抗菌药物疗程多少天", "collection": "chest"},
        )
    assert not found.is_error
    data = _data(found)
    assert "5 至 7 天" in _text(found)
    assert "出处：" in _text(found)
    assert data["result"]["answer"][0]["citations"]
    assert data["label"]["visible_zh"].startswith("【AI")


async def test_a_physician_reads_the_summary_of_their_patient(programs: Programs) -> None:
    person = programs.site.person("dr.lin")
    rows = programs.site.api(programs.site.token("dr.lin"), "GET", "/api/v1/patients").json
    patient = rows["patients"][0]["id"] if isinstance(rows, dict) else rows[0]["id"]
    assert person.get(f"/patients/{patient}").status == 200
    async with agent(programs, programs.site.token("dr.lin")) as client:
        found = await client.call_tool("read_patient_summary", {"patient_id": patient})
    data = _data(found)
    assert data["patient"]["reference"] == f"Patient/{patient}"
    assert data["allergies"]["state"] in ("recorded", "none_known", "not_recorded")
    assert data["observations"][0]["reference"].startswith("Observation/")
    [event] = programs.site.run(
        programs.site.platform.audit_store.latest(1, action="record.read", patient=patient)
    )
    assert (event.entry.actor, event.entry.channel) == ("dr.lin", Channel.MCP.value)


async def test_a_key_reads_patients_of_its_departments_only(
    programs: Programs, patient: Patient
) -> None:
    theirs = programs.key(scopes=READING, departments=frozenset({patient.department}))
    others = programs.key(scopes=READING, departments=frozenset({patient.elsewhere}))
    async with agent(programs, theirs) as client:
        found = await client.call_tool("read_patient_summary", {"patient_id": patient.id})
        assert _data(found)["patient"]["reference"] == f"Patient/{patient.id}"
    async with agent(programs, others) as client:
        refused = await client.call_tool("read_patient_summary", {"patient_id": patient.id})
    assert refused.is_error
    assert _data(refused)["code"] == "patient_not_found"
    [event] = programs.site.run(
        programs.site.platform.audit_store.latest(
            1, action="record.read", outcome=AuditOutcome.REFUSED.value
        )
    )
    assert event.entry.actor.startswith("client:")


async def test_a_key_that_is_cleared_for_less_reads_no_record(
    programs: Programs, patient: Patient
) -> None:
    low = programs.key(scopes=READING, departments=frozenset({patient.department}), ceiling=3)
    async with agent(programs, low) as client:
        refused = await client.call_tool("read_patient_summary", {"patient_id": patient.id})
    assert _data(refused)["code"] == "above_client_ceiling"


async def test_drafts_are_listed_without_their_text(programs: Programs) -> None:
    site = programs.site
    token = site.token("dr.lin")
    rows = site.api(token, "GET", "/api/v1/patients").json
    patient = (rows["patients"] if isinstance(rows, dict) else rows)[0]["id"]
    draft = site.draft("dr.lin", patient, "outpatient_note")
    async with agent(programs, token) as client:
        found = await client.call_tool("list_drafts", {"patient_id": patient, "limit": 5})
        wrong = await client.call_tool("list_drafts", {"status": "no such state"})
    rows = _data(found)["drafts"]
    assert draft in [row["id"] for row in rows]
    assert all("text" not in row and "content" not in row for row in rows)
    assert (wrong.is_error, _data(wrong)["field"]) == (True, "status")


async def test_a_tool_that_the_key_does_not_open_is_not_there(programs: Programs) -> None:
    key = programs.key(scopes=frozenset({READ_DRAFTS}))
    async with agent(programs, key) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"list_drafts"}
        with pytest.raises(MCPError):
            await client.call_tool("read_patient_summary", {"patient_id": "x"})


@pytest.mark.parametrize("bearer", ["", "sk-suwen-" + "x" * 43, "x" * 43])
async def test_nobody_without_a_key_or_a_token_gets_in(programs: Programs, bearer: str) -> None:
    headers = {"Accept": "application/json, text/event-stream"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = programs.site.api("", "POST", "/mcp", body, **headers)
    assert answer.status == 401
    assert answer.json["code"] in ("key_missing", "key_wrong", "session_ended")


async def test_a_page_of_another_site_gets_nothing(programs: Programs) -> None:
    key = programs.key(scopes=frozenset({SEARCH_EVIDENCE}))
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    good = programs.site.api(key, "POST", "/mcp", body, **headers)
    bad = programs.site.api(key, "POST", "/mcp", body, **headers, Origin="https://evil.example")
    assert (good.status, bad.status) == (200, 403)


async def test_an_agent_has_a_prescription_checked(programs: Programs) -> None:
    """Where the law of the place lets the review run here, agents find it as a tool."""
    asked = {
        "patient": {"sex": "male", "age_y": 70},
        "allergies": ["青霉素"],
        "diagnoses": [{"text": "肺炎"}],
        "orders": [{"drug": "阿莫西林", "dose": 0.5, "unit": "g", "frequency": "tid"}],
        "setting": "inpatient",
    }
    async with agent(programs, programs.site.token("dr.lin")) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        schema = tools["check_prescription"].input_schema
        assert {"patient", "orders", "setting"} == set(schema["required"])
        result = _data(await client.call_tool("check_prescription", asked))
    assert result["result"]["decision"] == "interrupt"
    assert result["run"]["partition"] == "general"
    async with agent(programs, programs.site.token("nurse.zhao")) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert "check_prescription" not in tools


def _data(result: Any) -> dict[str, Any]:
    data: dict[str, Any] = result.structured_content
    return data


def _text(result: Any) -> str:
    return str(result.content[0].text)
