"""What comes into a collection: files that are uploaded, and what waits for a person."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.ingestion import IMPORT
from suwen.core.errors import InputError, NotFoundError, SuwenError, meaning_of
from suwen.core.knowledge import DocumentState
from suwen.core.language import Bilingual
from suwen.jobs.model import GivenFile
from suwen.storage.knowledge_types import DocumentFilter, DocumentOrder
from suwen.web.doors import UPLOAD_LIMIT
from suwen.web.errors import wants_json
from suwen.web.form_bodies import form_of
from suwen.web.forms import read_form
from suwen.web.guard import UPLOADED_FILES, visitor_of
from suwen.web.pages import is_fragment, page, web_of
from suwen.web.routes.curation import kept, read_head
from suwen.web.routes.jobs import jobs_fragment, jobs_of_page
from suwen.web.views.jobs import JobList
from suwen.web.views.library import TABS, quarantined_document, unread_document

ACCEPTED = ".pdf,.docx,.html,.htm,.md,.txt,.jsonl,.csv,.png,.jpg,.jpeg,.tif,.tiff"
MOST_WAITING = 30
DONE = ("released", "rejected")


async def show_import(request: Request) -> Response:
    """Where files are uploaded, and how far their imports are."""
    if is_fragment(request):
        await kept(request)
        return jobs_fragment(request, await _jobs(request))
    return await _import(request, problem=None)


async def _import(request: Request, *, problem: SuwenError | None) -> Response:
    context = {
        "head": await read_head(request, await kept(request)),
        "tab": "import",
        "tabs": TABS,
        "jobs": await _jobs(request),
        "served": await web_of(request).platform.jobs.desk.is_served(),
        "accepted": ACCEPTED,
        "most_bytes": UPLOAD_LIMIT,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "library_import.html", context, status)


async def _jobs(request: Request) -> JobList:
    collection = request.path_params["collection"]
    return await jobs_of_page(request, f"/library/{collection}/import", (IMPORT,), collection)


async def take_files(request: Request) -> Response:
    """Takes uploaded files on; they are kept before this answers."""
    web, principal = web_of(request), visitor_of(request).principal
    collection = await kept(request)
    try:
        files = await _given(request)
        await web.ingestion.import_files(collection.id, files, principal)
    except InputError as error:
        if wants_json(request):
            raise
        return await _import(request, problem=error)
    address = f"/library/{collection.id}/import"
    if wants_json(request):
        return JSONResponse({"next": address})
    return RedirectResponse(address, 303)


async def _given(request: Request) -> list[GivenFile]:
    async with form_of(request, files=UPLOADED_FILES) as form:
        uploads = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
        files = [GivenFile(one.filename, await one.read()) for one in uploads if one.filename]
    if not files:
        raise InputError(
            "file_missing", Bilingual(zh="请选择文件。", en="Choose a file."), field="files"
        )
    return files


async def show_quarantine(request: Request) -> Response:
    """What waits for a person, with what was found in it."""
    return await _quarantine(request, problem=None)


async def _quarantine(request: Request, *, problem: SuwenError | None) -> Response:
    web, principal = web_of(request), visitor_of(request).principal
    curation, collection = web.platform.library.curation, await kept(request)
    wanted = DocumentFilter(
        states=frozenset({DocumentState.QUARANTINED}), order=DocumentOrder.CHANGED
    )
    waiting = []
    for one in await curation.documents(collection.id, principal, wanted, MOST_WAITING):
        try:
            stored = await curation.read(collection.id, one.id, principal)
            waiting.append(quarantined_document(stored, web.texts(request)))
        except NotFoundError:
            # Somebody who may not read it knows that it waits, and may only reject it.
            waiting.append(unread_document(one))
    done = request.query_params.get("done", "")
    context = {
        "head": await read_head(request, collection),
        "tab": "quarantine",
        "tabs": TABS,
        "waiting": waiting,
        "problem": problem,
        "done": done if done in DONE else "",
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "library_quarantine.html", context, status)


async def judge(request: Request) -> Response:
    """Releases or rejects a waiting document, in exactly the content that was shown."""
    web, principal = web_of(request), visitor_of(request).principal
    collection, curation = await kept(request), web.platform.library.curation
    form = await read_form(request)
    try:
        document, version = form.needed("document", longest=400), form.whole("version", 1, 10**9)
        if form.text("decision") == "release":
            await curation.release(collection.id, document, principal, version)
            done = "released"
        else:
            await curation.reject(collection.id, document, principal, version)
            done = "rejected"
    except InputError as error:
        return await _quarantine(request, problem=error)
    return RedirectResponse(f"/library/{collection.id}/quarantine?done={done}", 303)


ROUTES = [
    Route("/library/{collection}/import", show_import, methods=["GET"]),
    Route("/library/{collection}/import", take_files, methods=["POST"]),
    Route("/library/{collection}/quarantine", show_quarantine, methods=["GET"]),
    Route("/library/{collection}/quarantine", judge, methods=["POST"]),
]
