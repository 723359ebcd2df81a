"""What a statement is checked against, and what the check says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from suwen.core.document import UnsupportedReason
from suwen.core.finding import Evidence
from suwen.core.language import Language
from suwen.core.record import PatientRecord


@dataclass(frozen=True, slots=True)
class DialogueTurn:
    """One turn of a conversation; ``speaker`` is ``doctor``, ``patient`` or ``other``."""

    number: int
    speaker: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EvidencePassage:
    """A passage offered as evidence."""

    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EvidenceBase:
    """Everything that a text may rest on; several kinds may be given at once.

    ``calculations`` are numbers that rules derived, with their formula as reference.
    """

    record: PatientRecord | None = None
    dialogue: tuple[DialogueTurn, ...] = ()
    passages: tuple[EvidencePassage, ...] = ()
    calculations: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedStatement:
    """One statement of a text: code-point offsets, end exclusive."""

    start: int
    end: int
    text: str = field(repr=False)
    supported: bool
    reason: UnsupportedReason | None
    evidence: tuple[Evidence, ...]


class StatementChecker(Protocol):
    """Checks statements against evidence; built once per evidence base."""

    def check_text(self, text: str, language: Language | None = None) -> Sequence[CheckedStatement]:
        """Splits a text into statements and checks each."""

    def check_statement(
        self, text: str, context: str = "", language: Language | None = None
    ) -> CheckedStatement:
        """Checks one statement; ``context`` is what stands before it (heading, last sentence)."""
