"""What the applications are worth, counted: never more than the hospital's own figures allow.

Minutes are claimed only where the hospital stated how long the work takes without the application,
and how it knows. The time with it is counted from the draft's opening to the decision, which holds
every interruption, so that the difference is a cautious one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.evaluation.monitoring.measures import (
    SIGNED,
    Cells,
    Measure,
    by_key,
    number,
    sums_by_key,
    total,
)
from suwen.storage.hospital_figures import HospitalFigure, HospitalFigureStore
from suwen.storage.monitoring import MonitoringStore, Slice

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

MINUTES_WITHOUT: Final = "minutes_without"
PRICES: Final = ("price_million_prompt_tokens", "price_million_output_tokens", "price_engine_hour")
FIGURES: Final = (MINUTES_WITHOUT, *PRICES)
GRAVE: Final = ("contraindicated", "major")
FEWEST_TIMED: Final = 20
"""With fewer timed drafts no mean is told."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """One application in one department.

    Attributes:
        timed: signed or rejected drafts of which it is known when they were opened.
        minutes_with: mean minutes from opening to decision; ``None`` with too few of them.
        minutes_without: as the hospital states it; ``None`` where it states nothing.
        saved: minutes saved for all signed drafts; ``None`` where one of both is not known.
            Negative where the application costs time.
        errors_found: findings of the two gravest severities that it showed.
        cost: of all runs in the hospital's currency; ``None`` without prices.
    """

    app: str
    department: str
    runs: int
    signed: int
    edited_share: float | None
    mean_distance: float | None
    timed: int
    minutes_with: float | None
    minutes_without: HospitalFigure | None
    saved: float | None
    errors_found: int
    tokens: int
    engine_seconds: float
    cost: float | None
    cost_per_run: float | None


class BenefitDesk:
    """Reads the benefit, and takes the hospital's own figures."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._figures = HospitalFigureStore(platform.database)
        self._store = MonitoringStore(platform.database)

    async def figures(self, principal: Principal) -> Sequence[HospitalFigure]:
        """The newest version of every figure.

        Raises:
            AccessError: for whoever may not see the monitoring.
        """
        self._platform.access.require(principal, Action.READ_MONITORING, InstallationTarget())
        return await self._figures.latest()

    async def read(self, chosen: Slice, principal: Principal) -> list[Benefit]:
        """A row for each application and department that was used; raises as ``figures``."""
        figures = {(f.figure, f.app, f.department): f for f in await self.figures(principal)}
        grouped = await self._store.grouped(chosen, "app", "department")
        return [
            benefit_of(app, department, cells, figures)
            for (app, department), cells in grouped.items()
        ]

    async def write(self, given: Mapping[str, str], principal: Principal) -> None:
        """Keeps a figure with its source; an empty value takes the former one back.

        Args:
            given: ``figure``, ``app``, ``department``, ``value``, ``source``, ``version`` (the one
                that was seen, 0 for none).

        Raises:
            AccessError: for whoever may not manage the monitoring.
            InputError: ``field_wrong``, ``field_missing``.
            ConflictError: ``figure_changed``.
        """
        self._platform.access.require(principal, Action.MANAGE_MONITORING, InstallationTarget())
        figure = _checked(given, {str(app) for app in self._platform.applications})
        known = {(f.figure, f.app, f.department): f for f in await self._figures.latest()}
        former = known.get((figure, given.get("app", ""), given.get("department", "")))
        version = former.version if former is not None else 0
        act = act_of(
            principal,
            "monitoring.figure",
            app=given.get("app") or None,
            subject=f"Figure/{figure}",
            version=version + 1,
            value=given.get("value", ""),
        )
        async with audited(self._platform.audit, act):
            await self._figures.append(
                HospitalFigure(
                    figure=figure,
                    app=given.get("app", ""),
                    department=given.get("department", ""),
                    version=version + 1,
                    value=float(given["value"]) if given.get("value") else None,
                    source=given.get("source", "").strip(),
                    written_by=principal.id,
                    written_at=self._platform.clock.now(),
                )
            )


