"""The HTTP API for programs: the same facts and the same acts as the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from suwen.bootstrap.describe import (
    application_as_json,
    draft_as_json,
    patient_as_json,
    record_as_json,
)
from suwen.bootstrap.exports import ExportForm, export_draft, export_record
from suwen.bootstrap.health import examine
from suwen.control.access.authentication import Proof
from suwen.control.access.decision import Action
from suwen.control.gateway.run_types import RunOptions, run_as_json
from suwen.control.gateway.sign_off_types import SignRequest
from suwen.core.draft import DraftStatus, RejectReason
from suwen.core.exact_json import write_exact
from suwen.core.identity import AppId, Channel, DraftId, PatientId, TraceId
from suwen.web.answers import ExactJson
from suwen.web.api_requests import Limit, Offset, Person, Strict, WebPart
from suwen.web.json_bodies import JsonRoute
from suwen.web.routes.administration import require
from suwen.web.routes.drafts import expected_version
from suwen.web.routes.runs import SSE_HEADERS
from suwen.web.routes.second_step import where_of
from suwen.web.views.evidence import require_readable
from suwen.web.views.run import read_progress, read_trace_page
from suwen.web.views.site import read_endpoints
from suwen.web.views.worklist import Wish, read_worklist

router = APIRouter(prefix="/api/v1", default_response_class=ExactJson, route_class=JsonRoute)

TOKEN_VALID = timedelta(hours=12)


class TokenRequest(Strict):
    """Who wants to act through the API."""

    account: str = Field(max_length=64)
    password: str = Field(max_length=1024, repr=False)
    code: str | None = Field(None, max_length=64, repr=False)


class RunRequest(Strict):
    """A run of an application; ``request`` is in the form of its contract."""

    request: dict[str, Any] = Field(repr=False)
    without_model: bool = False
    store: bool = True
    first_opinion: str | None = Field(None, max_length=4000, repr=False)

    @property
    def options(self) -> RunOptions:
        """How to run."""
        return RunOptions(self.without_model, self.store, self.first_opinion)


class SaveRequest(Strict):
    """New texts by section id."""

    sections: dict[str, str] = Field(repr=False)


class SignBody(Strict):
    """A signature on exactly what was shown; the password proves who signs."""

    version: int = Field(ge=1)
    content_hash: str = Field(pattern="^[0-9a-f]{64}$")
    password: str = Field(max_length=1024, repr=False)
    acknowledged: frozenset[str] = frozenset()
    comment: str | None = Field(default=None, max_length=2000, repr=False)
    cosign_wanted: bool = False


class RejectBody(Strict):
    """A rejection with its coded reason."""

    version: int = Field(ge=1)
    reason: RejectReason
    comment: str | None = Field(default=None, max_length=2000, repr=False)


class EscalateBody(Strict):
    """Why a superior has to decide."""

    version: int = Field(ge=1)
    comment: str = Field(min_length=1, max_length=2000, repr=False)


class VersionBody(Strict):
    """The version that the act is about."""

    version: int = Field(ge=1)


@router.post("/token", summary="An access token for a program that acts as this person")
async def issue_token(request: Request, web: WebPart, body: TokenRequest) -> Response:
    """Hands over a token once; it is valid for 12 hours."""
    begun = await web.platform.authentication.sign_in(
        body.account, body.password, Channel.API, body.code, where_of(request)
    )
    return ExactJson(
        {
            "token": begun.token,
            "token_type": "bearer",
            "expires_at": begun.expires_at,
            "account": begun.principal.id,
            "roles": sorted(role.value for role in begun.principal.roles),
        }
    )


@router.delete("/token", summary="End this token", status_code=204)
async def end_token(web: WebPart, visitor: Person) -> Response:
    """Ends the token that the request carries."""
    await web.platform.authentication.sign_out(visitor.token)
    return Response(status_code=204)


@router.get("/worklist", summary="What is critical, owed and unsigned")
async def worklist(
    request: Request, web: WebPart, visitor: Person, q: str = "", department: str = ""
) -> Response:
    """The worklist of this person, grouped."""
    wish = Wish(q[:80], department[:64])
    return ExactJson(await read_worklist(web.platform, visitor, wish, web.texts(request)))


@router.get("/patients", summary="Patients whom this person may see")
async def list_patients(
    web: WebPart, visitor: Person, q: str | None = None, limit: Limit = 100, offset: Offset = 0
) -> Response:
    """Those who are here first."""
    found = await web.platform.charts.list_patients(
        visitor.principal, query=q, limit=limit, offset=offset
    )
    return ExactJson({"patients": [patient_as_json(patient) for patient in found]})


@router.get("/patients/{patient}", summary="What a record holds")
async def read_patient(web: WebPart, visitor: Person, patient: str) -> Response:
    """Demographics and counts; the reading is audited."""
    return ExactJson(
        record_as_json(await web.platform.charts.open_chart(visitor.principal, patient))
    )


@router.get("/patients/{patient}/record", summary="The whole record, as received")
async def export_patient(web: WebPart, visitor: Person, patient: str) -> Response:
    """Every FHIR resource with its numbers as they were written."""
    resources = await export_record(web.platform, visitor.principal, PatientId(patient))
    return ExactJson({"resources": resources})


@router.get("/apps", summary="Installed applications")
async def list_applications(request: Request, web: WebPart) -> Response:
    """Manifest, Release and state of each."""
    return ExactJson(
        {"apps": await application_as_json(web.platform, None, web.texts(request).language)}
    )


@router.get("/apps/{app}", summary="One application")
async def show_application(request: Request, web: WebPart, app: str) -> Response:
    """Manifest, Release and state."""
    language = web.texts(request).language
    return ExactJson((await application_as_json(web.platform, AppId(app), language))[0])


@router.post("/apps/{app}/run", summary="Run an application to its end")
async def run_application(web: WebPart, visitor: Person, app: str, body: RunRequest) -> Response:
    """The result in the form of the application's contract, and the run."""
    result = await web.platform.gateway.run(
        visitor.principal, AppId(app), body.request, body.options
    )
    return ExactJson({"result": result.output, "run": run_as_json(result)})


