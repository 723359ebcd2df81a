"""A document of the library: read at a span, as text or as pages, and changed by its curator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.page_images import PageImage
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.edit_distance import line_differences
from suwen.core.errors import InputError, NotFoundError, SuwenError, meaning_of
from suwen.core.identity import Principal
from suwen.core.knowledge import CollectionKind, Currency, DocumentLife
from suwen.core.language import Bilingual
from suwen.storage.knowledge_types import Collection, StoredDocument
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.routes.curation import kept, read_head, read_rights
from suwen.web.views.document import (
    DocumentPage,
    Link,
    Span,
    document_page,
    masked_page,
    with_page,
)
from suwen.web.views.library import (
    document_row,
    life_values,
    manage_address,
    role_choices,
    version_rows,
)
from suwen.web.views.passages import STAMP_LENGTH, document_address
from suwen.web.views.versions import difference_lines

if TYPE_CHECKING:
    from suwen.bootstrap.library.curation import Curation

DONE = ("life", "rights", "reviewed", "restored")


async def show_document(request: Request) -> Response:
    """A document at a span, as text or as the image of a page."""
    web, visitor = web_of(request), visitor_of(request)
    collection, stored = await _open(request)
    span = _span(request)
    view = document_page(stored, collection, span, web.today(), web.texts(request))
    if collection.kind is CollectionKind.CASES:
        view = masked_page(view)
    wanted = request.query_params.get("page", "")
    if view.pages and wanted.isascii() and wanted.isdigit() and len(wanted) < 6:
        number = min(max(int(wanted), 1), view.pages)
        image = await _page_image(request, stored, number)
        view = with_page(view, stored, span, number, (image.width, image.height))
    keeps = web.platform.access.decide(
        visitor.principal, Action.MANAGE_LIBRARY, InstallationTarget()
    )
    manage = manage_address(collection.id, stored.summary.id) if keeps.allowed else ""
    view = replace(view, manage=manage, replaced_by=await _successor(request, view))
    return await page(request, "document_view.html", {"view": view})


async def _open(request: Request) -> tuple[Collection, StoredDocument]:
    """The document, where this reader may read it; a curator also one that is not in use."""
    web, visitor = web_of(request), visitor_of(request)
    collection, document = request.path_params["collection"], request.path_params["document"]
    return await web.platform.library.reading.open(collection, document, visitor.principal)


async def _successor(request: Request, view: DocumentPage) -> Link | None:
    """What stands in the place of a superseded document, where this reader may read it."""
    if view.standing.currency != Currency.SUPERSEDED:
        return None
    web, visitor = web_of(request), visitor_of(request)
    found = await web.platform.library.reading.successor(
        view.collection, view.id, visitor.principal
    )
    if found is None:
        return None
    return Link(found.title, document_address(view.collection, found.id))


def _span(request: Request) -> Span | None:
    """The span that the address names; an unusable one is none."""
    query = request.query_params
    places = (query.get("start", ""), query.get("end", ""))
    if not all(one.isascii() and one.isdigit() and len(one) < 10 for one in places):
        return None
    return Span(int(places[0]), int(places[1]), query.get("stamp", "")[:STAMP_LENGTH])


async def show_page_image(request: Request) -> Response:
    """One page of a document as an image; its rights are checked for each request."""
    wanted = request.query_params.get("page", "")
    if not (wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 6):
        raise HTTPException(404)
    collection, stored = await _open(request)
    if collection.kind is CollectionKind.CASES:
        # An image cannot be shown without what tells who somebody was.
        raise HTTPException(404)
    tag = f'"{stored.summary.original}-{wanted}"'
    # A browser asks each time whether it may still show what it has.
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    image = await _page_image(request, stored, int(wanted))
    return Response(image.png, media_type="image/png", headers=headers)


async def _page_image(request: Request, stored: StoredDocument, number: int) -> PageImage:
    web, summary = web_of(request), stored.summary
    if summary.original is None:
        raise _no_pages()
    known = web.page_images.known(summary.original, number)
    if known is not None:
        return known
    library, principal = web.platform.library, visitor_of(request).principal
    original = await library.reading.original(summary.collection, summary.id, principal)
    if original is None:
        raise _no_pages()
    media_type, data = original
    return await web.page_images.draw(
        summary.original, data, media_type or "", number, summary.rights.sensitivity
    )


def _no_pages() -> NotFoundError:
    return NotFoundError(
        "no_such_document_page",
        Bilingual(zh="这份文档没有这一页。", en="The document has no such page."),
    )


async def show_manage(request: Request) -> Response:
    """One document for its curator."""
    return await _manage(request, problem=None)


async def _manage(request: Request, *, problem: SuwenError | None) -> Response:
    web, principal = web_of(request), visitor_of(request).principal
    curation, document = web.platform.library.curation, request.path_params["document"]
    collection = await kept(request)
    summary = await curation.summary(collection.id, document, principal)
    one = document_row(summary, web.today())
    try:
        former = await curation.versions(collection.id, document, principal)
    except NotFoundError:
        # A keeper who may not read what the document says handles it all the same.
        former = []
    wanted, done = request.query_params.get("compare", ""), request.query_params.get("done", "")
    compared = next((v for v in former if str(v.version) == wanted), None)
    lines = None
    if compared is not None:
        stored = await curation.read(collection.id, document, principal)
        lines = difference_lines(line_differences(compared.text, stored.text))
    context = {
        "head": await read_head(request, collection),
        "one": one,
        "life": life_values(summary),
        "roles": role_choices(one.rights.roles),
        "versions": version_rows(summary, former),
        "compared": compared.version if compared else 0,
        "lines": lines,
        "problem": problem,
        "done": done if done in DONE else "",
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "library_manage.html", context, status)


def _desk(request: Request) -> tuple[Curation, tuple[str, str], Principal]:
    """Where decisions are taken, on which document, and by whom."""
    where = (request.path_params["collection"], request.path_params["document"])
    return web_of(request).platform.library.curation, where, visitor_of(request).principal


async def _decide(
    request: Request, done: str, act: Callable[[Form], Awaitable[object]]
) -> Response:
    """Carries out one decision on a document, and leads back to it."""
    try:
        await act(await read_form(request))
    except InputError as error:
        return await _manage(request, problem=error)
    collection, document = request.path_params["collection"], request.path_params["document"]
    return RedirectResponse(f"{manage_address(collection, document)}?done={done}", 303)


async def put_life(request: Request) -> Response:
    """Gives a document another life."""
    curation, where, principal = _desk(request)

    async def act(form: Form) -> object:
        return await curation.set_life(*where, principal, _life(form))

    return await _decide(request, "life", act)


async def put_rights(request: Request) -> Response:
    """Gives a document other rights."""
    curation, where, principal = _desk(request)

    async def act(_form: Form) -> object:
        return await curation.set_rights(*where, principal, await read_rights(request))

    answer = await _decide(request, "rights", act)
    try:
        await curation.summary(*where, principal)
    except NotFoundError:
        # Who closed it to themselves cannot be led back to it.
        return RedirectResponse(f"/library/{where[0]}", 303)
    return answer


async def review(request: Request) -> Response:
    """Notes that this person read the document and answers for it."""
    curation, where, principal = _desk(request)

    async def act(form: Form) -> object:
        return await curation.review(*where, principal, form.whole("version", 1, 10**9))

    return await _decide(request, "reviewed", act)


async def restore(request: Request) -> Response:
    """Takes a deleted document back."""
    curation, where, principal = _desk(request)

    async def act(_form: Form) -> object:
        return await curation.restore(*where, principal)

    return await _decide(request, "restored", act)


async def delete(request: Request) -> Response:
    """Makes a document unfindable at once, and leads to its collection."""
    curation, where, principal = _desk(request)
    await curation.delete(*where, principal)
    return RedirectResponse(f"/library/{where[0]}", 303)


def _life(form: Form) -> DocumentLife:
    """The life of a document out of its form; an empty field is not known.

    Raises:
        InputError: ``date_wrong``, ``field_too_long``.
    """
    return DocumentLife(
        issuer=form.text("issuer") or None,
        grade=form.text("grade") or None,
        study_type=form.text("study_type") or None,
        issued=form.day("issued"),
        effective=form.day("effective"),
        expires=form.day("expires"),
        supersedes=form.text("supersedes", longest=400) or None,
        owner=form.text("owner") or None,
        next_review=form.day("next_review"),
    )


ROUTES = [
    Route("/library/{collection}/documents/{document:path}", show_document, methods=["GET"]),
    Route("/library/{collection}/page-images/{document:path}", show_page_image, methods=["GET"]),
    Route("/library/{collection}/life/{document:path}", put_life, methods=["POST"]),
    Route("/library/{collection}/rights/{document:path}", put_rights, methods=["POST"]),
    Route("/library/{collection}/review/{document:path}", review, methods=["POST"]),
    Route("/library/{collection}/restore/{document:path}", restore, methods=["POST"]),
    Route("/library/{collection}/delete/{document:path}", delete, methods=["POST"]),
    Route("/library/{collection}/manage/{document:path}", show_manage, methods=["GET"]),
]
