"""Files that people bring: changes of rows, a drug dictionary, an interaction database.

The same reading serves the screen and the command line; a dry run shows what would be proposed.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from suwen.bootstrap.rules.desk import RuleDesk
from suwen.bootstrap.rules.sets import PRESCRIPTION
from suwen.clinical.prescription_review.importing import (
    DictionaryMapping,
    FileOrigin,
    ImportReport,
    InteractionMapping,
    Uncertain,
    dictionary_from_csv,
    interactions_from_csv,
)
from suwen.clinical.row_change_files import (
    ChangeFile,
    FileProblem,
    changes_from_csv,
    changes_from_toml,
)
from suwen.clinical.row_changes import RowChange
from suwen.core.errors import InputError
from suwen.core.finding import Severity
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

CHANGES: Final = "file"
DICTIONARY: Final = "dictionary"
INTERACTIONS: Final = "interactions"
KINDS: Final = (CHANGES, DICTIONARY, INTERACTIONS)

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    CHANGES: (),
    DICTIONARY: ("name", "code", "generic", "brand", "strength", "form"),
    INTERACTIONS: ("first", "second", "severity", "effect", "advice", "mechanism", "id"),
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    CHANGES: (),
    DICTIONARY: ("name",),
    INTERACTIONS: ("first", "second", "severity", "effect"),
}
# Usual headings of the columns, in lower case.
_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("药品名称", "药名", "名称", "商品名称", "name", "drug", "drug name"),
    "code": ("药品编码", "编码", "代码", "药品代码", "code", "drug code", "item code"),
    "generic": ("通用名", "通用名称", "药品通用名", "generic", "generic name"),
    "brand": ("商品名", "别名", "brand", "brand name"),
    "strength": ("规格", "药品规格", "strength"),
    "form": ("剂型", "form", "dosage form"),
    "first": ("药品1", "药物1", "药品a", "药物a", "drug1", "drug_1", "drug a", "a"),
    "second": ("药品2", "药物2", "药品b", "药物b", "drug2", "drug_2", "drug b", "b"),
    "severity": ("级别", "等级", "严重程度", "severity", "level", "grade"),
    "effect": ("后果", "相互作用", "描述", "effect", "description"),
    "advice": ("建议", "处理", "advice", "management"),
    "mechanism": ("机制", "mechanism"),
    "id": ("编号", "id"),
}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file would change.

    Attributes:
        read: lines that are no header and not empty; of a file of changes those with a decision.
        known: lines that change nothing.
        uncertain: lines that a person must decide on before they are taken.
        grades: grades of an interaction database that are not mapped yet, or mapped so.
    """

    kind: str
    rule_set: str
    read: int
    known: int
    changes: tuple[RowChange, ...]
    problems: tuple[FileProblem, ...]
    uncertain: tuple[Uncertain, ...] = ()
    grades: Mapping[str, str] | None = None


def wished_columns(kind: str) -> Sequence[tuple[str, bool]]:
    """What a kind of file must and may have: name, and whether it is needed."""
    return [(name, name in _NEEDED[kind]) for name in _COLUMNS[kind]]


def header_of(text: str) -> tuple[str, ...]:
    """The headings of a CSV file; none where it is empty or no CSV."""
    try:
        line = next(csv.reader(io.StringIO(text.lstrip("\ufeff"))), [])
    except csv.Error:
        return ()
    return tuple(name.strip() for name in line if name.strip())


def given_mapping(kind: str, answers: Mapping[str, str], text: str) -> dict[str, str]:
    """The heading of each wished column: as somebody said, else the usual one."""
    header = header_of(text)
    lower = {name.casefold(): name for name in header}
    found = {}
    for name in _COLUMNS[kind]:
        said = answers.get(f"column:{name}")
        usual = next((lower[word] for word in _USUAL[name] if word in lower), "")
        found[name] = usual if said is None else said
    return found