@router.post("/apps/{app}/runs", summary="Start a run and follow its events", status_code=202)
async def start_run(web: WebPart, visitor: Person, app: str, body: RunRequest) -> Response:
    """Returns once the run is admitted and audited."""
    trace = await web.platform.runs.start(visitor.principal, AppId(app), body.request, body.options)
    started = {"trace_id": trace, "events": f"/api/v1/runs/{trace}/events"}
    return ExactJson(started, status_code=202)


@router.get("/runs/{trace}", summary="The trace of a run")
async def show_run(request: Request, web: WebPart, visitor: Person, trace: str) -> Response:
    """Stages, times, hashes; no patient text."""
    return ExactJson(await read_trace_page(web.platform, visitor, trace, web.texts(request)))


@router.get("/runs/{trace}/events", summary="Events of a run (server-sent events)")
async def run_events(
    web: WebPart,
    visitor: Person,
    trace: str,
    after: Offset = 0,
    last_event_id: Annotated[int | None, Header(ge=0, le=1_000_000)] = None,
) -> Response:
    """Every event with its number; a reader that was cut off goes on with ``Last-Event-ID``."""
    start = after if last_event_id is None else last_event_id
    run = await read_progress(web.platform, visitor, trace)
    await require_readable(web.platform, visitor, run)
    events = web.platform.runs.events(visitor.principal, run.id, start)
    first = await anext(events, None)

    async def body() -> Any:
        if first is not None:
            yield _event(first.n, first.kind, first.data)
        async for event in events:
            yield _event(event.n, event.kind, event.data)

    return StreamingResponse(body(), headers=SSE_HEADERS)


@router.post("/runs/{trace}/stop", summary="Cancel a run", status_code=204)
async def stop_run(web: WebPart, visitor: Person, trace: str) -> Response:
    """Cancels the run and its engine call."""
    await web.platform.runs.cancel(visitor.principal, TraceId(trace))
    return Response(status_code=204)


