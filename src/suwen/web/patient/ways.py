"""The way inside the hospital, drawn and in words, and the poster that leads patients here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suwen.clinical.indoor_routes import Floor, HospitalMap, Place, Way, directions, find_way
from suwen.core.language import Bilingual
from suwen.web.patient.rendering import language_of, patient_web_of, show

_NO_WAY = Bilingual(
    zh="没有找到这样的路线，请到导诊台询问。",
    en="There is no such way on the map. Ask at the information desk.",
)
_CROSSING = "crossing"


@dataclass(frozen=True, slots=True)
class PlanView:
    """One floor on which the way goes: its plan, the way's points, and the places to name."""

    floor: Floor
    links: Sequence[tuple[Place, Place]]
    points: str
    named: Sequence[Place]


async def way(request: Request) -> Response:
    """The way to a place, from an entrance or from anywhere, with or without steps."""
    plan = patient_web_of(request).tables.hospital_map()
    asked = request.query_params
    start = asked.get("from") or (plan.entrances()[0].id if plan.entrances() else "")
    end, step_free = asked.get("to", ""), asked.get("step_free") == "yes"
    department = plan.place_of(asked.get("department", ""))
    if not end and department is not None:
        end = department.id
    found, problem = None, ""
    if end:
        if {start, end} <= plan.places.keys():
            found = find_way(plan, start, end, step_free=step_free)
        if found is None:
            problem = _NO_WAY.in_language(language_of(request))
    return show(
        request,
        "patient/way.html",
        {
            "example": plan.example,
            "places": [p for p in plan.places.values() if p.kind != _CROSSING],
            "start": start,
            "end": end,
            "step_free": step_free,
            "problem": problem,
            "way": found,
            "steps": directions(plan, found) if found else (),
            "plans": _plans(plan, found) if found else (),
        },
        200 if not problem else 404,
    )


def _plans(plan: HospitalMap, found: Way) -> list[PlanView]:
    """The floors of the way in the order walked; one that is only ridden through is left out."""
    floors = list(dict.fromkeys(place.floor for place in found.places))
    views = []
    for name in floors:
        here = [place for place in found.places if place.floor == name]
        if len(here) < 2 and len(floors) > 1:
            continue
        links = [
            (plan.places[a], plan.places[b])
            for a, b in (link.ends for link in plan.links)
            if plan.places[a].floor == plan.places[b].floor == name
        ]
        ends = [here[0], here[-1]] + [p for p in here[1:-1] if p.kind != _CROSSING]
        points = " ".join(f"{place.x},{place.y}" for place in here)
        views.append(PlanView(plan.floors[name], links, points, ends))
    return views


async def poster(request: Request) -> Response:
    """A sheet to print and hang up, with the address of the first page as a QR code."""
    platform = patient_web_of(request).platform
    site = platform.settings.site
    address = (platform.settings.device.public_url or str(request.base_url)).rstrip("/") + "/"
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2
    )
    return show(
        request,
        "patient/poster.html",
        {
            "address": address,
            # Drawn by us out of an address, which is in it as modules and not as text.
            "code": Markup(drawn.getvalue().decode()),  # noqa: S704
            "hospital_zh": site.name_zh,
            "hospital_en": site.name_en,
        },
    )


ROUTES = [
    Route("/way", way, methods=["GET"]),
    Route("/poster", poster, methods=["GET"]),
]
