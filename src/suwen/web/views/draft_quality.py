"""What the quality rules say of a draft, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from suwen.bootstrap.draft_quality import QualityNotes
from suwen.web.texts import Texts


@dataclass(frozen=True, slots=True)
class QualityLine:
    """One finding beside a draft.

    Attributes:
        deduction: points that the quality office would deduct, as shown; empty where none.
    """

    rule: str
    severity: str
    message: str
    quote: str
    suggestion: str
    source: str
    deduction: str


@dataclass(frozen=True, slots=True)
class QualityPanel:
    """What stands beside a draft; ``judged`` is false where the rules were not asked."""

    judged: bool = False
    findings: tuple[QualityLine, ...] = ()
    unchecked: tuple[str, ...] = ()


NOT_JUDGED: Final = QualityPanel()


def quality_panel(notes: QualityNotes, texts: Texts) -> QualityPanel:
    """The panel of a draft."""
    message = f"message_{texts.language.value}"
    return QualityPanel(
        judged=notes.judged,
        findings=_lines(notes.findings, texts),
        unchecked=tuple(str(found[message]) for found in notes.unchecked),
    )


def _lines(found: Sequence[Mapping[str, Any]], texts: Texts) -> tuple[QualityLine, ...]:
    language = texts.language.value
    return tuple(
        QualityLine(
            rule=one["rule"],
            severity=one["severity"],
            message=one[f"message_{language}"],
            quote=one["quote"] or "",
            suggestion=one.get(f"suggestion_{language}") or "",
            source=one["source"],
            deduction=f"{one['deduction']:g}" if one["deduction"] else "",
        )
        for one in found
    )
