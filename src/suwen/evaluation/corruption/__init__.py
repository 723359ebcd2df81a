"""Plants falsehoods into true clinical statements, to measure whether they are found."""

from suwen.evaluation.corruption.context import (
    CorruptionContext,
    EvidenceValue,
    dialogue_context,
    record_context,
    text_values,
)
from suwen.evaluation.corruption.model import EXPECTED_REASONS, Corruption, CorruptionKind
from suwen.evaluation.corruption.plant import corruptions

__all__ = [
    "EXPECTED_REASONS",
    "Corruption",
    "CorruptionContext",
    "CorruptionKind",
    "EvidenceValue",
    "corruptions",
    "dialogue_context",
    "record_context",
    "text_values",
]
