"""A small application, a scripted model and a gateway over a real database, for tests.

``NoteWriter`` writes a two-section note from a record. What it asks a model, and what it does
wrong on purpose, is set by its request, so that each protection can be tried.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from suwen.bootstrap.releases.desk import ReleaseDesk
from suwen.control.access.decision import AccessDecider
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.run import Gateway
from suwen.control.governance.releases import register_releases, release_of
from suwen.core.application import (
    CoreResult,
    InstalledApplication,
    ModelAnswer,
    Passage,
    Plan,
    PromptSpec,
    RecordRead,
)
from suwen.core.audit import GENESIS_HASH, AuditEntry, AuditEvent, AuditOutcome, chain_hash
from suwen.core.document import (
    Document,
    DocumentField,
    Draft,
    Section,
    Statement,
    StatementOrigin,
    UnsupportedReason,
)
from suwen.core.errors import AuditError, InferenceError, InputError, PreconditionError
from suwen.core.finding import Confidence, Evidence, EvidenceKind, Finding, Severity, Source
from suwen.core.grounding import CheckedStatement, EvidenceBase
from suwen.core.identity import (
    AppId,
    Channel,
    Principal,
    PrincipalId,
    Purpose,
    ReleaseHash,
    Role,
)
from suwen.core.inference import (
    ChatMessage,
    Delta,
    DeltaKind,
    Endpoint,
    Finished,
    GenerationRequest,
)
from suwen.core.language import Bilingual, Language
from suwen.core.manifest import (
    Audience,
    DeviceStatus,
    Manifest,
    ModelProfile,
    Partition,
    SignOffRule,
)
from suwen.core.record import PatientRecord, Quantity
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.encryption import FieldCipher
from suwen.storage.endpoints import EndpointStore
from suwen.storage.people import PeopleStore, Person
from suwen.storage.records import RecordStore, StoredResource
from suwen.storage.releases import ReleaseStore
from suwen.storage.traces import TraceStore
from tests.support.releases import open_gate, release_desk, write_suite

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOTE_WRITER = AppId("note_writer")
PATIENT = "p1"
OTHER_PATIENT = "p2"

MANIFEST = Manifest(
    id=NOTE_WRITER,
    title=Bilingual(zh="测试记录", en="Test note"),
    intended_use=Bilingual(zh="仅供测试。", en="For tests only."),
    not_for=Bilingual(zh="不用于诊疗。", en="Not for care."),
    audience=Audience.CLINICIAN,
    data_class=4,
    reasoning_demand=3,
    device_status={"cn": DeviceStatus("non-device", None)},
    partition=Partition.GENERAL,
    reads=("Patient", "Encounter", "Observation", "DocumentReference", "AllergyIntolerance"),
    purposes=frozenset({"treatment", "quality", "evaluation"}),
    writes=("Composition",),
    collections=(),
    model_profile=ModelProfile(frozenset({"chat", "json_schema"}), 4096, 256),
    roles=frozenset({Role.PHYSICIAN, Role.CHIEF_PHYSICIAN, Role.NURSE}),
    sign_off=SignOffRule.PHYSICIAN,
    co_sign=False,
    retention_days=30,
    hazards=(),
    owner=Bilingual("测试", "tests"),
)

_SOURCE = Source("test rules", "1")


@dataclass(frozen=True)
class NoteRequest:
    """``extra`` are further rule statements, ``severity`` makes a finding of that severity."""

    patient_id: str | None
    bundle: Mapping[str, Any] | None
    reads: tuple[str, ...]
    comment: str
    extra: tuple[str, ...]
    severity: str | None
    refuse: bool
    fail: bool


class NoteWriter:
    """Writes the name and every numeric observation; asks a model for further sentences."""

    def parse(self, request: Mapping[str, Any]) -> NoteRequest:
        if "patient_id" not in request and "bundle" not in request:
            raise InputError(
                "patient_missing",
                Bilingual(zh="缺少患者。", en="The patient is missing."),
                field="patient_id",
            )
        return NoteRequest(
            patient_id=request.get("patient_id"),
            bundle=request.get("bundle"),
            reads=tuple(request.get("reads", MANIFEST.reads)),
            comment=request.get("comment", ""),
            # A text that is not in the request as it stands: the tilde is left out.
            extra=tuple(text.replace("~", "") for text in request.get("extra", ())),
            severity=request.get("severity"),
            refuse=bool(request.get("refuse", False)),
            fail=bool(request.get("fail", False)),
        )

    def plan(self, request: NoteRequest) -> Plan:
        return Plan(
            language=Language.EN,
            read=RecordRead(request.reads, request.patient_id, request.bundle),
            user_texts=(request.comment,) if request.comment else (),
        )

    def core(
        self, request: NoteRequest, record: PatientRecord | None, passages: Sequence[Passage]
    ) -> CoreResult:
        assert record is not None
        if request.refuse:
            raise PreconditionError(
                "no_inpatient_encounter",
                Bilingual(zh="没有住院经过。", en="There is no inpatient stay."),
            )
        if request.fail:
            raise RuntimeError("a defect of the application")
        findings = ()
        if request.severity is not None:
            findings = (
                Finding(
                    "note.rule",
                    Severity(request.severity),
                    Bilingual(zh="发现", en="A finding"),
                    _SOURCE,
                    Confidence.REVIEWED,
                ),
            )
        return CoreResult(Draft(document=_document(request, record), findings=findings))

    def ask(self, request: NoteRequest, result: CoreResult) -> PromptSpec | None:
        document = result.draft.document
        assert document is not None
        lines = [s.text for s in document.statements]
        return PromptSpec(
            system="Add sentences that follow from the data.",
            user="\n".join([document.sections[0].fields[0].value or "", *lines, request.comment]),
            json_schema={"type": "object", "properties": {}, "required": []},
            max_output_tokens=64,
        )

    def merge(self, request: NoteRequest, result: CoreResult, answer: ModelAnswer | None) -> Draft:
        draft = result.draft
        if answer is None or draft.document is None:
            return draft
        added = tuple(
            Statement(text, (), StatementOrigin.MODEL) for text in answer.data["sentences"]
        )
        first, second = draft.document.sections
        second = dataclasses.replace(second, statements=(*second.statements, *added))
        return dataclasses.replace(
            draft, document=dataclasses.replace(draft.document, sections=(first, second))
        )

    def output(self, draft: Draft) -> Mapping[str, Any]:
        document = draft.document
        assert document is not None
        return {
            "completion": {
                "fields_total": document.fields_total,
                "fields_filled": document.fields_filled,
            }
        }


def _document(request: NoteRequest, record: PatientRecord) -> Document:
    name = DocumentField(
        "patient_name",
        Bilingual(zh="姓名", en="Name"),
        record.patient.name,
        source_present=record.patient.name is not None,
        evidence=(Evidence(EvidenceKind.RECORD, record.patient.reference, "name"),),
    )
    allergy = DocumentField("allergies", Bilingual(zh="过敏史", en="Allergies"), None, False)
    statements = [
        Statement(
            f"{item.code.text} was {item.value.value} {item.value.unit}.",
            (Evidence(EvidenceKind.RECORD, item.reference, str(item.value.value)),),
            StatementOrigin.RULE,
        )
        for item in record.observations
        if item.code is not None and isinstance(item.value, Quantity)
    ]
    statements.extend(Statement(text, (), StatementOrigin.RULE) for text in request.extra)
    return Document(
        document_type="note",
        language=Language.EN,
        title="Note",
        sections=(
            Section("patient", None, "Patient", (name, allergy), ()),
            Section("results", "30954-2", "Results", (), tuple(statements)),
        ),
    )


def surrogate_secret(patient: str) -> bytes:
    """What a patient's surrogates follow from at the site of the tests."""
    return patient.encode().ljust(32, b"s")