def benefit_of(
    app: str,
    department: str,
    cells: Cells,
    figures: Mapping[tuple[str, str, str], HospitalFigure],
) -> Benefit:
    """What the counts and the hospital's figures say together."""
    signed = sum(number(cells, Measure.DECISION, key) for key in SIGNED)
    runs = sum(by_key(cells, Measure.OUTCOME).values())
    timed = sum(by_key(cells, Measure.AT_DRAFT).values())
    minutes = sum(sums_by_key(cells, Measure.AT_DRAFT).values())
    with_it = minutes / timed if timed >= FEWEST_TIMED else None
    without = _figure(figures, MINUTES_WITHOUT, app, department)
    saved = None
    if with_it is not None and without is not None and without.value is not None:
        saved = (without.value - with_it) * signed
    edits = by_key(cells, Measure.EDIT)
    distance = sum(sums_by_key(cells, Measure.EDIT).values())
    tokens = {
        name: total(cells, Measure.ENGINE, name) for name in ("prompt_tokens", "output_tokens")
    }
    seconds = total(cells, Measure.ENGINE, "milliseconds") / 1000
    cost = _cost(figures, app, (*tokens.values(), seconds))
    amended = number(cells, Measure.DECISION, "amend")
    return Benefit(
        app=app,
        department=department,
        runs=runs,
        signed=signed,
        edited_share=amended / signed if signed else None,
        mean_distance=distance / sum(edits.values()) if edits else None,
        timed=timed,
        minutes_with=with_it,
        minutes_without=without,
        saved=saved,
        errors_found=sum(number(cells, Measure.FINDING, key) for key in GRAVE),
        tokens=int(sum(tokens.values())),
        engine_seconds=seconds,
        cost=cost,
        cost_per_run=cost / runs if cost is not None and runs else None,
    )


def _figure(
    figures: Mapping[tuple[str, str, str], HospitalFigure], name: str, app: str, department: str
) -> HospitalFigure | None:
    """The most exact figure that stands: of the department, the application, or of all."""
    for place in ((app, department), (app, ""), ("", "")):
        found = figures.get((name, *place))
        if found is not None and found.value is not None:
            return found
    return None


def _cost(
    figures: Mapping[tuple[str, str, str], HospitalFigure],
    app: str,
    used: tuple[float, ...],
) -> float | None:
    """What is used at the hospital's prices; ``None`` where no price is stated.

    Args:
        used: prompt tokens, output tokens, seconds of an engine.
    """
    prices = [_figure(figures, name, app, "") for name in PRICES]
    if all(price is None for price in prices):
        return None
    per = (1_000_000, 1_000_000, 3600)
    return sum(
        amount / unit * (price.value or 0.0)
        for amount, unit, price in zip(used, per, prices, strict=True)
        if price is not None
    )


def _checked(given: Mapping[str, str], apps: set[str]) -> str:
    figure = given.get("figure", "")
    if figure not in FIGURES:
        raise _wrong("figure", ", ".join(FIGURES))
    if given.get("app", "") not in {"", *apps} or (
        figure == MINUTES_WITHOUT and not given.get("app")
    ):
        raise _wrong("app", ", ".join(sorted(apps)))
    if given.get("value"):
        try:
            value = float(given["value"])
        except ValueError:
            raise _wrong("value", "0–100000") from None
        if not (math.isfinite(value) and 0 <= value <= 100_000):
            raise _wrong("value", "0–100000")
    if not given.get("source", "").strip():
        raise InputError(
            "field_missing",
            Bilingual(zh="请写明该数的来源。", en="Say how the hospital knows the figure."),
            field="source",
        )
    return figure


def _wrong(name: str, wanted: str) -> InputError:
    return InputError(
        "field_wrong",
        Bilingual(zh=f"须为：{wanted}。", en=f"Must be one of: {wanted}."),
        field=name,
    )
