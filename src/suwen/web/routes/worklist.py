"""The first page, the worklist, and the command palette."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.quality import QualityDesk
from suwen.control.access.decision import Action, InstallationTarget
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, page, web_of
from suwen.web.views.shell import home_of, places_for
from suwen.web.views.worklist import FILTERS, Wish, read_worklist

LONGEST_QUERY = 80


async def first_page(request: Request) -> Response:
    """Leads to where this person starts."""
    web, visitor = web_of(request), visitor_of(request)
    if visitor.principal.launched_for is not None:
        return RedirectResponse(f"/patients/{quote(visitor.principal.launched_for, safe='')}", 303)
    return RedirectResponse(home_of(web.platform, visitor), 303)


async def about(request: Request) -> Response:
    """For a person whose role has no place here yet, and what the platform is."""
    return await page(request, "about.html", {})


async def show_worklist(request: Request) -> Response:
    """The worklist with the group and department that the address names."""
    query = request.query_params
    return await _worklist(
        request, Wish("", query.get("department", "")[:64], _show(query), _offset(query))
    )


async def search_worklist(request: Request) -> Response:
    """The rows for what was typed; a name is sent in the body, so that no address holds it."""
    form = await read_form(request)
    wish = Wish(
        query=form.text("q", longest=LONGEST_QUERY),
        department=form.text("department", longest=64),
        show=_show({"show": form.text("show")}),
        offset=_offset({"from": form.text("from")}),
    )
    return await _worklist(request, wish)


async def _worklist(request: Request, wish: Wish) -> Response:
    web = web_of(request)
    view = await read_worklist(web.platform, visitor_of(request), wish, web.texts(request))
    sent = await QualityDesk(web.platform).waiting(visitor_of(request).principal)
    context = {"view": view, "sent": sent}
    return await page(request, "worklist.html", context, part="worklist_fragment.html")


async def palette(request: Request) -> Response:
    """What the palette offers for what was typed: places and patients."""
    web, visitor = web_of(request), visitor_of(request)
    texts = web.texts(request)
    query = (await read_form(request)).text("q", longest=LONGEST_QUERY)
    places = [
        (place.address, texts(f"place.{place.name}"))
        for place in places_for(web.platform, visitor)
        if query.casefold() in texts(f"place.{place.name}").casefold()
    ]
    patients = []
    may_list = web.platform.access.decide(
        visitor.principal, Action.LIST_PATIENTS, InstallationTarget()
    )
    if query and may_list.allowed:
        patients = (await web.platform.charts.search(visitor.principal, query))[:8]
    return fragment(request, "palette_fragment.html", {"places": places, "patients": patients})


def _offset(values: Mapping[str, str]) -> int:
    """Where the page begins; what is unusable begins at the front."""
    wanted = values.get("from", "")
    usable = wanted.isascii() and wanted.isdigit() and len(wanted) < 8
    return int(wanted) if usable else 0


def _show(values: Mapping[str, str]) -> str:
    """The wanted group; what is not known shows everything."""
    show = values.get("show", "")
    return show if show in FILTERS else "all"


ROUTES = [
    Route("/", first_page, methods=["GET"]),
    Route("/about", about, methods=["GET"]),
    Route("/worklist", show_worklist, methods=["GET"]),
    Route("/worklist", search_worklist, methods=["POST"]),
    Route("/palette", palette, methods=["POST"]),
]
