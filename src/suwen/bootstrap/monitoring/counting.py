"""Counts one day of the applications' work: numbers and codes, never a word of a record."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from suwen.control.gateway.draft_content import open_items, text_of
from suwen.core.draft import Decision
from suwen.core.record import Resource
from suwen.evaluation.monitoring.buckets import (
    CODE_POINTS,
    EDIT_PERCENT,
    LATENCY_MS,
    MINUTES,
    age_band,
    bucket,
)
from suwen.evaluation.monitoring.measures import SIGNED, Measure
from suwen.storage.counted_work import CountedCard, CountedDecision, CountedDraft, CountedRun
from suwen.storage.monitoring import CellKey
from suwen.storage.monitoring_sources import MonitoringSources

ReadConditions = Callable[[str], Awaitable[list[Resource]]]
"""The conditions of a patient's record as it is now."""

_ICD10: Final = re.compile(r"[A-Z][0-9][0-9A-Z]")
NO_CODES: Final = "none"


class DayCount:
    """The cells of one day as they fill."""

    def __init__(self, zone: tzinfo) -> None:
        self.cells: dict[CellKey, tuple[int, float]] = {}
        self._zone = zone

    def add(
        self,
        of: CountedRun | CountedDraft | CountedDecision | CountedCard,
        measure: Measure,
        key: str,
        n: int = 1,
        total: float = 0.0,
    ) -> None:
        """Counts ``n`` cases more, and adds to the sum."""
        department = "" if isinstance(of, CountedCard) else of.department
        cell = CellKey(of.app, of.release, department, measure.value, key)
        before = self.cells.get(cell, (0, 0.0))
        self.cells[cell] = (before[0] + n, before[1] + total)

    def run(self, run: CountedRun) -> None:
        """Counts a run that ended."""
        self.add(run, Measure.OUTCOME, run.outcome)
        self.add(run, Measure.LATENCY, bucket(run.took_ms, LATENCY_MS), total=run.took_ms)
        if run.outcome == "refused":
            self.add(run, Measure.REFUSED, run.refusal or "unknown")
        asked, verified = run.stages.get("generate"), run.stages.get("verify")
        self.add(run, Measure.MODEL, "used" if asked is not None else "skipped")
        if asked is not None:
            for name in ("prompt_tokens", "output_tokens"):
                self.add(run, Measure.ENGINE, name, total=float(asked.get(name) or 0))
            self.add(run, Measure.ENGINE, "milliseconds", total=run.engine_ms)
        if verified is not None:
            without = {k: int(n) for k, n in verified["unsupported"].items()}
            unsupported = sum(without.values())
            self.add(run, Measure.STATEMENTS, "verified")
            self.add(run, Measure.STATEMENTS, "unsupported", unsupported)
            self.add(run, Measure.STATEMENTS, "supported", verified["statements"] - unsupported)
            for reason, n in without.items():
                self.add(run, Measure.UNSUPPORTED, reason, n)

    def draft(self, draft: CountedDraft, codes: frozenset[str]) -> None:
        """Counts a draft as it was built.

        Args:
            codes: chapter letters of the diagnoses in the record that it is about.
        """
        self.add(draft, Measure.BUILT, draft.model)
        for letter in sorted(codes):
            self.add(draft, Measure.CODES, letter)
        if draft.content is None:
            return
        result = draft.content["result"]
        for finding in result.get("findings", ()):
            self.add(draft, Measure.FINDING, str(finding.get("severity") or "info"))
        document = result.get("document")
        if document is not None:
            self.add(draft, Measure.LANGUAGE, str(document["language"]))
            length = len(str(document["text"]))
            self.add(draft, Measure.LENGTH, bucket(length, CODE_POINTS), total=length)

    def decision(self, taken: CountedDecision) -> None:
        """Counts a decision of a person."""
        self.add(taken, Measure.DECISION, taken.decision)
        if taken.reason is not None:
            self.add(taken, Measure.REJECT, taken.reason)
        if taken.decision == Decision.COSIGN:
            return
        on = taken.decided_at.astimezone(self._zone).date()
        self.add(taken, Measure.SEX, f"{taken.about.sex or 'unknown'}.{taken.decision}")
        self.add(taken, Measure.AGE, f"{age_band(taken.about.birth, on)}.{taken.decision}")
        waited = _minutes(taken.decided_at - taken.built_at)
        self.add(taken, Measure.SIGN_TIME, bucket(waited, MINUTES), total=waited)
        if taken.opened_at is not None:
            at_it = _minutes(taken.decided_at - taken.opened_at)
            self.add(taken, Measure.AT_DRAFT, bucket(at_it, MINUTES), total=at_it)
        if taken.decision in SIGNED:
            self._signed(taken)

    def _signed(self, taken: CountedDecision) -> None:
        distance = taken.edit_distance or 0
        built = text_of(taken.built) if taken.built is not None else None
        if built:
            percent = 100 * distance / len(built)
            self.add(taken, Measure.EDIT, bucket(percent, EDIT_PERCENT), total=distance)
        if taken.decided_on is not None:
            left = len(open_items(taken.decided_on))
            if left:
                self.add(taken, Measure.OVERRIDE, "open", total=left)

    def card(self, card: CountedCard) -> None:
        """Counts what somebody did with a card."""
        self.add(card, Measure.CARD, card.outcome)
        if card.reason is not None:
            self.add(card, Measure.CARD_REASON, card.reason)


def bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Beginning and end of a day on the wards."""
    start = datetime.combine(day, time(), zone)
    return start, datetime.combine(day + timedelta(days=1), time(), zone)


async def count_day(
    sources: MonitoringSources, day: date, zone: tzinfo, conditions: ReadConditions
) -> tuple[Mapping[CellKey, tuple[int, float]], list[CountedDecision]]:
    """The cells of a day, and the decisions of which some are read a second time."""
    start, end = bounds(day, zone)
    count = DayCount(zone)
    for run in await sources.runs(start, end):
        count.run(run)
    known: dict[str, frozenset[str]] = {}
    for draft in await sources.drafts(start, end):
        if draft.patient is not None and draft.patient not in known:
            known[draft.patient] = chapters(await conditions(draft.patient))
        count.draft(draft, known.get(draft.patient or "", frozenset()))
    decisions = await sources.decisions(start, end)
    for taken in decisions:
        count.decision(taken)
    for card in await sources.cards(start, end):
        count.card(card)
    return count.cells, decisions


def chapters(conditions: list[Resource]) -> frozenset[str]:
    """First letters of the ICD-10 codes of a record's conditions; ``none`` where there is none.

    Source: ICD-10, whose chapters are ranges of letters.
    """
    found = {
        str(coding.get("code"))[0]
        for condition in conditions
        for coding in _codings(condition)
        if _ICD10.match(str(coding.get("code") or ""))
    }
    return frozenset(found or {NO_CODES})


def _codings(condition: Resource) -> list[Mapping[str, Any]]:
    concept = condition.get("code")
    return list(concept.get("coding") or ()) if isinstance(concept, Mapping) else []


def _minutes(span: timedelta) -> float:
    return max(0.0, span.total_seconds() / 60)
