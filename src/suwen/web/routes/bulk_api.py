"""Bulk runs for programs: starting one, how far it is, steering it, and its results."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from suwen.bootstrap.bulk_runs import BulkDesk, bulk_as_json
from suwen.bootstrap.bulk_selection import offered_forms, selected_as_json
from suwen.bulk.options import MOST_PARTS, BulkOptions, read_hours
from suwen.core.errors import InputError
from suwen.core.exact_json import write_exact
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.bulk_runs import STATUSES, BulkRun
from suwen.web.answers import ExactJson
from suwen.web.api_requests import Limit, Person, Strict, WebPart
from suwen.web.json_bodies import JsonRoute


def _require(web: WebPart, visitor: Person) -> None:
    """Before anything is read of what was sent."""
    BulkDesk(web.platform).require(visitor.principal)


router = APIRouter(
    prefix="/api/v1/bulk",
    default_response_class=ExactJson,
    route_class=JsonRoute,
    dependencies=[Depends(_require)],
)

MOST_REQUESTS = 20_000
_Fields = Annotated[dict[str, Any], Field(default_factory=dict, max_length=50)]
Wanted = Annotated[list[Literal["ok", "refused", "error"]] | None, Query()]
"""Only results of these states; absent: all."""


class BulkBody(Strict):
    """What a run is over, and how it is done.

    Attributes:
        select: stays of the record store: ``stays``, ``stays:open``,
            ``stays:ended=2026-11-01..2026-11-21``, with ``department=CODE``.
        requests: instead of these, requests in the form of the application's contract.
        fields: further fields of every request over selected stays; ``GET
            /api/v1/bulk/applications`` says which an application needs.
        hours: hours of day in which it works, ``22-6``.
        give_way: waits while people's runs are under way.
    """

    app: str = Field(min_length=1, max_length=64)
    select: str | None = Field(None, max_length=2000)
    requests: list[dict[str, Any]] | None = Field(None, max_length=MOST_REQUESTS, repr=False)
    fields: _Fields
    title: str = Field("", max_length=200)
    parts: int = Field(2, ge=1, le=MOST_PARTS)
    per_minute: float | None = Field(None, gt=0, le=100_000)
    hours: str | None = Field(None, max_length=10)
    give_way: bool = True
    with_model: bool = False
    store: bool = False

    @property
    def options(self) -> BulkOptions:
        """How the run is done.

        Raises:
            InputError: ``bulk_hours_malformed``.
        """
        return BulkOptions(
            without_model=not self.with_model,
            store=self.store,
            parts=self.parts,
            per_minute=self.per_minute,
            hours=read_hours(self.hours) if self.hours is not None else None,
            give_way=self.give_way,
        )


class PreviewBody(Strict):
    """What a run would be over; ``fields`` and ``select`` as for its start."""

    app: str = Field(min_length=1, max_length=64)
    select: str = Field(max_length=2000)
    fields: _Fields


@router.get("/applications", summary="What can be run over a selection of records")
async def applications(web: WebPart, visitor: Person) -> Response:
    """Of the applications that this person may run, those whose request can be built from a
    selection: the fields that choose a form, and those that are asked for besides."""
    offered = offered_forms(web.platform, visitor.principal)
    return ExactJson(
        {
            "applications": [
                {
                    "app": one.manifest.id,
                    "title_zh": one.title.zh,
                    "title_en": one.title.en,
                    "encounters": one.form.encounters.value,
                    "needs": sorted(need.value for need in one.form.needs),
                    "fields": dict(one.form.fields),
                    "asks": list(one.form.asks),
                }
                for one in offered
            ]
        }
    )


@router.post("/preview", summary="Count what a run would take and leave out")
async def preview(web: WebPart, visitor: Person, body: PreviewBody) -> Response:
    """Nothing is started: how many records are selected, how many suit the application, and why
    the others do not."""
    desk = BulkDesk(web.platform)
    with _named_as_the_body_does():
        found = await desk.preview(body.app, body.select, body.fields, visitor.principal)
    return ExactJson(selected_as_json(found))


@contextmanager
def _named_as_the_body_does() -> Iterator[None]:
    """The desk names what is wrong as the command line calls it."""
    try:
        yield
    except InputError as error:
        error.field = error.field.removeprefix("--") if error.field else None
        raise


@router.post("", summary="Start an application over many records", status_code=201)
async def start(web: WebPart, visitor: Person, body: BulkBody) -> Response:
    """Returns once every request is kept; the run goes on behind and survives any end."""
    desk = BulkDesk(web.platform)
    with _named_as_the_body_does():
        run = await _start(desk, body, visitor.principal)
    progress = await desk.progress(run.id, visitor.principal)
    return ExactJson(bulk_as_json(progress), status_code=201)


async def _start(desk: BulkDesk, body: BulkBody, principal: Principal) -> BulkRun:
    if (body.select is None) == (body.requests is None):
        raise InputError(
            "select_or_input",
            Bilingual(zh="必须且只能给出 select 或 requests。", en="Give select or requests."),
            field="select",
        )
    if body.requests is not None:
        requests = [(_patient(request), request) for request in body.requests]
        return await desk.start(body.app, "input:", requests, body.options, principal, body.title)
    selection = body.select or ""
    return await desk.start_selected(
        body.app, selection, body.fields, body.options, principal, body.title
    )


def _patient(request: dict[str, Any]) -> str | None:
    patient = request.get("patient_id")
    return patient.removeprefix("Patient/") if isinstance(patient, str) else None


@router.get("", summary="The latest bulk runs that this person may know of")
async def list_runs(web: WebPart, visitor: Person, limit: Limit = 30) -> Response:
    """One's own; those who may manage jobs see everybody's."""
    found = await BulkDesk(web.platform).latest(visitor.principal, limit)
    return ExactJson({"runs": [bulk_as_json(progress) for progress in found]})


@router.get("/{run}", summary="How far a run is, what it cost and what went wrong")
async def show(web: WebPart, visitor: Person, run: str) -> Response:
    """Numbers of items, remaining time, and codes of refusals and errors; no patient's text."""
    return ExactJson(bulk_as_json(await BulkDesk(web.platform).progress(run, visitor.principal)))


