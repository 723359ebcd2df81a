"""The patient page, one item of a record, and asking for a document."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, page, web_of
from suwen.web.views.item import read_item
from suwen.web.views.patient import read_patient_page

RECORD_WRITER = AppId("record_writer")


async def show_patient(request: Request) -> Response:
    """One patient's page."""
    web = web_of(request)
    view = await read_patient_page(
        web.platform, visitor_of(request), request.path_params["patient"], web.texts(request)
    )
    write = request.query_params.get("write", "")
    chosen = write if write in view.documents else view.documents[0]
    return await page(request, "patient.html", {"view": view, "chosen": chosen})


async def show_item(request: Request) -> Response:
    """One item of the record, opened beside the text that rests on it."""
    web = web_of(request)
    reference = f"{request.path_params['type']}/{request.path_params['item']}"
    view = await read_item(
        web.platform,
        visitor_of(request),
        request.path_params["patient"],
        reference,
        web.texts(request),
    )
    if view is None:
        raise NotFoundError(
            "no_such_item",
            Bilingual(zh="病历中没有这一项。", en="The record has no such item."),
        )
    return fragment(request, "item_fragment.html", {"item": view})


async def ask_for_document(request: Request) -> Response:
    """Begins a run, and leads to where it can be watched."""
    web, visitor = web_of(request), visitor_of(request)
    patient = request.path_params["patient"]
    form = await read_form(request)
    wanted = {
        "patient_id": patient,
        "document_type": form.needed("document_type"),
        "language": form.needed("language"),
    }
    trace = await web.platform.runs.start(visitor.principal, RECORD_WRITER, wanted)
    address = f"/runs/{trace}?document={quote(wanted['document_type'])}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


ROUTES = [
    Route("/patients/{patient}", show_patient, methods=["GET"]),
    Route("/patients/{patient}/documents", ask_for_document, methods=["POST"]),
    Route("/patients/{patient}/items/{type}/{item}", show_item, methods=["GET"]),
]
