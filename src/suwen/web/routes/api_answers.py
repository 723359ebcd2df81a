"""The REST API of own views and disagreements."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from suwen.control.gateway.second_reading import Objection
from suwen.control.governance.disagreement import DisagreementCode
from suwen.core.identity import DraftId
from suwen.web.answers import ExactJson
from suwen.web.api_requests import Person, Strict, WebPart
from suwen.web.json_bodies import JsonRoute

router = APIRouter(prefix="/api/v1", default_response_class=ExactJson, route_class=JsonRoute)


class OpinionBody(Strict):
    """What somebody thinks before the output is shown to them."""

    first_opinion: str = Field(max_length=4000, repr=False)


class DisagreementBody(Strict):
    """What somebody disagrees with, in the version that was shown, and what they hold."""

    version: int = Field(ge=1)
    content_hash: str = Field(pattern="^[0-9a-f]{64}$")
    item: str | None = Field(None, max_length=200)
    code: DisagreementCode
    view: str = Field(min_length=1, max_length=2000, repr=False)


@router.post("/drafts/{draft}/first-opinion", summary="Write the own view before the output")
async def write_opinion(web: WebPart, visitor: Person, draft: str, body: OpinionBody) -> Response:
    """Keeps the view; from now on the output is shown to this person."""
    desk = web.platform.accountability.opinions
    await desk.write(visitor.principal, DraftId(draft), body.first_opinion)
    return ExactJson({"draft": draft, "written": True})


@router.post("/drafts/{draft}/disagreements", summary="Disagree with an output", status_code=201)
async def disagree(web: WebPart, visitor: Person, draft: str, body: DisagreementBody) -> Response:
    """Keeps the disagreement; it waits for another person to read it."""
    objection = Objection(
        DraftId(draft), body.version, body.content_hash, body.item, body.code, body.view
    )
    desk = web.platform.accountability.disagreements
    kept = await desk.disagree(visitor.principal, objection)
    return ExactJson({"disagreement": kept.id, "draft": draft}, status_code=201)
