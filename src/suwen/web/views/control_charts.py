"""Control charts and shares over time as drawings, in SVG units; each has a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from suwen.bootstrap.monitoring.desk import share_of
from suwen.evaluation.monitoring.charts import Chart, Counted, Point
from suwen.evaluation.monitoring.watching import Watched
from suwen.web.views.series import Tick

WIDTH: Final = 460
HEIGHT: Final = 150
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 24
MOST_SHOWN: Final = 92


@dataclass(frozen=True, slots=True)
class Mark:
    """One day in the drawing and in its table.

    Attributes:
        limit: as text; empty where there is none.
        low, high: vertical places of the interval; ``None`` where there is none.
    """

    day: str
    cases: int
    events: int | None
    value: str
    limit: str
    x: float
    y: float
    out: bool
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A line over time with its limit.

    Attributes:
        name: measure that it shows.
        limit: path of the limit; empty where there is none.
        centre: path of what is usual; empty where there is none.
    """

    name: str
    path: str
    limit: str
    centre: str
    marks: tuple[Mark, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def out(self) -> bool:
        """Whether a day stands above the limit."""
        return any(mark.out for mark in self.marks)


def chart_of(watched: Watched) -> Drawing | None:
    """A rule's chart; ``None`` while it has fewer than two days."""
    points = [p for p in watched.points if p.cases][-MOST_SHOWN:]
    if len(points) < 2:
        return None
    shares = watched.rule.chart is not Chart.CUSUM
    top = max([p.value for p in points] + [p.limit for p in points]) * 1.08 or 1.0
    scale = _Scale(len(points), 0.0, top)
    marks = tuple(
        Mark(
            day=p.day.isoformat(),
            cases=p.cases,
            events=None,
            value=_number(p.value, share=shares and top <= 1.5),
            limit=_number(p.limit, share=shares and top <= 1.5),
            x=scale.x(n),
            y=scale.y(p.value),
            out=p.out,
        )
        for n, p in enumerate(points)
    )
    return Drawing(
        name=watched.rule.name,
        path=_path([(m.x, m.y) for m in marks]),
        limit=_path([(scale.x(n), scale.y(p.limit)) for n, p in enumerate(points)]),
        centre=_path([(scale.x(n), scale.y(p.centre)) for n, p in enumerate(points)])
        if shares
        else "",
        marks=marks,
        y_ticks=scale.ticks(share=shares and top <= 1.5),
        x_ticks=scale.dates([p.day for p in points]),
    )


def shares_of(name: str, days: Sequence[Counted]) -> Drawing | None:
    """Shares over time with their intervals; ``None`` with fewer than two days."""
    shown = [day for day in days if day.cases][-MOST_SHOWN:]
    if len(shown) < 2:
        return None
    told = [share_of(day.cases, day.events) for day in shown]
    highest = max([d.share for d in shown] + [s.interval[1] for s in told if s.interval])
    whole = max(d.share for d in shown) <= 1
    scale = _Scale(len(shown), 0.0, min(1.0, highest) if whole else highest * 1.08)
    marks = tuple(
        Mark(
            day=day.day.isoformat(),
            cases=day.cases,
            events=day.events,
            value=_number(day.share, share=whole),
            limit="",
            x=scale.x(n),
            y=scale.y(day.share),
            out=False,
            low=scale.y(share.interval[0]) if share.interval else None,
            high=scale.y(share.interval[1]) if share.interval else None,
        )
        for n, (day, share) in enumerate(zip(shown, told, strict=True))
    )
    return Drawing(
        name=name,
        path=_path([(m.x, m.y) for m in marks]),
        limit="",
        centre="",
        marks=marks,
        y_ticks=scale.ticks(share=whole),
        x_ticks=scale.dates([day.day for day in shown]),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Places of values in the drawing."""

    count: int
    low: float
    high: float

    def x(self, n: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * n / max(1, self.count - 1), 1)

    def y(self, value: float) -> float:
        part = (self.high - value) / (self.high - self.low or 1.0)
        return round(TOP + (HEIGHT - TOP - BOTTOM) * min(1.0, max(0.0, part)), 1)

    def ticks(self, *, share: bool) -> tuple[Tick, ...]:
        values = [self.low, (self.low + self.high) / 2, self.high]
        return tuple(Tick(self.y(v), _number(v, share=share), "end") for v in values)

    def dates(self, days: Sequence[date]) -> tuple[Tick, ...]:
        shape = "%m-%d" if (days[-1] - days[0]).days < 300 else "%Y-%m"
        return (
            Tick(LEFT, days[0].strftime(shape), "start"),
            Tick(WIDTH - RIGHT, days[-1].strftime(shape), "end"),
        )


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if n else 'M'}{x} {y}" for n, (x, y) in enumerate(places))


def _number(value: float, *, share: bool) -> str:
    return f"{value:.1%}" if share else f"{value:.2f}"


def last_point(watched: Watched) -> Point | None:
    """The newest day with cases on a chart."""
    return next((p for p in reversed(watched.points) if p.cases), None)
