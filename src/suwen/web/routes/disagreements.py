"""Disagreeing with an output, the second reading, and the own view before the output."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.control.gateway.second_reading import Objection
from suwen.control.governance.disagreement import (
    LONGEST,
    DisagreementCode,
    ReadingOutcome,
)
from suwen.control.governance.first_opinion import LONGEST as LONGEST_OPINION
from suwen.control.governance.first_opinion import Agrees, Kept
from suwen.core.errors import AccessError, ConflictError, InputError, SuwenError, meaning_of
from suwen.core.identity import DraftId
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.views.draft import read_draft_page


async def show_form(request: Request) -> Response:
    """What somebody may disagree with: the whole, a statement, or a finding."""
    return await _form(request, Form({}), None)


async def _form(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web = web_of(request)
    draft, texts = request.path_params["draft"], web.texts(request)
    context = {
        "view": await read_draft_page(web.platform, visitor_of(request), draft, texts),
        "codes": tuple(DisagreementCode),
        "item": values.text("item") or request.query_params.get("item", ""),
        "values": values,
        "longest": LONGEST,
        "problem": problem,
    }
    return await page(request, "disagree.html", context, _status(problem))


async def disagree(request: Request) -> Response:
    """Keeps the disagreement; a planted check is answered by it."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    draft = DraftId(request.path_params["draft"])
    desks = web.platform.accountability
    try:
        objection = Objection(
            draft=draft,
            version=form.whole("version", 1, 10**9),
            content_hash=form.text("content_hash", longest=64),
            item=form.text("item") or None,
            code=form.choice("code", DisagreementCode),
            view=form.text("view", longest=LONGEST + 1),
        )
        kept = await desks.disagreements.disagree(visitor.principal, objection)
    except ConflictError as error:
        answered = await desks.checks.answered_draft(draft, visitor.principal)
        if answered is None:
            return await _form(request, form, error)
        return RedirectResponse(f"/checks/{answered.id}", 303)
    except InputError as error:
        return await _form(request, form, error)
    return RedirectResponse(f"/disagreements/{kept.id}", 303)


async def show_queue(request: Request) -> Response:
    """What waits for a second reader, and what was read."""
    web, visitor = web_of(request), visitor_of(request)
    every = request.query_params.get("all") == "1"
    desk = web.platform.accountability.disagreements
    rows = await desk.queue(visitor.principal, waiting=not every)
    return await page(request, "disagreements.html", {"rows": rows, "every": every})


async def show_one(request: Request) -> Response:
    """One disagreement beside the text that was shown."""
    return await _one(request, Form({}), None)


async def _one(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    desk = web.platform.accountability.disagreements
    found, may_read = await desk.open(visitor.principal, request.path_params["disagreement"])
    context = {
        "one": found,
        "shown": await desk.shown_text(visitor.principal, found),
        "may_read": may_read,
        "outcomes": tuple(ReadingOutcome),
        "values": values,
        "longest": LONGEST,
        "problem": problem,
    }
    return await page(request, "disagreement.html", context, _status(problem))


async def settle(request: Request) -> Response:
    """Keeps what the second reader found."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    wanted = request.path_params["disagreement"]
    desk = web.platform.accountability.disagreements
    try:
        await desk.settle(
            visitor.principal,
            wanted,
            form.choice("outcome", ReadingOutcome),
            form.text("view", longest=LONGEST + 1),
        )
    except (InputError, AccessError) as error:
        if meaning_of(error).http_status == 404:
            raise
        return await _one(request, form, error)
    return RedirectResponse(f"/disagreements/{wanted}", 303)


async def write_opinion(request: Request) -> Response:
    """Keeps somebody's own view, and shows the output then."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    draft = DraftId(request.path_params["draft"])
    try:
        opinion = form.text("first_opinion", longest=LONGEST_OPINION + 1)
        await web.platform.accountability.opinions.write(visitor.principal, draft, opinion)
    except ConflictError:
        # Written before, in another window: what follows shows the output.
        return RedirectResponse(f"/drafts/{draft}", 303)
    except InputError as error:
        return await opinion_page(request, form, error)
    return RedirectResponse(f"/drafts/{draft}", 303)


async def opinion_page(request: Request, values: Form, problem: SuwenError | None) -> Response:
    """Asks for the own view; nothing of the output is on this page."""
    web, visitor = web_of(request), visitor_of(request)
    draft = DraftId(request.path_params["draft"])
    withheld = await web.platform.accountability.opinions.withheld(visitor.principal, draft)
    context = {
        "withheld": withheld,
        "values": values,
        "longest": LONGEST_OPINION,
        "problem": problem,
    }
    return await page(request, "first_opinion.html", context, _status(problem))


async def show_opinion(request: Request) -> Response:
    """The own view beside the output."""
    return await _compared(request, None)


async def _compared(request: Request, problem: SuwenError | None) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    draft = DraftId(request.path_params["draft"])
    own = await web.platform.accountability.opinions.own(visitor.principal, draft)
    context = {
        "own": own,
        "view": await read_draft_page(web.platform, visitor, draft, web.texts(request)),
        "agrees": tuple(Agrees),
        "kept": tuple(Kept),
        "problem": problem,
    }
    return await page(request, "opinion_compared.html", context, _status(problem))


async def compare_opinion(request: Request) -> Response:
    """Keeps how both compare."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    draft = DraftId(request.path_params["draft"])
    try:
        await web.platform.accountability.opinions.compare(
            visitor.principal, draft, form.choice("agrees", Agrees), form.choice("kept", Kept)
        )
    except InputError as error:
        return await _compared(request, error)
    return RedirectResponse(f"/drafts/{draft}", 303)


async def show_answered_check(request: Request) -> Response:
    """What was planted, for whoever answered it: clearly not a real document."""
    web, visitor = web_of(request), visitor_of(request)
    desk = web.platform.accountability.checks
    found = await desk.answered_by_me(request.path_params["check"], visitor.principal)
    return await page(request, "check_answered.html", {"check": found})


def _status(problem: SuwenError | None) -> int:
    return meaning_of(problem).http_status if problem else 200


ROUTES = [
    Route("/drafts/{draft}/disagree", show_form, methods=["GET"]),
    Route("/drafts/{draft}/disagree", disagree, methods=["POST"]),
    Route("/drafts/{draft}/opinion", show_opinion, methods=["GET"]),
    Route("/drafts/{draft}/opinion", write_opinion, methods=["POST"]),
    Route("/drafts/{draft}/opinion/compare", compare_opinion, methods=["POST"]),
    Route("/disagreements", show_queue, methods=["GET"]),
    Route("/disagreements/{disagreement}", show_one, methods=["GET"]),
    Route("/disagreements/{disagreement}", settle, methods=["POST"]),
    Route("/checks/{check}", show_answered_check, methods=["GET"]),
]
