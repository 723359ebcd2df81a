"""What the hospital learned of its departments, on the desk: figures, approval, taking back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.device.department_models import MODEL, weights_of
from suwen.bootstrap.device.place import TRIAGE
from suwen.web.patient.desk import changed_by, session_of
from suwen.web.patient.rendering import patient_web_of, show

WHERE = "/desk/model"
_KINDS = ("table", "learned", "difference")
_FIGURES = ("macro_f1", "top1", "top3")


async def overview(request: Request) -> Response:
    """The models, the newest first, with what was measured of each."""
    web, session = patient_web_of(request), session_of(request)
    web.models.require(session.principal)
    platform = web.platform
    active = (await platform.tables.active()).get(MODEL)
    trouble = platform.in_use.model_trouble
    context = {
        "session": session,
        "editions": await platform.tables.list(MODEL),
        "in_use": active is not None and weights_of(active) is not None,
        "trouble": trouble.safe_message if trouble is not None else None,
        "departments": platform.in_use.tables(TRIAGE).departments.departments,
        "kinds": _KINDS,
        "figures": _FIGURES,
    }
    return show(request, "patient/learned.html", context)


async def decide(request: Request) -> Response:
    """Approves or refuses a model that waits."""
    session, fields = await changed_by(request)
    number = int(request.path_params["number"])
    approve = fields.get("act") == "approve"
    await patient_web_of(request).models.decide(session.principal, number, approve=approve)
    return RedirectResponse(WHERE, 303)


async def take_back(request: Request) -> Response:
    """Takes the model out of use."""
    session, fields = await changed_by(request)
    await patient_web_of(request).models.take_back(session.principal, fields.get("reason", ""))
    return RedirectResponse(WHERE, 303)


ROUTES = [
    Route(WHERE, overview, methods=["GET"]),
    Route(WHERE + "/editions/{number:int}", decide, methods=["POST"]),
    Route(WHERE + "/back", take_back, methods=["POST"]),
]
