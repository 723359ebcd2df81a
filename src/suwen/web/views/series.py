"""Series of one quantity over time: table rows and the geometry of a plot, in SVG units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from suwen.core.record import ObservationItem, Quantity, ReferenceRange
from suwen.web import formats

WIDTH, HEIGHT = 360, 120
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 12, 22
"""Margins that leave room for the numbers and for the whole of the last date."""

CRITICAL = frozenset({"HH", "LL", "AA"})
ABNORMAL = frozenset({"H", "L", "A", "HU", "LU", "POS", *CRITICAL})
"""Flags of the laboratory. Source: HL7 v3 ObservationInterpretation."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value: where it stands in the plot and in the table.

    Attributes:
        flag: the laboratory's own interpretation (``H``, ``LL`` …); empty when it gave none.
        level: ``critical``, ``abnormal`` or ``plain``, from the flag or the stated interval.
    """

    reference: str
    at: str
    value: str
    interval: str
    flag: str
    level: str
    x: float
    ys: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Plot:
    """The drawing; ``band`` is top and height of the reference interval, where one is stated.

    Attributes:
        paths: one line, or one for each part of a panel such as the blood pressure.
    """

    paths: tuple[str, ...]
    band: tuple[float, float] | None
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Series:
    """All values of one analyte with one unit, oldest first.

    Attributes:
        plot: ``None`` with a single value or without numbers.
    """

    name: str
    code: str
    unit: str
    points: tuple[Point, ...]
    plot: Plot | None

    @property
    def latest(self) -> Point:
        """The newest value."""
        return self.points[-1]

    @property
    def level(self) -> str:
        """The gravest level of any value."""
        return min((p.level for p in self.points), key=("critical", "abnormal", "plain").index)


def level_of(item: ObservationItem) -> str:
    """How far a value is out, by the laboratory's flag, else by the interval that it stated."""
    if item.interpretation in CRITICAL:
        return "critical"
    if item.interpretation in ABNORMAL:
        return "abnormal"
    stated = item.reference_range
    if item.interpretation is None and stated is not None and isinstance(item.value, Quantity):
        value = item.value.value
        below = stated.low is not None and value < stated.low
        above = stated.high is not None and value > stated.high
        return "abnormal" if below or above else "plain"
    return "plain"


def interval_text(stated: ReferenceRange | None) -> str:
    """The stated interval; empty when the laboratory stated none."""
    if stated is None:
        return ""
    if stated.low is not None and stated.high is not None:
        return f"{stated.low:f}–{stated.high:f}"
    if stated.high is not None:
        return f"≤ {stated.high:f}"
    if stated.low is not None:
        return f"≥ {stated.low:f}"
    return stated.text or ""


def make_series(items: Iterable[ObservationItem], zone: tzinfo) -> tuple[Series, ...]:
    """Observations grouped by code and unit, groups in order of their first appearance."""
    groups: dict[tuple[str, str, str], list[ObservationItem]] = {}
    for item in items:
        if item.code is None or item.status in ("entered-in-error", "cancelled"):
            continue
        unit = item.value.unit or "" if isinstance(item.value, Quantity) else ""
        code = item.code.code or item.code.text
        groups.setdefault((code, item.code.text, unit), []).append(item)
    return tuple(
        _series(name, code, unit, group, zone) for (code, name, unit), group in groups.items()
    )


def _series(
    name: str, code: str, unit: str, items: Sequence[ObservationItem], zone: tzinfo
) -> Series:
    drawn = [
        (item.when.start, values) for item in items if item.when and (values := _numbers(item))
    ]
    plot: Plot | None = None
    places: dict[int, tuple[float, tuple[float, ...]]] = {}
    alike = len({len(values) for _at, values in drawn}) == 1
    if len(drawn) > 1 and len(drawn) == len(items) and alike and drawn[0][0] < drawn[-1][0]:
        plot, coordinates = _draw(drawn, items[-1].reference_range, zone)
        places = dict(enumerate(coordinates))
    nowhere: tuple[float, tuple[float, ...]] = (0.0, ())
    points = tuple(
        Point(
            reference=item.reference,
            at=formats.recorded(item.when, zone),
            value=_bare(item),
            interval=interval_text(item.reference_range),
            flag=item.interpretation or "",
            level=level_of(item),
            x=places.get(number, nowhere)[0],
            ys=places.get(number, nowhere)[1],
        )
        for number, item in enumerate(items)
    )
    return Series(name, code, unit, points, plot)


def _numbers(item: ObservationItem) -> tuple[float, ...]:
    """The numbers to draw: the value, or those of a panel's parts."""
    if isinstance(item.value, Quantity):
        return (float(item.value.value),)
    parts = [c.value for c in item.components]
    return tuple(float(part.value) for part in parts if isinstance(part, Quantity))


def _bare(item: ObservationItem) -> str:
    """The value without its unit, which stands in the heading."""
    if isinstance(item.value, Quantity):
        return f"{item.value.comparator or ''}{item.value.value:f}"
    return formats.observed(item.value, item.components)


def _draw(
    drawn: Sequence[tuple[datetime, tuple[float, ...]]], stated: ReferenceRange | None, zone: tzinfo
) -> tuple[Plot, list[tuple[float, tuple[float, ...]]]]:
    values = [value for _at, several in drawn for value in several]
    limits = [float(v) for v in (stated.low, stated.high) if v is not None] if stated else []
    low, high = min(values + limits), max(values + limits)
    pad = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    low, high = low - pad, high + pad
    first, last = drawn[0][0], drawn[-1][0]
    span = (last - first).total_seconds()

    def x_of(at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (at - first).total_seconds() / span, 1)

    def y_of(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low), 1)

    places = [(x_of(at), tuple(y_of(value) for value in several)) for at, several in drawn]
    paths = tuple(
        " ".join(f"{'L' if n else 'M'}{x} {ys[part]}" for n, (x, ys) in enumerate(places))
        for part in range(len(drawn[0][1]))
    )
    band = None
    if stated is not None and limits:
        top = y_of(float(stated.high)) if stated.high is not None else float(TOP)
        bottom = y_of(float(stated.low)) if stated.low is not None else float(HEIGHT - BOTTOM)
        band = (top, round(bottom - top, 1))
    marks = sorted({min(values), max(values), *limits})
    return Plot(paths, band, _spread(marks, y_of), _dates(first, last, zone)), places


def _spread(marks: Sequence[float], y_of: Callable[[float], float]) -> tuple[Tick, ...]:
    """Numbers on the left, leaving out those that would stand on each other."""
    ticks: list[Tick] = []
    for mark in marks:
        at = y_of(mark)
        if all(abs(at - tick.at) >= 13 for tick in ticks):
            ticks.append(Tick(at, f"{mark:g}", "end"))
    return tuple(ticks)


def _dates(first: datetime, last: datetime, zone: tzinfo) -> tuple[Tick, ...]:
    """First and last date, each anchored inside the drawing."""
    shape = "%m-%d" if (last - first).days < 300 else "%Y-%m"
    if (last - first).total_seconds() < 36 * 3600:
        shape = "%m-%d %H:%M"
    return (
        Tick(LEFT, first.astimezone(zone).strftime(shape), "start"),
        Tick(WIDTH - RIGHT, last.astimezone(zone).strftime(shape), "end"),
    )
