"""Patients of several systems who share a number: what stands between them, and who decides."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.connections.match_desk import MatchDesk, OpenedMatch
from suwen.core.errors import ConflictError, SuwenError, meaning_of
from suwen.core.language import Bilingual
from suwen.core.patient_numbers import MatchState
from suwen.storage.patient_matches import PatientMatch
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of

PAGE_SIZE = 50


async def show_matches(request: Request) -> Response:
    """Those that wait for a decision, or those in another state; nothing about the persons."""
    named = request.query_params.get("state", MatchState.CONFLICT.value)
    try:
        state = MatchState(named)
    except ValueError:
        raise HTTPException(404) from None
    given = request.query_params.get("offset", "0")
    offset = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    desk, principal = _desk(request), visitor_of(request).principal
    found = await desk.list(principal, state, PAGE_SIZE + 1, offset)
    context = {
        "matches": found[:PAGE_SIZE],
        "state": state.value,
        "counts": {one.value: n for one, n in (await desk.counts(principal)).items()},
        "states": [one.value for one in MatchState],
        "older": offset + PAGE_SIZE if len(found) > PAGE_SIZE else None,
    }
    return await page(request, "patient_matches.html", context)


async def show_match(request: Request) -> Response:
    """One match; who the persons are needs a reason."""
    return await _page(request, await _seen(request))


async def open_match(request: Request) -> Response:
    """Both patients side by side; audited with the reason before they are read."""
    form = await read_form(request)
    match = await _seen(request)
    reason = form.text("reason", longest=400)
    try:
        opened = await _desk(request).open(
            visitor_of(request).principal, match.one, match.other, reason
        )
    except SuwenError as problem:
        return await _page(request, match, problem=problem)
    return await _page(request, match, opened=opened, reason=reason)


async def decide_match(request: Request) -> Response:
    """One person or two: as somebody decides who has seen what is there now."""
    form = await read_form(request)
    match = await _seen(request)
    act = request.path_params["act"]
    if act not in ("one-person", "two-persons"):
        raise HTTPException(404)
    try:
        if form.text("seen") != match.at.isoformat():
            raise _changed()
        await _desk(request).decide(
            visitor_of(request).principal,
            match,
            one_person=act == "one-person",
            reason=form.text("reason", longest=400),
        )
    except SuwenError as problem:
        return await _page(request, match, problem=problem)
    return RedirectResponse(f"/patient-matches/{match.one}/{match.other}", 303)


async def _page(
    request: Request,
    match: PatientMatch,
    *,
    opened: OpenedMatch | None = None,
    reason: str = "",
    problem: SuwenError | None = None,
) -> Response:
    context = {"match": match, "opened": opened, "reason": reason, "problem": problem}
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "patient_match.html", context, status)


async def _seen(request: Request) -> PatientMatch:
    params = request.path_params
    return await _desk(request).read(visitor_of(request).principal, params["one"], params["other"])


def _desk(request: Request) -> MatchDesk:
    platform = web_of(request).platform
    return MatchDesk(platform.connection_parts, platform.access)


def _changed() -> ConflictError:
    return ConflictError(
        "match_changed",
        Bilingual(
            zh="这一对患者的情况刚有变化，请重新查看后再决定。",
            en="What is known of these two has just changed: look again before you decide.",
        ),
    )


ROUTES = [
    Route("/patient-matches", show_matches, methods=["GET"]),
    Route("/patient-matches/{one}/{other}", show_match, methods=["GET"]),
    Route("/patient-matches/{one}/{other}/open", open_match, methods=["POST"]),
    Route("/patient-matches/{one}/{other}/{act}", decide_match, methods=["POST"]),
]
