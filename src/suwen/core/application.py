"""The contract of an application: four pure parts, everything between them is the gateway's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from suwen.core.audience import Audience
from suwen.core.document import Draft
from suwen.core.knowledge import Passage
from suwen.core.language import Language
from suwen.core.manifest import Manifest
from suwen.core.record import PatientRecord


@dataclass(frozen=True, slots=True)
class RecordRead:
    """What the application wants to read of one patient.

    Exactly one of ``patient_id`` (record store) and ``bundle`` (given with the request) is set.
    ``resource_types`` must be among the manifest's ``reads``.
    """

    resource_types: tuple[str, ...]
    patient_id: str | None = None
    bundle: Mapping[str, Any] | None = field(default=None, repr=False)
    encounter_id: str | None = None


@dataclass(frozen=True, slots=True)
class KnowledgeQuery:
    """What the application wants to look up in one of the manifest's collections.

    Attributes:
        limit: most passages, >= 1.
        optional: whether a collection that is not there is an empty answer and no error.
    """

    collection: str
    query: str
    limit: int
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run needs before its core can work, and who it is about.

    Attributes:
        user_texts: what somebody wrote, for the guard: the last message, then earlier ones of the
            same conversation, oldest first.
        audience: who wrote it and is to read the result; an application for patients says so.
    """

    language: Language
    read: RecordRead | None = None
    queries: tuple[KnowledgeQuery, ...] = ()
    user_texts: tuple[str, ...] = field(default=(), repr=False)
    audience: Audience = Audience.CLINICIAN


@dataclass(frozen=True, slots=True)
class CoreResult:
    """What the deterministic part decided; ``memory`` is the application's own carry-over."""

    draft: Draft
    memory: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """What the model is asked for.

    Attributes:
        system: instructions; the texts come from the application's prompts folder.
        user: the material; data of the record stands between markers, never as instructions.
        json_schema: schema that the answer is constrained to.
        shared_prefix: whether ``system`` is the same for every run, so that it may be cached.
    """

    system: str = field(repr=False)
    user: str = field(repr=False)
    json_schema: Mapping[str, Any]
    max_output_tokens: int
    shared_prefix: bool = True


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What the model answered: the parsed JSON, and its reasoning apart from it."""

    data: Mapping[str, Any] = field(repr=False)
    reasoning: str = field(default="", repr=False)


RequestT = TypeVar("RequestT")


class Application(Protocol[RequestT]):
    """What the gateway runs. All four parts are pure and do no input or output."""

    def parse(self, request: Mapping[str, Any]) -> RequestT:
        """Checks a request strictly.

        Raises:
            InputError: with the field at fault.
        """

    def plan(self, request: RequestT) -> Plan:
        """Says what must be read and retrieved."""

    def core(
        self, request: RequestT, record: PatientRecord | None, passages: Sequence[Passage]
    ) -> CoreResult:
        """Decides what can be decided by rules.

        Raises:
            PreconditionError: when a clinical precondition is missing.
        """

    def ask(self, request: RequestT, result: CoreResult) -> PromptSpec | None:
        """Says what to ask a model, or ``None`` when there is nothing to ask."""

    def merge(self, request: RequestT, result: CoreResult, answer: ModelAnswer | None) -> Draft:
        """Joins the core's result with the model's answer (``None``: the model was skipped)."""

    def output(self, draft: Draft) -> Mapping[str, Any]:
        """The result in the form of the application's contract, ready for JSON."""


@runtime_checkable
class DescribesRequests(Protocol):
    """What an application may have besides: a description of its requests for other programs."""

    def request_schema(self) -> Mapping[str, Any]:
        """JSON Schema of a request, an object; agents are shown it as a tool's input."""


@dataclass(frozen=True, slots=True)
class InstalledApplication:
    """An application as it was found on this installation.

    Attributes:
        parts: name of each hashed part of the folder (``code``, ``manifest``, ``prompts``,
            ``rules``) and its SHA-256; with the platform's own parts they make the Release.
    """

    manifest: Manifest
    application: Application[Any]
    folder: Path
    parts: Mapping[str, str]