@router.get("/drafts", summary="Drafts that this person may see")
async def list_drafts(
    web: WebPart,
    visitor: Person,
    patient: str | None = None,
    status: DraftStatus | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """Latest change first."""
    found = await web.platform.sign_off.list(
        visitor.principal,
        status=status,
        patient=PatientId(patient) if patient else None,
        limit=limit,
        offset=offset,
    )
    return ExactJson({"drafts": [draft_as_json(draft, whole=False) for draft in found]})


@router.get("/drafts/{draft}", summary="A draft with its content")
async def read_draft(web: WebPart, visitor: Person, draft: str) -> Response:
    """The present version; the reading is audited."""
    found = await web.platform.sign_off.open_draft(visitor.principal, DraftId(draft))
    return ExactJson(draft_as_json(found, whole=True))


@router.put("/drafts/{draft}", summary="Save an edit (If-Match: version)")
async def save_draft(
    request: Request, web: WebPart, visitor: Person, draft: str, body: SaveRequest
) -> Response:
    """Stores the next version durably; 409 when somebody else was faster."""
    saved = await web.platform.sign_off.save(
        visitor.principal, DraftId(draft), expected_version(request), body.sections
    )
    return ExactJson(draft_as_json(saved, whole=True))


@router.post("/drafts/{draft}/sign", summary="Sign exactly what was shown")
async def sign_draft(web: WebPart, visitor: Person, draft: str, body: SignBody) -> Response:
    """Signs one draft."""
    signed = await web.platform.sign_off.sign(visitor.principal, _sign_request(draft, body))
    return ExactJson(_signature(signed.draft.status, signed.record.id if signed.record else None))


@router.post("/drafts/{draft}/cosign", summary="Add the superior's signature")
async def cosign_draft(web: WebPart, visitor: Person, draft: str, body: SignBody) -> Response:
    """Completes a record that waits for a superior."""
    signed = await web.platform.sign_off.cosign(visitor.principal, _sign_request(draft, body))
    return ExactJson(_signature(signed.draft.status, signed.record.id if signed.record else None))


@router.post("/drafts/{draft}/reject", summary="Reject with a coded reason")
async def reject_draft(web: WebPart, visitor: Person, draft: str, body: RejectBody) -> Response:
    """Rejects a draft."""
    decided = await web.platform.sign_off.reject(
        visitor.principal, DraftId(draft), body.version, body.reason, body.comment
    )
    return ExactJson(draft_as_json(decided, whole=False))


@router.post("/drafts/{draft}/escalate", summary="Hand to a superior")
async def escalate_draft(web: WebPart, visitor: Person, draft: str, body: EscalateBody) -> Response:
    """Escalates a draft."""
    decided = await web.platform.sign_off.escalate(
        visitor.principal, DraftId(draft), body.version, body.comment
    )
    return ExactJson(draft_as_json(decided, whole=False))


@router.post("/drafts/{draft}/amend", summary="Open a signed document for an amendment")
async def amend_draft(web: WebPart, visitor: Person, draft: str, body: VersionBody) -> Response:
    """What was signed stays; the next signature supersedes it."""
    opened = await web.platform.sign_off.amend(visitor.principal, DraftId(draft), body.version)
    return ExactJson(draft_as_json(opened, whole=False))


@router.post("/drafts/{draft}/copy", summary="Text with its label for another system")
async def copy_draft(web: WebPart, visitor: Person, draft: str) -> Response:
    """Audited before the text is handed over."""
    copied = await web.platform.sign_off.copy_text(visitor.principal, DraftId(draft))
    return ExactJson({"text": copied.text, "label": copied.label, "signed": copied.signed})


@router.get("/drafts/{draft}/export", summary="The document as JSON, PDF or FHIR")
async def export(web: WebPart, visitor: Person, draft: str, form: ExportForm) -> Response:
    """Only what was signed leaves as FHIR."""
    body = await export_draft(web.platform, visitor.principal, DraftId(draft), form)
    kinds = {
        ExportForm.JSON: "application/json",
        ExportForm.PDF: "application/pdf",
        ExportForm.FHIR: "application/fhir+json",
    }
    return Response(body, media_type=kinds[form])


@router.get("/endpoints", summary="Engines of the installation")
async def list_endpoints(request: Request, web: WebPart) -> Response:
    """Without their keys."""
    require(request, Action.MANAGE_ENDPOINTS)
    return ExactJson({"endpoints": await read_endpoints(web.platform)})


@router.get("/status", summary="How every part is")
async def status(request: Request, web: WebPart) -> Response:
    """Looks at every part now."""
    require(request, Action.READ_STATUS)
    checks = await examine(web.platform)
    return ExactJson({"ok": all(check.ok for check in checks), "checks": checks})


@router.get("/audit/head", summary="Head of the audit chain")
async def audit_head(request: Request, web: WebPart) -> Response:
    """Number and hash of the last event, and when the head was anchored."""
    require(request, Action.READ_AUDIT)
    head, anchored = await web.platform.audit_store.head(), web.platform.audit.status()
    return ExactJson(
        {
            "sequence": head.sequence if head else 0,
            "hash": head.hash if head else None,
            "anchored_at": anchored.anchored_at,
            "anchored_sequence": anchored.anchored_sequence,
        }
    )


def _event(number: int, kind: str, data: Any) -> bytes:
    return f"id: {number}\nevent: {kind}\ndata: {write_exact(data)}\n\n".encode()


def _sign_request(draft: str, body: SignBody) -> SignRequest:
    return SignRequest(
        draft=DraftId(draft),
        version=body.version,
        content_hash=body.content_hash,
        proof=Proof(password=body.password),
        acknowledged=body.acknowledged,
        comment=body.comment,
        cosign_wanted=body.cosign_wanted,
    )


def _signature(state: DraftStatus, record: str | None) -> dict[str, Any]:
    return {"status": state.value, "signed_record": record}
