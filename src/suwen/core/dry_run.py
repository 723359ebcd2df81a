"""What a connection would read, without storing any of it: for a person, without patient text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual, Language
from suwen.core.row_report import RowTally, shown_value


@dataclass(frozen=True)
class SourceDryRun:
    """What one source of a mapping would give.

    Attributes:
        place: the view, or the pattern of the files.
        file: name of the file, ``None`` for a view, or where no file lies in the folder.
        tally: counts, samples, refused rows and values that no codes table lists.
        whole: whether every row was looked at, not only the first ones.
        problem: why the source cannot be read at all; ``None`` where it can.
        notes: what else a person should know: the encoding, rows without a key.
    """

    place: str
    file: str | None
    tally: RowTally
    whole: bool
    problem: SuwenError | None = None
    notes: Sequence[Bilingual] = ()


@dataclass(frozen=True)
class DryRun:
    """What a connection would read.

    Attributes:
        version: the mapping's own name of its version; ``None`` where it could not be read.
        problem: why nothing could be looked at; ``None`` where it could.
        took_ms: milliseconds that looking took.
    """

    connection: str
    version: str | None
    sources: Sequence[SourceDryRun] = field(default_factory=tuple)
    problem: SuwenError | None = None
    took_ms: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything would be read and nothing refused."""
        return self.problem is None and all(
            source.problem is None and not source.tally.refused for source in self.sources
        )

    def as_json(self, language: Language) -> dict[str, Any]:
        """As a program gets it, texts in one language."""
        return {
            "connection": self.connection,
            "mapping_version": self.version,
            "ok": self.ok,
            "problem": _told(self.problem, language),
            "resources": self.resources(),
            "sources": [_source(source, language) for source in self.sources],
            "took_ms": self.took_ms,
        }

    def resources(self) -> dict[str, int]:
        """How many resources of each type would be stored."""
        counts: dict[str, int] = {}
        for source in self.sources:
            kind = source.tally.resource
            counts[kind] = counts.get(kind, 0) + source.tally.mapped
        return counts


class DryRunner(Protocol):
    """A connection that can say what it would read."""

    async def dry_run(self, most_rows: int) -> DryRun:
        """Looks at the first rows of each source; stores nothing, moves nothing."""


def _source(source: SourceDryRun, language: Language) -> dict[str, Any]:
    tally = source.tally
    return {
        "name": tally.source,
        "resource": tally.resource,
        "place": source.place,
        "file": source.file,
        "whole": source.whole,
        "problem": _told(source.problem, language),
        "notes": [note.in_language(language) for note in source.notes],
        "rows": {
            "read": tally.read,
            "mapped": tally.mapped,
            "passed_over": tally.passed_over,
            "refused": tally.refused,
        },
        "refused": [
            {
                "row": refused.row,
                "column": one.column,
                "element": one.element,
                "code": one.code,
                "reason": one.message.in_language(language),
            }
            for refused in tally.refused_rows
            for one in refused.problems
        ],
        "unmapped": [
            {
                "codes": value.codes,
                "column": value.column,
                "value": shown_value(value.value),
                "count": count,
            }
            for value, count in tally.unmapped.most_common()
        ],
        "cut": tally.cut,
        "samples": [
            {"row": sample.row, "cells": dict(sample.cells), "resource": sample.resource}
            for sample in tally.samples
        ],
    }


def _told(problem: SuwenError | None, language: Language) -> dict[str, Any] | None:
    if problem is None:
        return None
    return {
        "code": problem.code,
        "message": problem.safe_message.in_language(language),
        "field": problem.field,
    }