async def read_file(
    desk: RuleDesk, principal: Principal, kind: str, text: str, answers: Mapping[str, str]
) -> ReadFile:
    """What a file would change, and everything that is wrong with it.

    Args:
        answers: ``column:NAME`` (heading of a wished column), ``grade:GRADE`` (its severity),
            ``line:NUMBER`` (the medicine of an uncertain line, ``-`` to leave it out), ``source``,
            ``edition``, ``reason``, and ``set`` for a file of changes.

    Raises:
        AccessError: for whoever may not see the tables.
        InputError: ``column_not_named``, ``source_missing``.
    """
    desk.require_reading(principal)
    await desk.site.renew()
    now = datetime.now().astimezone()
    reviewer = f"{principal.name} ({principal.id})"
    if kind == CHANGES:
        return await _changes(desk, text, answers, reviewer, now)
    mapping = given_mapping(kind, answers, text)
    missing = [name for name in _NEEDED[kind] if not mapping[name]]
    if missing:
        raise InputError(
            "column_not_named",
            Bilingual(
                zh=f"请指明“{missing[0]}”在文件中是哪一列。",
                en=f"Say which column of the file holds '{missing[0]}'.",
            ),
            field=f"column:{missing[0]}",
        )
    source = answers.get("source", "").strip()
    if not source:
        raise InputError(
            "source_missing",
            Bilingual(zh="请写明文件的来源。", en="Say where the file comes from."),
            field="source",
        )
    origin = FileOrigin(source, answers.get("edition", "").strip(), reviewer, now)
    make = _dictionary if kind == DICTIONARY else _interactions
    report, grades = await asyncio.to_thread(make, desk, text, mapping, answers, origin)
    report = report.without(await desk.check(PRESCRIPTION, report.changes))
    left_out = _lines(answers, left_out=True)
    return ReadFile(
        kind, PRESCRIPTION, report.read, report.known, report.changes, report.problems,
        tuple(one for one in report.uncertain if one.line not in left_out), grades,
    )  # fmt: skip


async def _changes(
    desk: RuleDesk, text: str, answers: Mapping[str, str], reviewer: str, now: datetime
) -> ReadFile:
    rule_set = answers.get("set") or PRESCRIPTION
    toml = text.lstrip().startswith(("[[", "#"))
    read: ChangeFile = (changes_from_toml if toml else changes_from_csv)(text, reviewer, now)
    faults = await desk.check(rule_set, read.changes)
    found = [
        FileProblem(read.lines[fault.index], fault.field, fault.code, fault.message)
        for fault in faults
    ]
    problems = tuple(sorted((*read.problems, *found), key=lambda one: one.line))
    return ReadFile(
        CHANGES, rule_set, len(read.changes) + len(read.problems), 0, read.changes, problems
    )


def _lines(answers: Mapping[str, str], *, left_out: bool) -> dict[int, str]:
    """What was decided on uncertain lines: the medicine, or that they are left out (``-``)."""
    return {
        int(name[5:]): value
        for name, value in answers.items()
        if name.startswith("line:") and name[5:].isdigit() and value and (value == "-") is left_out
    }


def _dictionary(
    desk: RuleDesk,
    text: str,
    mapping: Mapping[str, str],
    answers: Mapping[str, str],
    origin: FileOrigin,
) -> tuple[ImportReport, Mapping[str, str] | None]:
    named = {name: mapping[name] or None for name in _COLUMNS[DICTIONARY] if name != "name"}
    columns = DictionaryMapping(mapping["name"], **named)
    decided = _lines(answers, left_out=False)
    return dictionary_from_csv(text, columns, desk.site.in_use.book(), origin, decided), None


def _interactions(
    desk: RuleDesk,
    text: str,
    mapping: Mapping[str, str],
    answers: Mapping[str, str],
    origin: FileOrigin,
) -> tuple[ImportReport, Mapping[str, str] | None]:
    severities = {severity.value: severity.value for severity in Severity}
    severities |= {
        name.removeprefix("grade:"): value
        for name, value in answers.items()
        if name.startswith("grade:") and value
    }
    optional = {name: mapping[name] or None for name in ("advice", "mechanism", "id")}
    columns = InteractionMapping(
        mapping["first"], mapping["second"], mapping["severity"], severities, mapping["effect"],
        **optional,
    )  # fmt: skip
    report = interactions_from_csv(text, columns, desk.site.in_use.book(), origin)
    found = _grades(text, mapping["severity"])
    return report, {grade: severities.get(grade, "") for grade in found}


def _grades(text: str, column: str) -> list[str]:
    lines = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    return list(dict.fromkeys((line.get(column) or "").strip() for line in lines))[:50]