class WordChecker:
    """Supports a statement when each number in it stands in the record's observations."""

    def __init__(self, base: EvidenceBase) -> None:
        self._values = {
            str(item.value.value): item.reference
            for item in (base.record.observations if base.record else ())
            if isinstance(item.value, Quantity)
        }

    def check_text(self, text: str, language: Language | None = None) -> list[CheckedStatement]:
        checked, start = [], 0
        for line in text.splitlines(keepends=True):
            for sentence in line.replace(". ", ".\0").split("\0"):
                stripped = sentence.strip()
                if stripped:
                    begin = text.index(stripped, start)
                    one = self.check_statement(stripped)
                    checked.append(dataclasses.replace(one, start=begin, end=begin + len(stripped)))
                    start = begin + len(stripped)
        return checked

    def check_statement(
        self, text: str, context: str = "", language: Language | None = None
    ) -> CheckedStatement:
        words = [word.rstrip(".,") for word in text.split()]
        numbers = [word for word in words if word.replace(".", "", 1).isdigit()]
        evidence = tuple(
            Evidence(EvidenceKind.RECORD, self._values[n], n) for n in numbers if n in self._values
        )
        reason = None
        if not numbers:
            reason = UnsupportedReason.NO_EVIDENCE
        elif len(evidence) < len(numbers):
            reason = UnsupportedReason.NUMBER
        return CheckedStatement(0, len(text), text, reason is None, reason, evidence)


