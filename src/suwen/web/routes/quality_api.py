"""The quality office for programs: findings and their way, judged stays, numbers of dashboards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from suwen.bootstrap.quality import QualityDesk
from suwen.core.identity import Principal
from suwen.storage.quality import OPEN, FindingKey, QualityFinding
from suwen.web.answers import ExactJson
from suwen.web.api_requests import Limit, Offset, Person, Strict, WebPart
from suwen.web.json_bodies import JsonRoute


def _require(web: WebPart, visitor: Person) -> None:
    """Before anything is read of what was sent."""
    QualityDesk(web.platform).require_reader(visitor.principal)


router = APIRouter(
    prefix="/api/v1/quality",
    default_response_class=ExactJson,
    route_class=JsonRoute,
    dependencies=[Depends(_require)],
)

State = Literal["found", "sent", "repaired", "contested", "accepted", "dismissed"]
States = Annotated[list[State] | None, Query()]
"""Only findings in these states; absent: all that are still on their way."""


class StepBody(Strict):
    """The next step of a finding.

    Attributes:
        comment: needed by whoever contests, dismisses or sends back.
    """

    state: State
    comment: str = Field("", max_length=500, repr=False)


@router.get("/findings", summary="Findings of the quality office")
async def list_findings(
    web: WebPart,
    visitor: Person,
    state: States = None,
    department: str | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """The gravest deduction first; for quality officers."""
    found = await QualityDesk(web.platform).worklist(
        visitor.principal,
        states=tuple(state) if state else OPEN,
        department=department,
        limit=limit,
        offset=offset,
    )
    return ExactJson({"findings": [finding_as_json(one) for one in found]})


@router.get("/findings/mine", summary="What was sent to this author and waits for an answer")
async def list_mine(web: WebPart, visitor: Person) -> Response:
    """For whoever works with patients."""
    found = await QualityDesk(web.platform).mine(visitor.principal)
    return ExactJson({"findings": [finding_as_json(one) for one in found]})


@router.get("/findings/{finding}", summary="A finding, its way so far, and what comes next")
async def read_finding(web: WebPart, visitor: Person, finding: str) -> Response:
    """For quality officers and the author."""
    desk = QualityDesk(web.platform)
    return ExactJson(await _whole(desk, FindingKey.read(finding), visitor.principal))


@router.post("/findings/{finding}/steps", summary="Take a finding one step on")
async def move_finding(web: WebPart, visitor: Person, finding: str, body: StepBody) -> Response:
    """409 when somebody was faster, or it cannot be done now."""
    desk, key = QualityDesk(web.platform), FindingKey.read(finding)
    await desk.move(key, body.state, visitor.principal, body.comment)
    return ExactJson(await _whole(desk, key, visitor.principal))


@router.get("/stays", summary="How each stay of a patient was judged last")
async def list_stays(
    web: WebPart, visitor: Person, patient: Annotated[str, Query(min_length=1, max_length=64)]
) -> Response:
    """Score, grade and every finding with where it stands; for quality officers."""
    found = await QualityDesk(web.platform).stays(patient, visitor.principal)
    stays = [
        {
            "patient_id": stay.patient,
            "department": stay.department,
            "month": stay.month,
            "score": stay.score,
            "grade": stay.grade,
            "judged_at": stay.judged_at,
            "run": stay.run,
            "findings": [finding_as_json(one) for one in findings],
        }
        for stay, findings in found
    ]
    return ExactJson({"stays": stays})


@router.get("/totals", summary="The numbers of the dashboards")
async def list_totals(
    web: WebPart, visitor: Person, by: Literal["department", "author", "month"] = "department"
) -> Response:
    """Stays, mean score, grades, findings and open ones; for quality officers."""
    rows = await QualityDesk(web.platform).totals(by, visitor.principal)
    return ExactJson({"by": by, "rows": rows})


async def _whole(desk: QualityDesk, key: FindingKey, principal: Principal) -> dict[str, Any]:
    found, steps = await desk.read(key, principal)
    return {
        **finding_as_json(found),
        "steps": [
            {"state": step.state, "by": step.by, "at": step.at, "comment": step.comment}
            for step in steps
        ],
        "next": list(desk.next_steps(found, principal)),
    }


def finding_as_json(found: QualityFinding) -> dict[str, Any]:
    """A finding as programs see it; ``finding`` is in the form of the application's contract."""
    return {
        "id": str(found.key),
        "patient_id": found.patient,
        "department": found.department,
        "author": found.author,
        "account": found.account,
        "month": found.month,
        "document_type": found.document_type,
        "state": found.state,
        "changed_at": found.changed_at,
        "finding": dict(found.content),
    }
