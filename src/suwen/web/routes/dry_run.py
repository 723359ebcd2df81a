"""The screen that says what a connection to views or files would read; nothing is stored."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suwen.bootstrap.connections.dry_run import MOST_ROWS, USUAL_ROWS, DryRunDesk
from suwen.core.errors import InputError, NotFoundError, meaning_of
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.views.dry_run import dry_run_page

MOST_ON_SCREEN = 10_000


async def show_dry_run(request: Request) -> Response:
    """The page before anything was looked at."""
    await _desk(request).admit(visitor_of(request).principal, request.path_params["name"])
    return await _page(request, rows=USUAL_ROWS)


async def look(request: Request) -> Response:
    """Looks at the first rows and shows what would come of them."""
    web, principal = web_of(request), visitor_of(request).principal
    name = request.path_params["name"]
    form = await read_form(request)
    try:
        rows = form.whole("rows", 1, min(MOST_ROWS, MOST_ON_SCREEN))
        found = await _desk(request).dry_run(principal, name, rows)
    except NotFoundError:
        raise
    except InputError as error:
        return await _page(request, rows=USUAL_ROWS, problem=error)
    return await _page(request, rows=rows, found=dry_run_page(found, web.texts(request)))


def _desk(request: Request) -> DryRunDesk:
    platform = web_of(request).platform
    return DryRunDesk(platform.connection_parts, platform.access)


async def _page(
    request: Request, *, rows: int, found: object = None, problem: InputError | None = None
) -> Response:
    context = {
        "name": request.path_params["name"],
        "rows": rows,
        "most": MOST_ON_SCREEN,
        "found": found,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "dry_run.html", context, status)


ROUTES = [
    Route("/dry-run/{name}", show_dry_run, methods=["GET"]),
    Route("/dry-run/{name}", look, methods=["POST"]),
]
