"""Scores of found identifiers against annotated ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from suwen.language.identifiers import IdentifierSpan

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A text with its true identifiers.

    Attributes:
        spans: start, end and kind of each.
        exempt: places that are an identifier to some and none to others (a country, a bare
            year): masked or not, they count neither way.
    """

    text: str = field(repr=False)
    spans: tuple[tuple[int, int, str], ...] = field(repr=False)
    exempt: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskingScore:
    """How well a set of texts was masked.

    Attributes:
        masked: true identifiers whose every letter and digit was covered.
        total: true identifiers.
        right: findings of which at least half is true identifier.
        found: findings, without those in exempt places.
        missed: by kind, how many of how many were not masked whole.
    """

    masked: int
    total: int
    right: int
    found: int
    missed: dict[str, tuple[int, int]]

    @property
    def recall(self) -> float:
        """Share of true identifiers masked whole, 0 to 1; 1 where there are none."""
        return self.masked / self.total if self.total else 1.0

    @property
    def precision(self) -> float:
        """Share of findings that are right, 0 to 1; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0


def masking_score(
    texts: Iterable[tuple[AnnotatedText, Sequence[IdentifierSpan]]],
) -> MaskingScore:
    """The score of what was found in annotated texts."""
    total: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    right = found = 0
    for annotated, spans in texts:
        text = annotated.text
        covered = _places((s.start, s.end) for s in spans)
        true = _places((start, end) for start, end, _ in annotated.spans)
        exempt = _places(annotated.exempt)
        for start, end, kind in annotated.spans:
            total[kind] += 1
            missed[kind] += any(text[i].isalnum() and i not in covered for i in range(start, end))
        for span in spans:
            places = range(span.start, span.end)
            if all(i in exempt or not text[i].isalnum() for i in places):
                continue
            found += 1
            right += 2 * sum(i in true for i in places) >= len(places)
    return MaskingScore(
        masked=total.total() - missed.total(),
        total=total.total(),
        right=right,
        found=found,
        missed={kind: (missed[kind], count) for kind, count in total.items() if missed[kind]},
    )


def _places(spans: Iterable[Place]) -> set[int]:
    return {i for start, end in spans for i in range(start, end)}
