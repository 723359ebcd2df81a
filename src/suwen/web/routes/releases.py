"""The board of Releases: what runs, what blocks each model part, and every step of its way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.evaluation.for_gate import evaluate_lacking
from suwen.bootstrap.releases.board import ReleaseBoard, ShadowSides
from suwen.bootstrap.releases.opening import open_releases
from suwen.bootstrap.releases.suite_rows import suite_title
from suwen.bootstrap.releases.work import LONGEST
from suwen.control.access.authentication import Proof
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.changes import part_title
from suwen.core.errors import (
    AuthenticationError,
    ConfigurationError,
    InputError,
    PreconditionError,
    PrivacyError,
    SuwenError,
    meaning_of,
)
from suwen.core.identity import AppId, BindingId, Principal, Role
from suwen.core.release import ModelBinding, RolloutStage
from suwen.web.forms import Form, read_codes, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, page, person_names, web_of
from suwen.web.views.device_told import told_here
from suwen.web.views.releases import actors_of, bound_text, log_rows, may, reach_of, steps_of


def _board(request: Request) -> ReleaseBoard:
    return ReleaseBoard(open_releases(web_of(request).platform))


async def show_releases(request: Request) -> Response:
    """Every application with its engines, and what blocks each."""
    return await _releases(request, None)


async def _releases(request: Request, problem: SuwenError | None) -> Response:
    board, principal = _board(request), visitor_of(request).principal
    context = {
        "applications": await board.applications(principal),
        "reach": await _reach(request),
        "may_manage": may(request, Action.MANAGE_RELEASES),
        "acts_there": any(
            may(request, one) for one in (Action.MANAGE_RELEASES, Action.APPROVE_RELEASES)
        ),
        "problem": problem,
        **await told_here(request),
    }
    return await page(request, "releases.html", context, _status(problem))


async def _reach(request: Request) -> Callable[[ModelBinding], str]:
    """Says to which departments a model part reaches, in the language of the screen."""
    place, between = await department_names(request, ()), web_of(request).texts(request)
    return lambda binding: reach_of(binding, place, between("list.comma"))


async def propose(request: Request) -> Response:
    """Proposes that an engine takes part in an application."""
    form, principal = await read_form(request), visitor_of(request).principal
    try:
        binding = await _board(request).desk.propose(
            AppId(form.needed("app", longest=40)),
            form.needed("endpoint", longest=63),
            principal,
            form.text("reason", longest=LONGEST),
        )
    except (InputError, PreconditionError) as error:
        return await _releases(request, error)
    return _to(binding)


async def return_to_former(request: Request) -> Response:
    """Takes the last step of an application's roll-out back."""
    form, principal = await read_form(request), visitor_of(request).principal
    try:
        await _board(request).desk.return_to_former(
            AppId(request.path_params["app"]), principal, form.text("reason", longest=LONGEST)
        )
    except InputError as error:
        return await _releases(request, error)
    return RedirectResponse("/releases", 303)


async def show_release(request: Request) -> Response:
    """One model part: parts, change, evaluation, approvals, roll-out, comparison, history."""
    return await _release(request, Form({}), None)


async def _release(request: Request, values: Form, problem: SuwenError | None) -> Response:
    principal = visitor_of(request).principal
    web, found = web_of(request), await _board(request).read(_wanted(request), principal)
    context = {
        "view": found,
        "reach": await _reach(request),
        "suite_title": suite_title,
        "bound_text": bound_text,
        "steps": steps_of(found),
        "name": await person_names(request, actors_of(found)),
        "part_title": part_title,
        "stages": tuple(RolloutStage),
        "longest": LONGEST,
        "roles": tuple(role for seat in found.open_seats for role in seat.roles),
        "own_roles": principal.roles,
        "approved": any(one.act.by == principal.id for one in found.approvals),
        "may_manage": may(request, Action.MANAGE_RELEASES),
        "may_approve": may(request, Action.APPROVE_RELEASES),
        "places": await web.platform.departments.listed(web.texts(request).language),
        "chosen": await read_codes(request, "departments") if problem is not None else (),
        "values": values,
        "problem": problem,
    }
    return await page(request, "release.html", context, _status(problem))


async def approve(request: Request) -> Response:
    """Gives one's approval; whoever gives it proves who they are at that moment."""
    form, visitor = await read_form(request), visitor_of(request)
    password = form.secret("password")

    async def confirm(principal: Principal, about: str) -> None:
        own = (
            Proof(token=visitor.token)
            if form.text("elsewhere")
            else Proof(password=password or None)
        )
        await web_of(request).platform.authentication.confirm(principal, own, about)

    named = form.text("role")
    role = form.choice("role", Role) if named else None

    async def act() -> ModelBinding:
        return await _board(request).desk.approve(
            _wanted(request),
            visitor.principal,
            comment=form.text("comment", longest=LONGEST),
            role=role,
            confirm=confirm,
        )

    return await _acted(request, form, act)


