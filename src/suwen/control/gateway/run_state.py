"""What is known of a run while it passes the stages, and the note that each stage leaves."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from suwen.control.access.decision import RecordOrigin
from suwen.control.gateway.model_reasons import reason_text
from suwen.control.gateway.run_types import (
    MODEL_SKIPPED,
    MODEL_USED,
    RunEvent,
    RunOptions,
    RunResult,
)
from suwen.control.governance.gate import GateVerdict
from suwen.control.privacy.run_mask import RunMask
from suwen.core.application import (
    CoreResult,
    InstalledApplication,
    ModelAnswer,
    Plan,
    PromptSpec,
)
from suwen.core.document import Draft
from suwen.core.finding import Finding
from suwen.core.identity import AppId, DraftId, Principal, ReleaseHash, TraceId
from suwen.core.inference import Endpoint
from suwen.core.knowledge import Passage
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.core.record import PatientRecord, Resource
from suwen.core.release import Release

Emit = Callable[[RunEvent], None]
ValueT = TypeVar("ValueT")


@dataclass
class StageNote:
    """What the trace keeps of a stage: never patient text, only hashes, counts and codes."""

    input_hash: str | None = None
    status: str = "done"
    result: dict[str, Any] = field(default_factory=dict)

    def inputs(self, *values: object) -> None:
        """Notes the hash of what the stage works on."""
        self.input_hash = hash_of(*values)

    def skip(self, reason: str) -> None:
        """Notes that there was nothing to do, or that it could not be done, and why (a code)."""
        self.status = "skipped"
        self.result["reason"] = reason


def _unwatched(_event: RunEvent) -> None:
    """Nobody watches."""


@dataclass
class Run:
    """One run. Fields are filled stage by stage, in the order in which they stand here."""

    trace: TraceId
    principal: Principal
    app: AppId
    raw_request: Mapping[str, Any] = field(repr=False)
    options: RunOptions
    emit: Emit = _unwatched

    # admit: what was asked, and for whom
    request_hash: str = ""
    installed: InstalledApplication | None = None
    release: Release | None = None
    request: Any = field(default=None, repr=False)
    plan: Plan | None = field(default=None, repr=False)
    given: Sequence[Resource] = field(default=(), repr=False)
    patient: str | None = None
    origin: RecordOrigin | None = None

    # audit
    audit_open: bool = False

    trace_opened: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    # read, minimise: the record, how sensitive it is, where it may go
    resources: Sequence[Resource] = field(default=(), repr=False)
    record: PatientRecord | None = field(default=None, repr=False)
    record_hash: str = ""
    data_class: int = 0
    mask: RunMask | None = field(default=None, repr=False)
    endpoint: Endpoint | None = None
    shadows: Sequence[GateVerdict] = ()
    model_reason_code: str | None = None

    # guard input, retrieve
    findings: list[Finding] = field(default_factory=list, repr=False)
    limits: list[Bilingual] = field(default_factory=list)
    passages: Sequence[Passage] = field(default=(), repr=False)
    system_prompt: str = field(default="", repr=False)
    editions: Mapping[str, str] = field(default_factory=dict)

    # core, generate, verify, guard output
    core: CoreResult | None = field(default=None, repr=False)
    prompt: PromptSpec | None = field(default=None, repr=False)
    answer: ModelAnswer | None = field(default=None, repr=False)
    usage: dict[str, Any] = field(default_factory=dict)
    draft: Draft | None = field(default=None, repr=False)

    # disclose, draft
    content_id: DraftId = field(default_factory=lambda: DraftId(str(uuid.uuid4())))
    label: dict[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict, repr=False)
    content: dict[str, Any] = field(default_factory=dict, repr=False)
    draft_id: DraftId | None = None

    def skip_model(self, code: str) -> None:
        """Leaves the model part out; the first reason stands."""
        self.model_reason_code = self.model_reason_code or code

    @property
    def model(self) -> str:
        """Whether a model had a part in the draft: ``used`` or ``skipped``."""
        return MODEL_SKIPPED if self.answer is None else MODEL_USED

    @property
    def model_reason(self) -> Bilingual | None:
        """Why the model part was left out, ``None`` when it was not."""
        if self.answer is not None or self.model_reason_code is None:
            return None
        return reason_text(self.model_reason_code)

    @property
    def admitted(self) -> InstalledApplication:
        """The application, once admitted."""
        return _known(self.installed)

    @property
    def admitted_release(self) -> ReleaseHash:
        """The Release, once admitted."""
        return _known(self.release).hash

    @property
    def admitted_plan(self) -> Plan:
        """The plan, once admitted."""
        return _known(self.plan)

    @property
    def known_mask(self) -> RunMask:
        """What conceals who the run is about, once the data are minimised."""
        return _known(self.mask)

    @property
    def core_result(self) -> CoreResult:
        """What the deterministic part decided, once it did."""
        return _known(self.core)

    @property
    def merged(self) -> Draft:
        """The draft, once rules and model are joined."""
        return _known(self.draft)

    def result(self, partition: Partition, took_ms: float) -> RunResult:
        """What is handed to whoever asked."""
        return RunResult(
            trace=self.trace,
            release=self.admitted_release,
            partition=partition,
            model=self.model,
            model_reason=self.model_reason,
            draft_id=self.draft_id,
            draft=self.merged,
            output=self.content["result"],
            content=self.content,
            took_ms=took_ms,
        )


def hash_of(*values: object) -> str:
    """SHA-256 over the JSON form of the values; what JSON does not know is written as text."""
    form = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()


def _known(value: ValueT | None) -> ValueT:
    if value is None:
        raise AssertionError("a stage ran before the one that it rests on")
    return value
