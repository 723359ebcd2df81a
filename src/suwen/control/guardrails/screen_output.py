"""Whether a sentence that a model wrote may be shown, and to whom.

To a patient a machine gives no dose and no diagnosis. To nobody does it tell its own instructions,
or an identifier that its material does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from suwen.control.guardrails.rules.output import TO_NOBODY, TO_PATIENTS
from suwen.control.guardrails.rules.table import RuleTable
from suwen.control.guardrails.screen import ALLOWED, Outcome, Reason, Verdict
from suwen.core.audience import Audience
from suwen.core.finding import Span

_TO_PATIENTS: Final = RuleTable(TO_PATIENTS)
_TO_NOBODY: Final = RuleTable(TO_NOBODY)
_WINDOW: Final = {"en": 60, "zh": 24}
"""So many characters in a row that also stand in the system's prompt are no chance."""
_SPACE: Final = re.compile(r"\s+")
# What tells a person without being one's name: a date or a ward may be said again in other words.
TOLD_OF_PERSONS: Final = frozenset(
    {"ID_NUMBER", "PHONE", "MEDICAL_RECORD_NUMBER", "INSURANCE_NUMBER", "EMAIL", "BANK_CARD"}
)


class FoundIdentifier(Protocol):
    """A stretch that identifies somebody; ``type`` is one of the contract's names."""

    @property
    def start(self) -> int:
        """First character."""

    @property
    def end(self) -> int:
        """After the last character."""

    @property
    def type(self) -> str:
        """What it is."""

    @property
    def score(self) -> float:
        """How sure it is, 0 to 1."""


_CERTAIN: Final = 0.7

IdentifierFinder = Callable[[str], Sequence[FoundIdentifier]]


def screen_output(
    text: str,
    audience: Audience,
    *,
    system_prompt: str = "",
    material: str | None = None,
    identifiers: IdentifierFinder | None = None,
) -> Verdict:
    """Looks at what a model wrote.

    Args:
        audience: who is to read it.
        system_prompt: what the model was told; none of it may be told on.
        material: everything that the answer may have its identifiers from; ``None`` where that
            is not known, and then no identifier counts as another's.
        identifiers: finds identifiers; none are looked for without it.
    """
    found = [Reason(hit.rule, Span(hit.start, hit.end)) for hit in _TO_NOBODY.hits(text)]
    if audience is Audience.PATIENT:
        found.extend(Reason(hit.rule, Span(hit.start, hit.end)) for hit in _TO_PATIENTS.hits(text))
    if system_prompt and _tells_on(text, system_prompt):
        found.append(Reason("output.system_prompt"))
    if identifiers is not None and material is not None:
        found.extend(
            Reason("output.identifier", Span(span.start, span.end))
            for span in identifiers(text)
            if _tells_of_person(span, audience) and text[span.start : span.end] not in material
        )
    return Verdict(Outcome.REFUSE, tuple(found)) if found else ALLOWED


def _tells_of_person(span: FoundIdentifier, audience: Audience) -> bool:
    """A number of somebody's; and to a patient a name that its cue makes certain, since what a
    clinician reads may name a colleague."""
    if str(span.type) in TOLD_OF_PERSONS:
        return True
    return audience is Audience.PATIENT and str(span.type) == "NAME" and span.score >= _CERTAIN


def _tells_on(text: str, system_prompt: str) -> bool:
    said = _SPACE.sub("", text).casefold()
    told = _SPACE.sub("", system_prompt).casefold()
    window = _WINDOW["en" if said.isascii() else "zh"]
    return (
        any(said[at : at + window] in told for at in range(0, max(0, len(said) - window) + 1, 6))
        if len(said) >= window
        else False
    )
