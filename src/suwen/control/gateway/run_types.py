"""What goes into a run and what comes out of it, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suwen.core.document import Draft
from suwen.core.errors import SuwenError
from suwen.core.identity import DraftId, ReleaseHash, TraceId
from suwen.core.knowledge import Passage
from suwen.core.knowledge_form import passage_as_json
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition

MODEL_USED = "used"
MODEL_SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run: ``without_model`` leaves the model part out, ``store`` keeps the draft.

    Attributes:
        first_opinion: what the clinician thinks before there is an output, where the manifest
            asks for it.
    """

    without_model: bool = False
    store: bool = False
    first_opinion: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run delivered.

    Attributes:
        model: ``used`` or ``skipped``; ``model_reason`` says why it was skipped.
        draft_id: where the draft is kept, ``None`` when it was not to be kept.
        output: the application's result in the form of its contract.
        content: what a draft keeps and a person signs: output, label, limits, findings.
        took_ms: from admission to disclosure, in milliseconds.
    """

    trace: TraceId
    release: ReleaseHash
    partition: Partition
    model: str
    model_reason: Bilingual | None
    draft_id: DraftId | None
    draft: Draft = field(repr=False)
    output: Mapping[str, Any] = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)
    took_ms: float


@dataclass(frozen=True, slots=True)
class StageEvent:
    """A stage began (``running``) or ended (``done``, ``skipped``, ``refused``, ``failed``)."""

    number: int
    name: str
    status: str
    took_ms: float | None = None
    kind = "stage"

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "kind": self.kind,
            "number": self.number,
            "name": self.name,
            "status": self.status,
            "took_ms": self.took_ms,
        }


@dataclass(frozen=True, slots=True)
class PassagesEvent:
    """Passages were found, best first; the answer that rests on them comes later."""

    passages: tuple[Passage, ...] = field(repr=False)
    kind = "passages"

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"kind": self.kind, "passages": [passage_as_json(p) for p in self.passages]}


@dataclass(frozen=True, slots=True)
class SectionEvent:
    """A section stands as the rules built it; its statements are not verified yet."""

    section: Mapping[str, Any] = field(repr=False)
    kind = "section"

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"kind": self.kind, "section": dict(self.section)}


@dataclass(frozen=True, slots=True)
class StatementEvent:
    """A statement was verified."""

    section: str
    statement: Mapping[str, Any] = field(repr=False)
    kind = "statement"

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "kind": self.kind,
            "section": self.section,
            "statement": dict(self.statement),
        }


@dataclass(frozen=True, slots=True)
class ReasoningEvent:
    """A piece of the model's reasoning, apart from the answer; never filed."""

    text: str = field(repr=False)
    kind = "reasoning"

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"kind": self.kind, "text": self.text}


@dataclass(frozen=True, slots=True)
class ResultEvent:
    """The run ended well."""

    result: RunResult
    kind = "result"

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "kind": self.kind,
            "result": self.result.output,
            "content": self.result.content,
            "run": run_as_json(self.result),
        }


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """The run ended without a result; only what may be told to the person asking."""

    error: SuwenError
    kind = "failed"

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        message = self.error.safe_message
        return {
            "kind": self.kind,
            "code": self.error.code,
            "category": self.error.category,
            "message_zh": message.zh,
            "message_en": message.en,
            "field": self.error.field,
        }


RunEvent = (
    StageEvent
    | PassagesEvent
    | SectionEvent
    | StatementEvent
    | ReasoningEvent
    | ResultEvent
    | FailedEvent
)


def run_as_json(result: RunResult) -> dict[str, Any]:
    """The ``run`` part of a batch line (contracts.md)."""
    described: dict[str, Any] = {
        "trace_id": result.trace,
        "release": result.release,
        "partition": result.partition.value,
        "model": result.model,
        "took_ms": round(result.took_ms, 3),
    }
    if result.draft_id is not None:
        described["draft_id"] = result.draft_id
    return described
