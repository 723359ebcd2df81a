"""A dry run on the screen: counts, what is refused and why, what no table lists, masked samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from suwen.core.dry_run import DryRun, SourceDryRun
from suwen.core.row_report import shown_value
from suwen.web.texts import Texts


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A refused row: where, and why in the reader's language."""

    row: int
    column: str
    element: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class UnmappedLine:
    """A value that no codes table lists."""

    codes: str
    column: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A row and its resource, both masked."""

    row: int
    cells: tuple[tuple[str, str], ...]
    resource: str


@dataclass(frozen=True, slots=True)
class SourcePart:
    """One view, or one file, of the dry run.

    Attributes:
        problem: why it cannot be read at all; empty where it can.
    """

    title: str
    resource: str
    place: str
    whole: bool
    problem: str
    problem_code: str
    notes: tuple[str, ...]
    read: int
    mapped: int
    passed_over: int
    refused: int
    refused_rows: tuple[RefusedLine, ...]
    unmapped: tuple[UnmappedLine, ...]
    samples: tuple[SampleLine, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class DryRunPage:
    """What a connection would read.

    Attributes:
        counts: resources by type.
    """

    ok: bool
    version: str
    problem: str
    problem_code: str
    counts: tuple[tuple[str, int], ...]
    sources: tuple[SourcePart, ...]
    seconds: str


def dry_run_page(found: DryRun, texts: Texts) -> DryRunPage:
    """The dry run as the screen shows it."""
    return DryRunPage(
        ok=found.ok,
        version=found.version or "",
        problem=texts.of(found.problem.safe_message) if found.problem else "",
        problem_code=found.problem.code if found.problem else "",
        counts=tuple(sorted((k, n) for k, n in found.resources().items() if k)),
        sources=tuple(_source(source, texts) for source in found.sources),
        seconds=f"{found.took_ms / 1000:.1f}",
    )


def _source(source: SourceDryRun, texts: Texts) -> SourcePart:
    tally = source.tally
    named: Sequence[str | None] = (tally.source, source.file)
    return SourcePart(
        title=" · ".join(part for part in named if part),
        resource=tally.resource,
        place=source.place,
        whole=source.whole,
        problem=texts.of(source.problem.safe_message) if source.problem else "",
        problem_code=source.problem.code if source.problem else "",
        notes=tuple(texts.of(note) for note in source.notes),
        read=tally.read,
        mapped=tally.mapped,
        passed_over=tally.passed_over,
        refused=tally.refused,
        refused_rows=tuple(
            RefusedLine(line.row, one.column, one.element, texts.of(one.message), one.code)
            for line in tally.refused_rows
            for one in line.problems
        ),
        unmapped=tuple(
            UnmappedLine(one.codes, one.column, shown_value(one.value), count)
            for one, count in tally.unmapped.most_common()
        ),
        samples=tuple(
            SampleLine(
                sample.row,
                tuple(sample.cells.items()),
                json.dumps(sample.resource, ensure_ascii=False, indent=2),
            )
            for sample in tally.samples
        ),
        cut=tally.cut,
    )