async def roll_out(request: Request) -> Response:
    """Lets a model part reach so far."""
    form, principal = await read_form(request), visitor_of(request).principal

    async def act() -> ModelBinding:
        return await _board(request).desk.roll_out(
            _wanted(request),
            form.choice("stage", RolloutStage),
            await read_codes(request, "departments"),
            principal,
            form.text("reason", longest=LONGEST),
        )

    return await _acted(request, form, act)


async def evaluate(request: Request) -> Response:
    """Takes on the evaluations that the gate of a model part lacks."""
    form, principal = await read_form(request), visitor_of(request).principal
    try:
        await evaluate_lacking(web_of(request).platform, _wanted(request), principal)
    except (InputError, PreconditionError, ConfigurationError, PrivacyError) as error:
        return await _release(request, form, error)
    return RedirectResponse("/evaluations", 303)


async def suspend(request: Request) -> Response:
    """Switches a model part off at once."""
    return await _simple(request, _board(request).desk.suspend)


async def resume(request: Request) -> Response:
    """Lets a suspended model part go on."""
    return await _simple(request, _board(request).desk.resume)


async def retire(request: Request) -> Response:
    """Ends a model part."""
    return await _simple(request, _board(request).desk.retire)


async def _simple(
    request: Request, take: Callable[[BindingId, str, Principal], Awaitable[ModelBinding]]
) -> Response:
    form, principal = await read_form(request), visitor_of(request).principal

    async def act() -> ModelBinding:
        return await take(_wanted(request), form.text("reason", longest=LONGEST), principal)

    return await _acted(request, form, act)


async def _acted(
    request: Request, form: Form, act: Callable[[], Awaitable[ModelBinding]]
) -> Response:
    """Takes a step; what stands in its way is told on the page of the model part."""
    try:
        return _to(await act())
    except (InputError, PreconditionError, AuthenticationError) as error:
        return await _release(request, form, error)
    except SuwenError as error:
        if error.category not in ("governance", "access") or not _may_see(request):
            raise
        return await _release(request, form, error)


async def show_log(request: Request) -> Response:
    """What changed in an application and what was decided, in plain words."""
    app = AppId(request.path_params["app"])
    board, principal = _board(request), visitor_of(request).principal
    installed, _ = await board.desk.installed(app)
    log = await log_rows(request, await board.change_log(app, principal))
    context = {"manifest": installed.manifest, "log": log}
    return await page(request, "release_log.html", context)


async def show_case(request: Request) -> Response:
    """One run of a trial side by side, for whoever may read the draft that was shown."""
    web, principal = web_of(request), visitor_of(request).principal
    sides: ShadowSides = await _board(request).case(
        _wanted(request),
        request.path_params["case"],
        principal,
        web.platform.sign_off.open_draft,
    )
    return await page(request, "release_case.html", {"sides": sides})


def _wanted(request: Request) -> BindingId:
    return BindingId(request.path_params["binding"])


def _may_see(request: Request) -> bool:
    access = web_of(request).platform.parts.access
    principal = visitor_of(request).principal
    return access.decide(principal, Action.READ_RELEASES, InstallationTarget()).allowed


def _to(binding: ModelBinding) -> Response:
    return RedirectResponse(f"/releases/{quote(binding.id, safe='')}", 303)


def _status(problem: SuwenError | None) -> int:
    return meaning_of(problem).http_status if problem else 200


ROUTES = [
    Route("/releases", show_releases, methods=["GET"]),
    Route("/releases", propose, methods=["POST"]),
    Route("/releases/log/{app}", show_log, methods=["GET"]),
    Route("/releases/return/{app}", return_to_former, methods=["POST"]),
    Route("/releases/{binding}", show_release, methods=["GET"]),
    Route("/releases/{binding}/evaluate", evaluate, methods=["POST"]),
    Route("/releases/{binding}/approve", approve, methods=["POST"]),
    Route("/releases/{binding}/rollout", roll_out, methods=["POST"]),
    Route("/releases/{binding}/cases/{case:int}", show_case, methods=["GET"]),
    Route("/releases/{binding}/suspend", suspend, methods=["POST"]),
    Route("/releases/{binding}/resume", resume, methods=["POST"]),
    Route("/releases/{binding}/retire", retire, methods=["POST"]),
]
