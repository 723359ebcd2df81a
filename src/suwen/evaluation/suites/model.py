"""What a suite is: cases, the scorer that judges each answer, and the thresholds of the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from suwen.core.audit import content_hash
from suwen.core.errors import NotFoundError
from suwen.core.language import Bilingual


class Scorer(StrEnum):
    """How an answer is judged; each is one function of ``scorers``."""

    LETTER = "letter"
    LETTER_AND_PROBABILITY = "letter_and_probability"
    NUMBER = "number"
    REFUSAL = "refusal"
    INJECTION = "injection"
    GROUNDING = "grounding"
    CONTAINS = "contains"
    ANSWERED = "answered"
    JUDGED = "judged"
    VERDICT = "verdict"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How answers are generated.

    Attributes:
        temperature: 0 is greedy.
        max_output_tokens: of one answer.
    """

    temperature: float = 0.0
    max_output_tokens: int = 256
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One question to an engine and what is needed to judge the answer.

    Attributes:
        id: unique within its suite.
        turns: role (``system``, ``user``, ``assistant``) and text of each turn.
        target: what the scorer holds the answer against; JSON-ready.
        group: cases of one group ask the same in another way; ``None`` stands alone.
        variant: how this one differs from the others of its group.
        facets: labels to sum up by, for example language or set; no text of a case.
        chance: probability that guessing answers it rightly, 0 to 1; ``None`` where unknown.
        seed: of its generation.
    """

    id: str
    turns: tuple[tuple[str, str], ...] = field(repr=False)
    target: Mapping[str, Any] = field(repr=False)
    group: str | None = None
    variant: str | None = None
    facets: Mapping[str, str] = field(default_factory=dict)
    chance: float | None = None
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """As it is kept with a run."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Case:
        """As it was kept with a run."""
        turns = tuple((str(role), str(text)) for role, text in kept["turns"])
        return cls(**{**kept, "turns": turns})


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a figure of the summary must reach for the suite to be passed.

    Attributes:
        figure: name of the figure.
        least, most: bounds of its value; ``None`` sets none.
    """

    figure: str
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """A set of cases with its scorer and its gate.

    Attributes:
        kind: which summary is made of it, a name of ``summary.KINDS``.
        public: whether the cases are published, so that any model may have seen them.
        data_class: 1 to 5, what an endpoint must be cleared for.
        fewest: scored cases below which nothing was shown.
        app: application whose gate it is; ``None`` for a suite of engines.
        judge: how a judge model is asked, where the scorer needs one.
        uncovered: what the suite does not show.
    """

    id: str
    title: Bilingual
    kind: str
    scorer: Scorer
    cases: tuple[Case, ...] = field(repr=False)
    thresholds: tuple[Threshold, ...]
    decoding: Decoding
    public: bool = False
    data_class: int = 1
    fewest: int = 1
    app: str | None = None
    judge: Mapping[str, Any] | None = None
    uncovered: Bilingual = field(default_factory=lambda: Bilingual("", ""))

    @property
    def hash(self) -> str:
        """SHA-256 over everything that decides the result: cases, scorer, decoding, thresholds."""
        return content_hash(
            {
                "id": self.id,
                "kind": self.kind,
                "scorer": self.scorer.value,
                "cases": [case.as_json() for case in self.cases],
                "thresholds": [asdict(one) for one in self.thresholds],
                "decoding": asdict(self.decoding),
                "fewest": self.fewest,
                "judge": None if self.judge is None else dict(self.judge),
            }
        )

    @property
    def cases_hash(self) -> str:
        """SHA-256 over the cases alone: what two runs must share to be compared in pairs."""
        return content_hash([case.as_json() for case in self.cases])


@dataclass(frozen=True, slots=True)
class Scored:
    """What a scorer said of one answer.

    Attributes:
        value: 0 to 1, 1 as wanted; ``None`` when the answer could not be judged, which is kept
            apart from wrong.
        reason: why there is no value, or what was wrong: a code without text of the case.
        answer: what was read out of the output, for example a letter; no running text.
        figures: further numbers and labels for the summary; no running text.
    """

    value: float | None
    reason: str | None = None
    answer: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case.

    Attributes:
        output: what the engine wrote; empty where the figures alone are read.
        error: code of the failure when the engine gave no answer; ``None`` otherwise.
        first_ms, total_ms: to the first token and to the end; ``None`` without an answer.
        input_tokens, output_tokens: ``None`` where the engine does not say.
    """

    case: Case
    scored: Scored
    output: str = field(default="", repr=False)
    error: str | None = None
    first_ms: float | None = None
    total_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


def unknown_suite(name: str, known: Sequence[str]) -> NotFoundError:
    """The error of a suite that there is not."""
    return NotFoundError(
        "no_such_suite",
        Bilingual(
            zh=f"没有评测集 {name}。可用：{'、'.join(known)}。",
            en=f"There is no suite {name}. There are: {', '.join(known)}.",
        ),
        field="SUITE",
    )