@dataclass
class ScriptedModel:
    """Answers what it is told to, remembers what it was asked and whether it was cancelled."""

    endpoint: Endpoint
    sentences: list[str] = field(default_factory=list)
    reasoning: str = ""
    error: InferenceError | None = None
    raw: str | None = None
    hang: bool = False
    asked: list[GenerationRequest] = field(default_factory=list)
    cancelled: bool = False
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream(self, request: GenerationRequest) -> AsyncIterator[Delta | Finished]:
        self.asked.append(request)
        self.began.set()
        try:
            if self.error is not None:
                raise self.error
            for word in self.reasoning.split():
                yield Delta(DeltaKind.REASONING, word + " ")
            if self.hang:
                await asyncio.sleep(3600)
            text = self.raw if self.raw is not None else json.dumps({"sentences": self.sentences})
            yield Delta(DeltaKind.ANSWER, text)
            yield Finished("stop", 10, 5)
        except (GeneratorExit, asyncio.CancelledError):
            self.cancelled = True
            raise

    async def count_tokens(self, messages: tuple[ChatMessage, ...]) -> int:
        return sum(len(message.text) for message in messages)


@dataclass
class MemoryAudit:
    """Keeps the chain in memory; ``broken`` refuses what comes after so many entries."""

    events: list[AuditEvent] = field(default_factory=list)
    broken_after: int | None = None

    async def append(self, entry: AuditEntry) -> AuditEvent:
        if self.broken_after is not None and len(self.events) >= self.broken_after:
            raise AuditError("audit_unavailable", Bilingual(zh="审计不可用。", en="No audit."))
        previous = self.events[-1].hash if self.events else GENESIS_HASH
        number = len(self.events) + 1
        event = AuditEvent(number, NOW, entry, previous, chain_hash(number, NOW, entry, previous))
        self.events.append(event)
        return event

    async def append_all(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEvent]:
        return [await self.append(entry) for entry in entries]

    async def latest(
        self, limit: int = 100, before_sequence: int | None = None, **wanted: str
    ) -> list[AuditEvent]:
        assert before_sequence is None
        fitting = [
            event
            for event in reversed(self.events)
            if all(getattr(event.entry, name) == value for name, value in wanted.items())
        ]
        return fitting[:limit]

    @property
    def told(self) -> list[tuple[str, AuditOutcome]]:
        """Action and outcome of each event."""
        return [(event.entry.action, event.entry.outcome) for event in self.events]