@router.post("/{run}/pause", summary="Let a run stand still after the batches in hand")
async def pause(web: WebPart, visitor: Person, run: str) -> Response:
    """What has a result keeps it."""
    return ExactJson(bulk_as_json(await BulkDesk(web.platform).pause(run, visitor.principal)))


@router.post("/{run}/resume", summary="Let a paused or failed run go on where it stopped")
async def resume(web: WebPart, visitor: Person, run: str) -> Response:
    """Only items without a result are done."""
    return ExactJson(bulk_as_json(await BulkDesk(web.platform).resume(run, visitor.principal)))


@router.post("/{run}/cancel", summary="End a run")
async def cancel(web: WebPart, visitor: Person, run: str) -> Response:
    """The results that there are stay."""
    return ExactJson(bulk_as_json(await BulkDesk(web.platform).cancel(run, visitor.principal)))


@router.get("/{run}/results", summary="The results so far, as JSON Lines")
async def results(
    web: WebPart,
    visitor: Person,
    run: str,
    start: Annotated[int, Query(alias="from", ge=0, le=100_000_000)] = 0,
    limit: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    status: Wanted = None,
) -> Response:
    """For whoever started the run: a line for each item in the form of ``suwen app run``, with
    patient and encounter, in the order of the items; ``from`` is the item to begin with."""
    found = BulkDesk(web.platform).results(run, visitor.principal, start, limit, status or STATUSES)
    # Whoever may not have them is refused before an answer begins.
    first = await anext(found, None)

    async def lines() -> AsyncIterator[str]:
        if first is not None:
            yield write_exact(first.line) + "\n"
        async for result in found:
            yield write_exact(result.line) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")
