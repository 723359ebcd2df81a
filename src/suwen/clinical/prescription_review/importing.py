"""A hospital's own drug dictionary and licensed interaction databases, read into row changes.

Every line is answered: accepted as a change, known already, put before a person because it is not
certain, or refused with its line, column and reason. Nothing is stored here; what a dry run shows
is what is proposed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suwen.clinical.medicines.identity import Identity
from suwen.clinical.prescription_review.rulebook import RuleBook
from suwen.clinical.row_change_files import FileProblem
from suwen.clinical.row_changes import ChangeKind, ChangeProblem, RowChange
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

_SEVERITIES = frozenset(severity.value for severity in Severity)
_NO_ID = re.compile(r"[^\w .,'()+/%:-]")
_LONGEST_ID = 120
_MISSING = Bilingual("缺此项", "is missing")
_CHANGED_BY_FILE = ("names", "medicine", "strength", "form")


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """Who gave a file and who answers for it."""

    source: str
    edition: str
    reviewer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A line of a dictionary that may mean one medicine or another; a person decides.

    Attributes:
        why: ``misspelt`` (only a near name is known) or ``two_medicines`` (name and generic
            name mean different ones).
        candidates: ids of the medicines that it may be.
    """

    line: int
    code: str
    name: str
    generic: str
    strength: str
    form: str
    why: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file would change.

    Attributes:
        read: lines of the file that are no header and not empty.
        lines: line of each change.
        known: lines that change nothing.
        uncertain: lines that a person must decide on.
        problems: lines that cannot be used, and why.
    """

    read: int
    changes: tuple[RowChange, ...]
    problems: tuple[FileProblem, ...]
    known: int = 0
    uncertain: tuple[Uncertain, ...] = ()
    lines: tuple[int, ...] = ()

    def without(self, faults: Sequence[ChangeProblem]) -> ImportReport:
        """The same report, with the changes that the tables refuse among the problems."""
        refused = {fault.index for fault in faults}
        kept = [n for n in range(len(self.changes)) if n not in refused]
        more = [FileProblem(self.lines[f.index], f.field, f.code, f.message) for f in faults]
        return replace(
            self,
            changes=tuple(self.changes[n] for n in kept),
            lines=tuple(self.lines[n] for n in kept),
            problems=tuple(sorted((*self.problems, *more), key=lambda one: one.line)),
        )

    @property
    def accepted(self) -> int:
        """How many lines became a change."""
        return len(self.changes)


@dataclass(frozen=True, slots=True)
class DictionaryMapping:
    """Columns of a hospital's drug dictionary; ``None`` where the file has none.

    Attributes:
        name: the name that orders carry.
        code: the hospital's own code, which orders may carry in its place.
        generic: the generic name; without it the name itself must tell the medicine.
    """

    name: str
    code: str | None = None
    generic: str | None = None
    brand: str | None = None
    strength: str | None = None
    form: str | None = None


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
    text: str,
    mapping: DictionaryMapping,
    book: RuleBook,
    origin: FileOrigin,
    decided: Mapping[int, str] | None = None,
) -> ImportReport:
    """The packs of a hospital's drug dictionary, each under the medicine that it means.

    Args:
        decided: medicine by line, where a person decided what an uncertain line means.
    """
    changes: dict[str, tuple[RowChange, int]] = {}
    problems: list[FileProblem] = []
    uncertain: list[Uncertain] = []
    seen: set[str] = set()
    read = known = 0
    needed = tuple(filter(None, (mapping.name, mapping.generic)))
    for number, line in _lines(text, (mapping.name,), problems, needed):
        read += 1
        pack = _pack(line, mapping)
        medicine = (decided or {}).get(number)
        if medicine is None:
            found = _meant(pack, number, book)
            if isinstance(found, FileProblem):
                problems.append(found)
                continue
            if isinstance(found, Uncertain):
                uncertain.append(found)
                continue
            medicine = found
        code = pack["code"] or pack["name"]
        if code in seen:
            words = Bilingual("同一编码或名称出现两次", "the code or name stands twice")
            problems.append(FileProblem(number, mapping.code or mapping.name, "twice", words))
            continue
        seen.add(code)
        change = _pack_change(pack, code, medicine, book, origin)
        if change is None:
            known += 1
        else:
            changes[code] = change, number
    return ImportReport(
        read,
        tuple(change for change, _ in changes.values()),
        tuple(problems),
        known,
        tuple(uncertain),
        tuple(line for _, line in changes.values()),
    )


def _pack(line: Mapping[str, str], mapping: DictionaryMapping) -> dict[str, str]:
    columns = {
        "name": mapping.name, "code": mapping.code, "generic": mapping.generic,
        "brand": mapping.brand, "strength": mapping.strength, "form": mapping.form,
    }  # fmt: skip
    return {wanted: line.get(column, "") if column else "" for wanted, column in columns.items()}


def _meant(pack: Mapping[str, str], number: int, book: RuleBook) -> str | Uncertain | FileProblem:
    """The medicine of a line by its generic and its own name, if both leave no doubt."""
    written = [pack[name] for name in ("generic", "name", "brand") if pack[name]]
    read = [(text, book.names.identify(text)) for text in written]
    sure = {one.medicine.id for _, one in read if one is not None and one.how != "misspelt"}
    near = {one.medicine.id for _, one in read if one is not None and one.how == "misspelt"}
    if len(sure) == 1 and (_sure(read[0][1]) or not pack["generic"]):
        return next(iter(sure))
    if not sure and not near:
        return _unknown(number, "generic" if pack["generic"] else "name", written[0])
    why = "two_medicines" if len(sure | near) > 1 else "misspelt"
    return Uncertain(
        number, pack["code"], pack["name"], pack["generic"], pack["strength"], pack["form"], why,
        tuple(sorted(sure | near)),
    )  # fmt: skip


def _sure(identity: Identity | None) -> bool:
    return identity is not None and identity.how != "misspelt"


def _pack_change(
    pack: Mapping[str, str], code: str, medicine: str, book: RuleBook, origin: FileOrigin
) -> RowChange | None:
    names = dict.fromkeys(n.replace(";", " ") for n in (pack["name"], pack["brand"]) if n)
    values = {
        "names": ";".join(names), "medicine": medicine, "strength": pack["strength"],
        "form": pack["form"],
    }  # fmt: skip
    row = _NO_ID.sub("", code)[:_LONGEST_ID].strip() or "-"
    present = book.row("products", row)
    kind = ChangeKind.ADD
    if present is not None:
        if present.enabled and all(present.text(n) == values[n] for n in _CHANGED_BY_FILE):
            return None
        kind = ChangeKind.OVERRIDE
    return _change("products", row, kind, origin, "drug dictionary", values)


def interactions_from_csv(
    text: str, mapping: InteractionMapping, book: RuleBook, origin: FileOrigin
) -> ImportReport:
    """The pairs of an interaction database as rows of ours, by medicine."""
    changes: list[tuple[RowChange, int]] = []
    problems: list[FileProblem] = []
    seen: set[frozenset[str]] = set()
    read = known = 0
    needed = (mapping.first, mapping.second, mapping.severity, mapping.effect)
    for number, line in _lines(text, needed, problems, needed):
        read += 1
        pair = [book.names.identify(line[column]) for column in needed[:2]]
        wrong = [c for c, one in zip(needed[:2], pair, strict=True) if not _sure(one)]
        if wrong:
            problems.append(_unknown(number, wrong[0], line[wrong[0]]))
            continue
        severity = mapping.severities.get(line[mapping.severity], "")
        if severity not in _SEVERITIES:
            words = Bilingual("级别未映射", "this grade is not mapped")
            problems.append(FileProblem(number, mapping.severity, "value_wrong", words))
            continue
        ids = [one.medicine.id for one in pair if one is not None]
        if frozenset(ids) in seen or len(set(ids)) < 2:
            words = Bilingual("重复的药对", "the pair stands twice")
            problems.append(FileProblem(number, mapping.first, "twice", words))
            continue
        seen.add(frozenset(ids))
        change = _pair_change(line, mapping, (ids[0], ids[1], severity), book, origin)
        if change is None:
            known += 1
        else:
            changes.append((change, number))
    return ImportReport(
        read,
        tuple(change for change, _ in changes),
        tuple(problems),
        known,
        lines=tuple(line for _, line in changes),
    )


def _pair_change(
    line: Mapping[str, str],
    mapping: InteractionMapping,
    pair: tuple[str, str, str],
    book: RuleBook,
    origin: FileOrigin,
) -> RowChange | None:
    first, second, severity = pair
    effect = line[mapping.effect]
    advice = line.get(mapping.advice or "", "") or effect
    mechanism = line.get(mapping.mechanism or "", "")
    own = line.get(mapping.id or "", "") or "-".join(sorted((first, second)))
    row = f"LIC-{_NO_ID.sub('', own)}"[:_LONGEST_ID].strip()
    values = {
        "kind": "interaction", "a": first, "b": second, "severity": severity,
        "effect_zh": effect, "effect_en": effect, "advice_zh": advice, "advice_en": advice,
        "mechanism_zh": mechanism, "mechanism_en": mechanism,
    }  # fmt: skip
    present = book.row("interactions", row)
    if present is None:
        return _change("interactions", row, ChangeKind.ADD, origin, "interaction database", values)
    changed = {n: v for n, v in values.items() if v != present.text(n)}
    if not changed and present.enabled:
        return None
    kind = ChangeKind.OVERRIDE if changed else ChangeKind.ENABLE
    return _change("interactions", row, kind, origin, "interaction database", changed)


def _lines(
    text: str,
    header_needs: tuple[str, ...],
    problems: list[FileProblem],
    needed: tuple[str, ...],
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The lines whose needed cells are filled; those that are not are problems."""
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True))
    except csv.Error:
        words = Bilingual("不是有效的 CSV", "it is no valid CSV")
        problems.append(FileProblem(1, "file", "value_wrong", words))
        return
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in {**dict.fromkeys(header_needs), **dict.fromkeys(needed)}
               if name not in header]  # fmt: skip
    if missing:
        words = Bilingual("文件没有这一列", "the file has no such column")
        problems.append(FileProblem(1, missing[0], "column_missing", words))
        return
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        padded = (*cells, *[""] * (len(header) - len(cells)))
        values = {name: cell.strip() for name, cell in zip(header, padded, strict=False)}
        empty = next((name for name in header_needs if not values[name]), None)
        if empty is not None:
            problems.append(FileProblem(number, empty, "value_missing", _MISSING))
            continue
        yield number, values


def _unknown(line: int, column: str, name: str) -> FileProblem:
    words = Bilingual(f"不认识药品“{name[:60]}”", f'"{name[:60]}" is no medicine known here')
    return FileProblem(line, column, "unknown_medicine", words)


def _change(
    table: str,
    row: str,
    kind: ChangeKind,
    origin: FileOrigin,
    reason: str,
    values: Mapping[str, str],
) -> RowChange:
    return RowChange(
        table, row, kind, origin.source, origin.edition, origin.reviewer, origin.at, reason,
        values,
    )  # fmt: skip
