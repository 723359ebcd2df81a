"""The form in which evidence of every kind is held: facts with terms, values, days and sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from suwen.control.guardrails.grounding.vocabulary import Term
from suwen.core.finding import Evidence, EvidenceKind
from suwen.language.advice import Advice
from suwen.language.laterality import Side
from suwen.language.negation import Assertion
from suwen.language.qualities import Quality
from suwen.language.units import Unit


@dataclass(frozen=True, slots=True)
class FactTerm:
    """A term that a fact asserts or denies, of the patient or of a relative.

    ``assertion`` is ``None`` where the fact names the term without saying whether it holds
    (a question that was not answered).
    """

    term: Term
    assertion: Assertion | None
    relation: str | None = None
    sides: frozenset[Side] = frozenset()


@dataclass(frozen=True, slots=True)
class FactValue:
    """A number of a fact.

    Attributes:
        values: its readings; more than one only for spoken numbers.
        owner: key of what it measures; ``None`` when the source does not say.
        limit: whether it is a limit of a reference interval.
        path: FHIRPath inside the resource, empty outside a record.
    """

    values: tuple[Decimal, ...]
    unit: Unit | None
    owner: str | None
    quote: str
    path: str = ""
    limit: bool = False
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class FactDay:
    """A day of a fact and what happened on it (``admission``, ``birth``, ``effective`` …)."""

    day: date
    precision: str
    role: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class PolarClause:
    """The content words of a clause that it affirms, and those that it denies."""

    text: str
    affirmed: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True, slots=True)
class HeldAdvice:
    """A piece of advice as a sentence gives it.

    Attributes:
        drugs: medicines that it names or that it is under; none if unknown.
        plain: whether the sentence denies nothing but what it advises against.
    """

    advice: Advice
    drugs: frozenset[str]
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence: a record item, a sentence of a note, a turn, a passage sentence.

    Attributes:
        reference: ``Type/id``, turn number, passage id, or formula.
        category: what sort of record item it is, else ``text``.
        results: an observation's result in words.
        references: an observation's reference in words.
        clauses: what a sentence of a conversation or passage affirms and denies, piece by piece.
        advice: what a sentence of a passage advises.
        subject: the medicine of which a sentence of a passage speaks without naming one.
        path: FHIRPath of what ``quote`` shows, empty outside a record.
    """

    reference: str
    kind: EvidenceKind
    category: str
    quote: str
    path: str = ""
    terms: tuple[FactTerm, ...] = ()
    values: tuple[FactValue, ...] = ()
    days: tuple[FactDay, ...] = ()
    sides: frozenset[Side] = frozenset()
    rates: tuple[Fraction, ...] = ()
    results: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    relations: frozenset[str] = frozenset()
    times: frozenset[tuple[int, int]] = frozenset()
    qualities: tuple[Quality, ...] = ()
    words: frozenset[str] = field(default=frozenset(), repr=False)
    denied_words: frozenset[str] = field(default=frozenset(), repr=False)
    affirmed_words: frozenset[str] = field(default=frozenset(), repr=False)
    clauses: tuple[PolarClause, ...] = field(default=(), repr=False)
    advice: tuple[HeldAdvice, ...] = field(default=(), repr=False)
    subject: str | None = None
    text: str = field(default="", repr=False)
    position: int = 0

    def evidence(self, path: str = "", quote: str | None = None) -> Evidence:
        """The reference that a statement carries when it rests on this fact."""
        at = path or self.path
        return Evidence(
            kind=self.kind,
            reference=f"{self.reference}#{at}" if at else self.reference,
            quote=self.quote if quote is None else quote,
        )
