"""How to walk inside the hospital: a graph of places, the shortest way, with and without steps."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, Final

from suwen.clinical.tables import read_table
from suwen.core.language import Bilingual

ENTRANCE: Final = "entrance"
"""Kind of the places where people come in."""

_KINDS: Final = frozenset({"corridor", "lift", "stairs", "ramp", "outside"})
_WAITING_M: Final = 20.0
"""What waiting for a lift is worth, in metres walked."""


@dataclass(frozen=True, slots=True)
class Floor:
    """One floor of one building; its plan is ``width`` by ``height`` metres."""

    id: str
    name: Bilingual
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Place:
    """A place that one can stand at; ``x`` and ``y`` in metres from the plan's upper left corner.

    Attributes:
        kind: ``entrance``, ``desk``, ``clinic``, ``service``, ``crossing``.
        departments: codes of the departments that are found here.
    """

    id: str
    name: Bilingual
    floor: str
    x: float
    y: float
    kind: str
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A way between two places that is walked in both directions."""

    ends: tuple[str, str]
    metres: float
    kind: str
    step_free: bool


@dataclass(frozen=True, slots=True)
class HospitalMap:
    """The plan of the hospital; ``example`` says that it is not this hospital's own yet."""

    floors: Mapping[str, Floor]
    places: Mapping[str, Place]
    links: tuple[Link, ...]
    example: bool

    def entrances(self) -> list[Place]:
        """Where people come in."""
        return [place for place in self.places.values() if place.kind == ENTRANCE]

    def place_of(self, department: str) -> Place | None:
        """Where a department is; ``None`` where the map does not say."""
        return next((p for p in self.places.values() if department in p.departments), None)


@dataclass(frozen=True, slots=True)
class Way:
    """A way from the first to the last of its places.

    Attributes:
        links: what leads from each place to the next one.
        metres: length walked.
    """

    places: tuple[Place, ...]
    links: tuple[Link, ...]
    metres: float

    @property
    def step_free(self) -> bool:
        """Whether it can be gone with a wheelchair or a pushchair."""
        return all(link.step_free for link in self.links)


def map_from(table: Mapping[str, Any]) -> HospitalMap:
    """The plan of a table as operators edit it.

    Raises:
        ValueError: with the row at fault: a place on no floor or outside its plan, a link to no
            place, a length that is none, a department that is found twice.
    """
    floors = {
        row["id"]: Floor(row["id"], Bilingual(**row["name"]), row["width"], row["height"])
        for row in table["floors"]
    }
    places: dict[str, Place] = {}
    found: set[str] = set()
    for row in table["places"]:
        place = _place(row, floors)
        if place.id in places or found.intersection(place.departments):
            raise ValueError(f"{place.id}: it, or one of its departments, is there twice")
        found.update(place.departments)
        places[place.id] = place
    links = tuple(_link(row, places) for row in table["links"])
    return HospitalMap(floors, places, links, bool(table.get("example", False)))


def _place(row: Mapping[str, Any], floors: Mapping[str, Floor]) -> Place:
    floor = floors.get(row["floor"])
    if floor is None or not (0 <= row["x"] <= floor.width and 0 <= row["y"] <= floor.height):
        raise ValueError(f"{row['id']}: it is not on a floor's plan")
    departments = tuple(row.get("departments", ()))
    name = Bilingual(**row["name"])
    return Place(row["id"], name, floor.id, row["x"], row["y"], row["kind"], departments)


def _link(row: Mapping[str, Any], places: Mapping[str, Place]) -> Link:
    ends = (row["from"], row["to"])
    if not set(ends) <= places.keys() or ends[0] == ends[1]:
        raise ValueError(f"{ends[0]} - {ends[1]}: it does not lead from one place to another")
    if row["kind"] not in _KINDS or row["metres"] <= 0:
        raise ValueError(f"{ends[0]} - {ends[1]}: its kind or length is wrong")
    if row["kind"] == "stairs" and row["step_free"]:
        raise ValueError(f"{ends[0]} - {ends[1]}: stairs are not free of steps")
    return Link(ends, float(row["metres"]), row["kind"], bool(row["step_free"]))


@cache
def example_map() -> HospitalMap:
    """An invented outpatient building, until the hospital has drawn its own."""
    return map_from(read_table("hospital_map"))


def find_way(plan: HospitalMap, start: str, end: str, *, step_free: bool) -> Way | None:
    """The shortest way; ``None`` where there is none.

    Args:
        start: id of a place of the map, as ``end``.
        step_free: whether only links without steps are walked.
    """
    near: dict[str, list[tuple[str, Link]]] = {name: [] for name in plan.places}
    for link in plan.links:
        if link.step_free or not step_free:
            near[link.ends[0]].append((link.ends[1], link))
            near[link.ends[1]].append((link.ends[0], link))
    best: dict[str, tuple[float, str | None, Link | None]] = {start: (0.0, None, None)}
    queue = [(0.0, start)]
    while queue:
        cost, here = heapq.heappop(queue)
        if here == end:
            return _way(plan, best, end)
        if cost > best[here][0]:
            continue
        for there, link in near[here]:
            total = cost + link.metres + (_WAITING_M if link.kind == "lift" else 0.0)
            if there not in best or total < best[there][0]:
                best[there] = (total, here, link)
                heapq.heappush(queue, (total, there))
    return None


def _way(
    plan: HospitalMap, best: Mapping[str, tuple[float, str | None, Link | None]], end: str
) -> Way:
    places: list[Place] = []
    links: list[Link] = []
    here: str | None = end
    while here is not None:
        places.append(plan.places[here])
        _, before, link = best[here]
        if link is not None:
            links.append(link)
        here = before
    walked = sum(link.metres for link in links)
    return Way(tuple(reversed(places)), tuple(reversed(links)), walked)


def directions(plan: HospitalMap, way: Way) -> Sequence[Bilingual]:
    """The way in words, one sentence for each stretch that is walked or ridden in one go."""
    said: list[Bilingual] = []
    for kind, stretch in groupby(zip(way.links, way.places[1:], strict=True), _kind_of_step):
        steps = list(stretch)
        metres = round(sum(link.metres for link, _ in steps))
        said.append(_sentence(kind, metres, steps[-1][1], plan))
    return said


def _kind_of_step(step: tuple[Link, Place]) -> str:
    return step[0].kind


def _sentence(kind: str, metres: int, there: Place, plan: HospitalMap) -> Bilingual:
    floor, name = plan.floors[there.floor].name, there.name
    if kind == "lift":
        return Bilingual(f"乘电梯到{floor.zh}。", f"Take the lift to {floor.en}.")
    if kind == "stairs":
        return Bilingual(f"走楼梯到{floor.zh}。", f"Take the stairs to {floor.en}.")
    if kind == "ramp":
        zh = f"走坡道 {metres} 米到{name.zh}。"
        return Bilingual(zh, f"Take the ramp, {metres} m, to {name.en}.")
    if kind == "outside":
        zh = f"走室外 {metres} 米到{name.zh}。"
        return Bilingual(zh, f"Walk {metres} m outside to {name.en}.")
    return Bilingual(f"走 {metres} 米到{name.zh}。", f"Walk {metres} m to {name.en}.")
