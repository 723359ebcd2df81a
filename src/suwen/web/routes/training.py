"""Training and competence: one's own, and for offices and heads everybody's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.accountability.trainings import LONGEST, WantedTraining
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, person_names, web_of
from suwen.web.routes.administration import require


async def show_training(request: Request) -> Response:
    """Where people stand, and every record."""
    return await _training(request, Form({}), None)


async def _training(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    desk = web.platform.accountability.training
    access = web.platform.access
    decision = access.decide(visitor.principal, Action.MANAGE_TRAINING, InstallationTarget())
    people = await web.platform.people.list() if decision.allowed else []
    records = await desk.records(visitor.principal)
    told = (one for row in records for one in (row.person, row.trainer, row.recorded_by))
    revokers = (row.revoked_by for row in records if row.revoked_by)
    context = {
        "standings": await desk.standings(visitor.principal),
        "records": records,
        "person": await person_names(request, (*told, *revokers)),
        "demanded": await desk.demanded(),
        "apps": {app: one.manifest.title for app, one in web.platform.applications.items()},
        "people": [person for person in people if not person.disabled],
        "names": {person.id: person.name for person in people},
        "may_manage": decision.allowed,
        "today": web.today().isoformat(),
        "longest": LONGEST,
        "values": values,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "training.html", context, status)


async def record(request: Request) -> Response:
    """Keeps a training of somebody else."""
    require(request, Action.MANAGE_TRAINING)
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    try:
        wanted = WantedTraining(
            person=form.needed("person", longest=64),
            app=form.needed("app", longest=64),
            trainer=form.needed("trainer", longest=64),
            subject=form.needed("subject", longest=LONGEST),
            trained_on=form.needed_day("trained_on"),
            competent=form.text("result") == "passed",
        )
        await web.platform.accountability.training.record(wanted, visitor.principal)
    except InputError as error:
        return await _training(request, form, error)
    return RedirectResponse("/training", 303)


async def revoke(request: Request) -> Response:
    """Takes a record back."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    try:
        await web.platform.accountability.training.revoke(
            request.path_params["record"],
            form.text("reason", longest=LONGEST),
            visitor.principal,
        )
    except InputError as error:
        return await _training(request, form, error)
    return RedirectResponse("/training", 303)


ROUTES = [
    Route("/training", show_training, methods=["GET"]),
    Route("/training", record, methods=["POST"]),
    Route("/training/{record}/revoke", revoke, methods=["POST"]),
]