@dataclass
class SettableClock:
    """Stands still until it is set."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


def person(
    account: str = "dr.lin",
    *roles: Role,
    departments: Sequence[str] = ("cardiology",),
    purpose: Purpose = Purpose.TREATMENT,
) -> Principal:
    """Somebody at the web door; a physician of cardiology unless said otherwise."""
    return Principal(
        id=PrincipalId(account),
        name=account,
        roles=frozenset(roles or (Role.PHYSICIAN,)),
        departments=frozenset(departments),
        purpose=purpose,
        channel=Channel.WEB,
    )


def endpoint(name: str = "ward-engine", ceiling: int = 5, **changes: Any) -> Endpoint:
    """An engine of the general partition."""
    values: dict[str, Any] = {
        "name": name,
        "url": "http://127.0.0.1:9/v1",
        "model": "scripted",
        "partition": Partition.GENERAL,
        "ceiling": ceiling,
        "capabilities": frozenset({"chat", "json_schema"}),
        "context_tokens": 8192,
        "weights": "ab" * 32,
    }
    return Endpoint(**{**values, **changes})


def patient_resources(
    patient: str = PATIENT, department: str = "cardiology", note: str | None = None
) -> list[dict[str, Any]]:
    """A small record: patient, open stay, one potassium value, perhaps a note."""
    name = {"p1": "Zhang Wei", "p2": "Li Na"}.get(patient, "Wang Fang")
    resources: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": patient,
            "name": [{"text": name}],
            "gender": "male",
            "birthDate": "1956-04-01",
            "identifier": [{"value": f"MRN-{patient}-001"}],
        },
        {
            "resourceType": "Encounter",
            "id": f"{patient}-e1",
            "status": "in-progress",
            "class": {"code": "IMP"},
            "subject": {"reference": f"Patient/{patient}"},
            "period": {"start": "2026-02-27T08:00:00Z"},
            "serviceProvider": {"display": department},
        },
        {
            "resourceType": "Observation",
            "id": f"{patient}-k1",
            "status": "final",
            "subject": {"reference": f"Patient/{patient}"},
            "encounter": {"reference": f"Encounter/{patient}-e1"},
            "code": {
                "text": "Potassium",
                "coding": [{"system": "http://loinc.org", "code": "2823-3"}],
            },
            "effectiveDateTime": "2026-03-01T06:30:00Z",
            "valueQuantity": {"value": 5.1 if patient == PATIENT else 3.3, "unit": "mmol/L"},
        },
    ]
    if note is not None:
        resources.append(
            {
                "resourceType": "AllergyIntolerance",
                "id": f"{patient}-a1",
                "patient": {"reference": f"Patient/{patient}"},
                "note": [{"text": note}],
            }
        )
    return resources


def stored(
    resources: Sequence[Mapping[str, Any]], department: str = "cardiology", origin: str = "imported"
) -> list[StoredResource]:
    """Resources on their way into the record store."""
    patient = next(r["id"] for r in resources if r["resourceType"] == "Patient")
    return [
        StoredResource(
            type=r["resourceType"],
            id=r["id"],
            patient_id=patient,
            encounter_id=None,
            department=department if r["resourceType"] == "Encounter" else None,
            at=None,
            origin=origin,
            body=r,
        )
        for r in resources
    ]


@dataclass
class Site:
    """A gateway over a real database, with everything that a test may want to look at."""

    gateway: Gateway
    parts: GatewayParts
    audit: MemoryAudit
    clock: SettableClock
    people: PeopleStore
    model: ScriptedModel
    release: ReleaseHash

    @property
    def releases(self) -> ReleaseDesk:
        """The desk of Releases."""
        return release_desk(self.parts)

    async def pass_gate(self, wanted: Endpoint | None = None) -> None:
        """Adds the model's endpoint and takes its model part the whole way until it is on."""
        wanted = wanted or self.model.endpoint
        await self.parts.endpoints.put(wanted)
        await open_gate(self.releases, next(iter(self.parts.applications)), wanted.name)


async def build_site(
    database: Database,
    folder: Path,
    change: Callable[[GatewayParts], GatewayParts] | None = None,
    manifest: Manifest = MANIFEST,
) -> Site:
    """A site with two patients of cardiology and surgery, and the note writer installed."""
    clock, audit, model = SettableClock(), MemoryAudit(), ScriptedModel(endpoint())
    write_suite(folder)
    installed = InstalledApplication(manifest, NoteWriter(), folder, {"code": "0" * 64})
    records, releases = RecordStore(database), ReleaseStore(database)
    parts = GatewayParts(
        partition=Partition.GENERAL,
        provider="Test Hospital",
        applications={manifest.id: installed},
        records=records,
        drafts=DraftStore(database),
        releases=releases,
        traces=TraceStore(database),
        endpoints=EndpointStore(database, FieldCipher(b"k" * 32)),
        audit=audit,
        clock=clock,
        access=AccessDecider(),
        model=lambda _name: model,
        checker=WordChecker,
        surrogate_secret=surrogate_secret,
    )
    parts = change(parts) if change else parts
    await register_releases(releases, [installed], NOW)
    await records.import_unit(stored(patient_resources()))
    await records.import_unit(
        stored(patient_resources(OTHER_PATIENT, "surgery"), department="surgery")
    )
    return Site(
        gateway=Gateway(parts),
        parts=parts,
        audit=audit,
        clock=clock,
        people=PeopleStore(database),
        model=model,
        release=release_of(installed, NOW).hash,
    )


def staff(account: str, *roles: Role, departments: Sequence[str] = ("cardiology",)) -> Person:
    """An account of the hospital."""
    return Person(
        id=PrincipalId(account),
        name=account,
        roles=frozenset(roles),
        departments=frozenset(departments),
        language=Language.ZH,
        disabled=False,
        origin="local",
    )
