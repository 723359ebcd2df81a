"""Sampled second readings: the queue, one case at a time, blind, and how far readers agree."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.monitoring.drawing import VERDICTS
from suwen.bootstrap.monitoring.reviews import FAULTS, ReviewDesk
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, page, web_of


def _desk(request: Request) -> ReviewDesk:
    return ReviewDesk(web_of(request).platform)


async def show_queue(request: Request) -> Response:
    """What waits for this reader, and for the offices how far the readers agree."""
    web, principal = web_of(request), visitor_of(request).principal
    desk = _desk(request)
    watches = web.platform.access.decide(
        principal, Action.READ_MONITORING, InstallationTarget()
    ).allowed
    texts = web.texts(request)
    cases = await desk.queue(principal)
    context = {
        "cases": cases,
        "place": await department_names(request, (one.department for one in cases)),
        "totals": await desk.totals(principal) if watches else None,
        "titles": {
            str(app): texts.of(one.manifest.title) for app, one in web.platform.applications.items()
        },
        "done": request.query_params.get("done", ""),
    }
    return await page(request, "second_readings.html", context)


async def show_case(request: Request) -> Response:
    """One draft as it was built; nothing of what became of it."""
    return await _case(request, None)


async def _case(request: Request, problem: SuwenError | None) -> Response:
    principal = visitor_of(request).principal
    found = await _desk(request).open(request.path_params["review"], principal)
    context = {
        "case": found,
        "verdicts": VERDICTS,
        "faults": FAULTS,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "second_reading.html", context, status)


async def judge_case(request: Request) -> Response:
    """Keeps the reader's verdict and leads back to the queue."""
    form = await read_form(request)
    faults = [fault for fault in FAULTS if form.text(f"fault.{fault}") == "on"]
    try:
        await _desk(request).judge(
            request.path_params["review"],
            form.text("verdict"),
            faults,
            visitor_of(request).principal,
        )
    except InputError as error:
        return await _case(request, error)
    return RedirectResponse("/second-readings?done=1", 303)


ROUTES = [
    Route("/second-readings", show_queue, methods=["GET"]),
    Route("/second-readings/{review}", show_case, methods=["GET"]),
    Route("/second-readings/{review}", judge_case, methods=["POST"]),
]
