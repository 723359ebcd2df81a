"""The tools that an agent finds: those that its key or its person's rights open, and no others."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from suwen.bootstrap.describe import draft_as_json
from suwen.bootstrap.platform import Platform
from suwen.control.access.clients import READ_DRAFTS
from suwen.control.access.decision import (
    Action,
    ApplicationTarget,
    InstallationTarget,
    PatientTarget,
    RecordOrigin,
)
from suwen.control.gateway.run_types import RunOptions, RunResult, run_as_json
from suwen.control.privacy.data_class import IDENTIFIABLE, check_client_ceiling
from suwen.core.application import DescribesRequests, InstalledApplication
from suwen.core.draft import DraftStatus
from suwen.core.errors import AccessError, InputError
from suwen.core.identity import AppId, PatientId, Principal
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.web.answers import plain
from suwen.web.mcp.summary import summary_of
from suwen.web.openai.assistants import EVIDENCE_SEARCH, told

TOOL_OF: Final[Mapping[str, str]] = {
    "evidence_search": "search_evidence",
    "prescription_review": "check_prescription",
}
"""The applications that agents find as tools, where they are installed, with the tool's name."""

_MOST_DRAFTS: Final = 100
_NOT_STORED: Final = RunOptions(store=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool says: a text for the model, and the same as data."""

    text: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AgentTool:
    """A tool as this caller finds it.

    Attributes:
        run: carries it out with its arguments, as this caller.
    """

    name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    run: Callable[[Mapping[str, Any]], Awaitable[Told]]


async def tools_for(platform: Platform, caller: Principal) -> dict[str, AgentTool]:
    """The tools that the caller may use, by name."""
    found = [
        await _application_tool(platform, caller, installed, TOOL_OF[str(app)])
        for app, installed in sorted(platform.applications.items())
        if str(app) in TOOL_OF and _may_run(platform, caller, installed)
    ]
    if _may_read_records(platform, caller):
        found.append(_summary_tool(platform, caller))
    if _may_list_drafts(platform, caller):
        found.append(_drafts_tool(platform, caller))
    return {tool.name: tool for tool in found}


def _may_run(platform: Platform, caller: Principal, installed: InstalledApplication) -> bool:
    target = ApplicationTarget(installed.manifest, platform.parts.partition.value)
    return platform.access.decide(caller, Action.RUN_APPLICATION, target).allowed


def _may_read_records(platform: Platform, caller: Principal) -> bool:
    """Whether there is any patient whose record this caller could read."""
    cared_for = PatientTarget("", RecordOrigin.IMPORTED, care=True)
    return platform.access.decide(caller, Action.READ_RECORD, cared_for).allowed


def _may_list_drafts(platform: Platform, caller: Principal) -> bool:
    # Finding patients alone is permitted to more keys than reading drafts about them.
    if caller.client is not None and READ_DRAFTS not in caller.client.scopes:
        return False
    return platform.access.decide(caller, Action.LIST_PATIENTS, InstallationTarget()).allowed


async def _application_tool(
    platform: Platform, caller: Principal, installed: InstalledApplication, name: str
) -> AgentTool:
    manifest = installed.manifest
    title, use, never = manifest.title, manifest.intended_use, manifest.not_for
    description = f"{use.en} Not for: {never.en}\n{use.zh} 不得用于：{never.zh}"

    if manifest.id == EVIDENCE_SEARCH:
        schema = await _evidence_schema(platform, caller)
        says = _evidence_text
    else:
        schema, says = _schema_of(installed), _output_text

    async def run(arguments: Mapping[str, Any]) -> Told:
        result = await platform.gateway.run(
            caller, AppId(manifest.id), dict(arguments), _NOT_STORED
        )
        data = {"result": plain(result.output), "run": run_as_json(result)}
        return Told(says(result), {**data, "label": plain(result.content["label"])})

    return AgentTool(name, f"{title.en} · {title.zh}", description, schema, run)


def _schema_of(installed: InstalledApplication) -> Mapping[str, Any]:
    application = installed.application
    if isinstance(application, DescribesRequests):
        return application.request_schema()
    return {
        "type": "object",
        "description": f"A request in the form of the contract of {installed.manifest.id}.",
    }


async def _evidence_schema(platform: Platform, caller: Principal) -> Mapping[str, Any]:
    """What may be asked, with the collections that this caller may search."""
    try:
        shelves = await platform.library.reading.shelves(caller)
    except AccessError:
        shelves = []
    titles = "; ".join(
        f"{one.collection.id}: {one.collection.title.en} · {one.collection.title.zh}"
        for one in shelves
    )
    collection: dict[str, Any] = {
        "type": "string",
        "description": f"Collection of the library to search. {titles}",
    }
    if shelves:
        collection["enum"] = [one.collection.id for one in shelves]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["query", "collection"],
        "properties": {
            "query": {"type": "string", "minLength": 1, "maxLength": 1000},
            "collection": collection,
            "k": {"type": "integer", "minimum": 1, "maximum": 50},
            "language": {"enum": ["zh", "en"]},
        },
    }


def _evidence_text(result: RunResult) -> str:
    return told(result).text


def _output_text(result: RunResult) -> str:
    return json.dumps(plain(result.output), ensure_ascii=False, default=str)


def _summary_tool(platform: Platform, caller: Principal) -> AgentTool:
    async def run(arguments: Mapping[str, Any]) -> Told:
        patient = _text(arguments, "patient_id")
        record = await platform.charts.open_chart(caller, patient)
        summary = await platform.records.read_summary(patient)
        if summary is None:
            raise AssertionError("a record that was opened has a summary")
        data = summary_of(summary, record)
        return Told(json.dumps(data, ensure_ascii=False), data)

    return AgentTool(
        "read_patient_summary",
        "Patient summary · 患者摘要",
        "Identity, allergies, problems, medicines, latest results, encounters and reports of one "
        "patient, each with its reference. Reading is audited. null is not known; an empty list is "
        "nothing recorded.\n一名患者的摘要，每项附出处；读取留有审计。",
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["patient_id"],
            "properties": {"patient_id": {"type": "string", "minLength": 1, "maxLength": 64}},
        },
        run,
    )


def _drafts_tool(platform: Platform, caller: Principal) -> AgentTool:
    states = [status.value for status in DraftStatus]

    async def run(arguments: Mapping[str, Any]) -> Told:
        check_client_ceiling(IDENTIFIABLE, caller)
        patient = arguments.get("patient_id")
        wanted = arguments.get("status")
        if wanted is not None and wanted not in states:
            raise _wrong("status", f"{', '.join(states)}")
        drafts = await platform.sign_off.list(
            caller,
            status=None if wanted is None else DraftStatus(str(wanted)),
            patient=None if patient is None else PatientId(_text(arguments, "patient_id")),
            limit=_limit(arguments.get("limit", 20)),
        )
        rows = [plain(draft_as_json(draft, whole=False)) for draft in drafts]
        return Told(json.dumps(rows, ensure_ascii=False), {"drafts": rows})

    return AgentTool(
        "list_drafts",
        "Drafts · 草稿列表",
        "Drafts about patients whom you care for, latest change first: what they are, their state "
        "and who wrote them. Their text is read, edited and signed on the platform's pages.\n"
        "本人负责患者的草稿及其状态；正文的阅读、修改与签署在平台页面进行。",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "patient_id": {"type": "string", "minLength": 1, "maxLength": 64},
                "status": {"enum": states},
                "limit": {"type": "integer", "minimum": 1, "maximum": _MOST_DRAFTS},
            },
        },
        run,
    )


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise _wrong(name, "1–64")
    require_plain(value, name)
    return value


def _limit(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_DRAFTS:
        raise _wrong("limit", f"1–{_MOST_DRAFTS}")
    return value


def _wrong(name: str, allowed: str) -> InputError:
    return InputError(
        "invalid_value",
        Bilingual(zh=f"{name} 须为：{allowed}。", en=f"{name} must be: {allowed}."),
        field=name,
    )
