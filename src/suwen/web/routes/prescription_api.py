"""The pharmacists' queue for programs: hand in, read the result, decide, answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from suwen.bootstrap.prescriptions.intake import Submitted
from suwen.bootstrap.prescriptions.shown import Deed, PrescriptionView
from suwen.control.access.decision import Action, InstallationTarget
from suwen.storage.prescription_types import QUEUE, PrescriptionAct, StoredPrescription
from suwen.web.answers import ExactJson
from suwen.web.api_requests import Limit, Offset, Person, Strict, WebPart
from suwen.web.guard import visitor_of
from suwen.web.json_bodies import JsonRoute
from suwen.web.pages import web_of


def _require(request: Request) -> None:
    """Before anything is read of what was sent."""
    access = web_of(request).platform.access
    access.require(visitor_of(request).principal, Action.SUBMIT_PRESCRIPTIONS, InstallationTarget())


router = APIRouter(
    prefix="/api/v1/prescriptions",
    default_response_class=ExactJson,
    route_class=JsonRoute,
    dependencies=[Depends(_require)],
)

_ANSWERS = frozenset({PrescriptionAct.CHANGE, PrescriptionAct.JUSTIFY, PrescriptionAct.WITHDRAW})


class SubmitBody(Strict):
    """A prescription in the form of the contract, or the patient in whose record it is.

    Attributes:
        key: the sender's own name for it: sent again it is the same prescription.
    """

    request: dict[str, Any] = Field(repr=False)
    key: str | None = Field(None, min_length=1, max_length=120)
    patient_id: str | None = Field(None, min_length=1, max_length=64)
    encounter_id: str | None = Field(None, min_length=1, max_length=64)
    department: str | None = Field(None, min_length=1, max_length=64)
    prescriber: str | None = Field(None, min_length=1, max_length=64)


class DeedBody(Strict):
    """What is done with it; ``version`` is the one that was seen."""

    act: PrescriptionAct
    version: int = Field(ge=1)
    reason: str | None = Field(None, max_length=20)
    comment: str = Field("", max_length=500, repr=False)
    overridden: dict[str, str] = Field(default_factory=dict, max_length=200)
    request: dict[str, Any] | None = Field(None, repr=False)


@router.post("", summary="Hand in a prescription for review", status_code=201)
async def submit(web: WebPart, visitor: Person, body: SubmitBody) -> Response:
    """Reviewed at once, and in the pharmacists' queue when this returns."""
    desk = web.platform.prescriptions
    given = Submitted(
        request=body.request,
        key=body.key,
        patient=body.patient_id,
        encounter=body.encounter_id,
        department=body.department,
        prescriber=body.prescriber,
    )
    stored = await desk.intake.submit(visitor.principal, given)
    return ExactJson(stored_as_json(stored), status_code=201)


@router.get("", summary="What waits for a pharmacist")
async def list_queue(
    web: WebPart,
    visitor: Person,
    department: str | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """The most urgent first, of those who wait longest."""
    view = await web.platform.prescriptions.queue(
        visitor.principal, states=QUEUE, department=department, limit=limit, offset=offset
    )
    return ExactJson(
        {
            "prescriptions": [stored_as_json(one, whole=False) for one in view.prescriptions],
            "counts": view.counts,
            "unreviewed": view.unreviewed,
        }
    )


@router.get("/{prescription}", summary="A prescription, its findings and the decision")
async def read(web: WebPart, visitor: Person, prescription: str) -> Response:
    """Reading a decision of somebody else makes it final."""
    return ExactJson(
        view_as_json(await web.platform.prescriptions.open(prescription, visitor.principal))
    )


@router.post("/{prescription}/acts", summary="Decide, answer or take back")
async def act(web: WebPart, visitor: Person, prescription: str, body: DeedBody) -> Response:
    """409 when somebody else was faster."""
    desk, principal = web.platform.prescriptions, visitor.principal
    deed = Deed(body.act, body.version, body.reason, body.comment.strip(), body.overridden)
    if body.act is PrescriptionAct.UNDO:
        view = await desk.undo(prescription, body.version, principal)
    elif body.act in _ANSWERS:
        view = await desk.answer(prescription, deed, principal, body.request)
    else:
        view = await desk.decide(prescription, deed, principal)
    return ExactJson(view_as_json(view))


def stored_as_json(one: StoredPrescription, *, whole: bool = True) -> dict[str, Any]:
    """A prescription as it stands."""
    said = {
        "id": one.id,
        "origin": one.origin,
        "patient_id": one.patient,
        "encounter_id": one.encounter,
        "department": one.department,
        "prescriber": one.prescriber,
        "orders": list(one.orders),
        "setting": one.setting,
        "state": one.state.value,
        "version": one.version,
        "decision": one.decision,
        "submitted_at": one.submitted_at,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at,
    }
    return {**said, "result": one.content["result"], "run": one.content["run"]} if whole else said


def view_as_json(view: PrescriptionView) -> dict[str, Any]:
    """One prescription with what was decided on its findings, its way, and what may come next."""
    return {
        **stored_as_json(view.prescription),
        "outcomes": {row.matter: row.outcome for row in view.rows if row.outcome},
        "steps": [
            {
                "act": step.act.value,
                "state": step.state.value,
                "by": step.by,
                "at": step.at,
                "reason": step.reason,
                "comment": step.comment,
            }
            for step in view.steps
        ],
        "acts": [act.value for act in view.acts],
        "undo_s": view.undo_s,
    }
