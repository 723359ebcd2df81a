"""A hospital's own drug dictionary and licensed interaction databases, read into row changes.

Every line is answered: accepted as a change, or refused with its line, column and reason. Nothing
is stored here; what a dry run shows is what is applied.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from suwen.clinical.medicines.identity import MedicineNames
from suwen.clinical.prescription_review.changes import ChangeKind, RowChange, check_changes
from suwen.clinical.prescription_review.rulebook import RuleBook
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

_SEVERITIES = frozenset(severity.value for severity in Severity)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who gave a file and who answers for it."""

    source: str
    edition: str
    reviewer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why one line was refused.

    Attributes:
        line: line of the file, the header is 1.
        code: ``value_missing``, ``value_wrong``, ``unknown_medicine`` or ``twice``.
    """

    line: int
    column: str
    code: str
    message: Bilingual


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file would change."""

    read: int
    changes: tuple[RowChange, ...]
    problems: tuple[LineProblem, ...]

    @property
    def accepted(self) -> int:
        """How many lines became a change."""
        return len(self.changes)


@dataclass(frozen=True, slots=True)
class DictionaryMapping:
    """Columns of a hospital's drug dictionary; ``None`` where the file has none.

    Attributes:
        name: the name that orders carry.
        generic: the generic name by which the medicine is known here.
        code: the hospital's own code, kept as a further name.
    """

    name: str
    generic: str
    code: str | None = None
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class InteractionMapping:
    """Columns of an interaction database.

    Attributes:
        severities: the database's own grades and what they mean here.
    """

    first: str
    second: str
    severity: str
    severities: Mapping[str, str]
    effect: str
    advice: str | None = None
    mechanism: str | None = None
    id: str | None = None


def dictionary_from_csv(
    text: str, mapping: DictionaryMapping, book: RuleBook, origin: Origin
) -> ImportReport:
    """The names of a hospital's drug dictionary, each under the medicine that it means.

    Names that are known already need no change; a generic name that is not known is a problem.
    """
    more: dict[str, dict[str, None]] = {}
    problems: list[LineProblem] = []
    read = 0
    for number, line in _lines(text, (mapping.name, mapping.generic), problems):
        read += 1
        name, generic = line[mapping.name], line[mapping.generic]
        known = book.names.identify(generic)
        if known is None or known.how == "misspelt":
            problems.append(_unknown(number, mapping.generic, generic))
            continue
        names = [name, *(line.get(c or "") for c in (mapping.code, mapping.brand))]
        clash = _clash(names, known.medicine.id, book.names)
        if clash is not None:
            words = Bilingual(f"“{clash}”已是另一药品的名称", f'"{clash}" names another medicine')
            problems.append(LineProblem(number, mapping.name, "value_wrong", words))
            continue
        fresh = [n for n in names if n and book.names.identify(n) is None]
        more.setdefault(known.medicine.id, {}).update(dict.fromkeys(fresh))
    changes = tuple(
        _named(book, medicine, tuple(names), origin) for medicine, names in more.items() if names
    )
    return ImportReport(read, changes, tuple(problems))


def interactions_from_csv(
    text: str, mapping: InteractionMapping, book: RuleBook, origin: Origin
) -> ImportReport:
    """The pairs of an interaction database as rows of ours, by medicine."""
    changes: list[RowChange] = []
    problems: list[LineProblem] = []
    seen: set[frozenset[str]] = set()
    read = 0
    needed = (mapping.first, mapping.second, mapping.severity, mapping.effect)
    for number, line in _lines(text, needed, problems):
        read += 1
        pair = [book.names.identify(line[column]) for column in needed[:2]]
        wrong = [
            c for c, i in zip(needed[:2], pair, strict=True) if i is None or i.how == "misspelt"
        ]
        if wrong:
            problems.append(_unknown(number, wrong[0], line[wrong[0]]))
            continue
        severity = mapping.severities.get(line[mapping.severity], "")
        if severity not in _SEVERITIES:
            words = Bilingual("级别未映射", "this grade is not mapped")
            problems.append(LineProblem(number, mapping.severity, "value_wrong", words))
            continue
        ids = [identity.medicine.id for identity in pair if identity is not None]
        if frozenset(ids) in seen or len(set(ids)) < 2:
            words = Bilingual("重复的药对", "the pair stands twice")
            problems.append(LineProblem(number, mapping.first, "twice", words))
            continue
        seen.add(frozenset(ids))
        changes.append(_interaction(line, mapping, (ids[0], ids[1], severity), origin, number))
    faults = {problem.index: problem for problem in check_changes(changes)}
    problems += [
        LineProblem(0, fault.field, fault.code, fault.message) for fault in faults.values()
    ]
    kept = tuple(change for index, change in enumerate(changes) if index not in faults)
    return ImportReport(read, kept, tuple(problems))


def _lines(
    text: str, needed: tuple[str, ...], problems: list[LineProblem]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    header = tuple(reader.fieldnames or ())
    missing = [name for name in needed if name not in header]
    if missing:
        words = Bilingual("文件没有这一列", "the file has no such column")
        problems.append(LineProblem(1, missing[0], "value_missing", words))
        return
    for number, line in enumerate(reader, start=2):
        values = {name: (line.get(name) or "").strip() for name in header}
        empty = [name for name in needed if not values[name]]
        if empty:
            words = Bilingual("缺此项", "is missing")
            problems.append(LineProblem(number, empty[0], "value_missing", words))
            continue
        yield number, values


def _unknown(line: int, column: str, name: str) -> LineProblem:
    words = Bilingual(f"不认识药品“{name[:60]}”", f'"{name[:60]}" is no medicine known here')
    return LineProblem(line, column, "unknown_medicine", words)


def _clash(names: list[str | None], medicine: str, known: MedicineNames) -> str | None:
    for name in names:
        found = known.identify(name) if name else None
        if found is not None and found.how == "exact" and found.medicine.id != medicine:
            return name
    return None


def _named(book: RuleBook, medicine: str, names: tuple[str, ...], origin: Origin) -> RowChange:
    row = book.row("medicines", medicine)
    brands = "" if row is None else row.text("brands")
    joined = ";".join(part for part in (brands, *names) if part)
    return RowChange(
        "medicines", medicine, ChangeKind.OVERRIDE, origin.source, origin.edition,
        origin.reviewer, origin.at, "drug dictionary", {"brands": joined},
    )  # fmt: skip


def _interaction(
    line: Mapping[str, str],
    mapping: InteractionMapping,
    pair: tuple[str, str, str],
    origin: Origin,
    number: int,
) -> RowChange:
    first, second, severity = pair
    effect = line[mapping.effect]
    advice = line.get(mapping.advice or "", "") or effect
    mechanism = line.get(mapping.mechanism or "", "")
    row = line.get(mapping.id or "", "") or f"LIC-{number:06d}"
    values = {
        "kind": "interaction", "a": first, "b": second, "severity": severity,
        "effect_zh": effect, "effect_en": effect, "advice_zh": advice, "advice_en": advice,
        "mechanism_zh": mechanism, "mechanism_en": mechanism,
    }  # fmt: skip
    return RowChange(
        "interactions", row, ChangeKind.ADD, origin.source, origin.edition, origin.reviewer,
        origin.at, "interaction database", values,
    )  # fmt: skip
