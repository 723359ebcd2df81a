"""Editions of a collection: built, compared, put in use, rolled back, carried."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.ingestion import BUILD, VECTORS
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError, KnowledgeError, SuwenError, meaning_of
from suwen.storage.knowledge_types import EditionState
from suwen.web.forms import read_upload_form
from suwen.web.guard import visitor_of
from suwen.web.pages import is_fragment, page, web_of
from suwen.web.routes.curation import kept, read_head, show_collections
from suwen.web.routes.jobs import jobs_fragment, jobs_of_page
from suwen.web.views.editions import DifferenceView, difference_view, edition_rows
from suwen.web.views.jobs import JobList
from suwen.web.views.library import TABS

DONE = ("activated", "installed", "building")


async def show_editions(request: Request) -> Response:
    """The editions, and the difference of two of them where it is asked for."""
    if is_fragment(request):
        await kept(request)
        return jobs_fragment(request, await _jobs(request))
    return await _editions(request, problem=None)


async def _editions(request: Request, *, problem: SuwenError | None) -> Response:
    web, principal = web_of(request), visitor_of(request).principal
    collection = await kept(request)
    listed = await web.platform.library.editions.list(collection.id, principal)
    rows = edition_rows(listed, collection.current_edition)
    ready = [row.hash for row in rows if row.state == EditionState.READY]
    query, done = request.query_params, request.query_params.get("done", "")
    earlier, later = query.get("from", ""), query.get("to", "")
    difference: DifferenceView | None = None
    if earlier in ready and later in ready and problem is None:
        try:
            editions = web.platform.library.editions
            found = await editions.diff(collection.id, principal, earlier, later)
            difference = difference_view(found)
        except KnowledgeError as error:
            problem = error
    context = {
        "head": await read_head(request, collection),
        "tab": "editions",
        "tabs": TABS,
        "editions": rows,
        "ready": [row for row in rows if row.state == EditionState.READY],
        "chosen_from": earlier or (ready[1] if len(ready) > 1 else ""),
        "chosen_to": later or (ready[0] if ready else ""),
        "difference": difference,
        "jobs": await _jobs(request),
        "problem": problem,
        "done": done if done in DONE else "",
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "library_editions.html", context, status)


async def _jobs(request: Request) -> JobList:
    collection = request.path_params["collection"]
    return await jobs_of_page(
        request, f"/library/{collection}/editions", (BUILD, VECTORS), collection
    )


async def build(request: Request) -> Response:
    """Has a new edition built in the background."""
    web, principal = web_of(request), visitor_of(request).principal
    collection = await kept(request)
    await web.ingestion.build(collection.id, principal)
    return RedirectResponse(f"/library/{collection.id}/editions?done=building", 303)


async def activate(request: Request) -> Response:
    """Lets searches use an edition; an earlier one is a roll back."""
    web, principal = web_of(request), visitor_of(request).principal
    collection = await kept(request)
    edition = request.path_params["edition"]
    try:
        await web.platform.library.editions.activate(collection.id, edition, principal)
    except (InputError, KnowledgeError) as error:
        return await _editions(request, problem=error)
    return RedirectResponse(f"/library/{collection.id}/editions?done=activated", 303)


async def export(request: Request) -> Response:
    """An edition as one signed file."""
    web, principal = web_of(request), visitor_of(request).principal
    collection = await kept(request)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="suwen-export-"))
    remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    target = folder / "edition"
    try:
        carrying = web.platform.library.carrying
        edition = request.path_params["edition"]
        done = await carrying.export(collection.id, target, principal, edition)
    except BaseException:
        await remove()
        raise
    return FileResponse(
        target,
        media_type="application/octet-stream",
        filename=f"{collection.id}-{done.info.number}-{done.info.hash[:12]}.suwen-edition",
        # It is compressed already.
        headers={"Content-Encoding": "identity"},
        background=remove,
    )


async def install(request: Request) -> Response:
    """Takes an edition in from a file of another site, after its signature was checked."""
    web, principal = web_of(request), visitor_of(request).principal
    web.platform.access.require(principal, Action.MANAGE_LIBRARY, InstallationTarget())
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="suwen-install-"))
    try:
        _name, data, form = await read_upload_form(request, "file")
        source = folder / "edition"
        await asyncio.to_thread(source.write_bytes, data)
        key = form.text("public_key") or None
        done = await web.platform.library.carrying.install(source, principal, key)
    except (InputError, KnowledgeError) as error:
        return await show_collections(request, problem=error)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return RedirectResponse(f"/library/{done.info.collection}/editions?done=installed", 303)


ROUTES = [
    Route("/library/install", install, methods=["POST"]),
    Route("/library/{collection}/editions", show_editions, methods=["GET"]),
    Route("/library/{collection}/editions/build", build, methods=["POST"]),
    Route("/library/{collection}/editions/{edition}/activate", activate, methods=["POST"]),
    Route("/library/{collection}/editions/{edition}/export", export, methods=["POST"]),
]
