"""Incidents and near misses: reported from any screen, looked into, closed by two people."""

from __future__ import annotations

import json

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.monitoring.incident_codes import DUTIES, Act, Harm, Kind, Problem, due
from suwen.bootstrap.monitoring.incident_forms import LAWS, form_as_json, incident_form
from suwen.bootstrap.monitoring.incidents import CODES_OF, LONGEST, IncidentDesk, Report
from suwen.core.errors import ConflictError, InputError, SuwenError, meaning_of
from suwen.web.answers import file_answer
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.routes.session_cookies import local_address


def _desk(request: Request) -> IncidentDesk:
    return IncidentDesk(web_of(request).platform)


async def show_incidents(request: Request) -> Response:
    """All of them for the offices; for everybody else what they reported."""
    desk, principal = _desk(request), visitor_of(request).principal
    context = {
        "lines": await desk.list(principal),
        "handles": desk.handles(principal),
        "titles": _titles(request),
    }
    return await page(request, "incidents.html", context)


async def show_new(request: Request) -> Response:
    """The form of a report, linked to the screen that it is told from."""
    return await _new(request, Form({"from": request.query_params.get("from", "")}), None)


async def _new(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web, principal = web_of(request), visitor_of(request).principal
    place = local_address(values.text("from", longest=400))
    context = {
        "place": place,
        "linked": await _desk(request).linked(place, principal),
        "kinds": tuple(Kind),
        "problems": tuple(Problem),
        "harms": tuple(Harm),
        "now": web.now().astimezone(web.platform.settings.zone).strftime("%Y-%m-%dT%H:%M"),
        "values": values,
        "longest": LONGEST,
        "titles": _titles(request),
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "incident_new.html", context, status)


async def report(request: Request) -> Response:
    """Keeps a report."""
    form = await read_form(request)
    try:
        given = Report(
            place=local_address(form.text("from", longest=400)),
            codes={name: form.text(name) for name in CODES_OF[Act.REPORT]},
            words=form.text("words", longest=LONGEST + 1),
            happened_at=form.needed_moment("happened_at", web_of(request).platform.settings.zone),
        )
        number = await _desk(request).report(given, visitor_of(request).principal)
    except InputError as error:
        return await _new(request, form, error)
    return RedirectResponse(f"/incidents/{number}?told=1", 303)


async def show_incident(request: Request) -> Response:
    """One incident: what is coded, what was written, its way so far, what comes next."""
    return await _incident(request, None)


async def _incident(request: Request, problem: SuwenError | None) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    view = await desk.read(request.path_params["incident"], principal)
    people = {entry.by: await desk.name_of(entry.by) for entry in view.entries}
    harm = view.facts.get("harm")
    duties = DUTIES.get(Harm(harm), ()) if harm else ()
    context = {
        "view": view,
        "people": people,
        "codes_of": {
            act.value: {name: tuple(kind) for name, kind in codes.items()}
            for act, codes in CODES_OF.items()
        },
        "duties": [(duty, due(duty, view.incident.reported_at)) for duty in duties],
        "laws": LAWS,
        "longest": LONGEST,
        "titles": _titles(request),
        "handles": desk.handles(principal),
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "incident.html", context, status)


async def move_incident(request: Request) -> Response:
    """Takes an incident a step on."""
    form = await read_form(request)
    number = request.path_params["incident"]
    try:
        act = Act(request.path_params["act"])
    except ValueError:
        raise HTTPException(404) from None
    try:
        given = {name: form.text(name) for name in CODES_OF.get(act, {})}
        given["words"] = form.text("words", longest=LONGEST + 1)
        seen = form.whole("seen", 1, 100_000)
        await _desk(request).move(number, act, seen, given, visitor_of(request).principal)
    except (InputError, ConflictError) as error:
        return await _incident(request, error)
    return RedirectResponse(f"/incidents/{number}", 303)


async def show_form(request: Request) -> Response:
    """An incident in the fields of a regulator's form, to print."""
    view = await _desk(request).read(request.path_params["incident"], visitor_of(request).principal)
    form = await incident_form(web_of(request).platform, view, request.path_params["law"])
    context = {"form": form, "view": view}
    return await page(request, "incident_form.html", context)


async def export_form(request: Request) -> Response:
    """The same for another program."""
    view = await _desk(request).read(request.path_params["incident"], visitor_of(request).principal)
    form = await incident_form(web_of(request).platform, view, request.path_params["law"])
    name = f"incident-{view.incident.id}-{form.law}.json"
    body = json.dumps(form_as_json(form), ensure_ascii=False, indent=1)
    return file_answer(name, body, "application/json")


def _titles(request: Request) -> dict[str, str]:
    web = web_of(request)
    texts = web.texts(request)
    return {
        str(app): texts.of(one.manifest.title) for app, one in web.platform.applications.items()
    }


ROUTES = [
    Route("/incidents", show_incidents, methods=["GET"]),
    Route("/incidents", report, methods=["POST"]),
    Route("/incidents/new", show_new, methods=["GET"]),
    Route("/incidents/{incident}", show_incident, methods=["GET"]),
    Route("/incidents/{incident}/{act}", move_incident, methods=["POST"]),
    Route("/incidents/{incident}/form/{law}", show_form, methods=["GET"]),
    Route("/incidents/{incident}/form/{law}/json", export_form, methods=["GET"]),
]
